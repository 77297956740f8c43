import GRDB
import VaultCrypto

/// A stored conversation that messages are added to.
struct OpenConversation {
    let id: RecordID
    let place: ConversationPlace
    /// Whether it has no messages yet.
    let isEmpty: Bool

    private static let columns =
        "SELECT num, id, source, custodian, created, messages FROM conversation"

    /// - Throws: `notFound` when there is none of this id; what the database reports.
    init(_ id: RecordID, in db: Database) throws {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: Self.columns + " WHERE id = ?"),
            arguments: [id.bytes.databaseValue])
        try self.init(row, id.description)
    }

    /// - Throws: `notFound` when there is none of this number; what the database reports.
    init(num: Int64, in db: Database) throws {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: Self.columns + " WHERE num = ?"), arguments: [num])
        try self.init(row, "that was meant")
    }

    private init(_ row: Row?, _ name: String) throws {
        guard let row, let id = row.id("id") else {
            throw VaultError(
                .notFound,
                "There is no conversation \(name) any more; `coffer list` shows those there are.")
        }
        self.id = id
        place = ConversationPlace(
            num: row["num"], source: row["source"], custodian: row["custodian"],
            created: row["created"])
        isEmpty = row["messages"] == 0
    }

    /// The number of one of its messages.
    ///
    /// - Throws: `notFound` for a message that it does not have.
    func message(_ id: RecordID?, in db: Database) throws -> Int64? {
        guard let id else { return nil }
        let num = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT num FROM message WHERE id = ? AND conversation = ?"),
            arguments: [id.bytes.databaseValue, place.num])
        guard let num else {
            throw VaultError(
                .notFound, "The conversation has no message \(id); `coffer show` lists them.")
        }
        return num
    }
}
