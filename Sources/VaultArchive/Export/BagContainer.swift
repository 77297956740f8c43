import Foundation
import VaultCrypto

/// Where the files of a bag go: a folder or a tar.
///
/// Nothing stands under the output's own name before `publish`, which never overwrites; what was
/// written is removed when the container is dropped without it.
protocol BagContainer: AnyObject {
    /// The folder on whose disk everything is written.
    var folder: String { get }
    /// Starts a file; exactly `sizeBytes` follow.
    func begin(_ path: String, sizeBytes: Int64) throws(VaultError)
    func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError)
    func end() throws(VaultError)
    /// Makes everything durable and visible under the output's name.
    func publish() throws(VaultError)
}

/// What an output's ending makes of it.
enum OutputForm: Equatable {
    case folder
    case tar(isCompressed: Bool, isEncrypted: Bool)

    /// Endings that promise a packed or encrypted file, which a folder of that name would not be.
    private static let foreign: Set<Substring> = [
        "age", "gpg", "pgp", "asc", "gz", "tgz", "zip", "xz", "txz", "bz2", "tbz", "tbz2", "7z",
        "rar", "zst", "tzst", "lz", "lz4", "lzma", "br", "cpio", "iso", "tar",
    ]

    /// - Throws: `unsupported` for an ending of another format.
    init(fileName: String) throws(VaultError) {
        let pieces = fileName.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        let endings = pieces.dropFirst()
        let isEncrypted = endings.last == "age"
        let packed = isEncrypted ? endings.dropLast() : endings
        if packed.last == "tar" {
            self = .tar(isCompressed: false, isEncrypted: isEncrypted)
        } else if packed.suffix(2) == ["tar", "zst"] {
            self = .tar(isCompressed: true, isEncrypted: isEncrypted)
        } else if let last = endings.last,
            Self.foreign.contains(last) || endings.dropLast().last == "tar"
        {
            let ending = endings.suffix(endings.dropLast().last == "tar" ? 2 : 1)
            throw VaultError(
                .unsupported,
                "Archives are not written as .\(ending.joined(separator: ".")); name a .tar, a "
                    + ".tar.zst or a folder in --output, and pack or encrypt that afterwards.")
        } else {
            self = .folder
        }
    }
}

/// The path of an output, taken apart.
struct OutputPath {
    let path: String
    let form: OutputForm
    /// The folder that holds the output.
    let folder: String
    /// A sibling's name for what is not finished: hidden, and named for what it is.
    let staging: String

    init(_ output: String) throws(VaultError) {
        var path = output
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        guard !path.isEmpty, path != "/" else {
            throw VaultError(
                .badInput, "The export needs a path for --output that names a new file.")
        }
        self.path = path
        let cut = path.lastIndex(of: "/")
        folder = cut.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = cut.map { String(path[path.index(after: $0)...]) } ?? path
        form = try OutputForm(fileName: name)
        let suffix = unsafe SecretBytes.random(count: 4).withBytes { unsafe Array($0) }.hex
        staging = "\(folder)/.\(name).partial-\(suffix)"
        var status = stat()
        if unsafe lstat(path, &status) == 0 { throw .archiveExists }
        guard unsafe stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw VaultError(
                .badInput, "The folder that --output names does not exist; create it and try again."
            )
        }
    }

    /// Refuses an ending that says otherwise than whether the archive is encrypted.
    func requireEnding(isEncrypted: Bool) throws(VaultError) {
        let isNamedSo = [true, false].contains {
            form == .tar(isCompressed: $0, isEncrypted: true)
        }
        guard isNamedSo != isEncrypted else { return }
        throw VaultError(
            .badInput,
            isEncrypted
                ? "An encrypted archive is one file; let the output end with .tar.age or "
                    + ".tar.zst.age."
                : "An archive that ends with .age is encrypted; say for whom with --recipient, or "
                    + "give --archive-passphrase-file.")
    }

    /// The last part of the path with something inserted before the endings of a packed file.
    func name(_ suffix: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard case .tar(let isCompressed, let isEncrypted) = form else { return name + suffix }
        var pieces = name.split(separator: ".", omittingEmptySubsequences: false)
        let endings = pieces.suffix(1 + (isCompressed ? 1 : 0) + (isEncrypted ? 1 : 0))
        pieces.removeLast(endings.count)
        return pieces.joined(separator: ".") + suffix + "." + endings.joined(separator: ".")
    }

    /// Makes the new name durable.
    func syncFolder() throws(VaultError) {
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file("opened") }
        try OpenFile(descriptor).sync()
    }
}

/// A bag as a plain folder, readable by its owner only.
final class FolderContainer: BagContainer {
    /// Makes an open file or folder durable.
    typealias Sync = (OpenFile) throws(VaultError) -> Void

    private let output: OutputPath
    private let sync: Sync
    private var made: Set<Substring> = []
    private var file: OpenFile?
    /// Written files that are still open, to be made durable together.
    private var written: [OpenFile] = []
    private static let maximumWritten = 256
    private var isPublished = false

    var folder: String { output.folder }

    init(
        _ output: OutputPath,
        sync: @escaping Sync = { (file) throws(VaultError) in try file.sync() }
    ) throws(VaultError) {
        self.output = output
        self.sync = sync
        guard unsafe mkdir(output.staging, 0o700) == 0 else { throw .file("created") }
    }

    func begin(_ path: String, sizeBytes: Int64) throws(VaultError) {
        try makeFolders(of: path)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor = unsafe open("\(output.staging)/\(path)", flags, 0o600)
        guard descriptor >= 0 else { throw .file("created") }
        file = OpenFile(descriptor)
    }

    private func makeFolders(of path: String) throws(VaultError) {
        for cut in path.indices where path[cut] == "/" && !made.contains(path[..<cut]) {
            guard unsafe mkdir("\(output.staging)/\(path[..<cut])", 0o700) == 0 || errno == EEXIST
            else {
                throw .file("created")
            }
            made.insert(path[..<cut])
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError) { try unsafe file?.write(bytes) }

    /// Every file is synced by itself, because a sync of everything reports no error.
    ///
    /// Many at a time: when the disk has their bytes already, the first one commits the file
    /// system's journal for all.
    func end() throws(VaultError) {
        if let file {
            file.startWriting()
            written.append(file)
        }
        file = nil
        if written.count == Self.maximumWritten { try syncWritten() }
    }

    private func syncWritten() throws(VaultError) {
        for file in written { try sync(file) }
        written.removeAll(keepingCapacity: true)
    }

    func publish() throws(VaultError) {
        try syncWritten()
        for folder in made { try syncFolder("\(output.staging)/\(folder)") }
        try syncFolder(output.staging)
        // An empty folder claims the name; renaming over an empty folder is atomic (POSIX rename).
        guard unsafe mkdir(output.path, 0o700) == 0 else {
            throw errno == EEXIST ? .archiveExists : .file("created")
        }
        guard unsafe rename(output.staging, output.path) == 0 else {
            let number = errno
            unsafe rmdir(output.path)
            throw number == ENOTEMPTY || number == EEXIST
                ? .archiveExists : .file("given its name", number: number)
        }
        isPublished = true
        try syncFolder(output.folder)
    }

    private func syncFolder(_ path: String) throws(VaultError) {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file("opened") }
        try sync(OpenFile(descriptor))
    }

    deinit {
        file = nil
        if !isPublished { try? FileManager.default.removeItem(atPath: output.staging) }
    }
}
