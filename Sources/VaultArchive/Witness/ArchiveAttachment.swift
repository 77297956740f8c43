import ForeignArchives
import Foundation
package import VaultCrypto

/// Carries a time stamp or a cosignature from outside into an archive.
///
/// What is added stands beside the tag manifest and in no list, so that the archive's own
/// signatures hold as before. Nothing that is there is changed: a folder gets a new file, of a
/// packed archive a new one is written with every file as it was.
package enum ArchiveAttachment {
    package enum Kind: Sendable { case timeStamp, cosignature }

    /// Where a witness goes and what it says.
    package struct Placement: Sendable, Equatable {
        /// The new file's name in the archive.
        package var name: String
        /// When the authority says that it stamped; not checked.
        package var time: String?
        /// Who cosigned: `SHA256:…`.
        package var cosigner: String?
    }

    /// Adds a witness.
    ///
    /// - Parameters:
    ///   - content: The authority's reply (RFC 3161), or an SSH signature file.
    ///   - kind: Which of both.
    ///   - archive: A folder, a `.tar` or a `.tar.zst`.
    ///   - output: Where the new archive of a packed one goes; `nil` for a folder.
    ///   - isCancelled: Asked with each file that is copied; `true` leaves nothing behind.
    /// - Returns: What was added.
    /// - Throws: `badInput` for what does not fit the archive, `exists` for what is there already,
    ///   `damaged` for an archive that is not whole as far as it was read, `notFound`, `cancelled`,
    ///   and what the disk says. Nothing is written then.
    package static func attach(
        _ content: [UInt8], as kind: Kind, to archive: String, output: String?,
        isCancelled: @escaping () -> Bool = { false }
    ) throws(VaultError) -> Placement {
        let content = kind == .cosignature ? Cosignature.inOneForm(content) : content
        var status = stat()
        guard unsafe stat(archive, &status) == 0 else {
            throw VaultError(.notFound, "There is no archive at this path; check the path.")
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            guard output == nil else {
                throw VaultError(
                    .badInput,
                    "An archive that is a folder gets the file itself; leave out --output.")
            }
            return try FolderAttachment(folder: archive).add(content, as: kind)
        }
        guard let output else {
            throw VaultError(
                .badInput,
                "A packed archive is never changed; name the new one with --output.")
        }
        let file = try DiskFile(archive, place: "The archive", followsLinks: true)
        return try PackedAttachment(file: file, isCancelled: isCancelled)
            .add(content, as: kind, output: try OutputPath(output))
    }
}

/// An archive that is a folder.
private struct FolderAttachment {
    let folder: String

    func add(
        _ content: [UInt8], as kind: ArchiveAttachment.Kind
    ) throws(VaultError) -> ArchiveAttachment.Placement {
        var list = SealedList()
        for (name, maximum) in SealedList.names {
            if let file = try read(name, maximumBytes: maximum) { list.add(name, file) }
        }
        let placement = try list.place(content, as: kind)
        try write(content, name: placement.name)
        return placement
    }

    /// - Returns: `nil` where there is no such file.
    private func read(_ name: String, maximumBytes: Int64) throws(VaultError) -> [UInt8]? {
        let path = "\(folder)/\(name)"
        var status = stat()
        if unsafe lstat(path, &status) != 0, errno == ENOENT { return nil }
        let file = try DiskFile(path, place: "The archive's \(name)")
        guard file.sizeBytes <= maximumBytes else { throw .longWitness(name) }
        var content: [UInt8] = []
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let descriptor = unsafe open(path, flags)
        guard descriptor >= 0 else { throw .file("read", Array(name.utf8)) }
        try unsafe OpenFile(descriptor).readAll { (bytes) throws(VaultError) in
            unsafe content.append(contentsOf: bytes)
            guard content.count <= maximumBytes else { throw .longWitness(name) }
        }
        return content
    }

