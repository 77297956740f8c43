import Foundation
import VaultCrypto

/// An open folder of a vault, reached from the vault's own folder without following a link.
///
/// Whoever can write to the vault can put a link there that leads to files of others. So what is
/// overwritten or removed is named relative to a folder that was opened this way.
struct VaultFolder: ~Copyable {
    private let descriptor: Int32
    private let path: String

    /// Opens a folder of a vault.
    ///
    /// - Parameters:
    ///   - name: Relative to the vault's folder; empty for that folder itself, which may be named
    ///     through links.
    ///   - layout: The vault.
    /// - Returns: The folder; `nil` when there is none.
    /// - Throws: `damaged` when a link or a file is in its place.
    static func open(_ name: String, of layout: VaultLayout) throws(VaultError) -> VaultFolder? {
        guard let vault = try VaultFolder(at: AT_FDCWD, layout.directory, path: layout.directory)
        else { return nil }
        var folder = vault
        for component in name.split(separator: "/") {
            guard let next = try folder.folder(String(component)) else { return nil }
            folder = next
        }
        return folder
    }

    /// Refuses a vault whose folders are links or files.
    ///
    /// - Throws: `damaged`, with the folder's name.
    static func requireFolders(
        of layout: VaultLayout, generation: Int
    ) throws(VaultError) {
        for path in [layout.slots, layout.generations, layout.generation(generation)] {
            _ = try open(layout.relative(path), of: layout)
        }
    }

    /// Whether a folder stands at a path, and not a link to one.
    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Writes zeros over a small file of the vault and removes it; an absent one is no error.
    static func overwriteAndRemove(_ path: String, of layout: VaultLayout) throws(VaultError) {
        let parent = (layout.relative(path) as NSString).deletingLastPathComponent
        guard let folder = try open(parent, of: layout) else { return }
        try folder.overwriteAndRemove((path as NSString).lastPathComponent)
    }

    /// Removes a folder of the vault with all that is in it; an absent one is no error.
    static func removeTree(_ path: String, of layout: VaultLayout) throws(VaultError) {
        let parent = (layout.relative(path) as NSString).deletingLastPathComponent
        guard let folder = try open(parent, of: layout) else { return }
        try folder.removeFolder((path as NSString).lastPathComponent)
        try folder.sync()
    }

    private init?(at folder: Int32, _ name: String, path: String) throws(VaultError) {
        let links = folder == AT_FDCWD ? 0 : O_NOFOLLOW
        descriptor = unsafe openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | links)
        self.path = path
        if descriptor >= 0 { return }
        if errno == ENOENT { return nil }
        guard errno == ENOTDIR || errno == ELOOP else { throw DurableFile.failure("open", path) }
        throw VaultError(
            .damaged,
            "In the vault, \(path) is not a folder but a file or a link to another place; put the "
                + "folder back from a backup of the vault.")
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    private func folder(_ name: String) throws(VaultError) -> VaultFolder? {
        try VaultFolder(at: descriptor, name, path: "\(path)/\(name)")
    }

    /// Writes zeros over a small file, syncs and removes it.
    ///
    /// A link is removed as a link, and a file that has a second name elsewhere keeps its content
    /// there. What the medium keeps elsewhere (copy-on-write, spare blocks) is beyond reach;
    /// SECURITY.md says so.
    private func overwriteAndRemove(_ name: String) throws(VaultError) {
        let file = unsafe openat(
            descriptor, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        if file < 0, errno == ENOENT { return }
        // A link, or a pipe that nobody reads.
        guard file >= 0 || errno == ELOOP || errno == ENXIO else { throw failure("open", name) }
        defer { if file >= 0 { close(file) } }
        var status = stat()
        if file >= 0, unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_nlink == 1
        {
            let size = min(Int(status.st_size), 1 << 20)
            try DurableFile.write(
                [UInt8](repeating: 0, count: size), to: file, path: "\(path)/\(name)")
            guard fsync(file) == 0 else { throw failure("sync", name) }
        }
        guard unsafe unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else {
            throw failure("remove", name)
        }
        try sync()
    }

    private func removeFolder(_ name: String) throws(VaultError) {
        guard let inner = try folder(name) else { return }
        // Names come by the path; what they name is removed through the open folder.
        for entry in DurableFile.names(in: inner.path) {
            if unsafe unlinkat(inner.descriptor, entry, 0) == 0 || errno == ENOENT { continue }
            guard errno == EISDIR || errno == EPERM else { throw inner.failure("remove", entry) }
            try inner.removeFolder(entry)
        }
        guard unsafe unlinkat(descriptor, name, AT_REMOVEDIR) == 0 else {
            throw failure("remove", name)
        }
    }

    private func sync() throws(VaultError) {
        guard fsync(descriptor) == 0 else { throw DurableFile.failure("sync", path) }
    }

    private func failure(_ action: String, _ name: String) -> VaultError {
        DurableFile.failure(action, "\(path)/\(name)")
    }
}
