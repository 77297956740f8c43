import JSONText
import Vault
import VaultCrypto

/// The `proof/` of an archive, as it is carried into a redacted one: byte for byte.
package struct CarriedProof {
    private let kept: KeptFiles
    private let proof: ArchiveProof

    /// Reads the proof of an archive that was verified; `nil` for one without a log.
    ///
    /// - Parameters:
    ///   - kept: The archive's files.
    ///   - export: Its `meta/export.json`.
    /// - Throws: `damaged` where the proof cannot be read although it was verified.
    init?(_ kept: KeptFiles, export: JSON) throws(VaultError) {
        guard export["log"] != nil else { return nil }
        let line = String(
            decoding: try kept.content(of: ArchiveName.logKey), as: UTF8.self)
        let file = try kept.content(of: ArchiveName.checkpoint)
        guard let key = try? NoteKey(parsing: String(line.dropLast())),
            let vault = export["vault"]?.string.flatMap({ RecordID($0) })
        else {
            throw VaultError(.damaged, "The archive's proof cannot be read; please report this.")
        }
        self.kept = kept
        proof = ArchiveProof(
            key: key,
            checkpoint: try AuditCheckpoint(verifying: file, vault: vault, key: key.key),
            governance: GovernanceInForce(archived: export))
    }

    /// Writes the files.
    ///
    /// - Parameters:
    ///   - writer: The new bag.
    ///   - step: One more line for the custody.
    /// - Returns: What they say.
    /// - Throws: What the disk throws.
    func write(to writer: BagWriter, custody step: [UInt8]) throws(VaultError) -> ArchiveProof {
        for path in kept.paths where path.hasPrefix("proof/") || path == ArchiveName.holds {
            try writer.tag(path, sizeBytes: kept.sizeBytes(of: path) ?? 0) {
                (pass) throws(VaultError) in
                try kept.read(path, pass)
            }
        }
        let custody = try kept.content(of: ArchiveName.custody)
        try writer.tag(ArchiveName.custody, custody + step)
        return proof
    }
}

extension GovernanceInForce {
    /// What an archive's `meta/export.json` says; see `ArchiveProof.governanceJSON`.
    init(archived export: JSON) {
        self.init()
        if let policy = export["policy"], let source = policy["source"]?.string,
            let hash = policy["sha256"]?.string?.utf8.fromHex
        {
            let ids = (policy["rules"]?.array ?? []).compactMap(\.string)
            rules = Rules(source: source, sha256: hash, ids: ids)
        }
        holds = (export["holds"]?.array ?? []).compactMap { hold in
            guard let id = hold["id"]?.string,
                let time = hold["placed"]?.string.flatMap({ Instant($0) }),
                let count = hold["conversations"]?.int.flatMap({ Int(exactly: $0) })
            else { return nil }
            return Placed(id: id, time: time, actor: "", entry: 0, conversations: count)
        }
        faults = (export["doubts"]?.array ?? []).compactMap(\.string)
    }
}
