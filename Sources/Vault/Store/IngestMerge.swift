import GRDB
import VaultCrypto

/// Another import of a conversation that the vault has.
private struct Sequel {
    let conversation: PreparedConversation
    let known: KnownConversation
    /// Whose it is, as the import says.
    let custodian: String?
    /// Stored messages by their id in the source.
    let old: [String: KnownMessage]
    /// Where each message of the import stands or will stand.
    let places: [(num: Int64, id: RecordID)]
    /// Whether an archive of another vault brought the conversation.
    let isBrought: Bool
    /// An export from before the one that is stored adds what is missing and replaces nothing that
    /// an import brought.
    let isOlder: Bool
    /// The time of the import.
    let now: Instant

    init(
        _ conversation: PreparedConversation, of known: KnownConversation, custodian: String?,
        now: Instant, nextMessage: Int64, in db: Database
    ) throws {
        self.conversation = conversation
        self.known = known
        self.custodian = custodian
        self.now = now
        let old = try KnownMessage.all(of: known.num, in: db)
        self.old = old
        var next = nextMessage
        places = conversation.messages.map { message in
            if let known = old[message.imported.originID] { return (known.num, known.id) }
            defer { next += 1 }
            return (next, message.id)
        }
        let brought = try BroughtMark(db: db).state(of: known.num)
        isBrought = brought != nil
        let reached = if let brought { brought.modified } else { known.fields.modified }
        isOlder = conversation.modified.map { $0 < reached ?? $0 } ?? false
    }

    /// The message that is to be the last on the screen.
    ///
    /// One above the stored one does not replace it: what follows it has stayed in the vault, or
    /// the import has its messages in another order.
    var current: Int64? {
        let index = conversation.messages.firstIndex {
            $0.imported.originID == conversation.imported.current
        }
        guard let shown = index.map({ places[$0].num }) else { return known.current }
        guard let current = known.current else { return shown }
        return isOlder || isAbove(shown, current) ? current : shown
    }

    /// Whether a stored message is another one or above it.
    private func isAbove(_ upper: Int64, _ lower: Int64) -> Bool {
        var parents: [Int64: Int64] = [:]
        for message in old.values { parents[message.num] = message.parent }
        var next: Int64? = lower
        var steps = 0
        while let message = next, steps <= parents.count {
            if message == upper { return true }
            next = parents[message]
            steps += 1
        }
        return false
    }

    func outdated(_ message: PreparedMessage) -> SkippedRecord {
        SkippedRecord(
            place: "conversation \(conversation.imported.origin.id), message "
                + message.imported.originID,
            reason: "the vault has a newer text of it", isConversation: false)
    }
}

extension IngestWriter {
    /// Brings a conversation together with what the vault has of it.
    mutating func merge(
        _ conversation: PreparedConversation, into known: KnownConversation, custodian: String?,
        now: Instant, in db: Database, report: inout IngestReport
    ) throws {
        if known.hasSeen(conversation.fingerprint, custodian: custodian) {
            report.conversations.unchanged += 1
            report.messages.unchanged += conversation.messages.count
            return
        }
        let sequel = try Sequel(
            conversation, of: known, custodian: custodian, now: now, nextMessage: nextMessage,
            in: db)
        let before = report.messages
        for (position, message) in conversation.messages.enumerated() {
            if let earlier = sequel.old[message.imported.originID] {
                try revise(earlier, with: position, of: sequel, in: db, report: &report)
            } else {
                try append(message, at: position, of: sequel, in: db, report: &report)
            }
        }
        let added = report.messages.added - before.added
        let isChanged = try update(sequel, added: added, in: db)
        if isChanged || added > 0 || report.messages.updated > before.updated {
            report.conversations.updated += 1
        } else {
            report.conversations.unchanged += 1
        }
    }

    private mutating func append(
        _ message: PreparedMessage, at position: Int, of sequel: Sequel, in db: Database,
        report: inout IngestReport
    ) throws {
        let place = sequel.places[position]
        let parent = sequel.conversation.parents[position].map { sequel.places[$0] }
        let envelope = message.envelope(
            id: place.id, conversation: sequel.known.id, parent: parent?.id, version: 1)
        try insert(
            message, conversation: sequel.known.place, parent: parent?.num,
            commitment: SHA256Digest.hash(utf8: envelope.line(partLines: message.partLines)),
            in: db, report: &report)
        // It was analysed with the title of this import; the title of the conversation belongs to
        // the first message that is stored.
        if position == 0, sequel.conversation.imported.title != nil || sequel.old.isEmpty {
            changed.insert(place.num)
        }
    }

    private mutating func revise(
        _ earlier: KnownMessage, with position: Int, of sequel: Sequel,
        in db: Database, report: inout IngestReport
    ) throws {
        let message = sequel.conversation.messages[position]
        if earlier.fingerprint == message.fingerprint {
            report.messages.unchanged += 1
            return
        }
        guard let stored = try MessageReader(db: db).message(num: earlier.num) else { return }
        // What another vault's archive brought, and no import yet: that is never the newer text.
        let isNew = earlier.fingerprint.isEmpty
        let isMarked = try isNew && RestoredMark(db: db).covers(earlier)
        let isForeign = isMarked || isNew && sequel.isBrought
        var parent = sequel.conversation.parents[position].map { sequel.places[$0] }
        // An export that holds a part of the conversation does not say that the rest is not there.
        if parent == nil, message.imported.parent != nil, let num = earlier.parent,
            let id = stored.parent
        {
            parent = (num, id)
        }
        var revision = MessageRevision(message)
        revision.adoptFiles(from: stored.parts)
        if revision.isSame(as: stored, parent: parent?.id) {
            report.messages.unchanged += 1
            if isMarked { try RestoredMark(db: db).uncover(earlier) }
            if !revision.hasAdopted { try note(message.fingerprint, of: earlier, in: db) }
            return
        }
        if sequel.isOlder, !isForeign {
            revision = MessageRevision(stored, fingerprint: earlier.fingerprint)
            revision.adoptFiles(from: message.parts, files: message.files)
            guard revision.hasAdopted else { return report.skip(sequel.outdated(message)) }
            parent = earlier.parent.flatMap { num in stored.parent.map { (num, $0) } }
        }
        try keep(stored, of: earlier, now: sequel.now, in: db)
        try replace(
            CommitmentLeaf(
                message: earlier.num, version: earlier.version, commitment: stored.commitment),
            of: earlier, by: revision, conversation: sequel.known.id, parent: parent, in: db,
            report: &report)
    }

