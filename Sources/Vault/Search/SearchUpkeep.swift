package import GRDB
package import VaultCrypto

/// What a check of the index found.
package struct SearchCheck: Sendable, Equatable {
    /// Messages that are not in the index although nothing says so.
    package var missing: [RecordID]
    /// Entries of messages that are no longer there.
    package var surplus: Int
    /// Messages whose words in the index are not those of their text.
    package var different: [RecordID]
    /// Faults as sentences, each with its remedy.
    package var faults: [String]

    package var isSound: Bool {
        missing.isEmpty && surplus == 0 && different.isEmpty && faults.isEmpty
    }
}

/// Checks, rebuilds and cleans the search index.
package struct SearchUpkeep: Sendable {
    private let index: any SearchIndex = SearchEngine.index
    private let writer = SearchWriter()

    package init() {}

    // MARK: Checking

    /// Compares the index with the stored messages.
    ///
    /// - Parameters:
    ///   - isFull: Whether the words of every message are compared as well, which reads all of
    ///     them; otherwise the structure, the counts and the numbers of the messages.
    ///   - database: A connection; FTS5's own check wants one that may write.
    /// - Returns: What was found; nothing is repaired.
    /// - Throws: What the database throws.
    package func check(isFull: Bool, in database: Database) throws(VaultError) -> SearchCheck {
        try SearchFailure.guarding("check the search index") {
            var faults = try index.structureFaults(in: database)
            let difference = try index.difference(in: database)
            let completeness = try SearchCompleteness(in: database)
            let count = try index.count(in: database)
            if count != completeness.indexed {
                faults.append(
                    "the search index holds \(count) messages and counts \(completeness.indexed); "
                        + "rebuild it")
            }
            if completeness.needsRebuild {
                faults.append("the search index is outdated; rebuild it")
            }
            let different = isFull ? try differing(in: database) : []
            return SearchCheck(
                missing: try ids(of: difference.missing, in: database),
                surplus: difference.surplus.count, different: try ids(of: different, in: database),
                faults: faults)
        }
    }

    private func differing(in database: Database) throws -> [Int64] {
        let stored = StoredText(database: database)
        var different: [Int64] = []
        for (message, fingerprint) in try index.fingerprints(in: database) {
            do {
                let entry = try index.entry(of: message, in: database)
                let fields = try stored.fields(of: message, hasTitle: entry?.hasTitle)
                if index.fingerprint(AnalysedDocument(fields)) != fingerprint {
                    different.append(message)
                }
            } catch is StoredText.Unreadable {
                different.append(message)
            }
        }
        return different.sorted()
    }

    private func ids(of messages: [Int64], in database: Database) throws -> [RecordID] {
        try messages.compactMap { message in
            let row = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT id FROM message WHERE num = ?"),
                arguments: [message])
            return try row?.withUnsafeData(atIndex: 0) { $0.flatMap { RecordID(bytes: $0) } }
        }
    }

    // MARK: Catching up and rebuilding

    /// Indexes stored messages that are not in the index yet.
    ///
    /// - Returns: How many were looked at; 0 when none are left.
    package func indexPending(
        upTo limit: Int, in database: Database
    ) throws(VaultError) -> Int {
        let pending = try SearchFailure.guarding("find messages to index") {
            try index.difference(in: database).missing.prefix(limit)
        }
        try writer.addStored(Array(pending), in: database)
        return pending.count
    }

    /// Begins to build the index anew beside the live one, or goes on after an interruption.
    package func beginRebuild(in database: Database) throws(VaultError) {
        try SearchFailure.guarding("begin to rebuild the search index") {
            guard try SearchState.value(.rebuilt, in: database) < 0 else { return }
            try index.beginRebuild(in: database)
            try SearchState.set(.rebuilt, to: 0, in: database)
        }
    }

    /// Adds the next messages to the new index; makes it the live one behind the last.
    ///
    /// Each call is one transaction of bounded size. Searches and changes go on in between.
    ///
    /// - Parameters:
    ///   - textBytes: Stop after this much text.
    ///   - database: A connection inside a write transaction.
    /// - Returns: Whether there is more to do.
    /// - Throws: What the database throws; the rebuild goes on with the next call.
    package func continueRebuild(
        textBytes: Int = 4 << 20, in database: Database
    ) throws(VaultError) -> Bool {
        try SearchFailure.guarding("rebuild the search index") {
            let rebuilt = try SearchState.value(.rebuilt, in: database)
            guard rebuilt >= 0 else { return false }
            let next = try Int64.fetchCursor(
                database, sql: "SELECT num FROM message WHERE num > ? ORDER BY num",
                arguments: [rebuilt])
            var budget = textBytes
            var last = rebuilt
            while budget > 0 {
                guard let message = try next.next() else {
                    try finishRebuild(in: database)
                    return false
                }
                budget -= try rebuild(message, in: database)
                last = message
            }
            try SearchState.set(.rebuilt, to: last, in: database)
            return true
        }
    }

    /// Adds one message to the new index and returns its size.
    private func rebuild(_ message: Int64, in database: Database) throws -> Int {
        let entry = try index.entry(of: message, in: database)
        do {
            let fields = try StoredText(database: database).fields(
                of: message, hasTitle: entry?.hasTitle)
            try index.addToNext(AnalysedDocument(fields), in: database)
            try database.execute(
                sql: "DELETE FROM search_unreadable WHERE message = ?", arguments: [message])
            return fields.parts.reduce(64) { $0 + $1.utf8.count }
        } catch is StoredText.Unreadable {
            try database.execute(
                sql: "INSERT OR IGNORE INTO search_unreadable VALUES (?)", arguments: [message])
            return 64
        }
    }

    private func finishRebuild(in database: Database) throws {
        try index.finishRebuild(in: database)
        try SearchState.set(.indexed, to: Int64(index.count(in: database)), in: database)
        try SearchState.set(.rebuilt, to: -1, in: database)
        try SearchState.set(.stale, to: 0, in: database)
        try SearchState.set(.analyser, to: Int64(TextAnalyser.version), in: database)
    }

    /// Rewrites the index without what is left of removed messages, before an erasure.
    package func forgetRemoved(in database: Database) throws(VaultError) {
        try SearchFailure.guarding("clean the search index") {
            try index.forgetRemoved(in: database)
        }
    }
}
