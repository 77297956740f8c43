import Foundation
import Synchronization
import VaultCrypto

/// The advisory lock of a vault: shared while a process has it open, exclusive while one changes
/// slots' files or the generation.
///
/// The kernel drops it when the process ends.
final class VaultLock: Sendable {
    private let file: Int32
    /// The bytes that this object has locked.
    private let held = Mutex<Set<Int64>>([])

    /// Opens the lock file, which must exist, and waits for no one.
    init(_ path: String) throws(VaultError) {
        file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw DurableFile.failure("open", path) }
    }

    deinit { close(file) }

    /// Gives the lock up; the object cannot be used afterwards.
    func release() {
        for place in held.withLock({ $0 }) { drop(place) }
        _ = flock(file, LOCK_UN)
    }

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

// Single bytes of the lock file, far behind its end, which is never written: each stands for
// something that a process has in hand. These locks belong to the opening of the file
// (F_OFD_SETLK), so that another opening in the same process meets them too, and are apart from
// those of `take`.
extension VaultLock {
    #if os(Linux)
        // F_OFD_GETLK and F_OFD_SETLK of <fcntl.h>, which Swift does not see.
        private static let lookCommand: Int32 = 36
        private static let setCommand: Int32 = 37
    #else
        private static let lookCommand = F_OFD_GETLK
        private static let setCommand = F_OFD_SETLK
    #endif

    /// Locks a byte until it is dropped, or the process ends.
    ///
    /// - Throws: `busy` when it is locked.
    func hold(_ place: Int64) throws(VaultError) {
        guard change(place, to: F_WRLCK) else {
            throw VaultError(
                .busy, "Another process has this in hand; wait until it is done and try again.")
        }
        held.withLock { _ = $0.insert(place) }
    }

    func drop(_ place: Int64) {
        held.withLock { _ = $0.remove(place) }
        _ = change(place, to: F_UNLCK)
    }

    /// Whether somebody has a byte locked; also where the kernel does not say.
    func isHeld(_ place: Int64) -> Bool {
        if held.withLock({ $0.contains(place) }) { return true }
        var range = Self.range(place, F_WRLCK)
        guard unsafe fcntl(file, Self.lookCommand, &range) == 0 else { return true }
        return range.l_type != F_UNLCK
    }

    private func change(_ place: Int64, to mode: Int32) -> Bool {
        var range = Self.range(place, mode)
        while unsafe fcntl(file, Self.setCommand, &range) != 0 {
            guard errno == EINTR else { return false }
        }
        return true
    }

    private static func range(_ place: Int64, _ mode: Int32) -> flock {
        var range = flock()
        range.l_type = Int16(mode)
        range.l_whence = Int16(SEEK_SET)
        range.l_start = off_t(place)
        range.l_len = 1
        return range
    }
}
