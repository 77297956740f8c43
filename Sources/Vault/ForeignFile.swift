import Foundation

/// A foreign database's file and what its program left beside it.
struct ForeignFile {
    /// Without links, as SQLite resolves it: the files beside it lie there.
    let path: String
    /// Whether there is a log that holds something.
    let hasLog: Bool

    init(_ given: String) {
        let resolved = unsafe realpath(given, nil)
        defer { unsafe free(resolved) }
        path = unsafe resolved.map { unsafe String(cString: $0) } ?? given
        hasLog = (Self.mark(of: path + "-wal")?.sizeBytes ?? 0) > 0
    }

    /// Whether a rollback journal lies there that was not finished: it begins with SQLite's mark.
    var hasHotJournal: Bool {
        guard let journal = FileHandle(forReadingAtPath: path + "-journal") else { return false }
        defer { try? journal.close() }
        let head = try? journal.read(upToCount: 8)
        return head.map { [UInt8]($0) } == [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7]
    }

    /// The name under which SQLite takes the file for one that nobody changes.
    var unchangingURI: String {
        let digits = Array("0123456789ABCDEF")
        let escaped = path.utf8.reduce(into: "") { text, byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || byte == 0x2F)
            if isPlain {
                text.unicodeScalars.append(scalar)
            } else {
                text += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
        return "file:\(escaped)?immutable=1"
    }

    /// What changes when somebody writes.
    struct Mark: Equatable {
        var sizeBytes: Int64
        var seconds: Int
        var nanoseconds: Int
        var inode: UInt64
    }

    /// The marks of the file and of its log.
    var marks: [Mark?] { [Self.mark(of: path), Self.mark(of: path + "-wal")] }

    private static func mark(of path: String) -> Mark? {
        var status = stat()
        guard unsafe path.withCString({ unsafe stat($0, &status) }) == 0 else { return nil }
        return Mark(
            sizeBytes: Int64(status.st_size), seconds: Int(status.st_mtim.tv_sec),
            nanoseconds: Int(status.st_mtim.tv_nsec), inode: UInt64(status.st_ino))
    }
}
