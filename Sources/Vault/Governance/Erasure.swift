import GRDB
import JSONText
import Synchronization
package import VaultCrypto

/// How an erasure went.
package enum ErasureOutcome: Sendable {
    /// There is nothing that a purge has left.
    case nothingToDo
    case done(DestructionCertificate)
    /// Another process has the vault open, or another thread purged meanwhile: the next purge, or
    /// `coffer purge`, makes up for it.
    case deferred
}

// Making what was purged unreadable: crypto-erasure of this vault's copy.
//
// 1. `erase.intent` is logged in the old generation.
// 2. The database is written anew under a new random key (`GenerationChange`). Every page of the
//    copy is read back and searched for the traces, then its index is. One that is found ends it:
//    the copy is removed, and there is no certificate.
// 3. The copy loses the sealed traces, which its key does not open.
// 4. `erase.result` is logged in the copy, with the certificate beside it.
// 5. The header names the copy. This commits: certificate and new generation come into force
//    together. The old key file is overwritten and removed, then the old database.
//
// Cut off before 5, the old generation holds with its traces, and the next erasure begins anew; cut
// off after 5, the next opening destroys the old generation.
extension Vault {
    /// Whether a purge left something that the present key can still be used for.
    package func needsErasure() throws(VaultError) -> Bool {
        try store.read { db in try !governing(in: db).unerased.isEmpty }
    }

    /// Erases what purges removed since the last erasure.
    ///
    /// - Parameters:
    ///   - tool: The program and its version, for the certificate.
    ///   - watch: Told how far it is; may end it.
    /// - Returns: The certificate.
    /// - Throws: `internalFault` when traces are left, and `cancelled` when `watch` ended it: the
    ///   old generation holds then; what the disk reports.
    package func erase(
        tool: String, watch: @escaping ErasureWatch = { _, _ in true }
    ) throws(VaultError) -> ErasureOutcome {
        guard try needsErasure() else { return .nothingToDo }
        try forgetPurged { true }
        let time = now()
        var certificate: DestructionCertificate?
        do {
            try changeAlone { (state, layout) throws(VaultError) in
                certificate = try Erasure(
                    vault: state.header.vault, layout: layout, auditor: auditor, time: time,
                    tool: tool, watch: watch
                ).run(&state)
            }
        } catch {
            guard error.code == .busy else { throw error }
            return .deferred
        }
        try rememberCheckpoint()
        guard let certificate else {
            throw VaultError(.internalFault, "An erasure had no certificate; please report this.")
        }
        return .done(certificate)
    }

    /// The certificates of this vault, the newest last.
    package func certificates() throws(VaultError) -> [DestructionCertificate] {
        try store.read { db in
            try DestructionCertificate.all(in: db)
        }
    }
}

/// An erasure under way; the vault is its own.
private struct Erasure {
    let vault: RecordID
    let layout: VaultLayout
    let auditor: Auditor
    let time: Instant
    let tool: String
    let watch: ErasureWatch

    func run(_ state: inout Vault.State) throws(VaultError) -> DestructionCertificate {
        let intent = try logIntent(state.store)
        if let certificate = try attempt(&state, intent, isCompact: false) { return certificate }
        // A compact copy has nothing but rows and index entries.
        if let certificate = try attempt(&state, intent, isCompact: true) { return certificate }
        throw VaultError(.internalFault, "An erasure had no certificate; please report this.")
    }

    /// Steps 2 to 5.
    ///
    /// - Returns: The certificate; `nil` when traces are left and a compact copy may be without
    ///   them.
    private func attempt(
        _ state: inout Vault.State, _ intent: Int64, isCompact: Bool
    ) throws(VaultError) -> DestructionCertificate? {
        // Another process may have purged before the vault was this one's own.
        let upkeep = SearchUpkeep()
        while try state.store.write({ db in try upkeep.forgetRemoved(in: db) }) {}
        let scan = try DestructionScan(of: state.store, vaultKey: state.key, watch: watch)
        let oldKey = state.key.clone()
        var facts = try facts(of: state.store, state.header, intent)
        try requireTraces(scan, of: facts.purges.map(\.entry))
        var certificate: DestructionCertificate?
        do {
            try GenerationChange(layout: layout).run(
                &state, slots: state.header.slots, isCompact: isCompact, scan: scan
            ) { (path, key) throws(VaultError) in
                try requireOtherKey(path, oldKey)
                let store = try Store(path, vaultKey: key, readers: .one)
                let result = Result { () throws(VaultError) in
                    try store.write { db in
                        try requireSame(facts.governing, in: db)
                        facts.scan = try scan.conclude(in: db)
                        try requireClean(facts.scan)
                        try db.execute(sql: "DELETE FROM trace")
                        certificate = try conclude(facts, in: db)
                    }
                }
                // The log is folded, so that the database file is all there is.
                try store.close()
                try result.get()
            }
        } catch {
            let areOnPages = facts.scan.found.contains { $0.hasPrefix("page") }
            guard !isCompact, areOnPages else { throw error }
            return nil
        }
        return certificate
    }

