import JSONText
import Vault
import VaultCrypto

// Whether `proof/` is whole, once all files were read.
extension BagChecker {
    /// Checks the proof, where the archive says that it has one, and the files that it is made from
    /// are as they were signed.
    mutating func checkProof() {
        let said = export?["log"]
        let present = ArchiveName.proof.filter { ledger[$0]?.isPresent == true }
        guard let said else {
            for path in present where isIntact(ArchiveName.export) && !faults.names(path) {
                faults.add(path, "meta/export.json names no log that this would be of")
            }
            return checkLostProof()
        }
        for path in Set(ArchiveName.proof).subtracting(present) where !faults.names(path) {
            faults.add(path, "the file is missing")
        }
        checkSeal()
        let checkpoint = checkCheckpoint(said)
        // The consistency proofs are those of all prior checkpoints together.
        if let checkpoint, !faults.namesAny(below: ArchiveName.priorCheckpoints) {
            checkPrior(checkpoint)
        }
        let areRecordsWhole = !faults.namesAny(below: ArchiveName.payload) && !faults.names("")
        checkOrigin(areRecordsWhole: areRecordsWhole)
        guard areRecordsWhole, [ArchiveName.logLines, ArchiveName.commitments].allSatisfy(isIntact)
        else { return checkCustody() }
        var found = proof.judge(checkpoint)
        if isIntact(ArchiveName.placedRecords) { found += proof.placed.faults() }
        for fault in found { faults.add(fault.path, fault.fault) }
        checkCustody()
        if let checkpoint, let proofSigner, firstArchive != nil, found.isEmpty {
            shownProof = ArchiveVerifier.ShownProof(
                origin: said["origin"]?.string ?? "", size: checkpoint.size,
                signer: SSHPublicKey.fingerprint(proofSigner), uncovered: proof.uncoveredCount)
        }
    }

    /// Compares the custody with the log, where nothing was said against that.
    private mutating func checkCustody() {
        guard [ArchiveName.custody, ArchiveName.logLines].allSatisfy(isIntact) else { return }
        if let fault = proof.custodyFault { faults.add(ArchiveName.custody, fault) }
    }

    /// Checks that `proof/` is what somebody signed, who is the signer of the archive itself unless
    /// it was made of another.
    private mutating func checkSeal() {
        guard ArchiveName.proofSeal.allSatisfy(isIntact), isIntact(ArchiveName.export),
            isIntact(ArchiveName.tagManifest),
            let manifest = small[ArchiveName.proofManifest]
        else { return }
        guard let key = text(ArchiveName.proofSigners).flatMap({ ProofSeal.key(signers: $0) }),
            let signature = small[ArchiveName.proofSignature].flatMap({
                try? SSHSignature(parsing: $0)
            }), signature.file == small[ArchiveName.proofSignature],
            (try? signature.verify(
                digest: SHA512Digest.hash(manifest), by: key,
                namespace: ArchiveSigner.proofNamespace)) != nil
        else {
            return faults.add(
                ArchiveName.proofSignature,
                "the signature does not fit, or is not by the key of proof/allowed_signers")
        }
        let fingerprint = SSHPublicKey.fingerprint(key)
        if fingerprint != firstSigner {
            return faults.add(
                ArchiveName.proofSigners, "this is not the key of who made the first archive")
        }
        // Every file outside `data/` is what the tag manifest lists, or was named already.
        let listed = (text(ArchiveName.tagManifest) ?? "").split(separator: "\n").filter { line in
            let path = line.dropFirst(66)
            return path.hasPrefix("proof/") && !ArchiveName.unsealed.contains(String(path))
        }
        if listed.map({ "\($0)\n" }).joined() != text(ArchiveName.proofManifest) {
            return faults.add(
                ArchiveName.proofManifest, "it does not list the files of proof/ as they are")
        }
        proofSigner = key
    }

    /// Who made the archive of which others were made, as `meta/export.json` says.
    private var firstSigner: String? {
        (saidOriginals.last ?? export)?["signer"]?.string
    }

    /// The archive's checkpoint, when it is signed by the key that the archive states.
    private mutating func checkCheckpoint(_ said: JSON) -> AuditCheckpoint? {
        guard isIntact(ArchiveName.checkpoint), isIntact(ArchiveName.logKey),
            let file = small[ArchiveName.checkpoint], let line = text(ArchiveName.logKey)
        else { return nil }
        guard line.hasSuffix("\n"), let key = try? NoteKey(parsing: String(line.dropLast())) else {
            faults.add(ArchiveName.logKey, "this is no verifier key of a log")
            return nil
        }
        if isIntact(ArchiveName.logKeyPEM), text(ArchiveName.logKeyPEM) != key.key.pem {
            faults.add(ArchiveName.logKeyPEM, "this is another key than that of proof/log.vkey")
        }
        guard isIntact(ArchiveName.export) else { return nil }
        guard let vault = export?["vault"]?.string.flatMap({ RecordID($0) }),
            let checkpoint = try? AuditCheckpoint(verifying: file, vault: vault, key: key.key)
        else {
            faults.add(
                ArchiveName.checkpoint,
                "it is not signed by the key of proof/log.vkey, or is of another vault's log")
            return nil
        }
        if said != ArchiveProof.json(key, checkpoint) {
            faults.add(ArchiveName.export, "it names another state of the log than the checkpoint")
        }
        return checkpoint
    }

    /// Checks the prior checkpoints, which an archive has or has not.
    private mutating func checkPrior(_ checkpoint: AuditCheckpoint) {
        var prior: [AuditCheckpoint] = []
        for (path, file) in small where path.hasPrefix(ArchiveName.priorCheckpoints) {
            guard isIntact(path) else { return }
            guard let vault = export?["vault"]?.string.flatMap({ RecordID($0) }),
                let key = text(ArchiveName.logKey).flatMap({
                    try? NoteKey(parsing: String($0.dropLast()))
                }),
                let old = try? AuditCheckpoint(verifying: file, vault: vault, key: key.key),
                path == PriorCheckpoints.path(old.size)
            else {
                faults.add(path, "it is not a checkpoint of the archive's log")
                return
            }
            prior.append(old)
        }
        let path = ArchiveName.consistency
        guard !prior.isEmpty || ledger[path]?.isPresent == true else { return }
        guard let proofs = text(path) else {
            if !faults.names(path) { faults.add(path, "the file is missing") }
            return
        }
        if isIntact(path), let fault = PriorCheckpoints(prior).fault(in: proofs, checkpoint) {
            faults.add(path, fault)
        }
    }
}
