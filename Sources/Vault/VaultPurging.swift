package import VaultCrypto

/// How many records a purge removed.
package struct PurgeReport: Sendable, Equatable {
    package var conversations = 0
    package var messages = 0
    /// Attachments that no other message has.
    package var attachments = 0
}

// Removing records for good.
extension Vault {
    /// Purges conversations without a policy, a hold or an entry in the log: removes their rows and
    /// attachments, and their words from the search index.
    ///
    /// For tests and measurements of what a purge leaves; everybody else uses `dispose`.
    ///
    /// The first transaction takes the records away for everybody. Bounded ones follow that rewrite
    /// the segments of the index in which their words stand; when one of them is cut off,
    /// `forgetPurged` goes on. Pages that become free are overwritten with zeros. At the end the
    /// log is folded, so that the file holds the new pages and the log nothing; a reader in the way
    /// puts that off until the next fold or the last close.
    ///
    /// - Parameters:
    ///   - conversations: Their ids; one that is not there is passed over.
    ///   - postings: So many in each step of the index; `nil` for what is usual.
    /// - Returns: How many records went.
    /// - Throws: What the database reports.
    package func purgeAskingNoRule(
        _ conversations: [RecordID], postings: Int? = nil
    ) throws(VaultError) -> PurgeReport {
        let report = try store.purge { db in try RecordPurge(db: db).run(conversations) }
        try forgetPurged(postings: postings) { true }
        return report
    }

    /// Goes on with rewriting the parts of the search index that hold words of purged records.
    ///
    /// - Parameters:
    ///   - postings: So many in each step; `nil` for what is usual.
    ///   - goesOn: Asked before each step; what is done stays.
    /// - Throws: What the database reports.
    package func forgetPurged(
        postings: Int? = nil, _ goesOn: () -> Bool
    ) throws(VaultError) {
        let upkeep = SearchUpkeep()
        while goesOn() {
            let hasMore = try store.write { db in
                try upkeep.forgetRemoved(postings: postings, in: db)
            }
            if !hasMore { return try store.foldLog() }
        }
    }
}