    private func note(
        _ fingerprint: [UInt8], of message: KnownMessage, in db: Database
    ) throws {
        try db.cachedStatement(sql: "UPDATE message SET fingerprint = ? WHERE num = ?")
            .execute(arguments: [fingerprint.databaseValue, message.num])
    }

    /// Keeps a version that is about to be replaced as its record line.
    func keep(
        _ stored: Message, of message: KnownMessage, now: Instant, in db: Database
    ) throws {
        try db.execute(
            sql: "INSERT INTO version VALUES (?, ?, ?, ?)",
            arguments: [
                message.num, message.version, now.milliseconds, RecordLines.record(of: stored),
            ])
        try db.execute(
            sql: "DELETE FROM part WHERE num BETWEEN ? AND ?",
            arguments: [message.num << 16, message.num << 16 | 0xFFFF])
        try db.execute(
            sql: """
                INSERT OR IGNORE INTO attachment_past
                    SELECT attachment, message FROM attachment_use WHERE message = ?
                """, arguments: [message.num])
        try db.execute(
            sql: "DELETE FROM attachment_use WHERE message = ?", arguments: [message.num])
    }

    private mutating func replace(
        _ leaf: CommitmentLeaf, of old: KnownMessage, by revision: MessageRevision,
        conversation: RecordID, parent: (num: Int64, id: RecordID)?, in db: Database,
        report: inout IngestReport
    ) throws {
        let imported = revision.imported
        let sealed = revision.sealed(
            id: old.id, conversation: conversation, parent: parent?.id, version: old.version + 1)
        try db.execute(
            sql: """
                UPDATE message SET parent = ?, role = ?, state = ?, version = version + 1,
                    created = ?, model = ?, provider = ?, host = ?, region = ?, detail = ?,
                    fingerprint = ?, salt = ?, commitment = ? WHERE num = ?
                """,
            arguments: [
                parent?.num, imported.role.code, imported.state.code,
                imported.created?.milliseconds,
                try names.num(ofOptional: imported.model, in: db),
                try names.num(ofOptional: imported.provider, in: db),
                try names.num(ofOptional: imported.host, in: db),
                try names.num(ofOptional: imported.region, in: db),
                MessageDetail(imported).text, revision.fingerprint.databaseValue,
                sealed.salt.databaseValue, sealed.commitment.databaseValue, old.num,
            ])
        try insertParts(
            revision.parts, lines: sealed.lines, files: revision.files, num: old.num, in: db,
            report: &report)
        try commitments.replace(leaf, by: sealed.commitment, in: CommitmentLeaves(db: db))
        changed.insert(old.num)
        report.messages.updated += 1
    }

    /// Stores what the import says of the conversation.
    ///
    /// - Returns: Whether that was not known.
    private mutating func update(
        _ sequel: Sequel, added: Int, in db: Database
    ) throws -> Bool {
        let (known, conversation) = (sequel.known, sequel.conversation)
        let imported = conversation.imported
        var said = conversation.fields
        said.custodian = sequel.custodian
        if known.fields.created == nil { said.created = conversation.created }
        let fields = known.fields.merged(with: said, isOlder: sequel.isOlder, now: sequel.now)
        let current = sequel.current
        let areLabelsNew = try addLabels(
            imported.labels, to: known.num, now: sequel.now, in: db)
        try db.execute(
            sql: """
                UPDATE conversation SET messages = messages + ?, current = ?, fingerprints = ?
                WHERE num = ?
                """,
            arguments: [
                added, current, known.fingerprints(with: conversation.fingerprint).databaseValue,
                known.num,
            ])
        let isSaidAnew = !fields.isSame(as: known.fields)
        if isSaidAnew { try store(fields, of: known, in: db) }
        if sequel.isBrought {
            try BroughtMark(db: db).note(conversation.modified, of: known.num)
        }
        return isSaidAnew || areLabelsNew || current != known.current
    }

    mutating func store(
        _ fields: ConversationFields, of known: KnownConversation, in db: Database
    ) throws {
        try db.execute(
            sql: """
                UPDATE conversation SET title = ?, project = ?, created = ?, modified = ?,
                    extra = ? WHERE num = ?
                """,
            arguments: [
                fields.title, try names.num(ofOptional: fields.project, in: db),
                fields.created?.milliseconds, fields.modified?.milliseconds, fields.extraText,
                known.num,
            ])
        if !fields.hasTitle(of: known.fields),
            let carrier = try search.titleCarrier(of: known.num, in: db)
        {
            changed.insert(carrier)
        }
        if fields.created != known.fields.created {
            // Messages without a time are indexed under that of their conversation.
            changed.formUnion(
                try Int64.fetchAll(
                    db, sql: "SELECT num FROM message WHERE conversation = ? AND created IS NULL",
                    arguments: [known.num]))
        }
    }
}
