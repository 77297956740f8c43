import JSONText
import Vault
import VaultCrypto

/// The records of an archive that was verified, for another archive.
///
/// Once it is decided what is withheld, the records are as the decisions have them.
struct BagSource: ArchiveSource {
    let vault: RecordID
    let tool: String
    let carriedProof: CarriedProof?
    private let kept: KeptFiles
    private let keys: any ArchiveKeys
    private let ids: [RecordID]
    /// Conversations of which something is withheld.
    var decisions: RedactionDecisions?

    /// - Parameters:
    ///   - kept: The archive's files.
    ///   - export: Its `meta/export.json`.
    ///   - keys: Who signs what is made of it.
    ///   - tool: The program and its version.
    /// - Throws: `badInput` for an archive that names no vault, and what `CarriedProof` throws.
    init(
        _ kept: KeptFiles, export: JSON, keys: any ArchiveKeys, tool: String
    ) throws(VaultError) {
        guard let vault = export["vault"]?.string.flatMap({ RecordID($0) }) else {
            throw VaultError(
                .badInput, "meta/export.json of the archive does not name the vault it is from.")
        }
        self.vault = vault
        self.tool = tool
        self.kept = kept
        self.keys = keys
        carriedProof = try CarriedProof(kept, export: export)
        ids = kept.paths.compactMap { path in
            guard path.hasPrefix(ArchiveName.native), path.hasSuffix(".jsonl") else { return nil }
            return RecordID(path.dropFirst(ArchiveName.native.count).dropLast(6))
        }.sorted()
    }

    /// What is read once more after an archive was verified.
    static func keeps(_ path: String) -> Bool {
        path.hasPrefix(ArchiveName.native) || path.hasPrefix(ArchiveName.attachments)
            || path.hasPrefix("proof/") || path == ArchiveName.export
            || path == ArchiveName.custody
    }

    func selection() -> [RecordID] { ids }

    func conversation(_ id: RecordID) throws(VaultError) -> ArchivedConversation {
        if let decided = try decisions?.conversation(id) { return decided }
        return try original(id)
    }

    /// A conversation as it was verified.
    func original(_ id: RecordID) throws(VaultError) -> ArchivedConversation {
        try RecordFile.read(try kept.content(of: ArchiveName.native(id)))
    }

    func readAttachment(_ sha256: [UInt8], into sink: any ByteSink) throws(VaultError) {
        try kept.read(ArchiveName.attachment(sha256)) { (bytes) throws(VaultError) in
            try sink.write(bytes)
        }
    }

    func withArchiveKey<Result>(
        _ body: (borrowing SigningKey) throws(VaultError) -> Result
    ) throws(VaultError) -> Result { try keys.withArchiveKey(body) }
}
