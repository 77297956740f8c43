import Vault
import VaultCrypto

/// Writes files into a bag and keeps its manifests.
///
/// Hashes are computed on another thread while bytes pass; the manifests wait on disk, in files
/// without a name.
final class BagWriter {
    let container: any BagContainer
    private let hooks: ArchiveExport.Hooks
    private let lane = FileLanes(count: 1)
    private let manifest256: Spool
    private let manifest512: Spool
    /// Payload files whose hashes are still being computed, and the SHA-256 that one must have.
    private var waiting: [(path: String, sha256: [UInt8]?)] = []
    private var tags: [(path: String, sha256: [UInt8])] = []
    private var names: Set<String> = []

    private(set) var payloadBytes: Int64 = 0
    private(set) var payloadFiles: Int64 = 0
    private var progress = ArchiveExport.Progress()
    private var reported: Int64 = 0

    init(_ container: any BagContainer, hooks: ArchiveExport.Hooks) throws(VaultError) {
        self.container = container
        self.hooks = hooks
        manifest256 = try Spool(in: container.folder)
        manifest512 = try Spool(in: container.folder)
        try tag(ArchiveName.declaration, TagFiles.declaration)
    }

    // MARK: Payload

    /// Writes a payload file whose content `body` produces.
    ///
    /// - Parameters:
    ///   - path: Its path in the bag, below `data/`.
    ///   - sizeBytes: Exactly how much `body` writes.
    ///   - sha256: What the content's SHA-256 must be, where its name says that.
    ///   - body: Writes the content into the sink that it is given.
    /// - Throws: `damaged` when `body` writes another number of bytes, and what it throws. Content
    ///   of another SHA-256 is told by a later call, `manifests` at the latest.
    func payload(
        _ path: String, sizeBytes: Int64, sha256: [UInt8]? = nil,
        _ body: (PayloadSink) throws(VaultError) -> Void
    ) throws(VaultError) {
        try claim(path)
        let sink = PayloadSink(self, path: path, sizeBytes: sizeBytes)
        lane.begin(FileWork(), sizeBytes: sizeBytes)
        try body(sink)
        try sink.finish()
        lane.endFile()
        waiting.append((path, sha256))
        try collect(lane.takeFinished())
        payloadBytes += sizeBytes
        payloadFiles += 1
    }

    /// Writes a payload file from memory.
    func payload(_ path: String, _ content: [UInt8]) throws(VaultError) {
        try payload(path, sizeBytes: Int64(content.count)) { (sink) throws(VaultError) in
            try unsafe content.lend { (bytes) throws(VaultError) in try unsafe sink.write(bytes) }
        }
    }

    /// Takes the bytes of the current payload file.
    fileprivate func pass(_ bytes: UnsafeRawBufferPointer) throws(VaultError) {
        unsafe lane.update(bytes)
        try unsafe container.write(bytes)
        try advance(bytes: Int64(bytes.count), records: 0)
    }

    /// Reports progress and asks for cancellation, every few megabytes.
    func advance(bytes: Int64, records: Int) throws(VaultError) {
        progress.bytes += bytes
        progress.records += records
        guard progress.bytes - reported >= 4 << 20 || progress.bytes == 0 else { return }
        try checkpoint()
    }

    /// Reports progress and asks for cancellation now.
    func checkpoint() throws(VaultError) {
        reported = progress.bytes
        hooks.progress(progress)
        if hooks.isCancelled() {
            throw VaultError(.cancelled, "The export was stopped; nothing was left behind.")
        }
    }

    private func collect(_ findings: [FileFinding]) throws(VaultError) {
        for (finding, file) in zip(findings, waiting) {
            guard let sha256 = finding.sha256, let sha512 = finding.sha512 else { continue }
            guard file.sha256 ?? sha256 == sha256 else {
                throw VaultError(
                    .damaged,
                    "\(file.path) is not what its name says, so nothing was exported. Run "
                        + "`coffer doctor` to see what is damaged.")
            }
            try manifest256.write("\(sha256.hex)  \(file.path)\n".utf8)
            try manifest512.write("\(sha512.hex)  \(file.path)\n".utf8)
        }
        waiting.removeFirst(findings.count)
    }

    /// Refuses a name that differs from an earlier one at most in case.
    private func claim(_ path: String) throws(VaultError) {
        // Conversations and attachments are named by distinct ids and hashes, which the source
        // gives once each; only the few other files are compared by name.
        guard !path.hasPrefix(ArchiveName.native), !path.hasPrefix(ArchiveName.attachments),
            !path.hasPrefix(ArchiveName.pages),
            !ArchiveName.review.contains(where: { path.hasPrefix($0) })
        else { return }
        guard names.insert(path.lowercased()).inserted else {
            throw VaultError(
                .internalFault,
                "Two files of an archive would have the name \(path). Please report "
                    + "this.")
        }
    }

