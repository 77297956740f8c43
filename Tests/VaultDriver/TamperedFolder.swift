import Foundation

/// A copy of an unpacked archive that is changed and put right again.
final class TamperedFolder {
    let path: String
    private let files: [String: [UInt8]]
    private let manager = FileManager.default

    init(copying files: [String: [UInt8]]) throws {
        self.files = files
        path = NSTemporaryDirectory() + "tampered-" + UUID().uuidString
        try manager.createDirectory(atPath: path, withIntermediateDirectories: false)
        for (file, content) in files { try write(file, content) }
    }

    deinit { try? manager.removeItem(atPath: path) }

    /// Every file of a folder, by its path in it.
    static func contents(of root: String) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for sub in try FileManager.default.subpathsOfDirectory(atPath: root) {
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: "\(root)/\(sub)", isDirectory: &isFolder)
            if isFolder.boolValue { continue }
            files[sub] = Array(try Data(contentsOf: URL(fileURLWithPath: "\(root)/\(sub)")))
        }
        return files
    }

    func apply(_ writes: [String: [UInt8]?]) throws {
        for (file, content) in writes {
            if let content { try write(file, content) } else { try remove(file) }
        }
    }

    /// Puts back what these writes changed.
    func restore(_ writes: [String: [UInt8]?]) throws {
        for file in writes.keys.sorted() {
            if let content = files[file] { try write(file, content) } else { try remove(file) }
        }
    }

    private func write(_ file: String, _ content: [UInt8]) throws {
        let full = "\(path)/\(file)"
        var handle = fopen(full, "w")
        if handle == nil {
            let folder = String(full[..<(full.lastIndex(of: "/") ?? full.endIndex)])
            try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
            handle = fopen(full, "w")
        }
        guard let handle else { throw CocoaError(.fileWriteUnknown) }
        defer { fclose(handle) }
        guard fwrite(content, 1, content.count, handle) == content.count else {
            throw CocoaError(.fileWriteUnknown)
        }
    }

    /// Folders that become empty go with their last file.
    private func remove(_ file: String) throws {
        guard unlink("\(path)/\(file)") == 0 else { throw CocoaError(.fileNoSuchFile) }
        var folder = file[...]
        while let slash = folder.lastIndex(of: "/") {
            folder = folder[..<slash]
            guard rmdir("\(path)/\(folder)") == 0 else { break }
        }
    }
}
