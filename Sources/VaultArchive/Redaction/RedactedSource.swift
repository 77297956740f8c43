import JSONText
package import Vault
package import VaultCrypto

/// A source whose records are redacted, as they are handed out or before.
///
/// Of an attachment that only withheld parts refer to, nobody asks for the content.
package struct RedactedSource: ArchiveSource {
    private let base: any ArchiveSource
    /// What redacts them now; `nil` where that was done.
    private let redactor: Redactor?
    private let report: RedactionReport
    private let subject: String?

    /// A vault's records for the person whose they are.
    ///
    /// What governs the records of a person (policies, holds, certificates of destruction) is not
    /// told with them: a hold may be no business of theirs.
    ///
    /// - Parameters:
    ///   - base: The person's records.
    ///   - mask: What is masked.
    ///   - folder: The folder on whose disk the rows of the privilege log wait.
    ///   - isCancelled: Asked as texts are searched.
    /// - Throws: `badInput` for a mask of nothing, and what the disk throws.
    package init(
        _ base: any ArchiveSource, mask: SubjectMask, waitingIn folder: String,
        isCancelled: @escaping () -> Bool = { false }
    ) throws(VaultError) {
        self.base = base
        redactor = Redactor(
            search: TextSearch(rules: try mask.rules().texts, isCancelled: isCancelled),
            masksCustodian: false)
        report = try RedactionReport(in: folder)
        subject = mask.subject
    }

    /// Records that were redacted by a plan.
    init(planned base: BagSource, _ report: RedactionReport) {
        self.base = base
        redactor = nil
        self.report = report
        subject = nil
    }

    package var vault: RecordID { base.vault }
    package var tool: String { base.tool }
    package var log: (any ArchiveLog)? {
        subject == nil ? base.log : base.log.map(UngovernedLog.init)
    }
    package var carriedProof: CarriedProof? { base.carriedProof }
    package var redaction: RedactionReport? { report }

    package func selection() throws(VaultError) -> [RecordID] { try base.selection() }

    package func conversation(_ id: RecordID) throws(VaultError) -> ArchivedConversation {
        var given = try base.conversation(id).sorted
        // Labels are the officers' words, not the person's data.
        if subject != nil { given.conversation.labels = [] }
        let archived = try redactor?.redact(given) ?? given
        try report.add(archived)
        return archived
    }

    package func readAttachment(_ sha256: [UInt8], into sink: any ByteSink) throws(VaultError) {
        try base.readAttachment(sha256, into: sink)
    }

    package func withArchiveKey<Result>(
        _ body: (borrowing SigningKey) throws(VaultError) -> Result
    ) throws(VaultError) -> Result { try base.withArchiveKey(body) }
}

extension ArchivedConversation {
    /// The same with messages and versions in the order of an archive.
    var sorted: ArchivedConversation {
        var archived = self
        archived.messages.sort { $0.id < $1.id }
        archived.earlierVersions.sort { ($0.message, $0.version) < ($1.message, $1.version) }
        return archived
    }
}

/// A log of which an archive shows what proves the records, and not what governs them.
private struct UngovernedLog: ArchiveLog {
    let log: any ArchiveLog

    var key: NoteKey { log.key }
    var begun: Int64? { log.begun }

    func checkpoint() throws(VaultError) -> AuditCheckpoint { try log.checkpoint() }

    func commitments(
        _ body: (LogEvidence.Commitment) throws -> Void
    ) throws(VaultError) -> [Int64] { try log.commitments(body) }

    func lines(
        showing entries: [Int64], _ body: (LogEvidence.Entry) throws -> Void
    ) throws(VaultError) { try log.lines(showing: entries, body) }

    func governance() -> GovernanceInForce { GovernanceInForce() }

    func held(_ body: (RecordID, [String]) throws -> Void) {}

    func brought(_ body: (BroughtRecords) throws -> Void) {}

    func destroyed() -> [DestructionCertificate] { [] }

    func consistency(
        from old: AuditCheckpoint, to new: AuditCheckpoint
    ) throws(VaultError) -> [[UInt8]] { try log.consistency(from: old, to: new) }
}