    // MARK: Tag files

    func tag(_ path: String, _ text: String) throws(VaultError) { try tag(path, Array(text.utf8)) }

    func tag(_ path: String, _ content: [UInt8]) throws(VaultError) {
        try claim(path)
        try file(path, content)
        tags.append((path, SHA256Digest.hash(content)))
    }

    /// The tag files below a folder, but for some, as a manifest lists them.
    func manifest(below folder: String, without some: Set<String>) -> String {
        tags.filter { $0.path.hasPrefix(folder) && !some.contains($0.path) }
            .sorted { $0.path < $1.path }
            .reduce(into: "") { $0 += "\($1.sha256.hex)  \($1.path)\n" }
    }

    /// SHA-256 of a tag file that was written; empty for another.
    func digest(of path: String) -> [UInt8] { tags.first { $0.path == path }?.sha256 ?? [] }

    /// Writes a tag file that was collected on disk.
    func tag(_ path: String, _ spool: Spool) throws(VaultError) {
        var digest = SHA256Digest()
        try claim(path)
        try container.begin(path, sizeBytes: spool.sizeBytes)
        try unsafe spool.drain { (bytes) throws(VaultError) in
            unsafe digest.update(bytes)
            try unsafe container.write(bytes)
        }
        try container.end()
        tags.append((path, digest.finalize()))
    }

    /// Writes a tag file whose content `body` hands over in pieces.
    func tag(
        _ path: String, sizeBytes: Int64,
        _ body: (([UInt8]) throws(VaultError) -> Void) throws(VaultError) -> Void
    ) throws(VaultError) {
        var digest = SHA256Digest()
        try claim(path)
        try container.begin(path, sizeBytes: sizeBytes)
        try body { (piece) throws(VaultError) in
            try unsafe piece.lend { (bytes) throws(VaultError) in
                unsafe digest.update(bytes)
                try unsafe container.write(bytes)
            }
        }
        try container.end()
        tags.append((path, digest.finalize()))
    }

    private func file(_ path: String, _ content: [UInt8]) throws(VaultError) {
        try container.begin(path, sizeBytes: Int64(content.count))
        try unsafe content.lend { (bytes) throws(VaultError) in try unsafe container.write(bytes) }
        try container.end()
    }

    /// Writes both payload manifests; no payload may follow.
    func manifests() throws(VaultError) {
        try collect(lane.close())
        try tag(ArchiveName.manifest256, manifest256)
        try tag(ArchiveName.manifest512, manifest512)
    }

    /// Writes the tag manifest and its signatures, which end the bag.
    ///
    /// - Returns: SHA-256 of the tag manifest, which stands for the whole bag.
    func sign(_ key: borrowing SigningKey, comment: String) throws(VaultError) -> [UInt8] {
        tags.sort { $0.path < $1.path }
        let text = tags.reduce(into: "") { $0 += "\($1.sha256.hex)  \($1.path)\n" }
        let content = Array(text.utf8)
        try file(ArchiveName.tagManifest, content)
        try file(ArchiveName.sshSignature, ArchiveSigner.sshSignature(of: content, key))
        try file(
            ArchiveName.minisignSignature,
            ArchiveSigner.minisignSignature(of: content, key, comment: comment))
        return SHA256Digest.hash(content)
    }
}

/// Where the content of one payload file goes.
///
/// The file begins with its first byte, so that a source that fails before it leaves no trace.
final class PayloadSink: ByteSink {
    private let writer: BagWriter
    private let path: String
    private let sizeBytes: Int64
    private var written: Int64 = 0
    private(set) var hasBegun = false

    init(_ writer: BagWriter, path: String, sizeBytes: Int64) {
        self.writer = writer
        self.path = path
        self.sizeBytes = sizeBytes
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError) {
        try begin()
        written += Int64(bytes.count)
        guard written <= sizeBytes else { throw wrongSize() }
        try unsafe writer.pass(bytes)
    }

    private func begin() throws(VaultError) {
        guard !hasBegun else { return }
        hasBegun = true
        try writer.container.begin(path, sizeBytes: sizeBytes)
    }

    func finish() throws(VaultError) {
        try begin()
        guard written == sizeBytes else { throw wrongSize() }
        try writer.container.end()
    }

    private func wrongSize() -> VaultError {
        VaultError(
            .damaged,
            "\(path) does not have the size that its record names, so nothing was exported. "
                + "Run `coffer doctor` to see what is damaged.")
    }
}
