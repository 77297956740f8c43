package import GRDB
package import VaultCrypto

/// Keeps the search index in step with the messages, inside the caller's write transaction.
///
/// Three rules:
/// - A new message: store its rows, then `add` (or `addStored`).
/// - A message that goes: `remove` while its rows still say what was indexed, then delete them.
/// - An edit, or a new title: put the change into `updating`.
package struct SearchWriter: Sendable {
    private let index: any SearchIndex = SearchEngine.index

    package init() {}

    /// Adds messages that were analysed before the transaction.
    ///
    /// - Parameters:
    ///   - documents: Messages that are not in the index; the title is with the first message of
    ///     each conversation.
    ///   - database: A connection inside a write transaction.
    /// - Throws: What the database throws.
    package func add(
        _ documents: [AnalysedDocument], in database: Database
    ) throws(VaultError) {
        try SearchFailure.guarding("add messages to the search index") {
            let rebuilt = try SearchState.value(.rebuilt, in: database)
            for document in documents { try add(document, rebuilt: rebuilt, in: database) }
            try SearchState.add(documents.count, to: .indexed, in: database)
        }
    }

    /// Adds stored messages; those that cannot be read are counted as unreadable.
    package func addStored(
        _ messages: [Int64], in database: Database
    ) throws(VaultError) {
        try SearchFailure.guarding("add messages to the search index") {
            let rebuilt = try SearchState.value(.rebuilt, in: database)
            for message in messages {
                try addStored(message, hasTitle: nil, rebuilt: rebuilt, in: database)
            }
        }
    }

    /// Removes messages whose rows are still stored as they were indexed.
    ///
    /// A title that a removed message carried moves to the next message of its conversation.
    package func remove(_ messages: [Int64], in database: Database) throws(VaultError) {
        try SearchFailure.guarding("remove messages from the search index") {
            var orphans: [Int64] = []
            for message in messages where try take(message, in: database)?.hasTitle == true {
                orphans.append(message)
            }
            for message in orphans { try moveTitle(from: message, in: database) }
        }
    }

    /// Runs a change of stored messages and indexes them anew.
    ///
    /// - Parameters:
    ///   - messages: The messages whose parts or whose conversation's title the change touches; for
    ///     a title its conversation's messages that carry it (`titleCarriers`).
    ///   - database: A connection inside a write transaction.
    ///   - change: Changes the rows; it must not delete these messages.
    /// - Returns: What `change` returns.
    /// - Throws: What `change` or the database throws.
    package func updating<Value>(
        _ messages: [Int64], in database: Database, _ change: () throws -> Value
    ) throws(VaultError) -> Value {
        try SearchFailure.guarding("index changed messages") {
            var entries: [(message: Int64, entry: IndexEntry?)] = []
            for message in messages { entries.append((message, try take(message, in: database))) }
            let value = try change()
            let rebuilt = try SearchState.value(.rebuilt, in: database)
            for (message, entry) in entries {
                try addStored(
                    message, hasTitle: entry?.hasTitle == true ? true : nil, rebuilt: rebuilt,
                    in: database)
            }
            return value
        }
    }

    /// The messages with which a conversation's title is indexed: one, or none when it is empty.
    ///
    /// - Parameters:
    ///   - conversation: `conversation.num`.
    ///   - database: A connection.
    /// - Returns: `message.num`.
    /// - Throws: What the database throws.
    package func titleCarriers(
        of conversation: Int64, in database: Database
    ) throws(VaultError) -> [Int64] {
        try SearchFailure.guarding("find the first message of a conversation") {
            let messages = try Int64.fetchAll(
                database, sql: "SELECT num FROM message WHERE conversation = ? ORDER BY num",
                arguments: [conversation])
            let carrier = try messages.first {
                try index.entry(of: $0, in: database)?.hasTitle == true
            }
            return [carrier ?? messages.first].compactMap { $0 }
        }
    }

    // MARK: One message

    private func add(
        _ document: AnalysedDocument, rebuilt: Int64, in database: Database
    ) throws {
        try index.add(document, in: database)
        if document.message <= rebuilt { try index.addToNext(document, in: database) }
    }

    private func addStored(
        _ message: Int64, hasTitle: Bool?, rebuilt: Int64, in database: Database
    ) throws {
        do {
            let fields = try StoredText(database: database).fields(of: message, hasTitle: hasTitle)
            try add(AnalysedDocument(fields), rebuilt: rebuilt, in: database)
            try SearchState.add(1, to: .indexed, in: database)
        } catch is StoredText.Unreadable {
            try database.execute(
                sql: "INSERT OR IGNORE INTO search_unreadable VALUES (?)", arguments: [message])
        }
    }

    /// Removes one message and says what its entry was; `nil` when it had none.
    private func take(_ message: Int64, in database: Database) throws -> IndexEntry? {
        let forget = try database.cachedStatement(
            sql: "DELETE FROM search_unreadable WHERE message = ?")
        try forget.execute(arguments: [message])
        guard let entry = try index.entry(of: message, in: database) else { return nil }
        try SearchState.add(-1, to: .indexed, in: database)
        do {
            let fields = try StoredText(database: database).fields(
                of: message, hasTitle: entry.hasTitle)
            try remove(AnalysedDocument(fields), in: database)
        } catch is StoredText.Unreadable {
            // What was indexed is no longer known; the entry stays until a rebuild.
            try SearchState.add(1, to: .stale, in: database)
        }
        return entry
    }

    private func remove(_ document: AnalysedDocument, in database: Database) throws {
        // Removing takes exactly the tokens that were added, and an older analyser made others.
        let analyser = try SearchState.value(.analyser, in: database)
        if analyser == Int64(TextAnalyser.version) {
            try index.remove(document, in: database)
        } else {
            try SearchState.add(1, to: .stale, in: database)
        }
        let rebuilt = try SearchState.value(.rebuilt, in: database)
        if document.message <= rebuilt { try index.removeFromNext(document, in: database) }
    }

    private func moveTitle(from message: Int64, in database: Database) throws {
        let next = try StoredText(database: database).nextInConversation(of: message).first {
            try index.entry(of: $0, in: database) != nil
        }
        guard let next, try take(next, in: database) != nil else { return }
        let rebuilt = try SearchState.value(.rebuilt, in: database)
        try addStored(next, hasTitle: true, rebuilt: rebuilt, in: database)
    }
}
