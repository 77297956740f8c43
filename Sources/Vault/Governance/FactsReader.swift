import GRDB
import JSONText
import Policy
import VaultCrypto

/// Reads what conversations are, without what governs them: no holds, no approvals, and of graces
/// only those that a change began.
///
/// The dates of messages that a restoration added to a conversation that was there
/// (`message_restored`) are apart from those of the others, `RetentionItem.added`: rules that
/// delete know nothing of them, and rules that retain keep what was added, each message by its own
/// date, which is at the latest the moment of its restoration. What an import brings of such a
/// message is a version behind those that are marked, and counts as it always does.
struct FactsReader {
    let db: Database

    private static let columns = """
        SELECT conversation.num, id, created, modified, messages, hidden,
            (SELECT text FROM name WHERE num = source) AS source_name,
            (SELECT text FROM name WHERE num = project) AS project_name,
            (SELECT text FROM name WHERE num = custodian) AS custodian_name,
            (SELECT max(created) FROM message LEFT JOIN message_restored AS mark
                ON mark.message = message.num
                WHERE message.conversation = conversation.num
                    AND message.version > ifnull(mark.version, 0)) AS latest,
            (SELECT max(json_extract(record, '$.envelope.created')) FROM version
                JOIN message ON message.num = version.message
                LEFT JOIN message_restored AS mark ON mark.message = message.num
                WHERE message.conversation = conversation.num
                    AND version.version > ifnull(mark.version, 0)) AS earlier,
            (SELECT count(*) FROM message LEFT JOIN message_restored AS mark
                ON mark.message = message.num
                WHERE message.conversation = conversation.num AND message.created IS NULL
                    AND message.version > ifnull(mark.version, 0)) AS undated,
            CASE WHEN EXISTS (SELECT 1 FROM message_restored) THEN (
                SELECT max(min(ifnull(message.created, restored), restored))
                FROM message_restored AS mark JOIN message ON message.num = mark.message
                WHERE message.conversation = conversation.num) END AS added,
            CASE WHEN EXISTS (SELECT 1 FROM message_restored) THEN (
                SELECT max(json_extract(record, '$.envelope.created'))
                FROM message_restored AS mark JOIN message ON message.num = mark.message
                JOIN version ON version.message = mark.message AND version.version <= mark.version
                WHERE message.conversation = conversation.num) END AS added_earlier,
            CASE WHEN EXISTS (SELECT 1 FROM message_restored) THEN (
                SELECT max(restored) FROM message_restored AS mark
                JOIN message ON message.num = mark.message
                WHERE message.conversation = conversation.num) END AS restored,
            (SELECT until FROM retention_floor
                WHERE retention_floor.conversation = conversation.num) AS floor,
            (SELECT until FROM retention_grace
                WHERE retention_grace.conversation = conversation.num) AS grace,
            (SELECT time FROM event WHERE event.conversation = conversation.num) AS event_time,
            CASE WHEN instr(extra, '"earlier"') THEN (
                SELECT json_group_array(json_extract(value, '$.custodian'))
                FROM json_each(extra, '$.earlier')) END AS others
        FROM conversation
        """

    /// Lends the conversations in the order of their numbers.
    func forEach(_ body: (GovernedConversation) throws -> Void) throws {
        let rows = try Row.fetchCursor(db, sql: Self.columns + " ORDER BY conversation.num")
        while let row = try rows.next() { try body(conversation(row)) }
    }

    /// The conversation with an id; `nil` when there is none.
    func conversation(_ id: RecordID) throws -> GovernedConversation? {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: Self.columns + " WHERE id = ?"),
            arguments: [id.bytes.databaseValue])
        return try row.map(conversation)
    }

    private func conversation(_ row: Row) throws -> GovernedConversation {
        guard let id = row.id("id") else {
            throw VaultError(
                .damaged, "A conversation's row breaks the format; run `coffer doctor`.")
        }
        let own: Int64? = row["created"]
        let latest: Int64? = row["latest"]
        let undated: Int = row["undated"]
        // An import that says an earlier date does not end what the later one began.
        let earlier = (row["earlier"] as String?).flatMap { Instant($0)?.milliseconds }
        var item = RetentionItem(id: id.description)
        // One message without any time may be the latest.
        item.created =
            undated > 0 && own == nil
            ? nil : [latest, own, earlier].compactMap(\.self).max()
        item.added = added(row)
        item.modified = [row["modified"], item.created].compactMap(\.self).max()
        if item.created == nil { item.modified = nil }
        item.origin = row["source_name"]
        item.project = row["project_name"]
        item.custodian = row["custodian_name"]
        item.event = row["event_time"]
        item.retainFloor = (row["floor"] as Int64?).map { $0 == .max ? .never : .at($0) }
        item.graceUntil = row["grace"]
        (item.labels, item.labelled) = try labels(of: row["num"])
        var conversation = GovernedConversation(
            num: row["num"], id: id, messages: row["messages"],
            isHidden: (row["hidden"] as Int64?) != nil, item: item)
        let others = (row["others"] as String?).flatMap { try? JSONReader.parse($0) }
        conversation.otherCustodians = others?.array?.compactMap(\.string) ?? []
        return conversation
    }

    /// When what a restoration added was, at the latest when it was restored.
    private func added(_ row: Row) -> Int64? {
        guard let restored: Int64 = row["restored"] else { return nil }
        let earlier = (row["added_earlier"] as String?).flatMap { Instant($0)?.milliseconds }
        return [row["added"], earlier.map { min($0, restored) }].compactMap(\.self).max()
    }

    private func labels(of conversation: Int64) throws -> ([String], RetentionItem.Labelled) {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT text, added FROM label JOIN name ON name.num = label.name
                    WHERE conversation = ? ORDER BY text
                    """), arguments: [conversation])
        var times: [String: Int64] = [:]
        // Two forms of one character are one text here: the later time counts, and no time does not
        // become one.
        for row in rows {
            let (text, added): (String, Int64?) = (row["text"], row["added"])
            if let added { times[text] = max(times[text] ?? added, added) }
        }
        for row in rows where (row["added"] as Int64?) == nil { times[row["text"]] = nil }
        return (rows.map { $0["text"] }, times.isEmpty ? .unknown : .each(times))
    }
}
