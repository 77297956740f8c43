import GRDB

/// The numbers that search keeps about itself (table `search_state`).
enum SearchState: String {
    case live, indexed, analyser, rebuilt, stale, segments, stamp, pendingFrom, pendingTo

    static func value(_ name: SearchState, in database: Database) throws -> Int64 {
        let statement = try database.cachedStatement(
            sql: "SELECT value FROM search_state WHERE name = ?")
        return try Int64.fetchOne(statement, arguments: [name.rawValue]) ?? 0
    }

    static func set(_ name: SearchState, to value: Int64, in database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "UPDATE search_state SET value = ? WHERE name = ?")
        try statement.execute(arguments: [value, name.rawValue])
    }

    static func add(_ change: Int, to name: SearchState, in database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "UPDATE search_state SET value = value + ? WHERE name = ?")
        try statement.execute(arguments: [change, name.rawValue])
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
    /// Whether words may be found that are gone, or the analysis has changed: a rebuild is due.
    package var needsRebuild: Bool

    /// Messages that are still to be indexed.
    package var pending: Int { max(0, total - indexed - unreadable) }

    init(in database: Database) throws {
        indexed = try Int(SearchState.value(.indexed, in: database))
        total =
            try Int.fetchOne(
                database.cachedStatement(sql: "SELECT value FROM counter WHERE name = 'messages'"))
            ?? 0
        unreadable =
            try Int.fetchOne(
                database.cachedStatement(sql: "SELECT count(*) FROM search_unreadable")) ?? 0
        let isStale = try SearchState.value(.stale, in: database) > 0
        let analyser = try SearchState.value(.analyser, in: database)
        needsRebuild = isStale || analyser != Int64(TextAnalyser.version)
    }
}
