import GRDB
import Policy
import VaultCrypto

/// Puts prepared conversations into the database, inside the caller's transaction.
///
/// A conversation is found again by its origin, a message by its id in the source. Nothing is ever
/// removed: what a newer export lacks stays, what it says differently becomes a new version.
struct IngestWriter {
    var names = Names()
    private(set) var nextMessage: Int64 = 0
    /// New messages of the batch, for the search index.
    private var added: [SettledMessage] = []
    /// What the batch commits to, for the audit log.
    var commitments = CommitmentBatch()
    /// Conversations that the batch adds or adds to.
    private(set) var touched: Set<RecordID> = []
    /// What conversations were which the batch changes, where somebody wants to know.
    private(set) var before: [RecordID: RetentionItem] = [:]
    /// Messages of the batch whose index entry is no longer true.
    var changed: Set<Int64> = []
    let search = SearchWriter()

    /// The statements that run for every message, prepared once in a transaction.
    private struct Statements {
        var message: RowInsertion
        var part: RowInsertion

        init(in db: Database) throws {
            message = try RowInsertion(
                """
                INSERT INTO message (num, id, conversation, parent, source_id, role, state, version,
                    created, model, provider, host, region, detail, fingerprint, salt, commitment)
                VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """, in: db)
            part = try RowInsertion("INSERT INTO part VALUES (?, ?, ?)", in: db)
        }
    }
    private var statements: Statements?

    /// Writes a batch.
    ///
    /// - Parameters:
    ///   - batch: The conversations.
    ///   - custodian: Whose they are when the source does not say, and whether somebody said so.
    ///   - now: The time of the import, for versions that it replaces.
    ///   - analyser: What the texts of the batch were analysed with.
    ///   - texts: Those of the batch.
    ///   - facts: What reads conversations before they are changed, for `before`.
    ///   - db: A connection inside a write transaction.
    /// - Returns: What changed; it counts only once the transaction is committed.
    /// - Throws: What the database reports; the transaction is then void.
    mutating func write(
        _ batch: [PreparedConversation], custodian: (name: String, isSaid: Bool), now: Instant,
        _ analyser: TextAnalyser, _ texts: AnalysedBatch, _ facts: FactsReader?, in db: Database
    ) throws -> IngestReport {
        var report = IngestReport()
        try begin(in: db)
        defer { statements = nil }
        for conversation in batch {
            for record in conversation.skipped { report.skip(record) }
            if let known = try KnownConversation(conversation.imported.origin, in: db) {
                touched.insert(known.id)
                let said =
                    conversation.imported.custodian ?? (custodian.isSaid ? custodian.name : nil)
                let isKnown = known.hasSeen(conversation.fingerprint, custodian: said)
                if !isKnown { before[known.id] = try facts?.conversation(known.id)?.item }
                try merge(
                    conversation, into: known, custodian: said, now: now, in: db, report: &report)
            } else {
                touched.insert(conversation.id)
                try add(conversation, custodian: custodian.name, now: now, in: db, report: &report)
            }
        }
        try index(report, analyser, texts, in: db)
        return report
    }

    /// Adds a message that was made here to a conversation, as the last on the screen.
    ///
    /// - Parameters:
    ///   - message: The message, under its own id.
    ///   - conversation: Where it belongs.
    ///   - parent: The message before it.
    ///   - analyser: What its text was analysed with.
    ///   - texts: Its text.
    ///   - facts: What reads the conversation before it is changed, for `before`.
    ///   - db: A connection inside a write transaction.
    /// - Returns: What changed.
    /// - Throws: What the database reports; the transaction is then void.
    mutating func add(
        _ message: PreparedMessage, to conversation: OpenConversation,
        below parent: (num: Int64, id: RecordID)?, _ analyser: TextAnalyser,
        _ texts: AnalysedBatch, _ facts: FactsReader?, in db: Database
    ) throws -> IngestReport {
        var report = IngestReport()
        try begin(in: db)
        defer { statements = nil }
        touched.insert(conversation.id)
        before[conversation.id] = try facts?.conversation(conversation.id)?.item
        let num = nextMessage
        let envelope = message.envelope(
            id: message.id, conversation: conversation.id, parent: parent?.id, version: 1)
        try insert(
            message, conversation: conversation.place, parent: parent?.num,
            commitment: SHA256Digest.hash(utf8: envelope.line(partLines: message.partLines)),
            in: db, report: &report)
        // The first message carries the title.
        if conversation.isEmpty { changed.insert(num) }
        try db.cachedStatement(
            sql: """
                UPDATE conversation SET messages = messages + 1, current = ?1,
                    created = ifnull(created, ?2), modified = max(ifnull(modified, ?2), ?2)
                WHERE num = ?3
                """
        ).execute(arguments: [
            num, message.imported.created?.milliseconds, conversation.place.num,
        ])
        report.conversations.updated += 1
        try index(report, analyser, texts, in: db)
        return report
    }

    private mutating func begin(in db: Database) throws {
        nextMessage = try Self.nextNumber(in: db)
        added.removeAll(keepingCapacity: true)
        changed.removeAll()
        commitments = CommitmentBatch()
        touched.removeAll()
        before.removeAll()
        // A purge since the last batch may have removed some, and given their numbers to others.
        names = Names()
        statements = try Statements(in: db)
    }

    /// Brings totals and search index to what was written.
    private mutating func index(
        _ report: IngestReport, _ analyser: TextAnalyser, _ texts: AnalysedBatch, in db: Database
    ) throws {
        try Counter.conversations.add(Int64(report.conversations.added), in: db)
        try Counter.messages.add(Int64(report.messages.added), in: db)
        if try TextAnalyser(in: db) != analyser {
            // Another process changed it meanwhile.
            changed.formUnion(added.map(\.message))
        }
        try search.add(added, of: texts, changing: changed, in: db)
    }

