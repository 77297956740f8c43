import JSONText
import Vault
import VaultCrypto

/// Writes `data/`: conversation by conversation the records, the page and the attachments that were
/// not written yet, then the list of conversations and the reports.
///
/// Memory holds one conversation; what grows with their number waits on disk without a name.
struct PayloadExport {
    private let source: any ArchiveSource
    private let writer: BagWriter
    private let items: Spool
    private let errors: Spool
    /// `proof/records.jsonl`, where the archive gets a proof of its own.
    let placed: Spool?
    private var counts = ArchiveCounts()
    private var attachments: Set<[UInt8]> = []
    private var locations: [ArchiveLocation: ArchiveCounts] = [:]
    /// Attachments that the vault could not give.
    private var missing: Set<[UInt8]> = []
    /// The hashes of parts that name them, where the archive gets a proof of its own.
    private(set) var missingParts: Set<[UInt8]> = []
    private var review: ReviewExport?
    private let request: ArchiveExport.Request
    private var list = ListPages(conversations: 0)
    /// What the archive's first page says about the records.
    private(set) var overview = ArchiveOverview()

    init(
        source: any ArchiveSource, writer: BagWriter, _ request: ArchiveExport.Request
    ) throws(VaultError) {
        self.request = request
        self.source = source
        self.writer = writer
        let folder = writer.container.folder
        items = try Spool(in: folder)
        errors = try Spool(in: folder)
        placed = source.log == nil || source.carriedProof != nil ? nil : try Spool(in: folder)
        review = try ReviewExport(request.review, source: source, writer: writer)
    }

    mutating func run() throws(VaultError) -> ArchiveCounts {
        try items.write(Reports.itemsHead)
        try errors.write(Reports.errorsHead)
        var previous: RecordID?
        let selection = try source.selection()
        list = ListPages(conversations: selection.count)
        for id in selection {
            guard previous.map({ $0 < id }) ?? true else {
                throw VaultError(
                    .internalFault, "The selection is not in ascending order. Please report this.")
            }
            previous = id
            try conversation(try source.conversation(id))
        }
        try writer.checkpoint()
        try payload(list.finish())
        try payload(ArchiveName.errors, errors)
        try payload(ArchiveName.items, items)
        if let report = source.redaction { try payload(ArchiveName.privilege, report.rows) }
        try writer.payload(ArchiveName.locations, Reports.locations(locations))
        try writer.payload(ArchiveName.settings, Reports.settings(request))
        counts.replacedCharacters = try review?.finish() ?? 0
        try writer.payload(ArchiveName.summary, Reports.summary(counts))
        return counts
    }

    private func payload(_ path: String, _ spool: Spool) throws(VaultError) {
        try writer.payload(path, sizeBytes: spool.sizeBytes) { (sink) throws(VaultError) in
            try unsafe spool.drain { (bytes) throws(VaultError) in try unsafe sink.write(bytes) }
        }
    }

    private func payload(_ page: ListPages.Page?) throws(VaultError) {
        if let page { try writer.payload(page.path, page.content) }
    }

    private mutating func conversation(_ given: ArchivedConversation) throws(VaultError) {
        let archived = given.sorted
        let versions = Dictionary(grouping: archived.earlierVersions, by: \.message)
            .mapValues { $0.map(\.record) }
        let id = archived.conversation.id
        try writer.payload(
            ArchiveName.native(id), RecordLines.file(archived, versions: versions))
        try placed?.write(PlacedRecords.line(of: archived))
        try writer.payload(
            ArchiveName.page(id),
            ConversationPage.render(archived, versions: versions))
        let files = try attachments(of: archived)
        if placed != nil, !missing.isEmpty { noteMissingParts(of: archived) }
        try review?.add(archived, versions: versions, missing: missing)
        counts.add(archived)
        let conversation = archived.conversation
        let location = ArchiveLocation(
            custodian: conversation.custodian, source: conversation.origin.source)
        locations[location, default: ArchiveCounts()].add(archived)
        locations[location]?.attachments += files
        overview.add(archived)
        try payload(list.add(archived.conversation, messages: archived.messages.count))
        try items.write(Reports.item(archived, attachments: files))
        try writer.advance(bytes: 0, records: archived.messages.count)
    }

    /// Writes what the conversation refers to and was not written yet.
    ///
    /// - Parameter archived: The conversation.
    /// - Returns: How many different attachments it refers to.
    /// - Throws: `damaged` when an attachment is not what its name says.
    private mutating func attachments(
        of archived: ArchivedConversation
    ) throws(VaultError) -> Int {
        var own: Set<[UInt8]> = []
        for message in archived.messages {
            for reference in message.parts.compactMap(\.attachment) {
                own.insert(reference.sha256)
                try attachment(reference, archived.conversation.id, message.id)
            }
        }
        for version in archived.earlierVersions {
            let parts = (try? JSONReader.parse(version.record))?["parts"]?.array ?? []
            for reference in parts.compactMap({ Part(archived: $0)?.attachment }) {
                own.insert(reference.sha256)
                try attachment(reference, archived.conversation.id, version.message)
            }
        }
        return own.count
    }

    private mutating func noteMissingParts(of archived: ArchivedConversation) {
        let current = archived.messages.map { ($0.parts, $0.partLines) }
        let earlier = archived.earlierVersions.compactMap { RecordFile.message($0.record) }
            .map { ($0.parts, $0.partLines) }
        for (parts, lines) in current + earlier where parts.count == lines.count {
            for (part, line) in zip(parts, lines) {
                guard let file = part.attachment, missing.contains(file.sha256) else { continue }
                missingParts.insert(SHA256Digest.hash(utf8: line))
            }
        }
    }

    private mutating func attachment(
        _ reference: AttachmentReference, _ conversation: RecordID, _ message: RecordID
    ) throws(VaultError) {
        guard attachments.insert(reference.sha256).inserted else { return }
        let path = ArchiveName.attachment(reference.sha256)
        var hasBegun = false
        do throws(VaultError) {
            let size = reference.sizeBytes
            try writer.payload(path, sizeBytes: size, sha256: reference.sha256) {
                (sink) throws(VaultError) in
                defer { hasBegun = sink.hasBegun }
                try source.readAttachment(reference.sha256, into: sink)
            }
            counts.attachments += 1
            counts.attachmentBytes += size
        } catch  where error.code == .notFound && !hasBegun {
            counts.errors += 1
            missing.insert(reference.sha256)
            try errors.write(
                Reports.error(
                    conversation: conversation, message: message, path: path,
                    "the vault does not hold this attachment"))
        }
    }
}
