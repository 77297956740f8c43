import GRDB
import Policy
package import VaultCrypto

/// One state of the vault, however long it is read: what an archive is made from.
///
/// Lent by `Vault.withSnapshot`; the vault's own methods must not be called meanwhile.
package final class VaultSnapshot {
    private let db: Database
    private let reader: MessageReader

    private let governance: () throws -> Governance
    private var governed: GovernanceCounter?

    fileprivate init(_ db: Database, governance: @escaping () throws -> Governance) throws {
        self.db = db
        self.governance = governance
        reader = try MessageReader(db: db)
    }

    /// The conversations that match, in ascending order of id.
    ///
    /// - Parameters:
    ///   - filter: Which ones.
    ///   - only: When given, only conversations with these ids.
    /// - Returns: Their ids.
    /// - Throws: `damaged` when a row breaks the format, `inputOutput` when the disk fails.
    package func conversationIDs(
        _ filter: ConversationFilter, only: Set<RecordID>? = nil
    ) throws(VaultError) -> [RecordID] {
        try guarded { try ConversationReader(db: db).ids(filter, only: only) }
    }

    /// How many conversations the filter's period leaves out only because they have no time.
    package func undatedCount(
        _ filter: ConversationFilter, only: Set<RecordID>? = nil
    ) throws(VaultError) -> Int {
        try guarded { try ConversationReader(db: db).undatedCount(filter, only: only) }
    }

    /// How many answers are being written in the conversations that match: they are no records yet.
    package func unfinishedCount(
        _ filter: ConversationFilter, only: Set<RecordID>? = nil
    ) throws(VaultError) -> Int {
        let writing = try guarded {
            try TurnTable(db: db).all().map { turn in
                try OpenConversation(num: turn.conversation, in: db).id
            }
        }
        guard !writing.isEmpty else { return 0 }
        let selected = Set(try conversationIDs(filter, only: only))
        return writing.count { selected.contains($0) }
    }

    /// The names in a filter that no conversation has, such as `label mergr`.
    package func unknownNames(_ filter: ConversationFilter) throws(VaultError) -> [String] {
        try guarded { try filter.unknownNames(in: db) }
    }

    package func conversation(_ id: RecordID) throws(VaultError) -> Conversation {
        try guarded { try ConversationReader(db: db).conversation(id).conversation }
    }

    /// The messages of a conversation, each checked against its commitment.
    package func messages(of id: RecordID) throws(VaultError) -> [Message] {
        try guarded {
            try reader.messages(ofConversation: ConversationReader(db: db).number(id))
        }
    }

    /// The versions that edits replaced, oldest first.
    package func earlierVersions(of id: RecordID) throws(VaultError) -> [ReplacedVersion] {
        try guarded {
            let statement = try db.cachedStatement(
                sql: """
                    SELECT message.id, version.version, version.record FROM version
                    JOIN message ON message.num = version.message
                    WHERE message.conversation = ? ORDER BY message.num, version.version
                    """)
            let num = try ConversationReader(db: db).number(id)
            return try Row.fetchAll(statement, arguments: [num]).compactMap { row in
                row.id(at: 0).map {
                    ReplacedVersion(message: $0, version: row[1], record: row[2])
                }
            }
        }
    }

    /// Writes an attachment's content into a sink and checks its digest.
    package func readAttachment(
        _ sha256: [UInt8], into sink: any ByteSink
    ) throws(VaultError) {
        try guarded { try AttachmentStore(db: db).read(sha256, into: sink) }
    }

    /// The proof that an older checkpoint is of a beginning of the log in this state.
    ///
    /// - Parameters:
    ///   - old: The older checkpoint.
    ///   - new: That of this state.
    /// - Returns: The hashes of the proof; none for the same or an empty log.
    /// - Throws: `damaged` where the log does not go on from the older one.
    package func consistency(
        from old: AuditCheckpoint, to new: AuditCheckpoint
    ) throws(VaultError) -> [[UInt8]] {
        let behind = VaultError(
            .damaged,
            "The log does not go on from a checkpoint of \(old.size) entries that was given; run "
                + "`coffer audit verify --anchor` with it.")
        guard old.size <= new.size else { throw behind }
        guard old.size > 0 else { return [] }
        let proof = try guarded {
            try LogEvidence(db: db).consistency(from: old.size, to: new.size)
        }
        guard
            MerkleTree.isConsistent(
                proof, oldCount: old.size, oldRoot: old.root, count: new.size, root: new.root)
        else { throw behind }
        return proof
    }

    /// Forgets which conversations were noted, for another archive of the same state.
    package func beginGovernance() { governed = nil }

    /// Counts what governs a conversation, for `governanceInForce`.
    package func noteGovernance(of id: RecordID) throws(VaultError) {
        try guarded {
            if governed == nil { governed = GovernanceCounter(try governance()) }
            try governed?.count(id)
        }
    }

    /// What governs the vault, and of the holds those that match a conversation that was noted.
    package func governanceInForce() throws(VaultError) -> GovernanceInForce {
        try guarded { try (governed ?? GovernanceCounter(governance())).inForce() }
    }

    /// Lends those of some conversations that holds in force match, each with the holds' ids.
    ///
    /// - Parameters:
    ///   - conversations: Their numbers.
    ///   - body: Takes each, in the order of the numbers.
    /// - Throws: `damaged` for a log that cannot be read; what `body` throws.
    package func held(
        among conversations: NumberSet, _ body: (RecordID, [String]) throws -> Void
    ) throws(VaultError) {
        try guarded {
            let governance = try governed?.governance ?? governance()
            guard governance.holds.entries.contains(where: \.hold.isActive) else { return }
            try GovernedReader(governance: governance).forEach { conversation in
                guard conversations.contains(conversation.num), !conversation.item.holds.isEmpty
                else { return }
                try body(conversation.id, conversation.item.holds.sorted())
            }
        }
    }

    /// Lends what archives of other vaults brought of some conversations.
    ///
    /// - Parameters:
    ///   - conversations: Their numbers.
    ///   - body: Takes each of which something came so, in the order of the numbers.
    /// - Throws: `damaged` when a row breaks the format; what `body` throws.
    package func brought(
        among conversations: NumberSet, _ body: (BroughtRecords) throws -> Void
    ) throws(VaultError) {
        try guarded { try BroughtRecords.forEach(among: conversations, in: db, body) }
    }

    /// The certificates of destruction, the oldest first.
    package func certificates() throws(VaultError) -> [DestructionCertificate] {
        try guarded { try DestructionCertificate.all(in: db) }
    }

    /// Adds a conversation's number to those of which `logEvidence` is to show the records.
    package func insert(_ id: RecordID, into conversations: inout NumberSet) throws(VaultError) {
        let num = try guarded { try ConversationReader(db: db).number(id) }
        conversations.insert(num)
    }

    /// Lends what `LogEvidence` shows of the commitments, for the records of some conversations.
    ///
    /// - Returns: The entries that commit to some of them, ascending.
    /// - Throws: `damaged` for a log that cannot be read; what `body` throws.
    package func commitments(
        of conversations: NumberSet, _ body: (LogEvidence.Commitment) throws -> Void
    ) throws(VaultError) -> [Int64] {
        try guarded {
            try LogEvidence(db: db).commitments(of: conversations, body)
        }
    }

    /// Lends what `LogEvidence` shows of the log.
    ///
    /// - Parameters:
    ///   - entries: Numbers of the entries that are shown, ascending.
    ///   - body: Takes each line.
    /// - Throws: `damaged` for a log that cannot be read; what `body` throws.
    package func log(
        showing entries: [Int64], _ body: (LogEvidence.Entry) throws -> Void
    ) throws(VaultError) {
        try guarded { try LogEvidence(db: db).log(showing: entries, body) }
    }

    /// Signs the audit log as it is in this state.
    ///
    /// - Throws: `damaged` for a log that cannot be relied on.
    package func checkpoint(of vault: RecordID) throws(VaultError) -> AuditCheckpoint {
        try guarded { try AuditCheckpoint(signing: db, vault: vault) }
    }

    /// Lends a private signing key; it is freed when the closure returns.
    package func withSigningKey<Result>(
        _ secret: SigningSecret, _ body: (borrowing SigningKey) throws -> Result
    ) throws(VaultError) -> Result {
        try guarded { try body(secret.load(in: db)) }
    }

    private func guarded<Result>(_ body: () throws -> Result) throws(VaultError) -> Result {
        do {
            return try body()
        } catch {
            throw DatabaseFault.vaultError(error)
        }
    }
}

/// A version of a message that an edit replaced.
package struct ReplacedVersion: Sendable {
    package var message: RecordID
    package var version: Int
    /// The line that an archive shows.
    package var record: String
}

extension Vault {
    /// Lends the vault in one state; writers go on meanwhile.
    package func withSnapshot<Result>(
        _ body: (VaultSnapshot) throws -> Result
    ) throws(VaultError) -> Result {
        try store.read { db in
            try body(VaultSnapshot(db) { try self.governance(in: db) })
        }
    }
}
