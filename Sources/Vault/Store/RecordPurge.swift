import GRDB
import VaultCrypto

/// Removes conversations for good, inside the caller's transaction: their rows, and their messages
/// from the search index.
///
/// The words stay in segments until `SearchUpkeep.forgetRemoved` has rewritten those. SQLite
/// overwrites what it frees (`secure_delete`, see `Store`).
struct RecordPurge {
    let db: Database

    /// Removes conversations; one that is not there is passed over.
    ///
    /// - Returns: How many records went.
    /// - Throws: What the database reports; the transaction is then void.
    func run(_ conversations: [RecordID]) throws -> PurgeReport {
        var report = PurgeReport()
        var attachments: Set<Int64> = []
        for id in conversations {
            guard
                let num = try Int64.fetchOne(
                    db.cachedStatement(sql: "SELECT num FROM conversation WHERE id = ?"),
                    arguments: [id.bytes.databaseValue])
            else { continue }
            attachments.formUnion(try numbers(Self.attachmentsOfConversation, num))
            report.messages += try removeMessages(of: num)
            try TurnTable(db: db).deleteAll(ofConversation: num)
            for sql in [
                "DELETE FROM label WHERE conversation = ?",
                "DELETE FROM event WHERE conversation = ?",
                "DELETE FROM retention_floor WHERE conversation = ?",
                "DELETE FROM retention_grace WHERE conversation = ?",
                "DELETE FROM conversation_restored WHERE conversation = ?",
                "DELETE FROM conversation WHERE num = ?",
            ] {
                try db.cachedStatement(sql: sql).execute(arguments: [num])
            }
            report.conversations += 1
        }
        try removeUnused(attachments, &report)
        try removeUnusedNames()
        try Counter.conversations.add(Int64(-report.conversations), in: db)
        try Counter.messages.add(Int64(-report.messages), in: db)
        return report
    }

    private func numbers(_ sql: String, _ conversation: Int64) throws -> [Int64] {
        try Int64.fetchAll(db.cachedStatement(sql: sql), arguments: [conversation])
    }

    private func removeMessages(of conversation: Int64) throws -> Int {
        let messages = try numbers("SELECT num FROM message WHERE conversation = ?", conversation)
        try keepCommitments(of: conversation)
        try SearchWriter().remove(messages, in: db)
        for message in messages {
            let first = message << 16
            try db.cachedStatement(sql: "DELETE FROM part WHERE num BETWEEN ? AND ?")
                .execute(arguments: [first, first | 0xFFFF])
            for table in [
                "attachment_use", "attachment_past", "version", "search_unreadable",
                "message_restored",
            ] {
                try db.cachedStatement(sql: "DELETE FROM \(table) WHERE message = ?")
                    .execute(arguments: [message])
            }
            try db.cachedStatement(sql: "DELETE FROM message WHERE num = ?")
                .execute(arguments: [message])
        }
        return messages.count
    }

    /// The log's trees outlive what they commit to.
    private func keepCommitments(of conversation: Int64) throws {
        let leaves = CommitmentLeaves(db: db)
        let rows = try Row.fetchAll(
            db, sql: "SELECT num, version, commitment FROM message WHERE conversation = ?",
            arguments: [conversation])
        for row in rows {
            try leaves.keep(
                CommitmentLeaf(
                    message: row["num"], version: row["version"],
                    commitment: row.bytes("commitment") ?? []))
        }
    }

    // MARK: What is shared

    static let attachmentsOfConversation = """
        SELECT attachment FROM attachment_use JOIN message ON message.num = attachment_use.message
        WHERE conversation = ?1
        UNION SELECT attachment FROM attachment_past
        JOIN message ON message.num = attachment_past.message WHERE conversation = ?1
        """

    private func removeUnused(_ attachments: Set<Int64>, _ report: inout PurgeReport) throws {
        for attachment in attachments.sorted() {
            let size = try Int64.fetchOne(
                db,
                sql: """
                    SELECT size FROM attachment WHERE num = ?1 AND NOT EXISTS (
                        SELECT 1 FROM attachment_use WHERE attachment = ?1
                        UNION ALL SELECT 1 FROM attachment_past WHERE attachment = ?1)
                    """, arguments: [attachment])
            guard let size else { continue }
            try db.execute(
                sql: "DELETE FROM attachment_chunk WHERE num BETWEEN ? AND ?",
                arguments: [attachment << 24, attachment << 24 | 0xFF_FFFF])
            try db.execute(sql: "DELETE FROM attachment WHERE num = ?", arguments: [attachment])
            try Counter.attachments.add(-1, in: db)
            try Counter.attachmentBytes.add(-size, in: db)
            report.attachments += 1
        }
    }

    /// Labels, projects and the other words that no record has any more, those that only earlier
    /// versions had among them: versions are stored with their words.
    private func removeUnusedNames() throws {
        let used = [
            "source FROM conversation", "custodian FROM conversation", "project FROM conversation",
            "name FROM label", "model FROM message", "provider FROM message", "host FROM message",
            "region FROM message",
        ]
        let numbers = used.map { "SELECT \($0)" }.joined(separator: " UNION ")
        // With NULL in the list, nothing would count as not in it.
        try db.execute(
            sql: """
                WITH used (num) AS (\(numbers))
                DELETE FROM name WHERE num NOT IN (SELECT num FROM used WHERE num IS NOT NULL)
                """)
    }
}
