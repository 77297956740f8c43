import GRDB

/// The numbers that search keeps about itself (table `search_state`).
enum SearchState: String {
    case live, indexed, analyser, rebuilt, rebuiltWith, segments, stamp
    case pendingFrom, pendingTo, stemming

    static func value(_ name: SearchState, in database: Database) throws -> Int64 {
        let statement = try database.cachedStatement(
            sql: "SELECT value FROM search_state WHERE name = ?")
        return try Int64.fetchOne(statement, arguments: [name.rawValue]) ?? 0
    }

    static func set(_ name: SearchState, to value: Int64, in database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO search_state VALUES (?, ?)")
        try statement.execute(arguments: [name.rawValue, value])
    }

    static func add(_ change: Int, to name: SearchState, in database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "UPDATE search_state SET value = value + ? WHERE name = ?")
        try statement.execute(arguments: [change, name.rawValue])
    }
}

extension TextAnalyser {
    /// The analyser of a vault's index.
    init(in database: Database) throws {
        self.init(
            stemming: Stemming(rawValue: try SearchState.value(.stemming, in: database)))
    }
}

/// How much of the vault search covers.
package struct SearchCompleteness: Sendable, Equatable {
    /// Messages that are in the index.
    package var indexed: Int
    /// Messages in the vault.
    package var total: Int
    /// Messages whose text could not be read when they should have been indexed.
    package var unreadable: Int
    /// Whether the analysis has changed since: a rebuild is due.
    package var needsRebuild: Bool

    /// Messages that are still to be indexed.
    package var pending: Int { max(0, total - indexed - unreadable) }

    init(in database: Database) throws {
        let row = try RowLookup(
            """
            SELECT (SELECT value FROM search_state WHERE name = 'indexed'),
                (SELECT value FROM counter WHERE name = 'messages'),
                (SELECT count(*) FROM search_unreadable),
                (SELECT value FROM search_state WHERE name = 'analyser')
            """, in: database)
        let numbers = try row.first { row in (0..<4).map { Int(row.number($0)) } } ?? [0, 0, 0, 0]
        indexed = numbers[0]
        total = numbers[1]
        unreadable = numbers[2]
        needsRebuild = numbers[3] != TextAnalyser.version
    }
}
