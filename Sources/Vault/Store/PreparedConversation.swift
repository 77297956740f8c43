import JSONText
import VaultCrypto

/// A conversation with everything computed that needs no database: ids, salts, lines, hashes and
/// the analysed text.
///
/// Preparing runs beside the writer, on another core.
struct PreparedConversation: Sendable {
    var imported: ImportedConversation
    let id: RecordID
    /// `nil` when the source says no time at all: a time of ours would be false evidence.
    let created: Instant?
    let modified: Instant?
    let fingerprint: [UInt8]
    /// `imported.extra` as canonical text.
    let extra: String
    private(set) var messages: [PreparedMessage]
    /// Of each message the position of its parent in `messages`.
    private(set) var parents: [Int?] = []
    /// Of each message, for the case that conversation and message are new.
    private(set) var commitments: [[UInt8]] = []
    private(set) var skipped: [SkippedRecord]

    /// - Parameters:
    ///   - imported: What an importer found.
    ///   - now: Orders the ids of records without a time.
    ///   - analyser: That of the search index.
    ///   - batch: Takes the texts.
    init(
        _ imported: ImportedConversation, now: Instant, _ analyser: TextAnalyser,
        into batch: AnalysedBatch
    ) {
        let imported = imported.withoutNulls()
        let times = imported.messages.compactMap(\.created)
        created = imported.created ?? times.min() ?? imported.modified
        modified = [imported.modified ?? times.max(), created].compactMap { $0 }.max()
        id = RecordID(at: created ?? now)
        self.imported = imported
        extra = String(decoding: JSONWriter.canonical(.object(imported.extra)), as: UTF8.self)
        skipped = []
        messages = []
        var seen: [String: Int] = [:]
        var ids = OrderedIDs(from: created ?? now)
        for message in imported.messages {
            guard message.parts.count <= PreparedMessage.maximumParts else {
                skipped.append(Self.tooManyParts(message, in: imported))
                continue
            }
            let prepared = PreparedMessage(
                message, title: messages.isEmpty ? imported.title : nil,
                id: ids.next(after: message.created), analyser, into: batch, skipped: &skipped)
            if let earlier = seen[message.originID] {
                // The same line twice is a copy; two different messages under one id are a fault.
                if messages[earlier].fingerprint != prepared.fingerprint {
                    skipped.append(Self.duplicate(message, in: imported))
                }
                continue
            }
            seen[message.originID] = messages.count
            messages.append(prepared)
        }
        fingerprint = Fingerprint.of(imported, messages: messages.map(\.fingerprint))
        self.imported.messages = []
        link(seen)
    }

    private static func tooManyParts(
        _ message: ImportedMessage, in conversation: ImportedConversation
    ) -> SkippedRecord {
        SkippedRecord(
            place: "conversation \(conversation.origin.id), message \(message.originID)",
            reason: "it has more than \(PreparedMessage.maximumParts) parts", isConversation: false)
    }

    private static func duplicate(
        _ message: ImportedMessage, in conversation: ImportedConversation
    ) -> SkippedRecord {
        SkippedRecord(
            place: "conversation \(conversation.origin.id), message \(message.originID)",
            reason: "another message of this conversation has the same id and other content",
            isConversation: false)
    }

    /// Parents become positions and ids, and a cycle in the source is cut where it closes.
    private mutating func link(_ index: [String: Int]) {
        parents = messages.map { message in message.imported.parent.flatMap { index[$0] } }
        cutCycles()
        commitments = messages.indices.map { position in
            let message = messages[position]
            let parent = parents[position].map { messages[$0].id }
            let envelope = message.envelope(
                id: message.id, conversation: id, parent: parent, version: 1)
            return SHA256Digest.hash(utf8: envelope.line(partLines: message.partLines))
        }
    }

    private mutating func cutCycles() {
        var state = [UInt8](repeating: 0, count: messages.count)  // 0 new, 1 on the path, 2 done
        for start in messages.indices where state[start] == 0 {
            var path: [Int] = []
            var next: Int? = start
            while let position = next, state[position] == 0 {
                state[position] = 1
                path.append(position)
                next = parents[position]
            }
            if let closing = next, state[closing] == 1, let last = path.last {
                parents[last] = nil
            }
            for position in path { state[position] = 2 }
        }
    }

    /// How much memory it takes, for the size of a batch.
    var textBytes: Int { messages.reduce(extra.utf8.count) { $0 + $1.textBytes } }

