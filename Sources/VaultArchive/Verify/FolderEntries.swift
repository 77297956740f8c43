import ForeignArchives
import Foundation
import VaultCrypto

/// A file of an archive that is being read, whatever the archive is.
@safe struct ArchiveEntry {
    /// Relative to the bag; not yet checked.
    let path: [UInt8]
    let sizeBytes: Int64
    /// Hands over the content; called at most once.
    let read: ((UnsafeRawBufferPointer) throws(VaultError) -> Void) throws(VaultError) -> Void
    var isFolder = false
    /// Whether reading may end before the content does: no other file comes behind it.
    var mayStop = false

    /// A folder; the one that holds the bag is not told.
    static func folder(_ path: [UInt8]) -> ArchiveEntry {
        unsafe ArchiveEntry(
            path: path, sizeBytes: 0, read: { (_) throws(VaultError) in }, isFolder: true)
    }
}

/// Reads the files of an unpacked bag.
///
/// Nothing but plain files and folders is accepted, and no link is followed.
struct FolderEntries {
    let root: String
    let limits: ArchiveVerifier.Limits
    private var count = 0
    /// Whether every file was visited.
    private(set) var isComplete = true

    init(root: String, limits: ArchiveVerifier.Limits) {
        self.root = root
        self.limits = limits
    }

    /// Visits every file, folder by folder in order of name.
    mutating func forEach(
        _ fault: (String, String) -> Void, _ body: (ArchiveEntry) throws(VaultError) -> Void
    ) throws(VaultError) {
        try visit([], depth: 1, fault, body)
    }

    private mutating func visit(
        _ folder: [UInt8], depth: Int, _ fault: (String, String) -> Void,
        _ body: (ArchiveEntry) throws(VaultError) -> Void
    ) throws(VaultError) {
        for name in try names(in: folder) {
            count += 1
            guard count <= limits.entries else {
                guard isComplete else { return }
                isComplete = false
                return fault("", "there are more than \(limits.entries) files")
            }
            let path = folder.isEmpty ? name : folder + [UInt8(ascii: "/")] + name
            var status = stat()
            let full = absolute(path)
            guard unsafe lstat(full, &status) == 0 else { throw .file("read", path) }
            switch status.st_mode & S_IFMT {
            case S_IFREG: try body(entry(path, full, Int64(status.st_size)))
            case S_IFDIR where !ArchiveName.isSafe(path):
                fault(printable(path), "the name is not allowed in an archive")
            case S_IFDIR where depth < ArchiveName.maximumSegments:
                try body(.folder(path))
                try visit(path, depth: depth + 1, fault, body)
            case S_IFDIR: fault(printable(path), "folders are nested too deep")
            case S_IFLNK: fault(printable(path), "this is a symbolic link")
            default: fault(printable(path), "this is neither a file nor a folder")
            }
        }
    }

    private func absolute(_ path: [UInt8]) -> [CChar] {
        (Array(root.utf8) + [UInt8(ascii: "/")] + path + [0]).map { CChar(bitPattern: $0) }
    }

    private func names(in folder: [UInt8]) throws(VaultError) -> [[UInt8]] {
        let path = absolute(folder)
        guard let stream = unsafe opendir(path) else { throw .file("read", folder) }
        defer { unsafe closedir(stream) }
        var names: [[UInt8]] = []
        errno = 0
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                unsafe tuple.withMemoryRebound(to: UInt8.self, capacity: 256) { start in
                    unsafe Array(UnsafeBufferPointer(start: start, count: strlen(start)))
                }
            }
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw .file("read", folder) }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    private func entry(_ path: [UInt8], _ full: [CChar], _ size: Int64) -> ArchiveEntry {
        func read(
            _ body: (UnsafeRawBufferPointer) throws(VaultError) -> Void
        ) throws(VaultError) {
            let descriptor = unsafe open(full, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            guard descriptor >= 0 else { throw .file("read", path) }
            // A file of a few lines does not pay for clearing a large buffer.
            let pieceBytes = Int(min(max(size, 4095), (1 << 18) - 1)) + 1
            try unsafe OpenFile(descriptor).readAll(pieceBytes: pieceBytes, body)
        }
        return unsafe ArchiveEntry(path: path, sizeBytes: size, read: read, mayStop: true)
    }
}
