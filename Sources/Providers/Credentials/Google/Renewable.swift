import Synchronization

/// A secret that a server replaces from time to time.
final class Renewable: Sendable {
    private let secret: Mutex<Secret>

    init(_ secret: Secret) { self.secret = Mutex(secret) }

    var current: Secret { secret.withLock { $0 } }

    func replace(_ new: Secret) { secret.withLock { $0 = new } }
}
