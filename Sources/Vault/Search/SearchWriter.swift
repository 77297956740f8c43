package import GRDB
package import VaultCrypto

/// Keeps the search index in step with the messages, inside the caller's write transaction.
///
/// Three rules:
/// - New messages: store their rows, then `add` (or `addStored`).
/// - Messages that go: `remove` while their rows are still stored, then delete them.
/// - An edit, or a new title: store the change, then `update`.
///
/// Each call makes at most one segment, so messages are handed over many at a time.
package struct SearchWriter: Sendable {
    /// Postings that are merged for every token that was added, so that merging keeps up.
    private static let mergingPerToken = 4
    private static let leastMerging = 1 << 18
    /// Messages that come in such numbers at once are an import's.
    private static let bulkMessages = 512

    package init() {}

    /// Adds messages whose texts were analysed before the transaction, and indexes others anew.
    ///
    /// - Parameters:
    ///   - messages: New messages; the title is with the first message of each conversation.
    ///   - batch: Their texts.
    ///   - changed: Stored messages, in the index or not, new or not, whose text is another one.
    ///   - database: A connection inside a write transaction.
    /// - Throws: What the database throws.
    func add(
        _ messages: [SettledMessage], of batch: AnalysedBatch, changing changed: Set<Int64>,
        in database: Database
    ) throws(VaultError) {
        try SearchFailure.guarding("index messages") {
            var new = messages
            var documents: [IndexedDocument] = []
            if !changed.isEmpty {
                try take(changed.sorted(), in: database)
                new.removeAll { changed.contains($0.message) }
                documents = try readable(changed.sorted(), in: database)
            }
            try index(documents, new, of: batch, in: database)
        }
    }

    /// Adds stored messages; those that cannot be read are counted as unreadable.
    package func addStored(_ messages: [Int64], in database: Database) throws(VaultError) {
        try SearchFailure.guarding("add messages to the search index") {
            try index(try readable(messages, in: database), in: database)
        }
    }

    /// Removes messages whose rows are still stored.
    ///
    /// A title that a removed message carried moves to the next message of its conversation.
    package func remove(_ messages: [Int64], in database: Database) throws(VaultError) {
        try SearchFailure.guarding("remove messages from the search index") {
            let going = Set(messages)
            let stored = StoredText(database: database)
            var heirs: [Int64] = []
            for message in messages where try stored.isFirst(message) {
                let next = try stored.nextInConversation(of: message).first { !going.contains($0) }
                if let next { heirs.append(next) }
            }
            try take(messages + heirs, in: database)
            try index(try readable(heirs, hasTitle: true, in: database), in: database)
        }
    }

    /// Indexes messages anew whose parts, record or conversation's title were changed.
    ///
    /// - Parameters:
    ///   - messages: Stored messages, in the index or not.
    ///   - database: A connection inside a write transaction.
    /// - Throws: What the database throws.
    package func update(_ messages: Set<Int64>, in database: Database) throws(VaultError) {
        try SearchFailure.guarding("index messages") {
            let changed = messages.sorted()
            try take(changed, in: database)
            try index(try readable(changed, in: database), in: database)
        }
    }

    /// The message with which a conversation's title is indexed.
    func titleCarrier(of conversation: Int64, in database: Database) throws -> Int64? {
        try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT min(num) FROM message WHERE conversation = ?"),
            arguments: [conversation])
    }

    // MARK: Both indexes

    /// Removes messages from the index that answers and from the one that a rebuild fills.
    private func take(_ messages: [Int64], in database: Database) throws {
        guard !messages.isEmpty else { return }
        var ofConversation: [Int64: Set<Int64>] = [:]
        let owner = try database.cachedStatement(
            sql: "SELECT conversation FROM message WHERE num = ?")
        let forget = try database.cachedStatement(
            sql: "DELETE FROM search_unreadable WHERE message = ?")
        for message in messages {
            try forget.execute(arguments: [message])
            guard let conversation = try Int64.fetchOne(owner, arguments: [message]) else {
                continue
            }
            ofConversation[conversation, default: []].insert(message)
        }
        let removed = try InvertedIndex.live(in: database).remove(ofConversation)
        try SearchState.add(-removed, to: .indexed, in: database)
        if try SearchState.value(.rebuilt, in: database) >= 0 {
            _ = try InvertedIndex.next(in: database).remove(ofConversation)
        }
    }

    /// Adds messages to the index that answers, and to the one that a rebuild fills where it has
    /// passed them already; then merges a little.
    ///
    /// New messages are behind all that a rebuild has passed and all that is pending.
    private func index(
        _ documents: [IndexedDocument], _ new: [SettledMessage] = [],
        of batch: AnalysedBatch = AnalysedBatch(), in database: Database
    ) throws {
        let pending = try PendingMessages(in: database)
        let now = documents.filter { !pending.contains($0.text.message) }
        let live = try InvertedIndex.live(in: database)
        let tokens = try live.add(now, new, of: batch)
        try SearchState.add(now.count + new.count, to: .indexed, in: database)
        let rebuilt = try SearchState.value(.rebuilt, in: database)
        if rebuilt >= 0 {
            let passed = documents.filter { $0.text.message <= rebuilt }
            try InvertedIndex.next(in: database).add(passed)
        }
        guard !now.isEmpty || !new.isEmpty else { return }
        let postings = max(Self.leastMerging, tokens * Self.mergingPerToken)
        let aim = new.count >= Self.bulkMessages ? MergeAim.bulk : .tiers
        _ = try live.maintenance.step(postings: postings, aim: aim)
    }

    /// The messages as documents; those that cannot be read are noted and left out.
    private func readable(
        _ messages: [Int64], hasTitle: Bool? = nil, in database: Database
    ) throws -> [IndexedDocument] {
        let stored = StoredText(database: database)
        let analyser = try TextAnalyser(in: database)
        return try messages.compactMap { message in
            do {
                return try stored.document(of: message, hasTitle: hasTitle, analyser)
            } catch is StoredText.Unreadable {
                try database.execute(
                    sql: "INSERT OR IGNORE INTO search_unreadable VALUES (?)",
                    arguments: [message])
                return nil
            }
        }
    }
}

/// The messages that were there when the index was given up for a new one, and are not in it yet.
struct PendingMessages {
    /// Indexed up to and with this number.
    let from: Int64
    let to: Int64

    init(in database: Database) throws {
        from = try SearchState.value(.pendingFrom, in: database)
        to = try SearchState.value(.pendingTo, in: database)
    }

    func contains(_ message: Int64) -> Bool { message > from && message <= to }
}