    /// The file has its name only when it is on the disk, where the file system can do that.
    private func write(_ content: [UInt8], name: String) throws(VaultError) {
        let path = "\(folder)/\(name)"
        if let file = NamelessFile.open(in: folder) {
            try fill(file, content)
            do throws(VaultError) {
                try NamelessFile.publish(file, as: path)
            } catch {
                throw error.code == .exists ? Self.overtaken : error
            }
        } else {
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
            let descriptor = unsafe open(path, flags, 0o600)
            guard descriptor >= 0 else {
                throw errno == EEXIST ? Self.overtaken : .file("written", Array(name.utf8))
            }
            do throws(VaultError) {
                try fill(OpenFile(descriptor), content)
            } catch {
                unsafe unlink(path)
                throw error
            }
        }
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file("opened") }
        try OpenFile(descriptor).sync()
    }

    private func fill(_ file: OpenFile, _ content: [UInt8]) throws(VaultError) {
        try unsafe content.lend { (bytes) throws(VaultError) in try unsafe file.write(bytes) }
        try file.sync()
    }

    private static let overtaken = VaultError(
        .exists, "Somebody else added such a file at the same time; try again.")
}

/// An archive that is a tar, read twice: once for its list, once to copy it.
private struct PackedAttachment {
    private static let ageMagic = Array("age-encryption.org/".utf8)

    let file: DiskFile
    let isCancelled: () -> Bool

    func add(
        _ content: [UInt8], as kind: ArchiveAttachment.Kind, output: OutputPath
    ) throws(VaultError) -> ArchiveAttachment.Placement {
        try refuseEncrypted()
        guard output.form != .folder else {
            throw VaultError(
                .badInput,
                "A packed archive stays packed; let --output end with .tar or .tar.zst.")
        }
        try output.requireEnding(isEncrypted: false)
        var list = SealedList()
        let bag = try visit { (path, entry) throws(VaultError) in
            guard let maximum = SealedList.maximumBytes(of: path) else { return }
            guard entry.sizeBytes <= maximum else { throw .longWitness(path) }
            var content: [UInt8] = []
            try unsafe entry.read { (bytes) throws(VaultError) in
                unsafe content.append(contentsOf: bytes)
            }
            list.add(path, content)
        }
        let placement = try list.place(content, as: kind)
        let isCompressed = output.form == .tar(isCompressed: true, isEncrypted: false)
        let container = try TarContainer(output, bag: bag, isCompressed: isCompressed)
        _ = try visit { (path, entry) throws(VaultError) in
            try container.begin(path, sizeBytes: entry.sizeBytes)
            try unsafe entry.read { (bytes) throws(VaultError) in
                try unsafe container.write(bytes)
            }
            try container.end()
        }
        try container.begin(placement.name, sizeBytes: Int64(content.count))
        try unsafe content.lend { (bytes) throws(VaultError) in try unsafe container.write(bytes) }
        try container.end()
        try container.publish()
        return placement
    }

    private func refuseEncrypted() throws(VaultError) {
        var head = [UInt8](repeating: 0, count: Self.ageMagic.count)
        var span = head.mutableSpan
        _ = try unsafe span.withUnsafeMutableBytes { (buffer) throws(VaultError) in
            try unsafe file.read(at: 0, into: buffer)
        }
        guard head == Self.ageMagic else { return }
        throw VaultError(
            .unsupported,
            "This archive is encrypted; open it with `age -d` first, and encrypt the new one after."
        )
    }

    /// Visits every file in the order of the tar.
    ///
    /// - Returns: The name of the bag.
    private func visit(
        _ body: (String, ArchiveEntry) throws(VaultError) -> Void
    ) throws(VaultError) -> String {
        var entries = try TarEntries(file, limits: ArchiveVerifier.Limits())
        var isWhole = true
        try entries.forEach({ _, _ in isWhole = false }) { (entry) throws(VaultError) in
            if isCancelled() {
                throw VaultError(.cancelled, "The copying was stopped; nothing was left behind.")
            }
            guard !entry.isFolder else { return }
            guard isWhole, ArchiveName.isSafe(entry.path) else { return isWhole = false }
            try body(String(decoding: entry.path, as: UTF8.self), entry)
        }
        guard isWhole, entries.isComplete, let bag = entries.bag else {
            throw VaultError(
                .damaged,
                "This is no archive that can be copied as it is; see what `coffer verify` says.")
        }
        return String(decoding: bag, as: UTF8.self)
    }
}

extension VaultError {
    fileprivate static func longWitness(_ name: String) -> VaultError {
        VaultError(
            .damaged,
            "The archive's \(name) is longer than such a file can be; see what `coffer verify` "
                + "says."
        )
    }
}
