import Foundation

/// The end of the process when the disk neither gives nor takes a page of a mapped file.
///
/// The system reports that by a signal, and not by a call that fails; of a vault only the index of
/// the write-ahead log is mapped. What was acknowledged is on the disk, as after any end.
enum LostPage {
    /// From now on it ends the command as any other error of the disk does, with its sentence.
    static func watch() {
        if CommandLine.arguments.dropFirst().contains("--json") {
            signal(SIGBUS) { _ in LostPage.end(LostPage.object) }
        } else {
            signal(SIGBUS) { _ in LostPage.end(LostPage.sentence) }
        }
    }

    private static var sentence: StaticString {
        "coffer: The disk reported an error; check it, then run `coffer doctor` before going on.\n"
    }

    private static var object: StaticString {
        """
        {"error":{"code":"inputOutput","exit":1,"message":"The disk reported an error; check it, \
        then run `coffer doctor` before going on."}}

        """
    }

    /// Only calls that are allowed while a signal is handled.
    private static func end(_ text: StaticString) {
        _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
        _exit(1)
    }
}
