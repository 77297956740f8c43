import GRDB
import JSONText
import VaultCrypto

// How a conversation of an archive and the one that the vault has become one.
//
// The vault's is the one with the same id; without it, the one of the same origin, which another
// import made. What the vault shows stays what it shows, and nothing is overwritten:
//
//  (R1) A message whose versions the vault has, by their commitments, changes nothing. Of a message
//       with another id and the same id in the source, which two imports made, its content counts.
//  (R2) A message that the vault does not have is added. Where the vault's conversation or its
//       parent has another id, its envelope says that one, under its own salt.
//  (R3) Where the vault has the first versions of a message and the archive later ones, and the
//       vault itself made the archive, these are put behind them, as an import of a newer export
//       would: the earlier ones are kept. A later version that another vault has is a conflict, and
//       so is one that another vault had brought where the archive was made, and one that hangs the
//       message below another parent.
//  (R4) Anything else is a conflict: the archive's message is stored beside the vault's, with all
//       its versions, as another child of the same parent. Its id follows from its commitment, so
//       that it is there once however often and from wherever it is restored; the member `conflict`
//       of its `extra` is {"commitment","message","origin"}: the commitment in the archive, the id
//       there, and the id in the source. What follows it stays behind the vault's message.
//  (R5) What is said of the conversation itself stays as the vault has it, labels and dates too.
//       What the archive says otherwise is reported (`RestoreReport.Difference`). The leaf that is
//       shown becomes the archive's where that continues it.
//  (R6) Messages that another vault's archive adds leave the dates of the conversation as they are
//       for every rule that deletes, whatever dates they have or lack: nothing is destroyed earlier
//       or later because of them. Rules that retain keep the conversation until the period of what
//       was added has ended too, counted at the latest from the moment of the restoration: so
//       nothing that such a rule keeps is destroyed with a conversation that is older
//       (`RestoredMark`, `FactsReader`). An import that brings such a message afterwards, older or
//       newer, makes its own date count like any other, be it that it has none; what it replaces
//       stays marked. A hold matches such a message by its own date.
//  (R7) What the vault's own archive adds is marked as it was where the archive was made, and no
//       more: the archive says which messages were (`BroughtRecords`), and one from before archives
//       did says of none. So it is with the messages of a conversation that is new here, whoever
//       made the archive. A mark that the vault has stays.
//  (R8) A conversation that another vault's archive brings is itself marked (`BroughtMark`): its
//       date does not make an import older, and a text that no import has brought is not kept in
//       front of an import's, but behind it as an earlier version.
//
// No message that the vault has ever gets another parent, and a new one hangs below one that the
// vault has or below a new one that the archive has above it: so no circle of parents can come
// about, whatever an archive says.
extension RestoreWriter {
    /// Where a message of the archive stands in the vault.
    private struct Place {
        var num: Int64
        var id: RecordID
    }

    private enum Step {
        case nothing
        case insert([RestoredRecord])
        case advance(KnownMessage, [RestoredRecord])
        case conflict([RestoredRecord])
    }

    mutating func merge(_ restored: RestoredConversation, into known: KnownConversation) throws {
        touched.insert(known.id)
        before[known.id] = try facts?.conversation(known.id)?.item
        for hold in restored.holds { held[hold, default: []].insert(known.id) }
        let stored = try KnownMessage.all(of: known.num, in: db)
        var places: [RecordID: Place] = [:]
        let histories = restored.histories
        let parents = Set(histories.compactMap { $0.last?.envelope.parent })
        var pending: [(history: [RestoredRecord], match: Match)] = []
        let first = nextMessage
        var next = first
        for history in histories {
            let match = try match(
                history, in: known, stored, isParent: parents.contains(history[0].id))
            pending.append((history, match))
            switch match {
            case .original: break
            case .message(let message):
                places[history[0].id] = Place(num: message.num, id: message.id)
            case .new(let id):
                places[history[0].id] = Place(num: next, id: id)
                next += 1
            }
        }
        var numbers: [RecordID: Int64] = [:]
        for place in places.values { numbers[place.id] = place.num }
        // New messages first: their numbers are promised.
        var conflicts: [[RestoredRecord]] = []
        let earlier = report.messages
        for (history, match) in pending {
            let step = try step(history, match, places, known)
            try take(step, known, numbers, conflicts: &conflicts)
        }
        // Of a copy that the archive itself brings, the archive's counts.
        for copy in conflicts {
            guard try Self.row(of: copy[0].id, in: db) == nil else { continue }
            try insert(copy, conversation: known.num, parents: numbers)
            report.messages.conflicts += 1
        }
        if !isOwn { try RestoredMark(db: db).set(first..<nextMessage, of: known.num, at: now) }
        let added = report.messages.stored(since: earlier)
        let isChanged = try update(
            known, added: added, from: first,
            shown: (restored.conversation.current ?? histories.last?.first?.id)
                .flatMap { places[$0]?.num })
        try noteDifference(of: restored.conversation, from: known)
        if !conflicts.isEmpty {
            report.conversations.conflicts += 1
        } else if isChanged || added > 0 || report.messages.updated > earlier.updated {
            report.conversations.updated += 1
        } else {
            report.conversations.unchanged += 1
        }
    }

