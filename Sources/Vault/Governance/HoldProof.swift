import GRDB
import JSONText
package import VaultCrypto

/// What a hold matched when it was placed, beside what is there now.
///
/// The entry `hold.place` commits, in its document, to the messages that the hold matched: the root
/// of a tree of their commitments in the order of message numbers, each in the version of then.
/// Whoever has the facts can compute that root from the list of commitments, and follow the proof
/// from the document to a checkpoint.
package struct HoldStanding: Sendable {
    package let hold: String
    /// Messages that the hold matched when it was placed.
    package let matched: Int
    /// Of them those that are there, with the commitments of then.
    package let present: Int
    package let statement: SignedStatement

    package var isWhole: Bool { matched == present }
}

extension Vault {
    /// Proves that what a hold matched when it was placed is still there, unchanged.
    ///
    /// - Parameters:
    ///   - id: The hold, which may be released.
    ///   - tool: The program and its version.
    /// - Returns: A signed statement, also where something is missing.
    /// - Throws: `notFound` for a hold that is not there; `damaged` for a log that cannot be read.
    package func proveHold(_ id: String, tool: String) throws(VaultError) -> HoldStanding {
        let vault = header.vault
        let standing = try store.write { db in
            let time = self.now()
            let prover = HoldProver(db: db, vault: vault, time: time, tool: tool)
            let standing = try prover.prove(id)
            var record = AuditLog.Record(.holdProved, object: id)
            record.figures = [
                "matched": Int64(standing.matched), "present": Int64(standing.present),
            ]
            record.document = [
                "statement": .string(Hex.text(SHA256Digest.hash(utf8: standing.statement.facts)))
            ]
            try auditLog(in: db, at: time).append(record)
            return standing
        }
        try rememberCheckpoint()
        return standing
    }
}

/// The messages that a hold matched, as leaves of the tree that its document commits to.
struct HeldMessages {
    let db: Database

    /// The present versions of the messages of conversations, in the order of their numbers.
    func present(_ conversations: Set<RecordID>) throws -> [CommitmentLeaf] {
        var leaves: [CommitmentLeaf] = []
        for id in conversations {
            let rows = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT num, version, commitment FROM message WHERE conversation =
                            (SELECT num FROM conversation WHERE id = ?)
                        """), arguments: [id.bytes.databaseValue])
            leaves += rows.map {
                CommitmentLeaf(
                    message: $0["num"], version: $0["version"],
                    commitment: $0.bytes("commitment") ?? [])
            }
        }
        return leaves.sorted { ($0.message, $0.version) < ($1.message, $1.version) }
    }

    static func committed(_ leaves: [CommitmentLeaf]) -> CommittedMessages {
        var frontier = MerkleFrontier()
        for leaf in leaves { frontier.append(leafHash: MerkleTree.leafHash(leaf.commitment)) }
        return CommittedMessages(count: frontier.count, root: frontier.root)
    }
}

private struct HoldProver {
    let db: Database
    let vault: RecordID
    let time: Instant
    let tool: String

    func prove(_ id: String) throws -> HoldStanding {
        guard let hold = try AuditState(in: db).governing.holds.first(where: { $0.id == id })
        else {
            throw VaultError(
                .notFound, "There is no hold \(id); `coffer hold list` shows those there are.")
        }
        let document = try HoldDocument(hold.document.load(in: db))
        let leaves = try leaves(of: document, placedBy: hold.entry)
        let whole = HeldMessages.committed(leaves) == document.messages
        // With another root, one of those that are there is not that of then.
        let present = whole ? leaves.count : min(leaves.count, document.messages.count - 1)
        let matched = document.messages.count
        let facts = try facts(hold, document, leaves, present)
        let statement = try SignedStatement(
            .hold, facts: facts,
            sentence: "Hold \(id) of \(hold.placed): \(present) of \(matched) messages are present "
                + "with the commitments of then, as of \(time).",
            vault: vault, key: SigningSecret.log.load(in: db))
        return HoldStanding(
            hold: id, matched: matched, present: present, statement: statement)
    }

    /// What is there of the messages that the hold matched, each in the version of then and
    /// compared with its commitment.
    private func leaves(
        of document: HoldDocument, placedBy entry: Int64
    ) throws -> [CommitmentLeaf] {
        let messages = try MessageReader(db: db)
        let leaves = CommitmentLeaves(db: db)
        var found: [CommitmentLeaf] = []
        for present in try HeldMessages(db: db).present(document.matched) {
            var version = present.version
            while version > 0,
                try leaves.entry(of: present.message, version: version) ?? .max > entry
            {
                version -= 1
            }
            // A message that came later is held, and was not matched then.
            guard version > 0 else { continue }
            let commitment =
                version == present.version
                ? try? messages.message(num: present.message)?.commitment
                : try earlier(present.message, version)
            guard let commitment else { continue }
            found.append(
                CommitmentLeaf(
                    message: present.message, version: version, commitment: commitment))
        }
        return found
    }

    /// The commitment of a replaced version, computed from the record that is kept of it.
    private func earlier(_ message: Int64, _ version: Int) throws -> [UInt8]? {
        let record = try String.fetchOne(
            db, sql: "SELECT record FROM version WHERE message = ? AND version = ?",
            arguments: [message, version])
        guard let object = record.flatMap({ try? JSONReader.parse($0) }),
            let envelope = object["envelope"], let parts = object["parts"]?.array
        else { return nil }
        let hashes = parts.map {
            JSON.string(Hex.text(SHA256Digest.hash(JSONWriter.canonical($0))))
        }
        guard envelope["parts"] == .array(hashes) else { return nil }
        return SHA256Digest.hash(JSONWriter.canonical(envelope))
    }

    private func facts(
        _ hold: GovernanceState.Hold, _ document: HoldDocument, _ leaves: [CommitmentLeaf],
        _ present: Int
    ) throws -> String {
        let reader = AuditReader(db: db)
        let entry = try reader.entry(hold.entry).entry
        let checkpoint = try AuditCheckpoint(signing: db, vault: vault)
        let proof = try AuditProver(db: db, checkpoint: checkpoint).prove(entry: hold.entry)
        let object: JSONObject = [
            "commitments": .array(leaves.map { .string(Hex.text($0.commitment)) }),
            "document": .string(try reader.document(of: entry) ?? ""),
            "entry": .integer(hold.entry), "hold": .string(hold.id),
            "matched": .integer(document.messages.count),
            "placed": .string(hold.placed.description), "present": .integer(present),
            "proof": .string(proof.text),
            "released": hold.released.map { .string($0.description) } ?? .null,
            "root": .string(Hex.text(document.messages.root)),
            "time": .string(time.description), "tool": .string(tool), "v": .integer(1),
            "vault": .string(vault.description),
        ]
        return String(decoding: JSONWriter.canonical(.object(object)), as: UTF8.self)
    }
}
