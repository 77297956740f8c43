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

/// Checks, completes, rebuilds and cleans the search index.
package struct SearchUpkeep: Sendable {
    /// Text that one step of indexing takes, in bytes.
    private static let stepTextBytes = 4 << 20
    /// Postings that one step of merging takes.
    private static let stepPostings = 1 << 21

    package init() {}

    // MARK: Checking

    /// Compares the index with the stored messages.
    ///
    /// - Parameters:
    ///   - isFull: Whether the words of every message are compared as well, which reads all of
    ///     them; otherwise the structure, the counts and the numbers of the messages.
    ///   - database: A connection.
    /// - Returns: What was found; nothing is repaired.
    /// - Throws: What the database throws.
    package func check(isFull: Bool, in database: Database) throws(VaultError) -> SearchCheck {
        try SearchFailure.guarding("check the search index") {
            do {
                return try examine(isFull: isFull, in: database)
            } catch let damage as SegmentDamage {
                return SearchCheck(
                    missing: [], surplus: 0, different: [],
                    faults: ["the search index is damaged (\(damage.what)); rebuild it"])
            }
        }
    }

    private func examine(isFull: Bool, in database: Database) throws -> SearchCheck {
        let index = try InvertedIndex.live(in: database)
        var faults: [String] = []
        let completeness = try SearchCompleteness(in: database)
        let count = try index.count()
        if count != completeness.indexed {
            faults.append(
                "the search index holds \(count) messages and counts \(completeness.indexed); "
                    + "rebuild it")
        }
        if completeness.needsRebuild {
            faults.append("the search index is outdated; rebuild it")
        }
        let difference = try difference(of: index, in: database)
        let different = isFull ? try differing(index, in: database) : []
        return SearchCheck(
            missing: try ids(of: difference.missing, in: database),
            surplus: difference.surplus, different: try ids(of: different, in: database),
            faults: faults)
    }

    /// Messages that are not in the index though they should be, and entries without a message.
    private func difference(
        of index: InvertedIndex, in database: Database
    ) throws -> (missing: [Int64], surplus: Int) {
        var indexed: Set<Int64> = []
        var surplus = 0
        try index.forEachMessage { if !indexed.insert($0).inserted { surplus += 1 } }
        let pending = try PendingMessages(in: database)
        var missing: [Int64] = []
        let messages = try Int64.fetchCursor(
            database,
            sql: "SELECT num FROM message WHERE num NOT IN (SELECT message FROM search_unreadable)")
        while let message = try messages.next() {
            let isThere = indexed.remove(message) != nil
            if !isThere, !pending.contains(message) { missing.append(message) }
        }
        return (missing, surplus + indexed.count)
    }

    private func differing(_ index: InvertedIndex, in database: Database) throws -> [Int64] {
        let stored = StoredText(database: database)
        let analyser = try TextAnalyser(in: database)
        var different: [Int64] = []
        let fingerprints = try index.fingerprints()
        // In the order in which they are stored, so that each page is read once.
        for message in fingerprints.keys.sorted() {
            do {
                guard let document = try stored.document(of: message, analyser) else { continue }
                if document.fingerprint != fingerprints[message] { different.append(message) }
            } catch is StoredText.Unreadable {
                different.append(message)
            }
        }
        return different
    }

    private func ids(of messages: [Int64], in database: Database) throws -> [RecordID] {
        try messages.compactMap { message in
            let row = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT id FROM message WHERE num = ?"),
                arguments: [message])
            return try row?.withUnsafeData(atIndex: 0) { $0.flatMap { RecordID(bytes: $0) } }
        }
    }

    // MARK: Catching up

    /// Indexes the next stored messages that the index does not have since it began anew.
    ///
    /// Each call is one transaction of bounded size.
    ///
    /// - Returns: How many are left.
    package func indexPending(
        textBytes: Int? = nil, in database: Database
    ) throws(VaultError) -> Int {
        try SearchFailure.guarding("index messages") {
            let pending = try PendingMessages(in: database)
            guard pending.from < pending.to else { return 0 }
            let last = try index(
                behind: pending.from, to: pending.to, textBytes ?? Self.stepTextBytes,
                into: .live(in: database), in: database)
            try SearchState.set(.pendingFrom, to: last.message, in: database)
            try SearchState.add(last.count, to: .indexed, in: database)
            return try Int.fetchOne(
                database, sql: "SELECT count(*) FROM message WHERE num > ? AND num <= ?",
                arguments: [last.message, pending.to]) ?? 0
        }
    }

    /// Adds the next messages to an index and merges a little.
    private func index(
        behind first: Int64, to end: Int64, _ textBytes: Int, into index: InvertedIndex,
        in database: Database
    ) throws -> (message: Int64, count: Int) {
        let stored = StoredText(database: database)
        let analyser = try TextAnalyser(in: database)
        let numbers = try Int64.fetchCursor(
            database, sql: "SELECT num FROM message WHERE num > ? AND num <= ? ORDER BY num",
            arguments: [first, end])
        var documents: [IndexedDocument] = []
        var budget = textBytes
        var last = end
        while let message = try numbers.next() {
            guard budget > 0 else { break }
            last = message
            budget -= 64
            try database.execute(
                sql: "DELETE FROM search_unreadable WHERE message = ?", arguments: [message])
            do {
                guard let document = try stored.document(of: message, analyser) else { continue }
                budget -= document.text.tokens.count
                documents.append(document)
            } catch is StoredText.Unreadable {
                try database.execute(
                    sql: "INSERT INTO search_unreadable VALUES (?)", arguments: [message])
            }
        }
        if budget > 0 { last = end }
        try index.add(documents)
        _ = try index.maintenance.step(postings: Self.stepPostings, aim: .bulk)
        return (last, documents.count)
    }

    /// Gives the index up for one with other stems; `indexPending` fills it.
    package func setStemming(
        _ stemming: Stemming, in database: Database
    ) throws(VaultError) {
        try SearchFailure.guarding("change the stems of the search index") {
            try InvertedIndex.live(in: database).clear()
            try InvertedIndex.next(in: database).clear()
            try SegmentTable(database).touch()
            let last =
                try Int64.fetchOne(
                    database, sql: "SELECT ifnull(max(num), 0) FROM message") ?? 0
            try SearchState.set(.stemming, to: stemming.rawValue, in: database)
            try SearchState.set(.analyser, to: Int64(TextAnalyser.version), in: database)
            try SearchState.set(.indexed, to: 0, in: database)
            try SearchState.set(.rebuilt, to: -1, in: database)
            try SearchState.set(.pendingFrom, to: 0, in: database)
            try SearchState.set(.pendingTo, to: last, in: database)
            try database.execute(sql: "DELETE FROM search_unreadable")
        }
    }

    // MARK: Rebuilding

    /// Begins to build the index anew beside the live one, or goes on after an interruption.
    ///
    /// What another version of the analyser has begun is given up.
    package func beginRebuild(in database: Database) throws(VaultError) {
        try SearchFailure.guarding("begin to rebuild the search index") {
            let version = Int64(TextAnalyser.version)
            guard
                try SearchState.value(.rebuilt, in: database) < 0
                    || SearchState.value(.rebuiltWith, in: database) != version
            else { return }
            try InvertedIndex.next(in: database).clear()
            try SearchState.set(.rebuilt, to: 0, in: database)
            try SearchState.set(.rebuiltWith, to: version, in: database)
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
        textBytes: Int? = nil, in database: Database
    ) throws(VaultError) -> Bool {
        try SearchFailure.guarding("rebuild the search index") {
            let rebuilt = try SearchState.value(.rebuilt, in: database)
            guard rebuilt >= 0 else { return false }
            let next = try InvertedIndex.next(in: database)
            let end =
                try Int64.fetchOne(
                    database, sql: "SELECT ifnull(max(num), 0) FROM message") ?? 0
            if rebuilt >= end {
                try finishRebuild(next, in: database)
                return false
            }
            let last = try index(
                behind: rebuilt, to: end, textBytes ?? Self.stepTextBytes, into: next,
                in: database)
            try SearchState.set(.rebuilt, to: last.message, in: database)
            return true
        }
    }

    /// How many messages the new index has, and how many there are.
    func rebuilt(in database: Database) throws(VaultError) -> (done: Int, total: Int) {
        try SearchFailure.guarding("read the state of the search index") {
            (
                try InvertedIndex.next(in: database).count(),
                try SearchCompleteness(in: database).total
            )
        }
    }

    private func finishRebuild(_ next: InvertedIndex, in database: Database) throws {
        let old = try InvertedIndex.live(in: database)
        try SearchState.set(.live, to: next.family, in: database)
        try old.clear()
        try SegmentTable(database).touch()
        try SearchState.set(.indexed, to: Int64(next.count()), in: database)
        try SearchState.set(.rebuilt, to: -1, in: database)
        try SearchState.set(.pendingFrom, to: 0, in: database)
        try SearchState.set(.pendingTo, to: 0, in: database)
        try SearchState.set(.analyser, to: Int64(TextAnalyser.version), in: database)
    }

    // MARK: Cleaning

    /// Merges a little more.
    ///
    /// Each call is one transaction of bounded size.
    ///
    /// - Returns: Whether there is more to merge.
    package func merge(
        _ aim: MergeAim = .settled, postings: Int? = nil, in database: Database
    ) throws(VaultError) -> Bool {
        try SearchFailure.guarding("merge the search index") {
            try InvertedIndex.live(in: database).maintenance.step(
                postings: postings ?? Self.stepPostings, aim: aim)
        }
    }

    /// Rewrites a little more of the index without what is left of removed messages.
    ///
    /// Each call is one transaction of bounded size; when there is no more to do, no segment holds
    /// a word of theirs.
    ///
    /// - Returns: Whether there is more to do.
    package func forgetRemoved(
        postings: Int? = nil, in database: Database
    ) throws(VaultError) -> Bool {
        try SearchFailure.guarding("clean the search index") {
            let postings = postings ?? Self.stepPostings
            for index in [
                try InvertedIndex.live(in: database), try InvertedIndex.next(in: database),
            ] where try index.maintenance.forgetRemoved(postings: postings) {
                return true
            }
            return false
        }
    }
}