    private mutating func take(
        _ step: Step, _ known: KnownConversation, _ numbers: [RecordID: Int64],
        conflicts: inout [[RestoredRecord]]
    ) throws {
        switch step {
        case .nothing: report.messages.unchanged += 1
        case .insert(let history):
            try insert(history, conversation: known.num, parents: numbers)
            report.messages.added += 1
        case .advance(let message, let later):
            try advance(message, to: later, parents: numbers)
            report.messages.updated += 1
        case .conflict(let copy): conflicts.append(copy)
        }
    }

    // MARK: Which message it is

    private enum Match {
        /// The vault has the message that this copy was made of in a conflict.
        case original
        case message(KnownMessage)
        /// None; it gets this id.
        case new(RecordID)
    }

    private func match(
        _ history: [RestoredRecord], in known: KnownConversation,
        _ stored: [String: KnownMessage], isParent: Bool
    ) throws -> Match {
        let record = history[history.count - 1]
        if let row = try Self.row(of: record.id, in: db) {
            if row.conversation == known.num { return .message(row.message) }
            // Ids are random: somebody else's message. Its place is that of a copy.
            let copy = Self.copyID(of: record)
            return try Self.row(of: copy, in: db).map { .message($0.message) } ?? .new(copy)
        }
        if !isParent, try hasOriginal(of: record) { return .original }
        if let origin = record.envelope.originID, let message = stored[origin] {
            return .message(message)
        }
        return .new(record.id)
    }

    private func hasOriginal(of record: RestoredRecord) throws -> Bool {
        guard let conflict = record.envelope.extra[Self.conflict],
            let id = conflict["message"]?.string.flatMap({ RecordID($0) }),
            let commitment = conflict["commitment"]?.string.flatMap(Hex.bytes),
            let row = try Self.row(of: id, in: db)
        else { return false }
        return try commitments(of: row.message).values.contains(commitment)
    }

