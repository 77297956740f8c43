import GRDB
import JSONText
package import VaultCrypto

// Conversations that are held here: messages come one by one, each a record in the transaction that
// stores it, as those of an import are.

/// A message that is made here, ready to be stored.
private struct MessageAddition {
    let message: PreparedMessage
    let texts = AnalysedBatch()
    let analyser: TextAnalyser

    /// - Throws: `badInput` for a file that cannot be read.
    init(_ imported: ImportedMessage, id: RecordID, _ analyser: TextAnalyser) throws {
        var imported = imported
        imported.removeNulls()
        imported.originID = id.description
        guard imported.parts.count <= PreparedMessage.maximumParts else {
            throw VaultError(
                .badInput, "A message has at most \(PreparedMessage.maximumParts) parts; send less."
            )
        }
        self.analyser = analyser
        var skipped: [SkippedRecord] = []
        message = PreparedMessage(
            imported, title: nil, id: id, analyser, into: texts, skipped: &skipped)
        if let file = skipped.first {
            throw VaultError(.badInput, "A file cannot be attached: \(file.reason).")
        }
    }
}

extension Vault {
    /// The kind of the conversations that are held here.
    package static let ownSource = "coffer"

    /// Begins a conversation with its first messages.
    ///
    /// - Parameters:
    ///   - title: What it is called until somebody names it.
    ///   - messages: In their order; each is below the one before it. What they say of ids does not
    ///     count.
    ///   - project: Where it belongs.
    /// - Returns: The conversation's id.
    /// - Throws: `badInput` for a file that cannot be read; what the database reports.
    package func beginConversation(
        title: String?, _ messages: [ImportedMessage], project: String? = nil
    ) throws(VaultError) -> RecordID {
        let time = now()
        let origin = Origin(source: Self.ownSource, id: RecordID(at: time).description)
        var conversation = ImportedConversation(origin: origin)
        conversation.title = title
        conversation.project = project
        conversation.created = time
        for message in messages {
            var message = message
            message.originID = RecordID(at: time).description
            message.parent = conversation.messages.last?.originID
            message.created = message.created ?? time
            conversation.messages.append(message)
        }
        conversation.current = conversation.messages.last?.originID
        let ingestion = try beginIngestion()
        try ingestion.add(conversation)
        let report = try ingestion.finish()
        if let file = report.skipped.first {
            throw VaultError(.badInput, "A file cannot be attached: \(file.reason).")
        }
        let known = try store.read { db in try KnownConversation(origin, in: db) }
        guard let known else {
            throw VaultError(.busy, "The conversation was purged as it began; begin another one.")
        }
        return known.id
    }

    /// Adds a message to a conversation, as the last on the screen.
    ///
    /// - Parameters:
    ///   - message: What it says; its ids do not count.
    ///   - conversation: Where it belongs.
    ///   - parent: The message that it follows; nil makes another beginning.
    /// - Returns: The message's id.
    /// - Throws: `notFound` without such a conversation or parent; `badInput` for a file that
    ///   cannot be read; what the database reports.
    package func addMessage(
        _ message: ImportedMessage, to conversation: RecordID, below parent: RecordID?
    ) throws(VaultError) -> RecordID {
        let time = now()
        var message = message
        message.created = message.created ?? time
        let id = RecordID(at: time.after(parent))
        let analyser = try store.read { db in try TextAnalyser(in: db) }
        let addition = Result { try MessageAddition(message, id: id, analyser) }
        try store.write { db in
            let place = try OpenConversation(conversation, in: db)
            let num = try place.message(parent, in: db)
            try add(
                addition.get(), to: place, below: num.flatMap { num in parent.map { (num, $0) } },
                in: db)
        }
        return id
    }

    /// Stores a message with all that belongs to it, inside the caller's transaction.
    private func add(
        _ addition: MessageAddition, to conversation: OpenConversation,
        below parent: (num: Int64, id: RecordID)?, in db: Database
    ) throws {
        var writer = IngestWriter()
        let report = try writer.add(
            addition.message, to: conversation, below: parent, addition.analyser, addition.texts,
            factsBeforeChange(in: db), in: db)
        var record = AuditLog.Record(.ingest, object: conversation.id.description)
        record.commitments = writer.commitments
        record.figures = report.figures
        try auditLog(in: db, at: now()).append(record)
        try governArrivals(writer.touched, before: writer.before, in: db)
    }

    /// Shows another branch of a conversation: makes one of its messages the last on the screen.
    ///
    /// It changes no record, and an import may change it too; the log does not say it.
    ///
    /// - Throws: `notFound` without such a conversation or message; what the database reports.
    package func showBranch(
        to message: RecordID, of conversation: RecordID
    ) throws(VaultError) {
        try store.write { db in
            let place = try OpenConversation(conversation, in: db)
            try db.execute(
                sql: "UPDATE conversation SET current = ? WHERE num = ?",
                arguments: [try place.message(message, in: db), place.place.num])
        }
    }

    // MARK: - The end of a turn

    /// Makes a message of a turn and removes its rows, inside the caller's transaction.
    func settle(_ turn: StoredTurn, as end: TurnEnd, in db: Database) throws {
        let table = TurnTable(db: db)
        let stored = try table.draft(of: turn)
        var message = ImportedMessage(originID: turn.id.description, parent: nil, role: .assistant)
        message.state = end.state
        message.created = turn.begun
        message.take(stored.draft)
        if !stored.isWhole { message.extra["unreadableFromStep"] = .integer(stored.lines) }
        let parent = try turn.parent.flatMap { num in
            try Row.fetchOne(db, sql: "SELECT id FROM message WHERE num = ?", arguments: [num])?
                .id(at: 0).map { (num, $0) }
        }
        try add(
            MessageAddition(message, id: turn.id, TextAnalyser(in: db)),
            to: OpenConversation(num: turn.conversation, in: db), below: parent, in: db)
        try table.delete(turn)
    }

    /// Finishes the turns whose process is gone, as stopped.
    ///
    /// - Returns: What was put right, and what kept it from that.
    func settleAbandonedTurns() -> [VaultFault] {
        do throws(VaultError) {
            guard try !store.read({ db in try TurnTable(db: db).isEmpty() }) else { return [] }
            return try store.writeUnlessBusy { db in
                try TurnTable(db: db).all().filter { !lock.isHeld($0.lockPlace) }.map { turn in
                    let conversation = try OpenConversation(num: turn.conversation, in: db).id
                    try settle(turn, as: .stopped, in: db)
                    return VaultFault(
                        path: "conversation \(conversation)",
                        fault: "an answer was cut off, and is kept as stopped", isRepaired: true)
                }
            }
        } catch {
            // Whoever writes to the vault just now, or the next opening, makes up for it.
            if error.code == .busy { return [] }
            return [
                VaultFault(
                    path: "turns",
                    fault: "an answer that was cut off is no record yet: "
                        + error.message, isRepaired: false)
            ]
        }
    }
}

extension Instant {
    /// The time, or one behind that of a record which must come before in the order of ids.
    func after(_ record: RecordID?) -> Instant {
        record.map { max(self, Instant(milliseconds: $0.time.milliseconds + 1)) } ?? self
    }
}

extension ImportedMessage {
    fileprivate mutating func take(_ draft: TurnDraft) {
        parts = draft.parts.map { ImportedPart($0) }
        model = draft.facts.model
        provider = draft.facts.provider
        host = draft.facts.host
        region = draft.facts.region
        stopReason = draft.facts.stopReason
        usage = draft.facts.usage
        extra = draft.facts.extra
    }
}
