import Foundation
import VaultCrypto

/// The advisory lock of a vault: shared while a process has it open, exclusive while one changes
/// slots' files or the generation.
///
/// The kernel drops it when the process ends.
final class VaultLock: Sendable {
    private let file: Int32

    /// Opens the lock file, which must exist, and waits for no one.
    init(_ path: String) throws(VaultError) {
        file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw DurableFile.failure("open", path) }
    }

    deinit { close(file) }

    /// Gives the lock up; the object cannot be used afterwards.
    func release() { _ = flock(file, LOCK_UN) }

    enum Mode { case shared, exclusive }

    /// Takes the lock, or another mode of it, within a time.
    ///
    /// - Throws: `busy` when another process keeps it.
    func take(_ mode: Mode, withinMilliseconds limit: Int = 5000) throws(VaultError) {
        let operation = mode == .shared ? LOCK_SH : LOCK_EX
        var waited = 0
        while flock(file, operation | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            guard errno == EWOULDBLOCK, waited < limit else {
                throw VaultError(
                    .busy,
                    "Another process has the vault open; wait until it is done and try again.")
            }
            usleep(20_000)
            waited += 20
        }
    }
}
