package import Vault
package import VaultCrypto

/// The audit log of the vault that an archive is made from, in the state that is exported.
package protocol ArchiveLog {
    /// The key that signs its checkpoints, with the log's origin as its name.
    var key: NoteKey { get }
    /// The entry that says that the archive is being made, if there is one.
    var begun: Int64? { get }

    /// Signs the log as it is.
    func checkpoint() throws(VaultError) -> AuditCheckpoint

    /// Lends what is shown of the commitments: those of all records that the source has handed out.
    ///
    /// - Returns: The entries that commit to some, ascending.
    func commitments(
        _ body: (LogEvidence.Commitment) throws -> Void
    ) throws(VaultError) -> [Int64]

    /// Lends what is shown of the log: entries by their numbers, which are ascending.
    func lines(
        showing entries: [Int64], _ body: (LogEvidence.Entry) throws -> Void
    ) throws(VaultError)

    /// What governs the records that the source has handed out.
    func governance() throws(VaultError) -> GovernanceInForce

    /// Lends the records' conversations that holds in force match, each with the ids of the holds.
    func held(_ body: (RecordID, [String]) throws -> Void) throws(VaultError)

    /// Lends what of the records came from archives of other vaults, by conversation.
    func brought(_ body: (BroughtRecords) throws -> Void) throws(VaultError)

    /// The certificates of destruction that touch what was selected, the oldest first.
    func destroyed() throws(VaultError) -> [DestructionCertificate]

    /// The proof that an older checkpoint is of a beginning of the log, as RFC 6962 has it.
    func consistency(
        from old: AuditCheckpoint, to new: AuditCheckpoint
    ) throws(VaultError) -> [[UInt8]]
}
