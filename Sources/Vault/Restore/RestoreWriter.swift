import Foundation
import GRDB
import JSONText
import Policy
import VaultCrypto

/// Puts conversations of an archive into the database, inside the caller's transaction, with their
/// ids, salts and commitments.
///
/// What is there stays. `RestoreMerge.swift` has the rule by which a conversation that the vault
/// has and one of the archive become one.
struct RestoreWriter {
    /// Content of attachments that the archive brings; `nil` for one that it does not have.
    typealias Content = (AttachmentReference) throws -> (any ByteSource)?

    let db: Database
    let now: Instant
    let content: Content
    let facts: FactsReader?
    let destroyed: DestroyedConversations
    /// Whether this vault signed the archive itself.
    let isOwn: Bool
    var rows = IngestWriter()
    var report = RestoreReport()
    var commitments = CommitmentBatch()
    var nextMessage: Int64
    /// Rows that were written or changed, each with the commitment that it must give back.
    private(set) var written: [Int64: [UInt8]] = [:]
    private var added: [Int64] = []
    /// Conversations that the batch adds, or may have added to.
    var touched: Set<RecordID> = []
    var before: [RecordID: RetentionItem] = [:]
    /// New attachments that were counted; in a dry run each batch stores them anew.
    var counted: Set<[UInt8]> = []
    /// New conversations that were hidden where the archive was made.
    private(set) var hidden: [RecordID] = []
    /// The conversations in the vault that the archive's holds match.
    var held: [String: Set<RecordID>] = [:]

    init(
        db: Database, now: Instant, facts: FactsReader?, destroyed: DestroyedConversations,
        isOwn: Bool, content: @escaping Content
    ) throws {
        self.db = db
        self.now = now
        self.facts = facts
        self.destroyed = destroyed
        self.isOwn = isOwn
        self.content = content
        nextMessage = try IngestWriter.nextNumber(in: db)
    }

    /// Writes a batch.
    ///
    /// - Parameter batch: The conversations.
    /// - Throws: What the database reports; `unsupported` when a row would not give back the record
    ///   that it was made from. The transaction is then void.
    mutating func write(_ batch: [RestoredConversation]) throws {
        for conversation in batch {
            let byID = try KnownConversation(conversation.conversation.id, in: db)
            if let entry = destroyed.entry(
                of: conversation.conversation, stored: byID?.origin)
            {
                report.skip(
                    SkippedRecord(
                        place: "conversation \(conversation.conversation.id)",
                        reason: "this vault destroyed it (entry \(entry) of the audit log), and "
                            + "what was destroyed is not brought back", isConversation: true),
                    messages: conversation.histories.count)
            } else if let known = try byID
                ?? KnownConversation(conversation.conversation.origin, in: db)
            {
                try merge(conversation, into: known)
            } else {
                try add(conversation)
            }
        }
        try Counter.conversations.add(Int64(report.conversations.added), in: db)
        try Counter.messages.add(Int64(added.count), in: db)
        try rows.search.addStored(added, in: db)
        try rows.search.update(rows.changed.subtracting(added), in: db)
        try readBack()
    }

    // MARK: New conversations

    private mutating func add(_ restored: RestoredConversation) throws {
        let conversation = restored.conversation
        let histories = restored.histories
        var places: [RecordID: Int64] = [:]
        for (offset, history) in histories.enumerated() {
            places[history[0].id] = nextMessage + Int64(offset)
        }
        try db.cachedStatement(
            sql: """
                INSERT INTO conversation (id, source, source_id, title, custodian, project, created,
                    modified, imported, hidden, current, messages, extra)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            conversation.id.bytes.databaseValue,
            try rows.names.num(of: conversation.origin.source, in: db), conversation.origin.id,
            conversation.title, try rows.names.num(of: conversation.custodian, in: db),
            try rows.names.num(ofOptional: conversation.project, in: db),
            conversation.created?.milliseconds, conversation.modified?.milliseconds,
            conversation.imported.milliseconds,
            conversation.isHidden ? now.milliseconds : nil,
            conversation.current.flatMap { places[$0] }, histories.count,
            String(decoding: JSONWriter.canonical(.object(conversation.extra)), as: UTF8.self),
        ])
        let num = db.lastInsertedRowID
        if !isOwn || restored.brought?.isWhole == true {
            try BroughtMark(db: db).set(num, modified: isOwn ? restored.brought?.modified : nil)
        }
        try rows.addLabels(conversation.labels, to: num, now: now, in: db)
        for history in histories {
            try insert(history, conversation: num, parents: places)
            report.messages.added += 1
        }
        report.conversations.added += 1
        report.noteLabels(conversation.labels)
        touched.insert(conversation.id)
        if conversation.isHidden { hidden.append(conversation.id) }
        for hold in restored.holds { held[hold, default: []].insert(conversation.id) }
    }

    // MARK: Messages

    /// Stores a message with its earlier versions, marked as the archive has it marked.
    ///
    /// - Parameters:
    ///   - history: Its versions in ascending order.
    ///   - conversation: `conversation.num`.
    ///   - parents: Numbers of messages by their ids.
    /// - Throws: What the database reports.
    mutating func insert(
        _ history: [RestoredRecord], conversation: Int64, parents: [RecordID: Int64]
    ) throws {
        guard let record = history.last else { return }
        let num = nextMessage
        nextMessage += 1
        try db.cachedStatement(
            sql: """
                INSERT INTO message (id, conversation, parent, source_id, role, state, version,
                    created, model, provider, host, region, detail, salt, commitment, num)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [record.id.bytes.databaseValue, conversation]
                + columns(of: record, parents) + [num])
        try store(history, of: num)
        if let mark = record.mark {
            try RestoredMark(db: db).set(num, as: mark, last: record.envelope.version, at: now)
        }
        for version in history {
            commitments.add(num, version: version.envelope.version, version.commitment)
        }
        added.append(num)
    }