    /// A number behind those that messages ever had, and behind those that the search index has
    /// passed or has yet to index: a purge may have removed the highest ones.
    static func nextNumber(in db: Database) throws -> Int64 {
        try Int64.fetchOne(
            db,
            sql: """
                SELECT 1 + max(
                    (SELECT ifnull(max(num), 0) FROM message),
                    ifnull((SELECT last FROM log_batch ORDER BY first DESC LIMIT 1), 0),
                    (SELECT ifnull(max(value), 0) FROM search_state
                        WHERE name IN ('rebuilt', 'pendingTo')))
                """) ?? 1
    }

    private mutating func add(
        _ conversation: PreparedConversation, custodian: String, now: Instant, in db: Database,
        report: inout IngestReport
    ) throws {
        let imported = conversation.imported
        let source = try names.num(of: imported.origin.source, in: db)
        let custodian = try names.num(of: imported.custodian ?? custodian, in: db)
        try db.cachedStatement(
            sql: """
                INSERT INTO conversation (id, source, source_id, title, custodian, project, created,
                    modified, imported, current, messages, extra, fingerprints)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            conversation.id.bytes.databaseValue, source, imported.origin.id, imported.title,
            custodian, try names.num(ofOptional: imported.project, in: db),
            conversation.created?.milliseconds,
            conversation.modified?.milliseconds, now.milliseconds, currentNum(of: conversation),
            conversation.messages.count, conversation.extra,
            conversation.fingerprint.databaseValue,
        ])
        let num = db.lastInsertedRowID
        try addLabels(imported.labels, to: num, now: now, in: db)
        let first = nextMessage
        let place = ConversationPlace(
            num: num, source: source, custodian: custodian,
            created: conversation.created?.milliseconds)
        for (position, message) in conversation.messages.enumerated() {
            let parent = conversation.parents[position].map { first + Int64($0) }
            try insert(
                message, conversation: place, parent: parent,
                commitment: conversation.commitments[position], in: db, report: &report)
        }
        report.conversations.added += 1
    }

    private func currentNum(of conversation: PreparedConversation) -> Int64? {
        conversation.imported.current.flatMap { current in
            conversation.messages.firstIndex { $0.imported.originID == current }
        }.map { nextMessage + Int64($0) }
    }

    /// - Returns: Whether one of them is new.
    @discardableResult
    mutating func addLabels(
        _ labels: [String], to num: Int64, now: Instant, in db: Database
    ) throws -> Bool {
        var isChanged = false
        for label in labels {
            try db.execute(
                sql: "INSERT OR IGNORE INTO label VALUES (?, ?, ?)",
                arguments: [try names.num(of: label, in: db), num, now.milliseconds])
            if db.changesCount > 0 { isChanged = true }
        }
        return isChanged
    }

    mutating func insert(
        _ message: PreparedMessage, conversation: ConversationPlace, parent: Int64?,
        commitment: [UInt8], in db: Database, report: inout IngestReport
    ) throws {
        let num = nextMessage
        nextMessage += 1
        let imported = message.imported
        let model = try names.num(ofOptional: imported.model, in: db)
        let provider = try names.num(ofOptional: imported.provider, in: db)
        var row = try statements?.message ?? Statements(in: db).message
        row.begin()
        row.bind(num)
        row.bind(message.id.bytes)
        row.bind(conversation.num)
        row.bind(parent)
        row.bind(imported.originID)
        row.bind(Int64(imported.role.code))
        row.bind(Int64(imported.state.code))
        row.bind(imported.created?.milliseconds)
        row.bind(model)
        row.bind(provider)
        row.bind(try names.num(ofOptional: imported.host, in: db))
        row.bind(try names.num(ofOptional: imported.region, in: db))
        row.bind(message.detail)
        row.bind(message.fingerprint)
        row.bind(message.salt)
        row.bind(commitment)
        try row.run()
        commitments.add(num, commitment)
        try insertParts(
            message.parts, lines: message.partLines, files: message.files, num: num, in: db,
            report: &report)
        let facts = MessageFacts(
            conversation: conversation.num, role: Int64(imported.role.code), model: model,
            provider: provider, source: conversation.source, custodian: conversation.custodian,
            hasAttachment: !message.files.isEmpty)
        added.append(
            SettledMessage(
                place: message.place, message: num,
                time: imported.created?.milliseconds ?? conversation.created ?? 0,
                facts: facts.terms))
        report.messages.added += 1
    }

    /// Stores the parts of a message and the files that they bring.
    mutating func insertParts(
        _ parts: [Part], lines: [String], files: [Int: ImportedFile], num: Int64, in db: Database,
        report: inout IngestReport
    ) throws {
        for (position, part) in parts.enumerated() {
            var attachment: Int64?
            if let reference = part.attachment {
                let store = AttachmentStore(db: db)
                if let file = files[position] {
                    let stored = try store.store(reference, from: file)
                    attachment = stored.num
                    if stored.isNew { report.attachmentsAdded += 1 }
                } else {
                    attachment = try store.num(of: reference)
                }
                try db.execute(
                    sql: "INSERT OR IGNORE INTO attachment_use SELECT ?1, ?2 WHERE ?1 IS NOT NULL",
                    arguments: [attachment, num])
            }
            var row = try statements?.part ?? Statements(in: db).part
            row.begin()
            row.bind(num << 16 | Int64(position))
            row.bind(attachment)
            row.bind(lines[position])
            try row.run()
        }
    }
}
