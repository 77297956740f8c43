import GRDB
package import VaultCrypto

/// Conversations and messages that share something.
package struct VaultTally: Sendable, Hashable {
    /// What they share; `nil` for those whose source does not say.
    package var name: String?
    /// 0 where only messages are counted.
    package var conversations: Int64
    package var messages: Int64

    package init(name: String?, conversations: Int64, messages: Int64) {
        self.name = name
        self.conversations = conversations
        self.messages = messages
    }
}

/// What a vault holds, counted in several ways; hidden conversations included.
package struct VaultStatistics: Sendable {
    /// By month (`2024-03`, UTC), in order.
    package var months: [VaultTally]
    /// Answers of assistants by model, the most first; so are the others.
    package var models: [VaultTally]
    package var sources: [VaultTally]
    package var custodians: [VaultTally]
    package var labels: [VaultTally]
}

extension Vault {
    package func statistics() throws(VaultError) -> VaultStatistics {
        try store.read { db in
            VaultStatistics(
                months: try tallies(
                    """
                    SELECT strftime('%Y-%m', ifnull(message.created, conversation.created) / 1000,
                        'unixepoch') AS name, 0 AS conversations, count(*) AS messages
                    FROM message JOIN conversation ON conversation.num = message.conversation
                    GROUP BY 1 ORDER BY 1
                    """, in: db),
                models: try tallies(
                    """
                    SELECT (SELECT text FROM name WHERE num = model) AS name, 0 AS conversations,
                        count(*) AS messages
                    FROM message WHERE role = 1 GROUP BY model ORDER BY messages DESC, name
                    """, in: db),
                sources: try byConversation("source", in: db),
                custodians: try byConversation("custodian", in: db),
                labels: try tallies(
                    """
                    SELECT text AS name, count(*) AS conversations, sum(messages) AS messages
                    FROM label JOIN name ON name.num = label.name
                    JOIN conversation ON conversation.num = label.conversation
                    GROUP BY label.name ORDER BY messages DESC, name
                    """, in: db))
        }
    }

    private func byConversation(_ column: String, in db: Database) throws -> [VaultTally] {
        try tallies(
            """
            SELECT (SELECT text FROM name WHERE num = \(column)) AS name,
                count(*) AS conversations, sum(messages) AS messages
            FROM conversation GROUP BY \(column) ORDER BY messages DESC, name
            """, in: db)
    }

    private func tallies(_ sql: String, in db: Database) throws -> [VaultTally] {
        try Row.fetchAll(db, sql: sql).map { row in
            VaultTally(
                name: row["name"], conversations: row["conversations"], messages: row["messages"])
        }
    }
}
