import GRDB
package import VaultCrypto

// Reading and changing the records of an open vault.
extension Vault {
    // MARK: - Reading

    /// Lends the conversations that match a filter, newest first, in constant memory.
    package func forEachConversation(
        _ filter: ConversationFilter = ConversationFilter(),
        _ body: (Conversation) throws -> Void
    ) throws(VaultError) {
        try store.read { db in
            try ConversationReader(db: db).forEach(filter, order: .newestFirst) { _, conversation in
                try body(conversation)
            }
        }
    }

    /// How many conversations a filter's period leaves out only because they have no time.
    package func undatedCount(_ filter: ConversationFilter) throws(VaultError) -> Int {
        try store.read { db in try ConversationReader(db: db).undatedCount(filter) }
    }

    /// Lends each conversation that matches with its messages, in the order of their ids, from one
    /// snapshot: what an archive needs.
    ///
    /// - Parameters:
    ///   - filter: Which ones.
    ///   - only: When given, only conversations with these ids.
    ///   - body: Gets the conversation, its messages, and the record lines of earlier versions.
    /// - Throws: What `body` throws; `damaged` for a message that is not as it was committed.
    package func forEachRecord(
        _ filter: ConversationFilter, only: Set<RecordID>? = nil,
        _ body: (Conversation, [Message], [String]) throws -> Void
    ) throws(VaultError) {
        try store.read { db in
            let reader = try MessageReader(db: db)
            try ConversationReader(db: db).forEach(filter, order: .id) { num, conversation in
                if let only, !only.contains(conversation.id) { return }
                let messages = try reader.messages(ofConversation: num)
                let versions = try reader.earlierVersions(ofConversation: num)
                try body(conversation, messages, versions)
            }
        }
    }

    package func conversation(_ id: RecordID) throws(VaultError) -> Conversation {
        try store.read { db in try ConversationReader(db: db).conversation(id).conversation }
    }

    /// The messages of a conversation, each checked against its commitment.
    package func messages(of id: RecordID) throws(VaultError) -> [Message] {
        try store.read { db in
            let num = try ConversationReader(db: db).conversation(id).num
            return try MessageReader(db: db).messages(ofConversation: num)
        }
    }

    /// The conversation that an id, or the beginning of one, names; a message's id names its
    /// conversation.
    ///
    /// - Throws: `notFound`, or `badInput` when several begin so.
    package func conversationID(matching text: String) throws(VaultError) -> RecordID {
        try store.read { db in try RecordFinder(db: db).conversation(matching: text) }
    }

    /// The message that an id, or the beginning of one, names.
    ///
    /// - Throws: `notFound`, or `badInput` when several begin so.
    package func messageID(matching text: String) throws(VaultError) -> RecordID {
        try store.read { db in try RecordFinder(db: db).message(matching: text) }
    }

    /// The shortest beginning of a conversation's id that `conversationID(matching:)` takes for it;
    /// at least 8 digits.
    package func shortID(of id: RecordID) throws(VaultError) -> String {
        try store.read { db in try RecordFinder(db: db).shortID(of: id) }
    }

    /// Writes an attachment's content into a sink and checks its digest.
    package func readAttachment(
        _ sha256: [UInt8], into sink: any ByteSink
    ) throws(VaultError) {
        try store.read { db in try AttachmentStore(db: db).read(sha256, into: sink) }
    }

    // MARK: - Importing

    /// Begins an import.
    ///
    /// - Parameters:
    ///   - custodian: Whose conversations these are; `nil` for the vault's own custodian.
    ///   - onCommit: Called after each durable batch, on another thread.
    /// - Returns: The import, which writes until it is finished.
    /// - Throws: What the database reports.
    package func beginIngestion(
        custodian: String? = nil,
        onCommit: @escaping @Sendable (IngestReport) -> Void = { _ in }
    ) throws(VaultError) -> Ingestion {
        let (usual, analyser) = try store.read { db in
            (
                try String.fetchOne(db, sql: "SELECT value FROM setting WHERE key = 'custodian'"),
                try TextAnalyser(in: db)
            )
        }
        return Ingestion(
            store: store, auditor: auditor,
            custodian: (custodian ?? usual ?? "unknown", custodian != nil),
            analyser: analyser, clock: now,
            watch: ArrivalWatch { [self] in
                try factsBeforeChange(in: $0)
            } stored: { [self] in
                try governArrivals($0, before: $1, in: $2)
            },
            onCommit: onCommit)
    }

    // MARK: - Labels

    /// All labels with the number of conversations that have each, by name.
    package func labels() throws(VaultError) -> [(label: String, conversations: Int)] {
        try store.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT text, count(*) AS uses FROM label JOIN name ON name.num = label.name
                    GROUP BY text ORDER BY text
                    """
            ).map { ($0["text"], $0["uses"]) }
        }
    }
}

/// What a label may be.
package enum Label {
    package static func checked(
        _ text: String, _ noun: String = "label"
    ) throws(VaultError) -> String {
        let isClean = !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
        guard (1...200).contains(text.utf8.count), isClean else {
            throw VaultError(
                .badInput,
                "A \(noun) has 1 to 200 bytes and no control characters; choose another.")
        }
        return text
    }
}