    /// Puts later versions of a stored message behind its present one, which is kept.
    mutating func advance(
        _ message: KnownMessage, to later: [RestoredRecord], parents: [RecordID: Int64]
    ) throws {
        guard let record = later.last,
            let stored = try MessageReader(db: db).message(num: message.num)
        else { return }
        try rows.keep(stored, of: message, now: now, in: db)
        try db.cachedStatement(
            sql: """
                UPDATE message SET parent = ?, source_id = ?, role = ?, state = ?, version = ?,
                    created = ?, model = ?, provider = ?, host = ?, region = ?, detail = ?,
                    salt = ?, commitment = ?, fingerprint = NULL WHERE num = ?
                """
        ).execute(arguments: columns(of: record, parents) + [message.num])
        try store(later, of: message.num)
        try commitments.replace(
            CommitmentLeaf(
                message: message.num, version: message.version, commitment: stored.commitment),
            by: later.map { ($0.envelope.version, $0.commitment) }, in: CommitmentLeaves(db: db))
        rows.changed.insert(message.num)
    }

    /// `parent` to `commitment`, in the order of both statements.
    private mutating func columns(
        of record: RestoredRecord, _ parents: [RecordID: Int64]
    ) throws -> StatementArguments {
        let envelope = record.envelope
        return [
            envelope.parent.flatMap { parents[$0] }, envelope.originID, envelope.role.code,
            envelope.state.code, envelope.version, envelope.created?.milliseconds,
            try rows.names.num(ofOptional: envelope.model, in: db),
            try rows.names.num(ofOptional: envelope.provider, in: db),
            try rows.names.num(ofOptional: envelope.host, in: db),
            try rows.names.num(ofOptional: envelope.region, in: db),
            MessageDetail(envelope).text, envelope.salt.databaseValue,
            record.commitment.databaseValue,
        ]
    }

    /// Stores the parts of the last version and the record lines of the others.
    private mutating func store(_ history: [RestoredRecord], of num: Int64) throws {
        for earlier in history.dropLast() {
            try db.cachedStatement(sql: "INSERT INTO version VALUES (?, ?, ?, ?)").execute(
                arguments: [num, earlier.envelope.version, now.milliseconds, earlier.line])
            for part in earlier.parts {
                guard let file = try attachment(part.attachment) else { continue }
                try db.cachedStatement(sql: "INSERT OR IGNORE INTO attachment_past VALUES (?, ?)")
                    .execute(arguments: [file, num])
            }
        }
        guard let record = history.last else { return }
        written[num] = record.commitment
        for (position, part) in record.parts.enumerated() {
            let file = try attachment(part.attachment)
            try db.cachedStatement(sql: "INSERT INTO part VALUES (?, ?, ?)").execute(
                arguments: [num << 16 | Int64(position), file, record.partLines[position]])
            guard let file else { continue }
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO attachment_use VALUES (?, ?)")
                .execute(arguments: [file, num])
        }
    }

    /// The row of an attachment, stored now if it is new; `nil` where nobody has its content.
    private mutating func attachment(_ reference: AttachmentReference?) throws -> Int64? {
        guard let reference else { return nil }
        let store = AttachmentStore(db: db)
        if let known = try store.num(of: reference) { return known }
        guard let source = try content(reference) else { return nil }
        if counted.insert(reference.sha256).inserted { report.attachmentsAdded += 1 }
        return try store.store(reference) { source }.num
    }

    /// Reads what was written as an export would, so that nothing is acknowledged that an archive
    /// could not show again.
    private func readBack() throws {
        let reader = try MessageReader(db: db)
        for (num, commitment) in written {
            let message = try? reader.message(num: num)
            guard message?.commitment == commitment else {
                throw VaultError(
                    .unsupported,
                    "The archive has a message that this version cannot store byte for byte, so "
                        + "that it was not restored; please report this.")
            }
        }
    }
}

extension MessageDetail {
    init(_ envelope: Envelope) {
        stopReason = envelope.stopReason
        usage = envelope.usage
        extra = envelope.extra
    }
}