    private func log(_ db: Database) -> AuditLog { AuditLog(db: db, auditor: auditor, now: time) }

    /// Intents of erasures that were cut off end here, since this one makes up for them.
    private func logIntent(_ store: Store) throws(VaultError) -> Int64 {
        try store.write { db in
            let reader = AuditReader(db: db)
            for intent in try AuditState(in: db).governing.intents
            where try reader.entry(intent).entry.event == .eraseIntended {
                var record = AuditLog.Record(.eraseDone)
                record.ends = intent
                try log(db).append(record)
            }
            return try log(db).append(AuditLog.Record(.eraseIntended))
        }
    }

    private func facts(
        of store: Store, _ header: VaultHeader, _ intent: Int64
    ) throws(VaultError) -> DestructionFacts {
        try store.read { db in
            let governing = try AuditState(in: db).governing
            let reader = AuditReader(db: db)
            let purges = try governing.unerased.map { index in
                let entry = try reader.entry(index).entry
                return (entry: entry, document: try reader.document(of: entry))
            }
            var exports = 0
            try reader.forEach { if $0.event == .exportEnded { exports += 1 } }
            try requireGone(purges.map(\.document), in: db)
            return DestructionFacts(
                vault: vault, tool: tool, time: time, actor: auditor.actor, intent: intent,
                generations: (header.generation, header.generation + 1),
                keyFile: header.keyFileDigest, slots: header.slots,
                checkpoint: try AuditCheckpoint(signing: db, vault: vault),
                governing: governing, exports: exports, purges: purges, scan: ScanResult())
        }
    }

    /// A thread that had the old generation in hand may have purged after the traces were read;
    /// what it purged must not count as erased, since nobody looked for it.
    private func requireSame(_ governing: GovernanceState, in db: Database) throws {
        guard try AuditState(in: db).governing.unerased == governing.unerased else {
            throw VaultError(.busy, "Something was purged meanwhile; erase once more.")
        }
    }

    /// A certificate says nothing of what is there again.
    private func requireGone(_ documents: [String?], in db: Database) throws {
        for line in documents.compactMap(\.self) {
            let said = AuditState.conversations(try JSONReader.parse(line).object)
            let ids = said.compactMap { RecordID($0) }
            for id in ids where try LoggedPurges.isStored(id, in: db) {
                throw VaultError(
                    .damaged,
                    "Conversation \(id) was destroyed and is there again, so that there is no "
                        + "certificate; run `coffer audit verify`.")
            }
        }
    }

    /// Without the traces of what was destroyed there is nothing to look for.
    private func requireTraces(
        _ scan: DestructionScan, of purges: [AuditEntry]
    ) throws(VaultError) {
        let gathered = purges.reduce(0) { $0 + ($1.figures[Vault.tracesFigure] ?? 0) }
        guard scan.pieces.count + scan.terms.count >= gathered else {
            throw VaultError(
                .damaged,
                "Traces of what was destroyed are missing, so that they cannot be looked for and "
                    + "there is no certificate; run `coffer audit verify`.")
        }
    }

    private func requireClean(_ scan: ScanResult) throws(VaultError) {
        guard let first = scan.found.first else { return }
        throw VaultError(
            .internalFault,
            "Traces of what was destroyed are left (\(first), \(scan.found.count) in all), so that "
                + "there is no certificate; the vault is as before. Please report this.")
    }

    private func requireOtherKey(
        _ path: String, _ old: borrowing SecretBytes
    ) throws(VaultError) {
        let key = old.subkey(context: "coffer database")
        guard try PageEncryption.probe(databaseAt: path, key: key) == .wrongKey else {
            throw VaultError(
                .internalFault, "The new generation opens with the old key; please report this.")
        }
    }

    private func count(_ number: Int64, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    /// Step 4.
    private func conclude(
        _ facts: DestructionFacts, in db: Database
    ) throws -> DestructionCertificate {
        let line = facts.line
        let (conversations, messages) = facts.figures
        var record = AuditLog.Record(.eraseDone)
        record.ends = facts.intent
        record.figures = [
            "conversations": conversations, "generation": Int64(facts.generations.to),
            "messages": messages, "pages": facts.scan.pages,
            "pieces": Int64(facts.scan.pieces), "terms": Int64(facts.scan.terms),
        ]
        record.document = ["certificate": .string(Hex.text(SHA256Digest.hash(utf8: line)))]
        let entry = try log(db).append(record)
        let sentence =
            "Destroyed on \(facts.time): \(count(conversations, "conversation")), "
            + "\(count(messages, "message")); "
            + "generation \(facts.generations.from) gave way to \(facts.generations.to)."
        let statement = try SignedStatement(
            .destruction, facts: line, sentence: sentence, vault: vault,
            key: SigningSecret.log.load(in: db))
        try db.execute(
            sql: "INSERT INTO certificate VALUES (?, ?, ?)",
            arguments: [entry, statement.facts, statement.note])
        return DestructionCertificate(entry: entry, statement: statement)
    }
}
