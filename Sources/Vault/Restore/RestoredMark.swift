import GRDB

/// Marks messages that a restoration added to a conversation that was there (`message_restored`),
/// with the last of the versions that came so.
///
/// `FactsReader` says what the mark does to the dates of the conversation. What an import says of
/// the message is a version behind those: its date counts like any other, and theirs still do not.
struct RestoredMark {
    let db: Database

    /// Marks messages with all versions that they have, whatever an archive says of them.
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
                INSERT OR REPLACE INTO message_restored (message, version, restored)
                    SELECT num, version, ? FROM message
                    WHERE conversation = ? AND num >= ? AND num < ?
                """,
            arguments: [
                now.milliseconds, conversation, messages.lowerBound, messages.upperBound,
            ])
    }

    /// Marks a new message as the archive has it marked, as far as that can be.
    ///
    /// - Parameters:
    ///   - message: `message.num`.
    ///   - mark: What the archive says. An import brings versions behind the last one, and none
    ///     came later than now.
    ///   - last: The number of the message's last version.
    ///   - now: The time of the restoration.
    /// - Throws: What the database reports.
    func set(_ message: Int64, as mark: BroughtRecords.Mark, last: Int, at now: Instant) throws {
        try db.execute(
            sql: "INSERT INTO message_restored (message, version, restored) VALUES (?, ?, ?)",
            arguments: [
                message, min(mark.version, last), min(mark.restored, now).milliseconds,
            ])
    }

    /// Whether the present version of a message is one that came so.
    func covers(_ message: KnownMessage) throws -> Bool {
        try Bool.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT EXISTS (
                        SELECT 1 FROM message_restored WHERE message = ? AND version >= ?)
                    """), arguments: [message.num, message.version]) ?? false
    }

    /// An import says what the present version says, so that its date counts; not those of versions
    /// before it, which no import has.
    func uncover(_ message: KnownMessage) throws {
        try db.execute(
            sql: """
                UPDATE message_restored SET version = ?2 - 1 WHERE message = ?1 AND version >= ?2
                """, arguments: [message.num, message.version])
        try db.execute(
            sql: """
                DELETE FROM message_restored WHERE message = ?1 AND NOT EXISTS (
                    SELECT 1 FROM version
                    WHERE version.message = ?1 AND version.version <= message_restored.version)
                """, arguments: [message.num])
    }
}
