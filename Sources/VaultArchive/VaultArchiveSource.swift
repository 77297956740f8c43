package import Vault
package import VaultCrypto

/// The selected part of a vault in one state, for `ArchiveExport`.
package struct VaultArchiveSource: ArchiveSource {
    package let vault: RecordID
    package let tool: String
    private let snapshot: VaultSnapshot
    private let filter: ConversationFilter
    private let only: Set<RecordID>?

    /// Selects conversations.
    ///
    /// - Parameters:
    ///   - snapshot: The state of the vault.
    ///   - vault: The vault's id.
    ///   - filter: Which conversations.
    ///   - only: When given, only those of them with these ids.
    ///   - tool: The program and its version.
    package init(
        _ snapshot: VaultSnapshot, of vault: RecordID, filter: ConversationFilter,
        only: Set<RecordID>?, tool: String
    ) {
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
        try snapshot.withSigningKey(.archive, body)
    }
}
