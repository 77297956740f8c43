import Foundation
import Synchronization
import VaultCrypto

/// How often a vault's owner has read and searched, in all: the file `uses` in its folder.
///
/// What the owner reads is counted and not itemised. A command that only reads writes nothing to
/// the database, so that it stays as fast as it is; the next entry of the audit log, whoever writes
/// it, says how far the counts have come by then (`figures`). They are nobody's proof: the file is
/// not authenticated, and a count that cannot be written keeps nobody from reading.
///
/// ```
/// offset  bytes  content
/// 0       8      "COFUSES" and the version, 1
/// 8       8      conversations that were read, little endian
/// 16      8      searches, little endian
/// ```
///
/// Any other content, and a file that is shorter, counts from 0.
final class OwnerUses: Sendable {
    enum Use: Int { case read, search }

    private struct Counts: Equatable {
        static let front: [UInt8] = Array("COFUSES".utf8) + [1]
        static let sizeBytes = 24
        var counts: [UInt64] = [0, 0]

        init(_ bytes: [UInt8] = []) {
            guard bytes.count == Self.sizeBytes, bytes.starts(with: Self.front) else { return }
            counts = [8, 16].map { start in
                bytes[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
            }
        }

        var bytes: [UInt8] {
            Self.front
                + counts.flatMap { count in
                    (0..<8).map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) }
                }
        }
    }

    private let path: String
    private let said = Mutex(Counts())

    init(path: String) { self.path = path }

    /// Counts one more.
    func note(_ use: Use) {
        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        let file = unsafe open(path, flags, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        guard flock(file, LOCK_EX) == 0 else { return }
        var counts = load(file)
        counts.counts[use.rawValue] &+= 1
        let bytes = counts.bytes
        _ = unsafe pwrite(file, bytes, bytes.count, 0)
    }

    /// The counts, for an entry of the log; empty where this process has said them already.
    func figures() -> [String: Int64] {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { return [:] }
        defer { close(file) }
        let counts = load(file)
        let isNew = said.withLock { said in
            defer { said = counts }
            return said != counts
        }
        guard isNew else { return [:] }
        return [
            "ownerReads": Int64(clamping: counts.counts[0]),
            "ownerSearches": Int64(clamping: counts.counts[1]),
        ]
    }

    private func load(_ file: Int32) -> Counts {
        var bytes = [UInt8](repeating: 0, count: Counts.sizeBytes)
        let count = unsafe pread(file, &bytes, bytes.count, 0)
        return Counts(count == bytes.count ? bytes : [])
    }
}
