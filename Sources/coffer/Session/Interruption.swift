import Foundation
import Synchronization

/// Ctrl-C and requests to terminate, for commands that end in order.
enum Interruption {
    private static let requested = Atomic<Bool>(false)

    /// From now on the first signal is only noted; a second one ends the process at once, which
    /// loses nothing that was acknowledged.
    static func watch() {
        // The handler may not be the first to touch the variable.
        requested.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { number in
                Interruption.note()
                signal(number, SIG_DFL)
            }
        }
    }

    private static func note() { requested.store(true, ordering: .relaxed) }

    static var isRequested: Bool { requested.load(ordering: .relaxed) }
}
