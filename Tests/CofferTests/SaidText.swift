import Synchronization

/// Text that comes in pieces from a task.
final class SaidText: Sendable {
    private let pieces = Mutex("")

    func add(_ piece: String) { pieces.withLock { $0 += piece } }

    var text: String { pieces.withLock { $0 } }
}