    /// What it says of itself, to be brought together with what is stored.
    ///
    /// A time of creation that is that of a message is the importer's conclusion and says no more.
    var fields: ConversationFields {
        let isConcluded = messages.contains { $0.imported.created == imported.created }
        return ConversationFields(
            title: imported.title, custodian: imported.custodian, project: imported.project,
            created: isConcluded ? nil : imported.created, modified: modified,
            extra: imported.extra)
    }
}

/// A message with its lines computed for the case that it is new.
///
/// A class, because copying so many references would take longer than storing them.
final class PreparedMessage: Sendable {
    /// A part's row number has 16 bits for its position.
    static let maximumParts = 65_536

    /// Without its parts.
    let imported: ImportedMessage
    let id: RecordID
    let fingerprint: [UInt8]
    let salt: [UInt8]
    let parts: [Part]
    let partLines: [String]
    /// Files to store, by position of their part.
    let files: [Int: ImportedFile]
    /// Where the batch has what search finds of it, as the first of its conversation if it is.
    let place: Int
    /// `MessageDetail.text`.
    let detail: String?
    /// How much memory it takes: its text, its metadata and files that stand in memory.
    let textBytes: Int

    /// - Parameters:
    ///   - imported: The message.
    ///   - title: The conversation's, with its first message.
    ///   - id: Its id if it is new.
    ///   - analyser: That of the search index.
    ///   - batch: Takes the text.
    ///   - skipped: Takes the attachments that cannot be read.
    init(
        _ imported: ImportedMessage, title: String?, id: RecordID, _ analyser: TextAnalyser,
        into batch: AnalysedBatch, skipped: inout [SkippedRecord]
    ) {
        self.id = id
        var parts: [Part] = []
        var files: [Int: ImportedFile] = [:]
        for part in imported.parts {
            var stored = part.part
            if let file = part.file {
                do {
                    stored.attachment = try Self.digest(of: file)
                    files[parts.count] = file
                } catch {
                    skipped.append(
                        SkippedRecord(
                            place: "message \(imported.originID), attachment \(parts.count + 1)",
                            reason: "its file cannot be read: \(error)", isConversation: false))
                }
            }
            parts.append(stored)
        }
        fingerprint = Fingerprint.of(imported, parts: parts)
        let random = Randomness.bytes(16 * (parts.count + 1))
        salt = Array(random[..<16])
        partLines = parts.enumerated().map { position, part in
            RecordLines.line(of: part, salt: random[(16 * (position + 1))..<(16 * (position + 2))])
        }
        detail = MessageDetail(imported).text
        textBytes =
            partLines.reduce(detail?.utf8.count ?? 0) { $0 + $1.utf8.count }
            + files.values.reduce(0) { $0 + $1.heldBytes }
        place = batch.add(
            AnalysedDocument(
                SearchFields(message: 0, title: title, parts: parts.map(\.searchableText)),
                analyser))
        self.parts = parts
        self.files = files
        var rest = imported
        rest.parts = []
        self.imported = rest
    }

    private static func digest(of file: ImportedFile) throws -> AttachmentReference {
        var digest = SHA256Digest()
        let source = try file.open()
        var sizeBytes: Int64 = 0
        var buffer = [UInt8](repeating: 0, count: AttachmentStore.chunkBytes)
        while true {
            let count = try unsafe buffer.withUnsafeMutableBytes { bytes in
                try unsafe source.read(into: bytes)
            }
            if count == 0 { break }
            digest.update(Array(buffer[..<count]))
            sizeBytes += Int64(count)
        }
        return AttachmentReference(
            sha256: digest.finalize(), sizeBytes: sizeBytes, name: file.name,
            mediaType: file.mediaType)
    }

    /// The envelope under the given ids.
    func envelope(
        id: RecordID, conversation: RecordID, parent: RecordID?, version: Int
    ) -> Envelope {
        Envelope(
            imported, id: id, conversation: conversation, parent: parent, version: version,
            salt: salt)
    }
}

/// Ids of a conversation's messages, in the order of the source even where times are absent, equal
/// or run backwards: archives sort by id.
private struct OrderedIDs {
    private var time: Instant
    private var sequence = -1

    init(from time: Instant) { self.time = time }

    mutating func next(after created: Instant?) -> RecordID {
        sequence += 1
        if let created, created > time {
            time = created
            sequence = 0
        } else if sequence > 0xFFF {
            time.milliseconds += 1
            sequence = 0
        }
        return RecordID(at: time, sequence: sequence)
    }
}
