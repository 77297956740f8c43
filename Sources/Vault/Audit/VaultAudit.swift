import GRDB
import Synchronization
package import VaultCrypto

// The audit log of an open vault.
extension Vault {
    /// Appends an entry by itself.
    ///
    /// - Returns: Its number.
    /// - Throws: What the database reports.
    @discardableResult
    func log(_ record: AuditLog.Record) throws(VaultError) -> Int64 {
        try store.write { db in
            let time = self.now()
            return try auditLog(in: db, at: time).append(record)
        }
    }

    /// Lends the entries of the log in their order, each with the line of its document.
    ///
    /// - Throws: `damaged` for an entry that is missing or not as it was written; what `body`
    ///   throws.
    package func forEachAuditEntry(
        _ body: (AuditEntry, String?) throws -> Void
    ) throws(VaultError) {
        try store.read { db in
            let reader = AuditReader(db: db)
            try reader.forEach { entry in try body(entry, reader.document(of: entry)) }
        }
    }

    /// Checks the whole log, and against it every message, the certificates, and labels and floors
    /// as far as it says them.
    ///
    /// - Parameter anchors: Checkpoints that left the device, each with the name of its file.
    /// - Returns: What was found; a log without faults may be unanchored.
    /// - Throws: What the database reports.
    package func verifyAudit(
        anchors: [(name: String, file: [UInt8])] = []
    ) throws(VaultError) -> AuditFindings {
        let header = header
        let memory = try CheckpointMemory(layout: layout, header: header, auditor: auditor)
        var known = memory.load().map {
            (name: $0.path, checkpoint: $0.checkpoint, isAnchor: false)
        }
        for anchor in anchors {
            let checkpoint = try AuditCheckpoint(
                verifying: anchor.file, vault: memory.vault, key: memory.key)
            known.append((name: anchor.name, checkpoint: checkpoint, isAnchor: true))
        }
        return try store.read { db in
            var verification = AuditVerification(db: db, header: header, key: memory.key)
            try verification.run(known)
            var findings = verification.findings
            findings.faults += try floorFaults(limit: AuditFindings.mostFaults, in: db)
            return findings
        }
    }

    // MARK: Checkpoints

    /// Signs the log as it stands.
    ///
    /// - Throws: `damaged` when the log does not go on from a checkpoint that is remembered.
    package func checkpoint() throws(VaultError) -> AuditCheckpoint {
        let header = header
        let remembered = try CheckpointMemory(layout: layout, header: header, auditor: auditor)
            .load()
        try store.requireLog(behind: remembered)
        return try store.read { db in try Self.checkpoint(of: header.vault, in: db) }
    }

    private static func checkpoint(
        of vault: RecordID, in db: Database
    ) throws -> AuditCheckpoint {
        try AuditCheckpoint(signing: db, vault: vault)
    }

    /// Signs the log for somebody else to keep, and says so in it.
    ///
    /// - Returns: A checkpoint that covers its own entry.
    package func anchor() throws(VaultError) -> AuditCheckpoint {
        try log(AuditLog.Record(.anchor))
        return try checkpoint()
    }

    // MARK: Proofs

    /// Proves that an entry is in the log.
    package func proveEntry(_ index: Int64) throws(VaultError) -> AuditProof {
        let vault = header.vault
        return try store.read { db in
            try AuditProver(db: db, checkpoint: Self.checkpoint(of: vault, in: db))
                .prove(entry: index)
        }
    }

    /// Proves that the present version of a message is in the log.
    package func proveMessage(_ id: RecordID) throws(VaultError) -> AuditProof {
        let vault = header.vault
        return try store.read { db in
            try AuditProver(db: db, checkpoint: Self.checkpoint(of: vault, in: db))
                .prove(message: id)
        }
    }

    /// Signs a log that has grown and remembers the checkpoint.
    func rememberCheckpoint() throws(VaultError) {
        try checkpoints.withLock { (_) throws(VaultError) in
            let memory = try CheckpointMemory(layout: layout, header: header, auditor: auditor)
            let size = try store.read { db in try AuditTree(in: db).frontier.count }
            guard !memory.isCurrent(size) else { return }
            try memory.store(try checkpoint())
        }
    }
}

extension Store {
    /// Begins the log of a vault that has none.
    func beginLog(
        of vault: RecordID, by auditor: Auditor, now: Instant
    ) throws(VaultError) {
        guard try read(AuditBeginning.isDue) else { return }
        try write { db in
            let log = AuditLog(db: db, auditor: auditor, now: now)
            try AuditBeginning(log: log, vault: vault).run()
        }
    }

    /// Refuses a database whose log does not go on from the checkpoints that are remembered of it:
    /// an older copy was put in its place.
    ///
    /// - Throws: `damaged` with the remedy.
    func requireLog(behind remembered: [CheckpointMemory.Remembered]) throws(VaultError) {
        try read { db in
            let state = try AuditState(in: db, governs: false)
            for known in remembered where try !state.extends(known.checkpoint, in: db) {
                let (own, other) = (state.frontier.count, known.checkpoint.size)
                let what =
                    own < other
                    ? "is older than its checkpoint \(known.path): its audit log has "
                        + "\(own) entries, the checkpoint \(other)"
                    : "has another history than its checkpoint \(known.path)"
                throw VaultError(
                    .damaged,
                    "This vault \(what). Put the newest copy of it back. If there is none, remove "
                        + "that file; what was logged since is then lost, and the vault "
                        + "contradicts the checkpoints that left it.")
            }
        }
    }
}
