import Foundation
import VaultCrypto

/// Everything that lies under a path, with zip and gzip files opened.
struct ExportFolder {
    private(set) var files: [ExportFile] = []
    /// Files that could not be opened in a folder whose other files can be.
    private(set) var faults: [(place: String, reason: String)] = []
    /// Whether the path names a folder: then one bad file does not spoil the others.
    private(set) var isFolder = false

    /// Lists what is there and verifies the directories of zips.
    ///
    /// - Parameter path: A file or folder.
    /// - Throws: `.badInput` for a path that is not there and for a zip that is refused.
    init(_ path: String) throws(VaultError) {
        var status = stat()
        let found = unsafe path.withCString { unsafe stat($0, &status) }
        guard found == 0 else {
            throw VaultError(.badInput, "\(path) does not exist or cannot be reached.")
        }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard status.st_mode & S_IFMT == S_IFDIR else {
            let disk = try DiskFile(path, place: name, followsLinks: true)
            let file = Self.diskFile(
                path, relative: name, sizeBytes: disk.sizeBytes, followsLinks: true)
            try add(file, depth: 0)
            files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
            return
        }
        isFolder = true
        for found in Self.regularFiles(under: path) {
            let name = found.name
            let file = Self.diskFile(path + "/" + name, relative: name, sizeBytes: found.sizeBytes)
            do {
                try add(file, depth: 0)
            } catch {
                faults.append((name, error.message))
            }
        }
    }

    private static func diskFile(
        _ path: String, relative: String, sizeBytes: Int64, followsLinks: Bool = false
    ) -> ExportFile {
        ExportFile(path: relative, place: relative, sizeBytes: sizeBytes, diskPath: path) {
            () throws(VaultError) in
            RangeSource(try DiskFile(path, place: relative, followsLinks: followsLinks))
        }
    }

    /// Relative paths of the regular files, sorted by their bytes; links are not followed.
    private static func regularFiles(under path: String) -> [(name: String, sizeBytes: Int64)] {
        let walk = FileManager.default.enumerator(atPath: path)
        var files: [(name: String, sizeBytes: Int64)] = []
        while let name = walk?.nextObject() as? String {
            let last = name.split(separator: "/").last
            if last == ".git" || last == "node_modules" {
                walk?.skipDescendants()
                continue
            }
            var status = stat()
            let found = unsafe (path + "/" + name).withCString { unsafe lstat($0, &status) }
            if found == 0, status.st_mode & S_IFMT == S_IFREG {
                files.append((name, Int64(status.st_size)))
            }
        }
        return files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Adds a file, or in its place what it contains.
    private mutating func add(_ file: ExportFile, depth: Int) throws(VaultError) {
        let isCandidate = depth == 0 && !isFolder
        let ending = file.baseName.split(separator: ".").last?.lowercased()
        guard isCandidate || ending == "zip" || ending == "gz" else {
            files.append(file)
            return
        }
        let magic = try file.head(4)
        if magic.starts(with: [0x50, 0x4B, 3, 4]) || magic.starts(with: [0x50, 0x4B, 5, 6]) {
            try addZip(file, depth: depth)
        } else if magic.starts(with: [0x1F, 0x8B]) {
            try addGzip(file)
        } else {
            files.append(file)
        }
    }

    private mutating func addZip(_ file: ExportFile, depth: Int) throws(VaultError) {
        guard depth < 2 else {
            throw VaultError(
                .badInput, "\(file.place) is a zip inside a zip inside a zip; unpack it.")
        }
        let access: any RandomAccess
        if let path = file.diskPath {
            access = try DiskFile(path, place: file.place, followsLinks: true)
        } else {
            access = MemoryFile(try file.contents(limit: ContainerLimits.nestedZipBytes))
        }
        let directory = try ZipDirectory(access, place: file.place)
        // Photographs in a home folder are nobody's export and need no verification.
        if isFolder, depth == 0, !directory.entries.contains(where: { Self.mayMatter($0.name) }) {
            files.append(file)
            return
        }
        for entry in directory.entries where !entry.isFolder {
            let place = "\(file.place)/\(entry.name)"
            let inner = ExportFile(
                path: depth == 0 && !isFolder ? entry.name : "\(file.path)/\(entry.name)",
                place: place, sizeBytes: entry.sizeBytes, diskPath: nil, isPacked: true
            ) { () throws(VaultError) in try directory.open(entry) }
            try add(inner, depth: depth + 1)
        }
    }

    /// Whether a file of that name can be an export or hold one.
    static func mayMatter(_ name: String) -> Bool {
        let name = name.lowercased()
        return [".json", ".jsonl", ".ndjson", ".db", ".sqlite", ".zip", ".gz"].contains {
            name.hasSuffix($0)
        }
    }

    private mutating func addGzip(_ file: ExportFile) throws(VaultError) {
        var plain = file
        if plain.path.lowercased().hasSuffix(".gz") { plain.path.removeLast(3) }
        plain.diskPath = nil
        plain.isPacked = true
        plain.open = { () throws(VaultError) in try GzipSource(try file.open(), place: file.place) }
        files.append(plain)
    }
}
