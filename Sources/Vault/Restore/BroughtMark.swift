import GRDB

/// Marks conversations that an archive of another vault brought (`conversation_restored`).
///
/// Which of two imports of such a conversation is the older one is told by what imports say alone:
/// otherwise an archive could keep the texts of all later ones out, by a date of its choice.
struct BroughtMark {
    /// What is known of a marked conversation.
    struct State {
        /// The latest date of a state that an import has had; `nil` before there was one.
        let modified: Instant?
    }

    let db: Database

    /// Marks a conversation.
    ///
    /// - Parameters:
    ///   - conversation: `conversation.num`.
    ///   - modified: What imports have said of it, where that is known.
    /// - Throws: What the database reports.
    func set(_ conversation: Int64, modified: Instant?) throws {
        try db.cachedStatement(sql: "INSERT INTO conversation_restored VALUES (?, ?)")
            .execute(arguments: [conversation, modified?.milliseconds])
    }

    /// - Returns: `nil` for a conversation that is not marked.
    func state(of conversation: Int64) throws -> State? {
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: "SELECT modified FROM conversation_restored WHERE conversation = ?"),
            arguments: [conversation])
        return row.map { State(modified: ($0[0] as Int64?).map(Instant.init(milliseconds:))) }
    }

    /// An import has the conversation in a state of this date.
    func note(_ modified: Instant?, of conversation: Int64) throws {
        guard let modified else { return }
        try db.execute(
            sql: """
                UPDATE conversation_restored SET modified = max(ifnull(modified, ?1), ?1)
                WHERE conversation = ?2
                """, arguments: [modified.milliseconds, conversation])
    }
}
