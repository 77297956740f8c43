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
            let (months, models) = try byMessage(in: db)
            return VaultStatistics(
                months: months, models: models,
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

    /// By month and by model, counted here: SQLite would sort a row for every message, in memory.
    private func byMessage(in db: Database) throws -> (months: [VaultTally], models: [VaultTally]) {
        let dayMilliseconds: Int64 = 86_400_000
        // Days since 1970, and numbers of names.
        var days: [Int64?: Int64] = [:]
        var models: [Int64?: Int64] = [:]
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT ifnull(message.created, conversation.created), role, model
                FROM message JOIN conversation ON conversation.num = message.conversation
                """)
        while let row = try rows.next() {
            let moment: Int64? = row[0]
            let day = moment.map { $0 >= 0 ? $0 / dayMilliseconds : ($0 + 1) / dayMilliseconds - 1 }
            days[day, default: 0] += 1
            if row[1] == 1 as Int64 { models[row[2], default: 0] += 1 }
        }
        let months = try sums(
            of: days, "SELECT strftime('%Y-%m', ? * 86400, 'unixepoch')", in: db)
        let names = try sums(of: models, "SELECT text FROM name WHERE num = ?", in: db)
        return (
            months.sorted { Self.precedes($0.name, $1.name) },
            names.sorted {
                $0.messages == $1.messages
                    ? Self.precedes($0.name, $1.name) : $0.messages > $1.messages
            }
        )
    }

    /// What has one name together, by the query that says a number's name.
    private func sums(
        of counts: [Int64?: Int64], _ name: String, in db: Database
    ) throws -> [VaultTally] {
        var sums: [String?: Int64] = [:]
        for (number, count) in counts {
            let text = try number.flatMap { number in
                try String.fetchOne(db.cachedStatement(sql: name), arguments: [number])
            }
            sums[text, default: 0] += count
        }
        return sums.map { VaultTally(name: $0.key, conversations: 0, messages: $0.value) }
    }

    /// In the order of SQLite: nothing first, then by bytes.
    private static func precedes(_ one: String?, _ other: String?) -> Bool {
        guard let one else { return other != nil }
        guard let other else { return false }
        return one.utf8.lexicographicallyPrecedes(other.utf8)
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
