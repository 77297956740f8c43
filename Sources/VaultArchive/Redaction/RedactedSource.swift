import JSONText
package import Vault
package import VaultCrypto

/// A source whose records are redacted as they are handed out.
///
/// Of an attachment that only withheld parts refer to, nobody asks for the content.
package struct RedactedSource: ArchiveSource {
    private let base: any ArchiveSource
    private let redactor: Redactor
    private let report: RedactionReport

    init(_ base: any ArchiveSource, _ redactor: Redactor, _ report: RedactionReport) {
        self.base = base
        self.redactor = redactor
        self.report = report
    }

    package var vault: RecordID { base.vault }
    package var tool: String { base.tool }
    package var log: (any ArchiveLog)? { base.log }
    package var carriedProof: CarriedProof? { base.carriedProof }
    package var redaction: RedactionReport? { report }

    package func selection() throws(VaultError) -> [RecordID] { try base.selection() }

    package func conversation(_ id: RecordID) throws(VaultError) -> ArchivedConversation {
        let archived = redactor.redact(try base.conversation(id).sorted)
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
