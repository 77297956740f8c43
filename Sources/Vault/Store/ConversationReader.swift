import Foundation
import GRDB
import JSONText
import VaultCrypto

/// Reads conversations.
struct ConversationReader {
    let db: Database

    private static let columns = """
        SELECT conversation.num, id, source_id, title, created, modified, imported, hidden, messages, extra,
            (SELECT text FROM name WHERE num = source) AS source,
            (SELECT text FROM name WHERE num = custodian) AS custodian,
            (SELECT text FROM name WHERE num = project) AS project,
            (SELECT id FROM message WHERE num = current) AS current_id
        FROM conversation
        """

    enum Order: String {
        case newestFirst = " ORDER BY ifnull(modified, imported) DESC, num DESC"
        case id = " ORDER BY id"
    }

    /// Lends each conversation in turn; memory does not grow with their number.
    func forEach(
        _ filter: ConversationFilter, order: Order, _ body: (Int64, Conversation) throws -> Void
    ) throws {
        let condition = filter.condition
        let limit = filter.limit.map { " LIMIT \($0)" } ?? ""
        let rows = try Row.fetchCursor(
            db, sql: Self.columns + condition.clause + order.rawValue + limit,
            arguments: condition.values)
        while let row = try rows.next() { try body(row["num"], conversation(row)) }
    }

    /// The ids of the conversations that match, ascending.
    ///
    /// - Parameters:
    ///   - filter: Which ones.
    ///   - only: When given, only conversations with these ids.
    /// - Returns: Their ids.
    /// - Throws: `damaged` for a row that breaks the format.
    func ids(_ filter: ConversationFilter, only: Set<RecordID>?) throws -> [RecordID] {
        let condition = filter.condition
        let limit = filter.limit.map { " LIMIT \($0)" } ?? ""
        let rows = try Row.fetchCursor(
            db, sql: "SELECT id FROM conversation" + condition.clause + Order.id.rawValue + limit,
            arguments: condition.values)
        var ids: [RecordID] = []
        while let row = try rows.next() {
            guard let id = row.id(at: 0) else { throw Self.broken }
            if only?.contains(id) ?? true { ids.append(id) }
        }
        return ids
    }

    /// How many conversations the filter's period leaves out only because they have no time.
    func undatedCount(_ filter: ConversationFilter, only: Set<RecordID>? = nil) throws -> Int {
        guard filter.hasPeriod else { return 0 }
        let condition = filter.undatedCondition
        let rows = try Row.fetchCursor(
            db, sql: "SELECT id FROM conversation" + condition.clause, arguments: condition.values)
        var count = 0
        while let row = try rows.next() {
            if only == nil || row.id("id").map({ only?.contains($0) == true }) == true {
                count += 1
            }
        }
        return count
    }

    /// The conversation with an id, and its row number.
    func conversation(_ id: RecordID) throws -> (num: Int64, conversation: Conversation) {
        let statement = try db.cachedStatement(sql: Self.columns + " WHERE id = ?")
        let row = try Row.fetchOne(statement, arguments: [id.bytes.databaseValue])
        guard let row else { throw Self.absent(id) }
        return (row["num"], try conversation(row))
    }

    /// The row number of the conversation with an id.
    func number(_ id: RecordID) throws -> Int64 {
        let statement = try db.cachedStatement(sql: "SELECT num FROM conversation WHERE id = ?")
        guard let num = try Int64.fetchOne(statement, arguments: [id.bytes.databaseValue]) else {
            throw Self.absent(id)
        }
        return num
    }

    private static func absent(_ id: RecordID) -> VaultError {
        VaultError(
            .notFound, "No conversation has the id \(id); `coffer list` shows those there are.")
    }

    private func conversation(_ row: Row) throws -> Conversation {
        guard let id = row.id("id"), let custodian = row["custodian"] as String?,
            let source = row["source"] as String?,
            let extra = (try? JSONReader.parse(row["extra"] as String))?.object
        else { throw Self.broken }
        return Conversation(
            id: id, title: row["title"], custodian: custodian,
            origin: Origin(source: source, id: row["source_id"]), project: row["project"],
            labels: try labels(of: row["num"]),
            created: (row["created"] as Int64?).map(Instant.init(milliseconds:)),
            modified: (row["modified"] as Int64?).map(Instant.init(milliseconds:)),
            imported: Instant(milliseconds: row["imported"]),
            isHidden: row["hidden"] as Int64? != nil, current: row.id("current_id"),
            messageCount: row["messages"], extra: extra)
    }

    private static let broken = VaultError(
        .damaged, "A conversation's row breaks the format; run `coffer doctor`.")

    private func labels(of conversation: Int64) throws -> [String] {
        try String.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT text FROM label JOIN name ON name.num = label.name
                    WHERE label.conversation = ? ORDER BY text
                    """), arguments: [conversation])
    }
}
