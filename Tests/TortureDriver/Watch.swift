import Foundation
import Synchronization

/// Notices when a phase takes far longer than it can.
final class Watch: Sendable {
    private let expected = Mutex<(phase: String, end: Date)>(("begins", Date.distantFuture))

    func expect(_ phase: String, withinSeconds seconds: Double) {
        expected.withLock { $0 = (phase, Date(timeIntervalSinceNow: seconds)) }
    }

    /// Looks from now on.
    ///
    /// - Parameter hangs: Called with the phase that does not end.
    func start(_ hangs: @escaping @Sendable (String) -> Void) {
        let thread = Thread { [self] in
            while true {
                Thread.sleep(forTimeInterval: 0.5)
                let (phase, end) = expected.withLock { $0 }
                if Date.now > end { hangs(phase) }
            }
        }
        thread.start()
    }
}
