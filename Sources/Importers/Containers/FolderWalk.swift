import Foundation
import VaultCrypto

/// The regular files below a folder, and a reason for each entry that is none or cannot be read.
///
/// Links are not followed, so that a walk ends and stays inside. Names are bytes to the system;
/// those that are not UTF-8 cannot be recorded and are reported.
struct FolderWalk {
    /// Paths relative to the folder, sorted by their bytes.
    private(set) var files: [(name: String, sizeBytes: Int64)] = []
    /// What was left out, in the order in which it was found.
    private(set) var faults: [(place: String, reason: String)] = []
    private let root: String

    /// Walks everything below a folder; `.git` and `node_modules` hold no export.
    init(_ root: String) {
        self.root = root
        var folders = [""]
        while let folder = folders.popLast() { list(folder, &folders) }
        files.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        faults.sort { $0.place.utf8.lexicographicallyPrecedes($1.place.utf8) }
    }

    private mutating func list(_ folder: String, _ folders: inout [String]) {
        guard let names = names(in: folder) else { return }
        for bytes in names {
            let prefix = folder.isEmpty ? "" : folder + "/"
            guard let name = String(validating: bytes, as: UTF8.self) else {
                let place = prefix + String(decoding: bytes, as: UTF8.self)
                faults.append((place, "Its name is not UTF-8; rename it and import it again."))
                continue
            }
            if name == ".git" || name == "node_modules" { continue }
            note(prefix + name, &folders)
        }
    }

    private mutating func note(_ path: String, _ folders: inout [String]) {
        var status = stat()
        guard unsafe (root + "/" + path).withCString({ unsafe lstat($0, &status) }) == 0 else {
            return faults.append((path, "It cannot be reached: \(Self.cause())."))
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: files.append((path, Int64(status.st_size)))
        case S_IFDIR: folders.append(path)
        case S_IFLNK:
            let reason = "It is a link, and links are not followed; import what it leads to."
            faults.append((path, reason))
        default: faults.append((path, "It is neither a file nor a folder."))
        }
    }

    /// The names in a folder without `.` and `..`; `nil` when it cannot be read, which is noted.
    private mutating func names(in folder: String) -> [[UInt8]]? {
        let path = folder.isEmpty ? root : root + "/" + folder
        guard let handle = unsafe opendir(path) else {
            let place = folder.isEmpty ? root : folder
            faults.append((place, "This folder cannot be read: \(Self.cause())."))
            return nil
        }
        defer { unsafe closedir(handle) }
        var names: [[UInt8]] = []
        while let entry = unsafe readdir(handle) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe Array(bytes.prefix { $0 != 0 })
            }
            if name != [0x2E], name != [0x2E, 0x2E] { names.append(name) }
        }
        return names
    }

    private static func cause() -> String { unsafe String(cString: strerror(errno)) }
}
