import Foundation
import Vault
import VaultCrypto

/// Small files of mode 0600 outside the vault that are whole or absent after a crash.
enum PrivateFile {
    /// Puts identities in place of a file, one a line, as `age -i` reads them.
    static func replace(_ path: String, with identities: [AgeIdentity]) throws(VaultError) {
        let temporary = "\(path).new"
        try makeFolders(of: path)
        unlink(temporary)
        try write(identities, to: temporary)
        guard rename(temporary, path) == 0 else { throw failure("write", path) }
        try syncFolder(of: path)
    }

    /// Makes a file of identities; one that is there already, or that another process makes at the
    /// same time, stays as it is.
    static func create(_ path: String, with identities: [AgeIdentity]) throws(VaultError) {
        let temporary = "\(path).\(RecordID(at: .now)).new"
        try makeFolders(of: path)
        defer { unlink(temporary) }
        try write(identities, to: temporary)
        guard link(temporary, path) == 0 || errno == EEXIST else { throw failure("write", path) }
        try syncFolder(of: path)
    }

    private static func write(
        _ identities: [AgeIdentity], to path: String
    ) throws(VaultError) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw failure("create", path) }
        defer { close(file) }
        let sink = FileDescriptorSink(file)
        for identity in identities { try identity.write(to: sink) }
        guard fsync(file) == 0 else { throw failure("write", path) }
    }

    /// Gives a file another name, durably.
    static func move(_ path: String, to target: String) throws(VaultError) {
        guard rename(path, target) == 0 else { throw failure("rename", path) }
        try syncFolder(of: target)
    }

    /// Removes a file, if it is there.
    static func remove(_ path: String) {
        unlink(path)
        try? syncFolder(of: path)
    }

    /// The identities in a file of ours; none when it is not there.
    static func identities(in path: String) throws(VaultError) -> [AgeIdentity] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        if file < 0, errno == ENOENT { return [] }
        guard file >= 0 else { throw failure("read", path) }
        defer { close(file) }
        var status = stat()
        let size = fstat(file, &status) == 0 ? min(Int(status.st_size), 1 << 20) : 0
        let source = FileDescriptorSource(file)
        return try AgeIdentity.parse(
            file: SecretBytes(count: size) { (buffer) throws(VaultError) in
                _ = try source.readFully(into: buffer)
            })
    }

    /// Makes the folders that lead to a path, for the user alone and durably; existing ones stay as
    /// they are.
    static func makeFolders(of path: String) throws(VaultError) {
        let parent = folder(of: path)
        guard parent != "/", !Place.exists(parent) else { return }
        try makeFolders(of: parent)
        guard mkdir(parent, 0o700) == 0 || errno == EEXIST else { throw failure("create", parent) }
        try syncFolder(of: parent)
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash > path.startIndex ? String(path[..<slash]) : "/"
    }

    /// Makes a name durable, where the file system knows such a thing and lets its folder be read.
    ///
    /// - Throws: `inputOutput`.
    static func syncFolder(of path: String) throws(VaultError) {
        let folder = open(folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if folder < 0, errno == EACCES { return }
        guard folder >= 0 else { throw failure("sync", path) }
        defer { close(folder) }
        guard isSynced(folder) else { throw failure("sync", path) }
    }

    /// Whether a file, or a folder's names, are durable, or their file system knows no such thing.
    static func isSynced(_ file: Int32) -> Bool { fsync(file) == 0 || errno == EINVAL }

    private static func failure(_ action: String, _ path: String) -> VaultError {
        let reason = String(cString: strerror(errno))
        return VaultError(
            errno == ENOSPC ? .noSpace : .inputOutput,
            "Cannot \(action) \(path): \(reason); check the path and its permissions."
        )
    }
}
