import Foundation
import GRDB
import VaultCrypto

/// Which conversations to list or export; all conditions must hold.
package struct ConversationFilter: Sendable {
    package var labels: [String] = []
    package var project: String?
    package var custodian: String?
    /// `Origin.source`.
    package var source: String?
    /// Modified at or after; one without a time matches no time.
    package var after: Instant?
    /// Modified before.
    package var before: Instant?
    package var includesHidden = false
    package var limit: Int?

    package init() {}

    fileprivate var condition: (sql: String, arguments: StatementArguments) {
        var terms: [String] = includesHidden ? [] : ["hidden IS NULL"]
        var arguments: [any DatabaseValueConvertible] = []
        func add(_ term: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            terms.append(term)
            arguments.append(value)
        }
        for label in labels {
            add(
                """
                EXISTS (SELECT 1 FROM label JOIN name ON name.num = label.name
                    WHERE label.conversation = conversation.num AND name.text = ?)
                """, label)
        }
        add("project = (SELECT num FROM name WHERE text = ?)", project)
        add("custodian = (SELECT num FROM name WHERE text = ?)", custodian)
        add("source = (SELECT num FROM name WHERE text = ?)", source)
        add("modified >= ?", after?.milliseconds)
        add("modified < ?", before?.milliseconds)
        let sql = terms.isEmpty ? "" : " WHERE " + terms.joined(separator: " AND ")
        return (sql, StatementArguments(arguments))
    }
}

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
        let (condition, arguments) = filter.condition
        let limit = filter.limit.map { " LIMIT \($0)" } ?? ""
        let rows = try Row.fetchCursor(
            db, sql: Self.columns + condition + order.rawValue + limit, arguments: arguments)
        while let row = try rows.next() { try body(row["num"], conversation(row)) }
    }

    /// The conversation with an id, and its row number.
    func conversation(_ id: RecordID) throws -> (num: Int64, conversation: Conversation) {
        let row = try Row.fetchOne(
            db, sql: Self.columns + " WHERE id = ?", arguments: [id.bytes.databaseValue])
        guard let row else {
            throw VaultError(
                .notFound, "No conversation has the id \(id); `coffer list` shows those there are.")
        }
        return (row["num"], try conversation(row))
    }

    private func conversation(_ row: Row) throws -> Conversation {
        guard let id = row.id("id"), let custodian = row["custodian"] as String?,
            let source = row["source"] as String?,
            let extra = (try? JSONReader.parse(row["extra"] as String))?.object
        else {
            throw VaultError(
                .damaged, "A conversation's row breaks the format; run `coffer doctor`.")
        }
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

    private func labels(of conversation: Int64) throws -> [String] {
        try String.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT text FROM label JOIN name ON name.num = label.name
                    WHERE label.conversation = ? ORDER BY text
                    """), arguments: [conversation])
    }
}
