import Vault
import VaultCrypto

/// Writes the files for review of one conversation after another, and at the end the load file.
///
/// Memory holds one conversation; attachments are read anew for each file that has them, a piece at
/// a time, and the load file waits on disk.
struct ReviewExport {
    private let options: ReviewOptions
    private let source: any ArchiveSource
    private let writer: BagWriter
    private let limits: ReviewLimits
    private var loadFile: LoadFile?
    /// Checksums of attachments that some zip has.
    private var checksums: [[UInt8]: UInt32] = [:]

    /// Bytes of the load file so far.
    var waitingBytes: Int64 { loadFile?.sizeBytes ?? 0 }

    /// `nil` when no format was chosen.
    init?(
        _ options: ReviewOptions, source: any ArchiveSource, writer: BagWriter,
        limits: ReviewLimits = ReviewLimits()
    ) throws(VaultError) {
        guard !options.formats.isEmpty else { return nil }
        self.options = options
        self.source = source
        self.writer = writer
        self.limits = limits
        if options.formats.contains(.dat) {
            loadFile = try LoadFile(options.tableEncoding, in: writer.container.folder)
        }
    }

    /// Writes what one conversation gives.
    ///
    /// - Parameters:
    ///   - archived: The conversation with its messages in ascending order of id.
    ///   - versions: Earlier versions by message, in ascending order of version.
    ///   - missing: Digests of attachments that the vault could not give.
    /// - Throws: What the source and the disk throw.
    mutating func add(
        _ archived: ArchivedConversation, versions: [RecordID: [String]], missing: Set<[UInt8]>
    ) throws(VaultError) {
        let timeline = ReviewTimeline(archived)
        if options.formats.contains(.sessions) {
            try writer.payload(
                ArchiveName.session(archived.conversation.id),
                SessionsAnswer(archived, timeline).bytes)
        }
        guard options.formats != [.sessions] else { return }
        let events = ReviewEvents(
            archived, versions: versions, missing: missing, timeline: timeline, limits: limits)
        let slices = ReviewSlices.of(
            events.events, conversation: archived.conversation.id, clock: options.clock,
            limits: limits)
        for slice in slices {
            try add(ReviewMail(events: events, slice: slice, clock: options.clock))
        }
    }

    private mutating func add(_ mail: ReviewMail) throws(VaultError) {
        var native = LoadFile.Document(path: ArchiveName.native(mail.events.conversation.id))
        if options.formats.contains(.eml) {
            native = try write(mail.eml, ArchiveName.eml(mail.slice.name))
        }
        if options.formats.contains(.rsmf) {
            let message = try mail.rsmf { (attachment) throws(VaultError) in
                try checksum(attachment)
            }
            native = try write(message, ArchiveName.rsmf(mail.slice.name))
        }
        try loadFile?.add(mail, native: native)
    }

    private func write(
        _ message: MailMessage, _ path: String
    ) throws(VaultError) -> LoadFile.Document {
        let size = message.sizeBytes
        var sha256: [UInt8]?
        try writer.payload(path, sizeBytes: size) { (sink) throws(VaultError) in
            guard loadFile != nil else { return try message.write(from: source, to: sink) }
            let hashing = HashingSink(sink)
            try message.write(from: source, to: hashing)
            sha256 = hashing.sha256
        }
        return LoadFile.Document(path: path, sizeBytes: size, sha256: sha256)
    }

    private mutating func checksum(_ attachment: ReviewAttachment) throws(VaultError) -> UInt32 {
        if attachment.isPresent, let known = checksums[attachment.sha256] { return known }
        let sum = CRC32()
        try attachment.content.write(from: source, to: sum)
        if attachment.isPresent { checksums[attachment.sha256] = sum.value }
        return sum.value
    }

    /// Writes the load file.
    ///
    /// - Returns: How many characters its encoding lacked.
    func finish() throws(VaultError) -> Int {
        try loadFile?.finish(writer, clock: options.clock)
        return loadFile?.replacedCharacters ?? 0
    }
}
