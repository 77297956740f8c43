import Foundation
import Synchronization

/// Ctrl-C and requests to terminate, for commands that end in order.
enum Interruption {
    /// The number of the first signal; 0 for none.
    private static let signalNumber = Atomic<Int32>(0)

    /// Notes the first signal from now on, and forgets what was noted before.
    ///
    /// A second signal ends the process at once, which loses nothing that was acknowledged.
    static func watch() {
        // The handler may not be the first to touch the variable.
        signalNumber.store(0, ordering: .relaxed)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { number in
                Interruption.note(number)
                signal(number, SIG_DFL)
            }
        }
    }

    private static func note(_ number: Int32) { signalNumber.store(number, ordering: .relaxed) }

    static var isRequested: Bool { signalNumber.load(ordering: .relaxed) != 0 }

    /// Whether the program shall end, and not only what it is doing.
    static var wantsEnd: Bool { [SIGTERM, SIGHUP].contains(signalNumber.load(ordering: .relaxed)) }
}
