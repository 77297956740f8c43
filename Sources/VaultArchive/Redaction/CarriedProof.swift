import JSONText
import Vault
import VaultCrypto

/// What an archive says of the vault it is from, as it is carried into a redacted one.
///
/// The copy goes to people who may not see all that the archive's receiver may. What a root is
/// computed from cannot be changed; words that people chose go.
///
/// 1. Each file of `proof/` that `ProofSeal` lists, and the seal itself, is carried byte for byte.
///    They tell the vault's id and the key of its log, how many entries and commitments there are,
///    and of the entries that are shown number, time, session and figures. What people said with
///    an entry (an export's query, labels, reason and recipients, an import's source) is in its
///    `document`, of which the line has a hash; the document has a salt of 16 random bytes, and
///    neither is in any archive. Commitments have salts too, which go with what is withheld.
/// 2. An entry's `actor`, such as `1000:anna`, stays: the line is a leaf of the tree that the
///    checkpoint signs. No rule masks it, also where it is a custodian's name. `who` in the custody
///    is the same.
/// 3. `proof/destroyed.jsonl` is empty. A certificate tells the reason of a purge, what selected
///    its records, ids of holds, and names of slots.
/// 4. `meta/export.json` has neither `policy` nor `holds` nor `doubts`, there is no
///    `meta/holds.jsonl` or `meta/restored.jsonl`, and the custody has no `preservation`. Ids of
///    holds and rules are words that people chose, such as a matter's name, and a policy's hash has
///    no salt. Nothing needs them: a redacted archive is not restored.
/// 5. Of an earlier redaction the custody says when; who made it, and of which archive, whose name
///    is made of its matter, stands in `meta/export.json`, masked.
///
/// `ArchiveRedaction.Request` has what the copy says of the selection and of the archive itself.
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
            governance: GovernanceInForce())
    }

    /// Writes the files.
    ///
    /// - Parameters:
    ///   - writer: The new bag.
    ///   - step: One more line for the custody.
    /// - Returns: What they say.
    /// - Throws: What the disk throws.
    func write(to writer: BagWriter, custody step: [UInt8]) throws(VaultError) -> ArchiveProof {
        for path in kept.paths where path.hasPrefix("proof/") && path != ArchiveName.destroyed {
            try writer.tag(path, sizeBytes: kept.sizeBytes(of: path) ?? 0) {
                (pass) throws(VaultError) in
                try kept.read(path, pass)
            }
        }
        try writer.tag(ArchiveName.destroyed, "")
        let custody = try Spool(in: writer.container.folder)
        try kept.readLines(of: ArchiveName.custody) { (line) throws(VaultError) in
            if let line = CustodyLine.carried(line) { try custody.write(line) }
        }
        try custody.write(step)
        try writer.tag(ArchiveName.custody, custody)
        return proof
    }
}
