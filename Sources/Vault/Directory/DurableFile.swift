import Foundation
import VaultCrypto

/// Small files that must be whole or absent after a crash, and folders that remember their names.
enum DurableFile {
    /// Reads a small file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - limitBytes: A larger file is `damaged`: nothing of ours grows that big.
    /// - Returns: The content; `nil` when there is no such file.
    /// - Throws: `damaged` for a file over the limit, `inputOutput` when reading fails.
    static func read(_ path: String, limitBytes: Int = 1 << 20) throws(VaultError) -> [UInt8]? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if file < 0, errno == ENOENT { return nil }
        guard file >= 0 else { throw failure("read", path) }
        defer { close(file) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe Foundation.read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", path) }
            if count == 0 { return content }
            content.append(contentsOf: buffer[..<count])
            guard content.count <= limitBytes else {
                throw VaultError(
                    .damaged, "\(path) is far larger than it can be; restore it from a backup.")
            }
        }
    }

    /// Reads a small secret file, or what comes through a pipe, into guarded memory.
    ///
    /// - Throws: `badInput` when it cannot be opened or is larger than 1 MiB.
    static func readSecret(_ path: String) throws(VaultError) -> SecretBytes {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw VaultError(.badInput, "The file \(path) cannot be opened; check the path.")
        }
        defer { close(file) }
        guard
            let secret = try SecretBytes.readAll(
                of: FileDescriptorSource(file), limitBytes: 1 << 20)
        else {
            throw VaultError(
                .badInput, "The file \(path) is too large to be a key; check the path.")
        }
        return secret
    }

    /// Puts content in place of a file: a new file is written and synced, then renamed over the old
    /// one, then the folder is synced.
    ///
    /// A crash leaves the old content or the new one.
    static func replace(_ path: String, with content: [UInt8]) throws(VaultError) {
        let temporary = unfinished(path)
        unsafe unlink(temporary)
        try create(temporary, content: content)
        guard unsafe rename(temporary, path) == 0 else { throw failure("rename", temporary) }
        try syncFolder(of: path)
    }

    /// The name that `replace` writes under until the content is durable.
    static func unfinished(_ path: String) -> String { path + ".new" }

    /// Makes a new file of mode 0600 and syncs it; an existing one is not touched.
    static func create(_ path: String, content: [UInt8]) throws(VaultError) {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw failure("create", path) }
        defer { close(file) }
        try write(content, to: file, path: path)
        guard fsync(file) == 0 else { throw failure("sync", path) }
    }

    /// Writes all of it.
    static func write(
        _ content: [UInt8], to file: Int32, path: String
    ) throws(VaultError) {
        var written = 0
        while written < content.count {
            let count = unsafe content[written...].withUnsafeBytes { bytes in
                unsafe Foundation.write(file, bytes.baseAddress, bytes.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            written += count
        }
    }

    /// Makes a folder of mode 0700 and syncs its parent; an existing one is left as it is.
    static func makeFolder(_ path: String) throws(VaultError) {
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw failure("create", path)
        }
        try syncFolder(of: path)
    }

    /// Makes a folder with those above it that are missing.
    static func makeFolders(_ path: String) throws(VaultError) {
        guard !exists(path) else { return }
        if let end = path.lastIndex(of: "/"), end > path.startIndex {
            try makeFolders(String(path[..<end]))
        }
        try makeFolder(path)
    }

    /// Renames and makes the new name durable.
    static func move(_ source: String, to target: String) throws(VaultError) {
        guard unsafe rename(source, target) == 0 else { throw failure("rename", source) }
        try syncFolder(of: target)
    }

    /// Removes a folder with all that is in it; one that is not there is no error.
    static func removeTree(_ path: String) throws(VaultError) {
        guard exists(path) else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw failure("remove", path)
        }
        try syncFolder(of: path)
    }

    /// Whether something has this name, be it a dangling link.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0
    }

    /// How large a file is; `nil` when that cannot be told.
    static func sizeBytes(_ path: String) -> Int64? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? Int64(status.st_size) : nil
    }

    /// The names in a folder, sorted; none when there is no such folder.
    static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    /// Makes a file's content durable.
    static func sync(_ path: String) throws(VaultError) {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("open", path) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw failure("sync", path) }
    }

    /// Makes the names in a file's folder durable.
    static func syncFolder(of path: String) throws(VaultError) {
        let folder = (path as NSString).deletingLastPathComponent
        let file = unsafe open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw failure("open", folder) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw failure("sync", folder) }
    }

    /// A sentence for the error that the system left in `errno`.
    static func failure(_ action: String, _ path: String) -> VaultError {
        let number = errno
        let reason = unsafe String(cString: strerror(number))
        if number == ENOSPC || number == EDQUOT {
            return VaultError(
                .noSpace,
                "Cannot \(action) \(path): the disk is full; free some space and try again.")
        }
        return VaultError(
            .inputOutput,
            "Cannot \(action) \(path): \(reason). Check the path and its permissions."
        )
    }
}
