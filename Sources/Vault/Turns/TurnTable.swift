import GRDB
import VaultCrypto

/// A turn that has a row: an answer that is no record yet.
struct StoredTurn {
    let num: Int64
    let id: RecordID
    /// `conversation.num`.
    let conversation: Int64
    /// `message.num`.
    let parent: Int64?
    let begun: Instant

    /// Where its holder locks the vault's lock file: no other turn has the place.
    static func lockPlace(_ id: RecordID) -> Int64 {
        // The last 62 bits of a UUID of version 7 are random.
        Int64(id.bytes.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } & UInt64.max >> 2)
    }

    var lockPlace: Int64 { Self.lockPlace(id) }
}

/// The rows of the turns in flight, inside the caller's transaction.
struct TurnTable {
    let db: Database

    private static let columns = "SELECT num, id, conversation, parent, begun FROM turn"

    func insert(
        _ id: RecordID, conversation: Int64, parent: Int64?, begun: Instant
    ) throws -> StoredTurn {
        try db.cachedStatement(
            sql: "INSERT INTO turn (id, conversation, parent, begun) VALUES (?, ?, ?, ?)"
        ).execute(arguments: [
            id.bytes.databaseValue, conversation, parent, begun.milliseconds,
        ])
        return StoredTurn(
            num: db.lastInsertedRowID, id: id, conversation: conversation, parent: parent,
            begun: begun)
    }

    /// Adds a line behind those that are there.
    ///
    /// - Returns: Whether the turn is still there; a purge may have taken it, and its number may
    ///   be another's.
    func append(_ line: String, at index: Int64, to turn: StoredTurn) throws -> Bool {
        try db.cachedStatement(
            sql: """
                INSERT INTO turn_line
                    SELECT num << 32 | ?3, ?4 FROM turn WHERE num = ?1 AND id = ?2
                """
        ).execute(arguments: [turn.num, turn.id.bytes.databaseValue, index, line])
        return db.changesCount == 1
    }

    func turn(_ id: RecordID) throws -> StoredTurn? {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: Self.columns + " WHERE id = ?"),
            arguments: [id.bytes.databaseValue])
        return try row.map(turn)
    }

    func all() throws -> [StoredTurn] {
        try Row.fetchAll(db.cachedStatement(sql: Self.columns + " ORDER BY num")).map(turn)
    }

    func isEmpty() throws -> Bool {
        try Row.fetchOne(db.cachedStatement(sql: Self.columns + " LIMIT 1")) == nil
    }

    private func turn(_ row: Row) throws -> StoredTurn {
        guard let id = row.id("id") else {
            throw VaultError(.damaged, "A turn's row breaks the format; run `coffer doctor`.")
        }
        return StoredTurn(
            num: row["num"], id: id, conversation: row["conversation"], parent: row["parent"],
            begun: Instant(milliseconds: row["begun"]))
    }

    /// What came of an answer.
    ///
    /// - Returns: It, and how many lines there are; `isWhole` is false where a line is missing or
    ///   cannot be read, which ends the answer.
    func draft(of turn: StoredTurn) throws -> (draft: TurnDraft, lines: Int64, isWhole: Bool) {
        var draft = TurnDraft()
        var lines: Int64 = 0
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: "SELECT num, line FROM turn_line WHERE num BETWEEN ? AND ? ORDER BY num"),
            arguments: [turn.num << 32, turn.num << 32 | 0xFFFF_FFFF])
        while let row = try rows.next() {
            guard row["num"] == turn.num << 32 | lines,
                let changes = TurnChange.changes(line: row["line"])
            else { return (draft, lines, false) }
            for change in changes { draft.take(change) }
            lines += 1
        }
        return (draft, lines, true)
    }

    func delete(_ turn: StoredTurn) throws {
        try db.cachedStatement(sql: "DELETE FROM turn_line WHERE num BETWEEN ? AND ?")
            .execute(arguments: [turn.num << 32, turn.num << 32 | 0xFFFF_FFFF])
        try db.cachedStatement(sql: "DELETE FROM turn WHERE num = ?")
            .execute(arguments: [turn.num])
    }

    /// Removes the turns of a conversation that goes.
    func deleteAll(ofConversation conversation: Int64) throws {
        let turns = try Row.fetchAll(
            db.cachedStatement(sql: Self.columns + " WHERE conversation = ?"),
            arguments: [conversation])
        for row in turns { try delete(turn(row)) }
    }

    /// How many lines belong to no turn.
    func orphanCount() throws -> Int64 {
        try Int64.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM turn_line
                WHERE NOT EXISTS (SELECT 1 FROM turn WHERE turn.num = turn_line.num >> 32)
                """) ?? 0
    }
}
