import GRDB
import VaultCrypto

/// What of a conversation came from an archive of another vault.
///
/// An archive of the conversation says it too, so that it stays known where that is restored.
package struct BroughtRecords: Sendable, Hashable {
    /// Which versions of a message came so.
    package struct Mark: Sendable, Hashable {
        /// The last one; those before it did as well.
        package var version: Int
        /// When they came.
        package var restored: Instant

        package init(version: Int, restored: Instant) {
            self.version = version
            self.restored = restored
        }
    }

    package var conversation: RecordID
    /// Whether the conversation itself came so (`BroughtMark`).
    package var isWhole: Bool
    /// Of one that came so, the latest date of a state that an import has had since.
    package var modified: Instant?
    /// Messages that were added to a conversation that was there (`RestoredMark`).
    package var messages: [RecordID: Mark] = [:]

    package init(_ conversation: RecordID, isWhole: Bool = false, modified: Instant? = nil) {
        self.conversation = conversation
        self.isWhole = isWhole
        self.modified = modified
    }

    private static let rows = """
        SELECT conversation AS place, conversation.id AS id, 1 AS whole, mark.modified AS modified,
            NULL AS added, NULL AS version, NULL AS restored
        FROM conversation_restored AS mark
        JOIN conversation ON conversation.num = mark.conversation
        UNION ALL
        SELECT conversation.num, conversation.id, 0, NULL, message.id, mark.version, mark.restored
        FROM message_restored AS mark JOIN message ON message.num = mark.message
        JOIN conversation ON conversation.num = message.conversation
        ORDER BY place, whole DESC
        """

    /// Lends what came of some conversations, in the order of their numbers.
    ///
    /// - Parameters:
    ///   - conversations: Their numbers.
    ///   - db: A connection.
    ///   - body: Takes each of which something came so.
    /// - Throws: `damaged` when a row breaks the format; what `body` throws.
    static func forEach(
        among conversations: NumberSet, in db: Database, _ body: (BroughtRecords) throws -> Void
    ) throws {
        var open: BroughtRecords?
        let rows = try Row.fetchCursor(db, sql: Self.rows)
        while let row = try rows.next() {
            guard conversations.contains(row["place"]) else { continue }
            guard let id = row.id("id") else {
                throw VaultError(
                    .damaged, "A conversation's row breaks the format; run `coffer doctor`.")
            }
            if let done = open, done.conversation != id {
                try body(done)
                open = nil
            }
            var records = open ?? BroughtRecords(id)
            if let message = row.id("added") {
                records.messages[message] = Mark(
                    version: row["version"], restored: Instant(milliseconds: row["restored"]))
            } else {
                records.isWhole = true
                records.modified = (row["modified"] as Int64?).map(Instant.init(milliseconds:))
            }
            open = records
        }
        if let open { try body(open) }
    }
}