    private static func row(
        of id: RecordID, in db: Database
    ) throws -> (message: KnownMessage, conversation: Int64)? {
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: "SELECT num, conversation, version, parent FROM message WHERE id = ?"),
            arguments: [id.bytes.databaseValue])
        return row.map { row in
            (
                KnownMessage(
                    num: row["num"], id: id, version: row["version"], parent: row["parent"],
                    fingerprint: []), row["conversation"]
            )
        }
    }

    // MARK: What is done with it

    private func step(
        _ history: [RestoredRecord], _ match: Match, _ places: [RecordID: Place],
        _ known: KnownConversation
    ) throws -> Step {
        let id = places[history[0].id]?.id ?? history[0].id
        let placed = history.map { record in
            Self.placed(record, as: id, in: known.id, places)
        }
        switch match {
        case .original: return .nothing
        case .new where id != history[0].id:
            return .insert(
                history.map { Self.placed(Self.marked($0), as: id, in: known.id, places) })
        case .new: return .insert(placed)
        case .message(let message):
            let stored = try commitments(of: message)
            if placed.allSatisfy({ stored.values.contains($0.commitment) }) { return .nothing }
            let said = Dictionary(placed.map { ($0.envelope.version, $0.commitment) }) { $1 }
            let last = placed[placed.count - 1].envelope.version
            let parent = history[history.count - 1].envelope.parent.flatMap { places[$0]?.num }
            let brought = placed[placed.count - 1].mark?.version ?? 0
            if isOwn, last > message.version, brought <= message.version, parent == message.parent,
                stored.allSatisfy({ said[$0.key] == $0.value })
            {
                return .advance(
                    message, placed.filter { $0.envelope.version > message.version })
            }
            if message.id != history[0].id, try hasContent(of: history, message) {
                return .nothing
            }
            let copy = Self.copyID(of: history[history.count - 1])
            guard try Self.row(of: copy, in: db) == nil else { return .nothing }
            return .conflict(
                history.map { record in
                    Self.placed(Self.marked(record), as: copy, in: known.id, places)
                })
        }
    }

    /// A record under the ids that it has in the vault; where they are its own, it stays as it is.
    private static func placed(
        _ record: RestoredRecord, as id: RecordID, in conversation: RecordID,
        _ places: [RecordID: Place]
    ) -> RestoredRecord {
        let parent = record.envelope.parent.map { places[$0]?.id ?? $0 }
        guard
            id != record.id || conversation != record.envelope.conversation
                || parent != record.envelope.parent
        else { return record }
        return record.sealed { envelope in
            envelope.id = id
            envelope.conversation = conversation
            envelope.parent = parent
        }
    }

    private static let conflict = "conflict"

    /// A record of a copy, with what it is a copy of.
    private static func marked(_ record: RestoredRecord) -> RestoredRecord {
        var said: JSONObject = [
            "commitment": .string(Hex.text(record.commitment)),
            "message": .string(record.id.description),
        ]
        said["origin"] = record.envelope.originID.map(JSON.string)
        said["earlier"] = record.envelope.extra[conflict]
        return record.sealed { envelope in
            // A later import would otherwise take the copy for the message.
            envelope.originID = nil
            envelope.extra[conflict] = .object(said)
        }
    }

    /// The id of a copy: the time of the message's own, and else of its commitment.
    private static func copyID(of record: RestoredRecord) -> RecordID {
        var bytes = record.id.bytes
        bytes.replaceSubrange(6..., with: record.commitment.prefix(10))
        // Version 7 and the variant of RFC 9562, section 5.7.
        bytes[6] = bytes[6] & 0x0F | 0x70
        bytes[8] = bytes[8] & 0x3F | 0x80
        return RecordID(bytes: bytes) ?? record.id
    }

    /// The commitments of a stored message's versions.
    private func commitments(of message: KnownMessage) throws -> [Int: [UInt8]] {
        var commitments: [Int: [UInt8]] = [:]
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT version, lower(hex(commitment)) AS commitment FROM message WHERE num = ?1
                    UNION ALL SELECT version, json_extract(record, '$.commitment') FROM version
                        WHERE message = ?1
                    """), arguments: [message.num])
        for row in rows {
            commitments[row["version"]] = (row["commitment"] as String?).flatMap { Hex.bytes($0) }
        }
        return commitments
    }

    /// Whether a stored message of another id says all that a message says, in some version.
    private func hasContent(
        of history: [RestoredRecord], _ message: KnownMessage
    ) throws -> Bool {
        guard let present = try MessageReader(db: db).message(num: message.num) else {
            return false
        }
        let earlier = try String.fetchAll(
            db, sql: "SELECT record FROM version WHERE message = ?", arguments: [message.num])
        let stored = Set(
            try ([present.recordLine] + earlier).map { try RestoredRecord(parsing: $0).content })
        return history.allSatisfy { stored.contains($0.content) }
    }

    // MARK: The conversation itself

    /// Lets the conversation follow the messages that it got.
    ///
    /// Of a conversation that names no leaf the newest message is shown, see `coffer show`; what
    /// was shown so is named where something newer stands beside it from now on.
    ///
    /// - Parameters:
    ///   - known: The conversation.
    ///   - added: How many messages it got.
    ///   - first: The number from which on they are new.
    ///   - shown: The leaf that the archive shows, as `message.num`.
    /// - Returns: Whether another leaf is named.
    /// - Throws: What the database reports.
    private func update(
        _ known: KnownConversation, added: Int, from first: Int64, shown: Int64?
    ) throws -> Bool {
        let newest = "SELECT max(num) FROM message WHERE conversation = ? AND num < ?"
        let old =
            try known.current
            ?? Int64.fetchOne(db, sql: newest, arguments: [known.num, first])
        var leaf = old ?? shown
        if let shown, let old, shown != old, try isAbove(old, shown) { leaf = shown }
        let last = try Int64.fetchOne(db, sql: newest, arguments: [known.num, Int64.max])
        let current = known.current == nil && leaf == last ? nil : leaf
        guard added > 0 || current != known.current else { return false }
        try db.execute(
            sql: "UPDATE conversation SET messages = messages + ?, current = ? WHERE num = ?",
            arguments: [added, current, known.num])
        return current != known.current
    }

    /// Notes what the archive says otherwise of a conversation that the vault has (R5).
    private mutating func noteDifference(
        of said: Conversation, from known: KnownConversation
    ) throws {
        let labels = try String.fetchAll(
            db.cachedStatement(
                sql: "SELECT text FROM label JOIN name ON num = name WHERE conversation = ?"),
            arguments: [known.num])
        let own = known.fields
        var difference = RestoreReport.Difference(conversation: known.id)
        func other(_ text: String?, than own: String?) -> String? {
            text.flatMap { $0.utf8.elementsEqual((own ?? "").utf8) ? nil : $0 }
        }
        difference.title = other(said.title, than: own.title)
        difference.project = other(said.project, than: own.project)
        difference.custodian = other(said.custodian, than: own.custodian)
        difference.created = said.created == own.created ? nil : said.created
        difference.labels = said.labels.filter { label in
            !labels.contains { $0.utf8.elementsEqual(label.utf8) }
        }
        report.note(difference)
    }

    /// Whether a stored message is another one or above it.
    private func isAbove(_ upper: Int64, _ lower: Int64) throws -> Bool {
        try Bool.fetchOne(
            db,
            sql: """
                WITH RECURSIVE up(num) AS (SELECT ?1 UNION SELECT message.parent
                    FROM up JOIN message ON message.num = up.num WHERE message.parent IS NOT NULL)
                SELECT EXISTS (SELECT 1 FROM up WHERE num = ?2)
                """, arguments: [lower, upper]) ?? false
    }
}
