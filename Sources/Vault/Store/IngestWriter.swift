import GRDB
import VaultCrypto

/// Puts prepared conversations into the database, inside the caller's transaction.
///
/// A conversation is found again by its origin, a message by its id in the source. Nothing is ever
/// removed: what a newer export lacks stays, what it says differently becomes a new version.
struct IngestWriter {
    var names = Names()
    private var nextMessage: Int64 = 0
    /// New messages of the batch, for the search index.
    private var documents: [IndexedDocument] = []
    /// Messages of the batch whose index entry is no longer true.
    private var changed: Set<Int64> = []
    private let search = SearchWriter()

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
    ///   - custodian: Whose they are when the source does not say.
    ///   - now: The time of the import, for versions that it replaces.
    ///   - db: A connection inside a write transaction.
    /// - Returns: What changed; it counts only once the transaction is committed.
    /// - Throws: What the database reports; the transaction is then void.
    mutating func write(
        _ batch: [PreparedConversation], custodian: String, now: Instant, in db: Database
    ) throws -> IngestReport {
        var report = IngestReport()
        nextMessage =
            try Int64.fetchOne(db, sql: "SELECT ifnull(max(num), 0) + 1 FROM message") ?? 1
        documents.removeAll(keepingCapacity: true)
        changed.removeAll()
        statements = try Statements(in: db)
        defer { statements = nil }
        for conversation in batch {
            for record in conversation.skipped { report.skip(record) }
            if let known = try KnownConversation(conversation.imported.origin, in: db) {
                try merge(conversation, into: known, now: now, in: db, report: &report)
            } else {
                try add(conversation, custodian: custodian, now: now, in: db, report: &report)
            }
        }
        try Counter.conversations.add(Int64(report.conversations.added), in: db)
        try Counter.messages.add(Int64(report.messages.added), in: db)
        try search.update(changed, adding: documents, in: db)
        return report
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
            conversation.messages.count, text(imported.extra),
            conversation.fingerprint.databaseValue,
        ])
        let num = db.lastInsertedRowID
        try addLabels(imported.labels, to: num, in: db)
        let first = nextMessage
        let place = ConversationPlace(
            num: num, source: source, custodian: custodian,
            created: conversation.created?.milliseconds)
        for message in conversation.messages {
            try insert(
                message, conversation: place, parent: message.parent.map { first + Int64($0) },
                commitment: message.commitment, in: db, report: &report)
        }
        report.conversations.added += 1
    }

    private func currentNum(of conversation: PreparedConversation) -> Int64? {
        conversation.imported.current.flatMap { current in
            conversation.messages.firstIndex { $0.imported.originID == current }
        }.map { nextMessage + Int64($0) }
    }

    private func text(_ object: JSONObject) -> String {
        String(decoding: JSONWriter.canonical(.object(object)), as: UTF8.self)
    }

    private mutating func addLabels(_ labels: [String], to num: Int64, in db: Database) throws {
        for label in labels {
            try db.execute(
                sql: "INSERT OR IGNORE INTO label VALUES (?, ?)",
                arguments: [try names.num(of: label, in: db), num])
        }
    }

    private mutating func insert(
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
        row.bind(MessageDetail(imported).text)
        row.bind(message.fingerprint)
        row.bind(message.salt)
        row.bind(commitment)
        try row.run()
        try insertParts(of: message, num: num, in: db, report: &report)
        var text = message.document
        text.message = num
        let facts = MessageFacts(
            conversation: conversation.num, role: Int64(imported.role.code), model: model,
            provider: provider, source: conversation.source, custodian: conversation.custodian,
            hasAttachment: !message.files.isEmpty)
        documents.append(
            IndexedDocument(
                text: text, time: imported.created?.milliseconds ?? conversation.created ?? 0,
                facts: facts.terms))
        report.messages.added += 1
    }

    private func insertParts(
        of message: PreparedMessage, num: Int64, in db: Database, report: inout IngestReport
    ) throws {
        for (position, line) in message.partLines.enumerated() {
            var attachment: Int64?
            if let file = message.files[position],
                let reference = message.parts[position].attachment
            {
                let stored = try AttachmentStore(db: db).store(reference, from: file)
                attachment = stored.num
                if stored.isNew { report.attachmentsAdded += 1 }
                try db.execute(
                    sql: "INSERT OR IGNORE INTO attachment_use VALUES (?, ?)",
                    arguments: [stored.num, num])
            }
            var row = try statements?.part ?? Statements(in: db).part
            row.begin()
            row.bind(num << 16 | Int64(position))
            row.bind(attachment)
            row.bind(line)
            try row.run()
        }
    }

    // MARK: - A newer export of a known conversation

    private mutating func merge(
        _ conversation: PreparedConversation, into known: KnownConversation, now: Instant,
        in db: Database, report: inout IngestReport
    ) throws {
        if known.hasSeen(conversation.fingerprint) {
            report.conversations.unchanged += 1
            report.messages.unchanged += conversation.messages.count
            return
        }
        // An export from before the one that is stored adds what is missing and replaces nothing.
        let isOlder = conversation.modified.map { $0 < known.modified ?? $0 } ?? false
        let old = try KnownMessage.all(of: known.num, in: db)
        let places = places(of: conversation.messages, among: old)
        var added = 0
        for (position, message) in conversation.messages.enumerated() {
            let parent = message.parent.map { places[$0] }
            let envelope = message.envelope(
                id: places[position].id, conversation: known.id, parent: parent?.id,
                version: (old[message.imported.originID]?.version ?? 0) + 1)
            let commitment = SHA256Digest.hash(
                Array(envelope.line(partLines: message.partLines).utf8))
            guard let earlier = old[message.imported.originID] else {
                try insert(
                    message, conversation: known.place, parent: parent?.num,
                    commitment: commitment, in: db, report: &report)
                added += 1
                continue
            }
            if earlier.fingerprint == message.fingerprint {
                report.messages.unchanged += 1
                continue
            }
            if isOlder {
                report.skip(Self.outdated(message, of: conversation))
                continue
            }
            try replace(
                earlier, with: message, parent: parent?.num, commitment: commitment, now: now,
                in: db, report: &report)
            changed.insert(earlier.num)
        }
        try update(
            known, from: conversation, isOlder: isOlder, added: added, places: places, in: db)
        if !isOlder, conversation.imported.title != known.title,
            let carrier = try search.titleCarrier(of: known.num, in: db)
        {
            changed.insert(carrier)
        }
        report.conversations.updated += 1
    }

    private static func outdated(
        _ message: PreparedMessage, of conversation: PreparedConversation
    ) -> SkippedRecord {
        SkippedRecord(
            place: "conversation \(conversation.imported.origin.id), message "
                + message.imported.originID,
            reason: "the vault has a newer text of it", isConversation: false)
    }

    /// Where each message of the new export stands or will stand.
    private func places(
        of messages: [PreparedMessage], among old: [String: KnownMessage]
    ) -> [(num: Int64, id: RecordID)] {
        var next = nextMessage
        return messages.map { message in
            if let known = old[message.imported.originID] { return (known.num, known.id) }
            defer { next += 1 }
            return (next, message.id)
        }
    }

    /// Keeps the old version as its record line and puts the new one in its place.
    private mutating func replace(
        _ old: KnownMessage, with message: PreparedMessage, parent: Int64?, commitment: [UInt8],
        now: Instant, in db: Database, report: inout IngestReport
    ) throws {
        guard let earlier = try MessageReader(db: db).message(num: old.num) else { return }
        try db.execute(
            sql: "INSERT INTO version VALUES (?, ?, ?, ?)",
            arguments: [
                old.num, old.version, now.milliseconds, RecordLines.record(of: earlier),
            ])
        try db.execute(
            sql: "DELETE FROM part WHERE num BETWEEN ? AND ?",
            arguments: [old.num << 16, old.num << 16 | 0xFFFF])
        let imported = message.imported
        try db.execute(
            sql: """
                UPDATE message SET parent = ?, role = ?, state = ?, version = version + 1,
                    created = ?, model = ?, provider = ?, host = ?, region = ?, detail = ?,
                    fingerprint = ?, salt = ?, commitment = ? WHERE num = ?
                """,
            arguments: [
                parent, imported.role.code, imported.state.code, imported.created?.milliseconds,
                try names.num(ofOptional: imported.model, in: db),
                try names.num(ofOptional: imported.provider, in: db),
                try names.num(ofOptional: imported.host, in: db),
                try names.num(ofOptional: imported.region, in: db),
                MessageDetail(imported).text, message.fingerprint.databaseValue,
                message.salt.databaseValue, commitment.databaseValue, old.num,
            ])
        try insertParts(of: message, num: old.num, in: db, report: &report)
        report.messages.updated += 1
    }

    private mutating func update(
        _ known: KnownConversation, from conversation: PreparedConversation, isOlder: Bool,
        added: Int, places: [(num: Int64, id: RecordID)], in db: Database
    ) throws {
        let imported = conversation.imported
        let current = conversation.messages.firstIndex { $0.imported.originID == imported.current }
        try db.execute(
            sql: """
                UPDATE conversation SET title = iif(?1, title, ?2), project = ifnull(?3, project),
                    modified = max(ifnull(modified, ?4), ifnull(?4, modified)), current = iif(?1, current, ifnull(?5, current)),
                    messages = messages + ?6, extra = iif(?1, extra, ?7), fingerprints = ?8
                WHERE num = ?9
                """,
            arguments: [
                isOlder, imported.title, try names.num(ofOptional: imported.project, in: db),
                conversation.modified?.milliseconds, current.map { places[$0].num }, added,
                text(imported.extra),
                known.fingerprints(with: conversation.fingerprint).databaseValue,
                known.num,
            ])
        try addLabels(imported.labels, to: known.num, in: db)
    }
}

