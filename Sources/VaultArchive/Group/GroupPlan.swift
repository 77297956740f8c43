import JSONText
import Vault
import VaultCrypto

/// Which conversations go into which archive of a group.
///
/// How many archives there will be is signed in each of them, so it has to be known before the
/// first one ends: everything is read twice. Here only sizes are computed, and only the ids stay.
struct GroupPlan {
    /// The heads of lists and tables, which every archive has.
    private static let overheadBytes: Int64 = 65_536

    /// Ids in ascending order.
    private(set) var parts: [[RecordID]] = []
    private(set) var conversations = 0
    private(set) var messages = 0

    /// - Parameters:
    ///   - source: What is exported.
    ///   - request: Which files for review there will be, and on which disk.
    ///   - sizeBytes: How large the payload of one archive may be; a conversation that is larger
    ///     has an archive of its own.
    ///   - hooks: Asked for cancellation.
    /// - Throws: What the source throws.
    init(
        _ source: any ArchiveSource, _ request: ArchiveExport.Request, sizeBytes: Int64,
        hooks: ArchiveExport.Hooks
    ) throws(VaultError) {
        let folder = try OutputPath(request.output).folder
        var measure = try ConversationMeasure(source, request.review, in: folder)
        var current: [RecordID] = []
        var fullBytes = Self.overheadBytes
        var attachments: Set<[UInt8]> = []
        for id in try source.selection() {
            if hooks.isCancelled() {
                throw VaultError(.cancelled, "The export was stopped; nothing was left behind.")
            }
            let archived = try source.conversation(id)
            let size = try measure.measure(archived)
            // What an earlier conversation of the same archive has is there once.
            let added = size.files.filter { !attachments.contains($0.key) }.values.reduce(0, +)
            if !current.isEmpty, fullBytes + size.ownBytes + added > sizeBytes {
                parts.append(current)
                current = []
                fullBytes = Self.overheadBytes + size.files.values.reduce(0, +)
                attachments = []
            } else {
                fullBytes += added
            }
            fullBytes += size.ownBytes
            attachments.formUnion(size.files.keys)
            current.append(id)
            conversations += 1
            messages += archived.messages.count
        }
        if !current.isEmpty { parts.append(current) }
    }
}

/// How much a conversation brings into an archive.
private struct ConversationMeasure {
    struct Size {
        /// Records, pages, rows and files for review.
        var ownBytes: Int64 = 0
        /// Attachments by their digest.
        var files: [[UInt8]: Int64] = [:]
    }

    private let source: any ArchiveSource
    private let writer: BagWriter
    private var review: ReviewExport?

    init(
        _ source: any ArchiveSource, _ options: ReviewOptions, in folder: String
    ) throws(VaultError) {
        self.source = source
        writer = try BagWriter(UnwrittenContainer(folder: folder), hooks: .init())
        review = try ReviewExport(options, source: source, writer: writer)
    }

    mutating func measure(_ given: ArchivedConversation) throws(VaultError) -> Size {
        let archived = given.sorted
        let versions = archived.versionLines
        var size = Size()
        for reference in archived.attachments { size.files[reference.sha256] = reference.sizeBytes }
        let before = written
        size.ownBytes += Int64(try RecordLines.file(archived, versions: versions).count)
        size.ownBytes += Int64(
            ConversationPage.render(archived, versions: versions).count)
        size.ownBytes += Int64(Reports.item(archived, attachments: size.files.count).count)
        var row = HTMLBuffer()
        ListPages.row(
            archived.conversation, messages: archived.messages.count, folder: "", into: &row)
        size.ownBytes += Int64(row.bytes.count)
        let missing = try missing(size.files)
        try review?.add(archived, versions: versions, missing: missing)
        size.ownBytes += written - before
        return size
    }

    private var written: Int64 { writer.payloadBytes + (review?.waitingBytes ?? 0) }

    /// Attachments that the vault cannot give, which files for review then only name.
    private func missing(_ files: [[UInt8]: Int64]) throws(VaultError) -> Set<[UInt8]> {
        guard review != nil else { return [] }
        var missing: Set<[UInt8]> = []
        for digest in files.keys {
            do throws(VaultError) {
                try source.readAttachment(digest, into: UnwrittenSink())
            } catch  where error.code == .notFound {
                missing.insert(digest)
            }
        }
        return missing
    }
}

extension ArchivedConversation {
    fileprivate var versionLines: [RecordID: [String]] {
        Dictionary(grouping: earlierVersions, by: \.message).mapValues { $0.map(\.record) }
    }

    /// What its messages and their earlier versions refer to.
    fileprivate var attachments: [AttachmentReference] {
        messages.flatMap { $0.parts.compactMap(\.attachment) }
            + earlierVersions.flatMap { version in
                ((try? JSONReader.parse(version.record))?["parts"]?.array ?? [])
                    .compactMap { Part(archived: $0)?.attachment }
            }
    }
}

/// A bag of which only the sizes count.
private final class UnwrittenContainer: BagContainer {
    let folder: String

    init(folder: String) { self.folder = folder }

    func begin(_ path: String, sizeBytes: Int64) {}
    func write(_ bytes: UnsafeRawBufferPointer) {}
    func end() {}
    func publish() {}
}

private final class UnwrittenSink: ByteSink {
    func write(_ bytes: UnsafeRawBufferPointer) {}
}
