import Providers
import Synchronization

/// Watches over one exchange: how long it has lasted, and how long the server has been silent.
///
/// Only the time that is waited for the server counts as silence, not that which a receiver takes.
final class StreamWatch: Sendable {
    private let clock = ContinuousClock()
    private let begin: ContinuousClock.Instant
    private let idle: Duration
    private let total: Duration
    /// Since when the server is waited for; nil while it is not.
    private let waiting: Mutex<ContinuousClock.Instant?>

    init(_ settings: TransportSettings) {
        begin = clock.now
        idle = .seconds(settings.idleSeconds)
        total = .seconds(settings.totalSeconds)
        waiting = Mutex(begin)
    }

    /// The server is waited for from now on.
    func resume() { waiting.withLock { $0 = clock.now } }

    /// The server has said something.
    func pause() { waiting.withLock { $0 = nil } }

    /// Returns never.
    ///
    /// - Throws: `timeout` when a bound is reached; `CancellationError`.
    func expire<Value>() async throws -> Value {
        let end = begin + total
        while true {
            let now = clock.now
            if now >= end {
                throw ProviderError(.timeout, message: "The answer took longer than it may.")
            }
            let since = waiting.withLock(\.self)
            if let since, now >= since + idle {
                throw ProviderError(.timeout, message: "The server has been silent for too long.")
            }
            try await clock.sleep(until: min(end, (since ?? now) + idle))
        }
    }
}
