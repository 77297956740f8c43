import ForeignArchives
import Foundation
import VaultCrypto

/// Everything that lies under a path, with zip and gzip files opened.
///
/// Files that are named as a ChatGPT export names uploads are held back unopened: what a user once
/// gave to a model is not part of the export, even when it is a zip, a database or an export.
/// `open(held:)` opens those that belong to no such export after all.
struct ExportFolder {
    private(set) var files: [ExportFile] = []
    /// Files that are named as uploads are; each with the number of containers around it.
    private(set) var held: [(file: ExportFile, depth: Int)] = []
    /// Entries of a folder that could not be read, where its other files can be.
    private(set) var faults: [(place: String, reason: String)] = []
    /// What an outermost zip may still hold, with all zips inside it, by its place.
    private var budgets: [String: ArchiveBudget] = [:]
    /// Whether the path names a folder: then one bad file does not spoil the others.
    private(set) var isFolder = false

    /// Lists what is there and verifies the directories of zips.
    ///
    /// - Parameter path: A file or folder; a link is followed.
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
        let walk = FolderWalk(path)
        faults = walk.faults
        for found in walk.files {
            let name = found.name
            tryToAdd(
                Self.diskFile(path + "/" + name, relative: name, sizeBytes: found.sizeBytes))
        }
    }

    /// Adds a file of a folder; a broken container gives a fault and none of its files.
    private mutating func tryToAdd(_ file: ExportFile) {
        let counts = (files.count, held.count)
        do {
            try add(file, depth: 0)
        } catch {
            files.removeLast(files.count - counts.0)
            held.removeLast(held.count - counts.1)
            faults.append((file.place, error.message))
        }
    }

    /// Takes the files that were held back.
    mutating func takeHeld() -> [(file: ExportFile, depth: Int)] {
        defer { held = [] }
        return held
    }

    /// Adds a file that was held back, or in its place what it contains.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - depth: What stood beside it.
    /// - Returns: What was added.
    /// - Throws: `.badInput` for a zip that is refused.
    mutating func open(held file: ExportFile, depth: Int) throws(VaultError) -> [ExportFile] {
        let count = files.count
        do {
            try add(file, depth: depth, isHeld: true)
        } catch {
            files.removeLast(files.count - count)
            guard isFolder else { throw error }
            faults.append((file.place, error.message))
        }
        return Array(files[count...])
    }

    private static func diskFile(
        _ path: String, relative: String, sizeBytes: Int64, followsLinks: Bool = false
    ) -> ExportFile {
        ExportFile(path: relative, place: relative, sizeBytes: sizeBytes, diskPath: path) {
            () throws(VaultError) in
            RangeSource(try DiskFile(path, place: relative, followsLinks: followsLinks))
        }
    }

    /// Adds a file, or in its place what it contains.
    private mutating func add(
        _ given: ExportFile, depth: Int, isHeld: Bool = false
    ) throws(VaultError) {
        var file = given
        let isExplicit = depth == 0 && !isFolder
        if file.isNamedAsAsset, !isExplicit, !isHeld { return held.append((file, depth)) }
        do {
            file.kind = ContentKind.of(try file.head(ContentKind.headBytes))
        } catch {
            // A damaged photograph in some zip does not spoil a folder.
            guard file.isPacked, isFolder else { throw error }
        }
        switch file.kind {
        case .zip where isExplicit || !ContentKind.isOtherZip(file.path):
            try addZip(file, depth: depth)
        case .gzip: try addGzip(file, isExplicit: isExplicit)
        default: files.append(file)
        }
    }

    private mutating func addZip(_ file: ExportFile, depth: Int) throws(VaultError) {
        guard depth < 2 else { throw Refusal.nestedTooDeep.error(at: file.place) }
        let outermost = file.outermost ?? file.place
        var budget = budgets[outermost] ?? ArchiveBudget(packedBytes: file.sizeBytes)
        let access = try access(to: file, &budget)
        let directory = try ZipDirectory(access, place: file.place)
        // Photographs in a home folder are nobody's export and need no verification.
        if isFolder, depth == 0, !directory.entries.contains(where: { mayMatter($0, directory) }) {
            files.append(file)
            return
        }
        try budget.charge(directory, place: file.place)
        budgets[outermost] = budget
        for entry in directory.entries where !entry.isFolder {
            let place = "\(file.place)/\(entry.name)"
            var inner = ExportFile(
                path: depth == 0 && !isFolder ? entry.name : "\(file.path)/\(entry.name)",
                place: place, sizeBytes: entry.sizeBytes, diskPath: nil, isPacked: true
            ) { () throws(VaultError) in try directory.open(entry) }
            inner.outermost = outermost
            if entry.isStored { inner.window = { directory.window(entry) } }
            try add(inner, depth: depth + 1)
        }
    }

    /// The bytes of a zip at any offset: on disk, in the zip around it, or in memory.
    private func access(
        to file: ExportFile, _ budget: inout ArchiveBudget
    ) throws(VaultError) -> any RandomAccess {
        if let path = file.diskPath {
            return try DiskFile(path, place: file.place, followsLinks: true)
        }
        if let window = file.window {
            // Its checksum stands at its end.
            let source = try file.open()
            var scratch = [UInt8](repeating: 0, count: 1 << 16)
            while try scratch.read(from: source, at: 0) > 0 {}
            return window()
        }
        try budget.charge(nestedBytes: file.sizeBytes, place: file.place)
        return MemoryFile(try file.contents(limit: Int(file.sizeBytes)))
    }

    /// Whether an entry can be an export or hold one, by its name or its first bytes.
    private func mayMatter(_ entry: ZipEntry, _ directory: ZipDirectory) -> Bool {
        if ContentKind.isNamedForExport(entry.name) { return true }
        let file = ExportFile(path: entry.name, place: entry.name, sizeBytes: entry.sizeBytes) {
            () throws(VaultError) in try directory.open(entry)
        }
        guard let head = try? file.head(ContentKind.headBytes) else { return false }
        switch ContentKind.of(head) {
        case .zip: return !ContentKind.isOtherZip(entry.name)
        case .other: return false
        default: return true
        }
    }

    private mutating func addGzip(_ file: ExportFile, isExplicit: Bool) throws(VaultError) {
        var plain = file
        if plain.path.lowercased().hasSuffix(".gz") { plain.path.removeLast(3) }
        plain.diskPath = nil
        plain.isPacked = true
        plain.open = { () throws(VaultError) in try GzipSource(try file.open(), place: file.place) }
        let isNamed = isExplicit || ContentKind.isNamedForExport(file.path)
        do {
            plain.kind = ContentKind.of(try plain.head(ContentKind.headBytes))
        } catch {
            // Other files begin with these two bytes as well.
            guard isNamed else { return files.append(file) }
            throw error
        }
        let isExport =
            plain.kind == .json || plain.kind == .database
            || ContentKind.isNamedForExport(plain.path)
        files.append(isExport || isExplicit ? plain : file)
    }
}
