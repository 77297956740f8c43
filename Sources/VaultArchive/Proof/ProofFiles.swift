import JSONText
import Vault
import VaultCrypto

/// The files of `proof/`: that the records of an archive are those that the vault's audit log
/// commits to, in its order, as a signed checkpoint says.
///
/// ```
/// proof/checkpoint         the log's checkpoint: a C2SP signed note (`AuditCheckpoint`)
/// proof/log.vkey           the key that signed it: a C2SP verifier key
/// proof/log.pub.pem        the same key as OpenSSL reads it
/// proof/log.jsonl          the log's tree
/// proof/commitments.jsonl  the trees of commitments that its entries have
/// proof/records.jsonl      which records stood where (`PlacedRecords`)
/// proof/missing.jsonl      which parts name files that are not there (`SealedArchive`)
/// proof/archive.json       which archive all this was made for (`SealedArchive`)
/// proof/merkle.py          a script of 40 lines that recomputes the trees
/// proof/verify.py          one that recomputes the records and their places as well
/// ```
///
/// `log.jsonl` has, in the order of the log, the line of each entry that is shown, as it is in the
/// log, and for what stands between them lines `{"hash":"<64 hex>","hidden":N}`: the root of a
/// complete subtree of N entries (`MerkleOutline`). The tree that they make is the checkpoint's.
///
/// `commitments.jsonl` has a section for each shown entry that commits to records of the archive,
/// in the order of the log: a line `{"entry":N}`, then lines `"<64 hex>"`, a commitment that is
/// shown, and lines `{"hash":"<64 hex>","hidden":N}` for those between them. They make the tree of
/// which the entry's line has `messages.count` and `messages.root`. Last come lines
/// `{"uncovered":"<64 hex>"}`: earlier versions that were replaced before the log began. No other
/// record may be uncovered.
///
/// The shown and the uncovered commitments are those of the archive's records, each as often.
enum ProofLine {
    static func hidden(_ subtree: MerkleOutline.Subtree) -> [UInt8] {
        Array("{\"hash\":\"\(subtree.hash.hex)\",\"hidden\":\(subtree.count)}\n".utf8)
    }

    static func text(_ commitment: LogEvidence.Commitment) -> [UInt8] {
        switch commitment {
        case .entry(let number): Array("{\"entry\":\(number)}\n".utf8)
        case .shown(let hash): Array("\"\(hash.hex)\"\n".utf8)
        case .hidden(let subtree): hidden(subtree)
        case .uncovered(let hash): Array("{\"uncovered\":\"\(hash.hex)\"}\n".utf8)
        }
    }

    static func text(_ entry: LogEvidence.Entry) -> [UInt8] {
        switch entry {
        case .shown(let line): Array(line.utf8) + [0x0A]
        case .hidden(let subtree): hidden(subtree)
        }
    }
}

/// What an archive shows of the audit log, in short.
struct ArchiveProof {
    let key: NoteKey
    let checkpoint: AuditCheckpoint
    let governance: GovernanceInForce
    /// What the name in `proof/archive.json` was hashed with; 16 bytes, and none in a copy.
    var nameSalt: [UInt8]?

    /// The members `policy` and `holds` of `meta/export.json`.
    var governanceJSON: JSONObject {
        var object = JSONObject()
        object["policy"] = governance.rules.map { rules in
            .object([
                "rules": .array(rules.ids.map(JSON.string)), "sha256": .string(rules.sha256.hex),
                "source": .string(rules.source),
            ])
        }
        object["holds"] = .array(
            governance.holds.map { hold in
                .object([
                    "conversations": .integer(hold.conversations), "id": .string(hold.id),
                    "placed": .string(hold.time.description),
                ])
            })
        if !governance.faults.isEmpty {
            object["doubts"] = .array(governance.faults.map(JSON.string))
        }
        return object
    }

    /// The member `log` of `meta/export.json`.
    var json: JSON { Self.json(key, checkpoint) }

    static func json(_ key: NoteKey, _ checkpoint: AuditCheckpoint) -> JSON {
        .object([
            "key": .string(key.description), "origin": .string(key.name),
            "root": .string(Base64.string(checkpoint.root)), "size": .integer(checkpoint.size),
        ])
    }
}

/// Writes `proof/`, once all records were handed out.
struct ProofWriter {
    let log: any ArchiveLog
    let writer: BagWriter
    let prior: PriorCheckpoints

    func write() throws(VaultError) -> ArchiveProof {
        let checkpoint = try log.checkpoint()
        let governance = try log.governance()
        let commitments = try Spool(in: writer.container.folder)
        var entries = try log.commitments { try commitments.write(ProofLine.text($0)) }
        if let begun = log.begun { entries = Set(entries + [begun]).sorted() }
        let lines = try Spool(in: writer.container.folder)
        let custody = try Spool(in: writer.container.folder)
        var holds = governance.holds[...]
        try log.lines(showing: entries) { entry in
            try lines.write(ProofLine.text(entry))
            guard case .shown(let line) = entry else { return }
            let number = (try? JSONReader.parse(line))?["seq"]?.int ?? .max
            while let hold = holds.first, hold.entry < number {
                try custody.write(CustodyLine.text(hold))
                holds.removeFirst()
            }
            if let step = CustodyLine.text(line) { try custody.write(step) }
        }
        for hold in holds { try custody.write(CustodyLine.text(hold)) }
        try writer.tag(ArchiveName.checkpoint, checkpoint.file)
        try writer.tag(ArchiveName.logKey, "\(log.key)\n")
        try writer.tag(ArchiveName.logKeyPEM, log.key.key.pem)
        try writer.tag(ArchiveName.logLines, lines)
        try writer.tag(ArchiveName.commitments, commitments)
        try writer.tag(ArchiveName.treeScript, ProofScript.trees)
        try writer.tag(ArchiveName.proofScript, ProofScript.records)
        try prior.write(from: log, checkpoint, to: writer)
        try writer.tag(ArchiveName.custody, custody)
        let held = try Spool(in: writer.container.folder)
        try log.held { id, holds in try held.write(HeldLine.text(id, holds)) }
        if held.sizeBytes > 0 { try writer.tag(ArchiveName.holds, held) }
        let brought = try Spool(in: writer.container.folder)
        try log.brought { try brought.write(BroughtLine.text($0)) }
        if brought.sizeBytes > 0 { try writer.tag(ArchiveName.restored, brought) }
        try writer.tag(ArchiveName.destroyed, try destroyed())
        return ArchiveProof(key: log.key, checkpoint: checkpoint, governance: governance)
    }

    /// `proof/destroyed.jsonl`: `{"entry","facts","note"}` of each certificate of destruction that
    /// may touch what was selected; `facts` and `note` are the texts as they were signed.
    private func destroyed() throws(VaultError) -> Spool {
        let spool = try Spool(in: writer.container.folder)
        for certificate in try log.destroyed() {
            try spool.write(
                JSONWriter.canonical(
                    .object([
                        "entry": .integer(certificate.entry),
                        "facts": .string(certificate.statement.facts),
                        "note": .string(certificate.statement.note),
                    ])) + [0x0A])
        }
        return spool
    }
}
