import GRDB
import VaultCrypto

/// Marks messages that a restoration added to a conversation that was there (`message_restored`),
/// until an import brings them too.
///
/// `FactsReader` says what the mark does to the dates of the conversation.
struct RestoredMark {
    let db: Database

    /// Marks messages with all versions that they have.
    ///
    /// - Parameters:
    ///   - messages: A range of `message.num`.
    ///   - conversation: `conversation.num`.
    ///   - now: When they came.
    /// - Throws: What the database reports.
    func set(_ messages: Range<Int64>, of conversation: Int64, at now: Instant) throws {
        guard !messages.isEmpty else { return }
        try db.execute(
            sql: """
                INSERT INTO message_restored (message, version, restored)
                    SELECT num, version, ? FROM message
                    WHERE conversation = ? AND num >= ? AND num < ?
                """,
            arguments: [
                now.milliseconds, conversation, messages.lowerBound, messages.upperBound,
            ])
    }

    func has(_ message: KnownMessage) throws -> Bool {
        try Bool.fetchOne(
            db.cachedStatement(
                sql: "SELECT EXISTS (SELECT 1 FROM message_restored WHERE message = ?)"),
            arguments: [message.num]) ?? false
    }

    /// An import has the message as it is stored, so that its date counts.
    func remove(from message: KnownMessage) throws {
        try db.execute(
            sql: "DELETE FROM message_restored WHERE message = ?", arguments: [message.num])
    }

    /// An import has another text of the message, which does not replace the stored one.
    ///
    /// - Parameters:
    ///   - date: What it says when the message was; without a date, the stored one counts.
    ///   - message: The message.
    /// - Throws: What the database reports.
    func note(_ date: Instant?, of message: KnownMessage) throws {
        guard let date else { return try remove(from: message) }
        try db.execute(
            sql: """
                UPDATE message_restored SET imported = max(ifnull(imported, ?1), ?1)
                WHERE message = ?2
                """, arguments: [date.milliseconds, message.num])
    }
}
