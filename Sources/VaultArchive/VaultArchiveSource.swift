package import Vault
package import VaultCrypto

/// The selected part of a vault in one state, for `ArchiveExport`.
package final class VaultArchiveSource: ArchiveSource, ArchiveLog {
    package let vault: RecordID
    package let tool: String
    private let snapshot: VaultSnapshot
    private let filter: ConversationFilter
    private let only: Set<RecordID>?
    private let isNamed: Bool
    package let begun: Int64?
    package let key: NoteKey
    /// The conversations that were handed out.
    private var exported = NumberSet()

    /// Selects conversations.
    ///
    /// - Parameters:
    ///   - snapshot: The state of the vault.
    ///   - vault: The vault's id.
    ///   - filter: Which conversations.
    ///   - only: When given, only those of them with these ids.
    ///   - isNamed: Whether somebody named the conversations one by one.
    ///   - begun: The entry of the audit log that says that the archive is being made.
    ///   - tool: The program and its version.
    /// - Throws: `damaged` when the vault's log has no key.
    package init(
        _ snapshot: VaultSnapshot, of vault: RecordID, filter: ConversationFilter,
        only: Set<RecordID>?, isNamed: Bool = false, begun: Int64?, tool: String
    ) throws(VaultError) {
        key = try NoteKey(
            name: AuditCheckpoint.origin(of: vault),
            key: snapshot.withSigningKey(.log) { $0.publicKey })
        snapshot.beginGovernance()
        self.begun = begun
        self.isNamed = isNamed
        self.snapshot = snapshot
        self.vault = vault
        self.filter = filter
        self.only = only
        self.tool = tool
    }

    package func selection() throws(VaultError) -> [RecordID] {
        try snapshot.conversationIDs(filter, only: only)
    }

    package func conversation(_ id: RecordID) throws(VaultError) -> ArchivedConversation {
        try snapshot.insert(id, into: &exported)
        try snapshot.noteGovernance(of: id)
        let versions = try snapshot.earlierVersions(of: id)
        return ArchivedConversation(
            conversation: try snapshot.conversation(id), messages: try snapshot.messages(of: id),
            earlierVersions: versions.map {
                EarlierVersion(message: $0.message, version: $0.version, record: $0.record)
            })
    }

    package func readAttachment(_ sha256: [UInt8], into sink: any ByteSink) throws(VaultError) {
        try snapshot.readAttachment(sha256, into: sink)
    }

    package func withArchiveKey<Result>(
        _ body: (borrowing SigningKey) throws(VaultError) -> Result
    ) throws(VaultError) -> Result {
        try snapshot.withArchiveKey(body)
    }

    // MARK: The audit log

    package var log: (any ArchiveLog)? { self }

    package func checkpoint() throws(VaultError) -> AuditCheckpoint {
        try snapshot.checkpoint(of: vault)
    }

    package func commitments(
        _ body: (LogEvidence.Commitment) throws -> Void
    ) throws(VaultError) -> [Int64] {
        try snapshot.commitments(of: exported, body)
    }

    package func lines(
        showing entries: [Int64], _ body: (LogEvidence.Entry) throws -> Void
    ) throws(VaultError) {
        try snapshot.log(showing: entries, body)
    }

    package func governance() throws(VaultError) -> GovernanceInForce {
        try snapshot.governanceInForce()
    }

    package func held(_ body: (RecordID, [String]) throws -> Void) throws(VaultError) {
        try snapshot.held(among: exported, body)
    }

    package func brought(_ body: (BroughtRecords) throws -> Void) throws(VaultError) {
        try snapshot.brought(among: exported, body)
    }

    /// What a destroyed record was labelled or whose it was is gone with it, so that each
    /// certificate may touch what was selected, unless the conversations were named.
    package func destroyed() throws(VaultError) -> [DestructionCertificate] {
        isNamed ? [] : try snapshot.certificates()
    }

    package func consistency(
        from old: AuditCheckpoint, to new: AuditCheckpoint
    ) throws(VaultError) -> [[UInt8]] {
        try snapshot.consistency(from: old, to: new)
    }
}

extension VaultSnapshot: ArchiveKeys {
    package func withArchiveKey<Result>(
        _ body: (borrowing SigningKey) throws(VaultError) -> Result
    ) throws(VaultError) -> Result {
        try withSigningKey(.archive, body)
    }
}
