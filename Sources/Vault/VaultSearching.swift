import GRDB
package import VaultCrypto

// Searching an open vault.
extension Vault {
    /// The best or newest messages that match a query.
    ///
    /// - Throws: `badInput` for a query that cannot be read, with the place and a remedy.
    package func search(_ request: SearchRequest) throws(VaultError) -> SearchAnswer {
        try store.readQuickly { db in try VaultSearch(cache: searchCache).search(request, in: db) }
    }

    /// The same as the index has them: numbers of messages and scores, no record is read.
    ///
    /// - Throws: `badInput` for a query that cannot be read, with the place and a remedy.
    package func rank(_ request: SearchRequest) throws(VaultError) -> [IndexMatch] {
        try store.readQuickly { db in try VaultSearch(cache: searchCache).rank(request, in: db) }
    }

    /// Lends the ids of all messages that match, in no particular order and constant memory.
    ///
    /// - Returns: How much of the vault the index covers.
    package func forEachMatch(
        _ query: String, includeHidden: Bool = false, _ body: (RecordID) throws -> Bool
    ) throws(VaultError) -> SearchCompleteness {
        try store.read { db in
            let search = VaultSearch()
            try search.forEachID(matching: query, includeHidden: includeHidden, in: db, body)
            return try search.completeness(in: db)
        }
    }

    /// The conversations that have a message which matches.
    package func conversations(
        matching query: String, includeHidden: Bool = false
    ) throws(VaultError) -> Set<RecordID> {
        try store.read { db in
            var found: Set<RecordID> = []
            let owner = try db.makeStatement(
                sql: """
                    SELECT conversation.id FROM message
                    JOIN conversation ON conversation.num = message.conversation
                    WHERE message.id = ?
                    """)
            try VaultSearch().forEachID(
                matching: query, includeHidden: includeHidden, in: db
            ) { id in
                let row = try Row.fetchOne(owner, arguments: [id.bytes.databaseValue])
                if let id = row?.id("id") { found.insert(id) }
                return true
            }
            return found
        }
    }

    /// How much of the vault the search index covers.
    package func searchCompleteness() throws(VaultError) -> SearchCompleteness {
        try store.read { db in try VaultSearch().completeness(in: db) }
    }

    /// Builds the search index anew beside the live one, in bounded transactions; searches go on.
    ///
    /// - Parameters:
    ///   - textBytes: So much text in each; `nil` for what is usual.
    ///   - aim: What is merged at the end.
    ///   - goesOn: Asked before each step with how many messages are done and how many there are;
    ///     the next call goes on from there.
    /// - Returns: Whether the new index answers now.
    /// - Throws: What the database reports.
    @discardableResult
    package func rebuildSearchIndex(
        textBytes: Int? = nil, aim: MergeAim = .settled,
        _ goesOn: (_ done: Int, _ total: Int) -> Bool = { _, _ in true }
    ) throws(VaultError) -> Bool {
        let upkeep = SearchUpkeep()
        try store.write { db in try upkeep.beginRebuild(in: db) }
        var hasMore = true
        while hasMore {
            let (done, total) = try store.read { db in try upkeep.rebuilt(in: db) }
            guard goesOn(done, total) else { return false }
            hasMore = try store.write { db in
                try upkeep.continueRebuild(textBytes: textBytes, in: db)
            }
        }
        try mergeSearchIndex(aim) { goesOn(1, 1) }
        return true
    }

    /// Indexes what a vault of an older version holds, in bounded transactions.
    ///
    /// - Parameters:
    ///   - waits: Whether another process that is writing is waited for.
    ///   - goesOn: Asked before each step with how many messages are left; what is done stays, and
    ///     the next call goes on.
    /// - Throws: `busy` when another process goes on writing; what the database reports.
    package func completeSearchIndex(
        waits: Bool = true, _ goesOn: (Int) -> Bool
    ) throws(VaultError) {
        let upkeep = SearchUpkeep()
        var left = try store.read { db in try VaultSearch().completeness(in: db).pending }
        guard left > 0 else { return }
        func index(_ db: Database) throws -> Int { try upkeep.indexPending(in: db) }
        while left > 0 {
            guard goesOn(left) else { return }
            left = try waits ? store.write(index) : store.writeUnlessBusy(index)
        }
        try mergeSearchIndex { goesOn(0) }
    }

    /// The languages whose stems the search index has.
    package func stemming() throws(VaultError) -> Stemming {
        try store.read { db in try TextAnalyser(in: db).stemming }
    }

    /// Begins the search index anew with the stems of other languages; `completeSearchIndex`
    /// fills it.
    package func setStemming(_ stemming: Stemming) throws(VaultError) {
        try store.write { db in try SearchUpkeep().setStemming(stemming, in: db) }
    }

    /// Merges the parts of the search index that are due, in bounded transactions.
    ///
    /// - Parameters:
    ///   - aim: How far.
    ///   - postings: So many in each step; `nil` for what is usual.
    ///   - goesOn: Asked before each step.
    /// - Throws: What the database reports.
    package func mergeSearchIndex(
        _ aim: MergeAim = .settled, postings: Int? = nil, _ goesOn: () -> Bool
    ) throws(VaultError) {
        let upkeep = SearchUpkeep()
        while goesOn(),
            try store.write({ db in try upkeep.merge(aim, postings: postings, in: db) })
        {}
    }
}
