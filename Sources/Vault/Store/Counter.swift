import GRDB

/// Totals that are kept, so that counting a million rows costs nothing.
enum Counter: String {
    case conversations, messages, attachments, attachmentBytes

    func add(_ amount: Int64, in db: Database) throws {
        try db.cachedStatement(sql: "UPDATE counter SET value = value + ? WHERE name = ?")
            .execute(arguments: [amount, rawValue])
    }

    func value(in db: Database) throws -> Int64 {
        try Int64.fetchOne(
            db, sql: "SELECT value FROM counter WHERE name = ?", arguments: [rawValue]) ?? 0
    }
}