/// What a message's index entry takes from its conversation.
private struct ConversationPlace {
    let num: Int64
    let source: Int64
    let custodian: Int64
    let created: Int64?
}

/// A conversation that an earlier import stored.
private struct KnownConversation {
    let place: ConversationPlace
    let id: RecordID
    let title: String?
    let modified: Instant?
    private let fingerprints: [UInt8]

    var num: Int64 { place.num }

    /// As many imports of one conversation are remembered.
    private static let remembered = 64

    /// Whether exactly this was imported before.
    func hasSeen(_ fingerprint: [UInt8]) -> Bool {
        stride(from: 0, to: fingerprints.count, by: fingerprint.count).contains { start in
            fingerprints[start...].starts(with: fingerprint)
        }
    }

    func fingerprints(with new: [UInt8]) -> [UInt8] {
        (fingerprints + new).suffix(Self.remembered * new.count)
    }

    init?(_ origin: Origin, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                SELECT conversation.num, id, source, custodian, title, created, modified,
                    fingerprints FROM conversation
                WHERE source = (SELECT num FROM name WHERE text = ?) AND source_id = ?
                """)
        guard let row = try Row.fetchOne(statement, arguments: [origin.source, origin.id]),
            let id = row.id("id")
        else { return nil }
        place = ConversationPlace(
            num: row["num"], source: row["source"], custodian: row["custodian"],
            created: row["created"])
        self.id = id
        title = row["title"]
        modified = (row["modified"] as Int64?).map(Instant.init(milliseconds:))
        fingerprints = row.bytes("fingerprints") ?? []
    }
}

/// A message that an earlier import stored.
private struct KnownMessage {
    let num: Int64
    let id: RecordID
    let version: Int
    let fingerprint: [UInt8]

    static func all(of conversation: Int64, in db: Database) throws -> [String: KnownMessage] {
        var known: [String: KnownMessage] = [:]
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT num, id, version, source_id, fingerprint FROM message
                WHERE conversation = ? AND source_id IS NOT NULL
                """, arguments: [conversation])
        while let row = try rows.next() {
            guard let id = row.id("id") else { continue }
            known[row["source_id"]] = KnownMessage(
                num: row["num"], id: id, version: row["version"],
                fingerprint: row.bytes("fingerprint") ?? [])
        }
        return known
    }
}
