import GRDB
import JSONText
import VaultCrypto

/// A proof that an entry is in the log, and that a message is in an entry: a C2SP tlog-proof.
///
/// ```
/// c2sp.org/tlog-proof@v1
/// extra <Base64 of one canonical JSON line>
/// index <number of the entry>
/// <Base64 of each hash of the entry's audit path>
///
/// <the checkpoint>
/// ```
///
/// The extra data is `{"entry":"<the entry's line>"}`, whose leaf hash the path begins with. For a
/// message there is also `message`, its audit path in the tree whose root the entry has as
/// `messages.root`: `{"commitment":"<hex>","count":N,"index":N,"path":["<hex>",…]}`.
package struct AuditProof: Sendable, Equatable {
    package static let fileExtension = "tlog-proof"
    private static let header = "c2sp.org/tlog-proof@v1"

    /// A message's place among those that its entry commits to.
    package struct Message: Sendable, Equatable {
        package var commitment: [UInt8]
        package var index: Int
        package var count: Int
        package var path: [[UInt8]]
    }

    package let entry: AuditEntry
    package let path: [[UInt8]]
    package let message: Message?
    package let checkpoint: AuditCheckpoint

    /// The file.
    package var text: String {
        var extra: JSONObject = ["entry": .string(entry.line)]
        if let message {
            extra["message"] = .object([
                "commitment": .string(Hex.text(message.commitment)),
                "count": .integer(message.count), "index": .integer(message.index),
                "path": .array(message.path.map { .string(Hex.text($0)) }),
            ])
        }
        let lines =
            [
                Self.header, "extra \(Base64.string(JSONWriter.canonical(.object(extra))))",
                "index \(entry.index)",
            ] + path.map { Base64.string($0) }
        return lines.joined(separator: "\n") + "\n\n"
            + String(decoding: checkpoint.file, as: UTF8.self)
    }
}

/// Makes proofs, inside the caller's transaction.
struct AuditProver {
    let db: Database
    let checkpoint: AuditCheckpoint

    /// Proves that an entry is in the log.
    func prove(entry index: Int64) throws -> AuditProof {
        try prove(entry: index, message: nil)
    }

    /// Proves that the present version of a message is in the log.
    ///
    /// - Throws: `notFound` for a message that is not there, `damaged` when no entry covers it.
    func prove(message id: RecordID) throws -> AuditProof {
        let row = try Row.fetchOne(
            db, sql: "SELECT num, version, commitment FROM message WHERE id = ?",
            arguments: [id.bytes.databaseValue])
        guard let row else {
            throw VaultError(
                .notFound, "There is no message \(id); `coffer show` prints the ids of messages.")
        }
        let leaf = CommitmentLeaf(
            message: row["num"], version: row["version"],
            commitment: row.bytes("commitment") ?? [])
        let leaves = CommitmentLeaves(db: db)
        guard let entry = try leaves.entry(of: leaf.message, version: leaf.version) else {
            throw VaultError(
                .damaged,
                "No entry of the audit log commits to message \(id); run `coffer audit verify`.")
        }
        return try prove(entry: entry, message: try place(of: leaf, in: entry, leaves))
    }

    private func place(
        of leaf: CommitmentLeaf, in entry: Int64, _ leaves: CommitmentLeaves
    ) throws -> AuditProof.Message {
        var count = 0
        var index: Int?
        try leaves.forEach(of: entry) { other in
            if other == leaf { index = count }
            count += 1
        }
        guard let index else {
            throw VaultError(
                .damaged,
                "A message is not the one that the audit log commits to; run "
                    + "`coffer audit verify`.")
        }
        var path = MerklePath(of: index, count: count)
        try leaves.forEach(of: entry) { other in
            path.append(leafHash: MerkleTree.leafHash(other.commitment))
        }
        return AuditProof.Message(
            commitment: leaf.commitment, index: index, count: count, path: path.hashes)
    }

    private func prove(
        entry index: Int64, message: AuditProof.Message?
    ) throws -> AuditProof {
        let reader = AuditReader(db: db)
        let entry = try reader.entry(index).entry
        var path = MerklePath(of: Int(index), count: checkpoint.size)
        try reader.forEachLine(from: 0, to: Int64(checkpoint.size)) { _, line in
            path.append(leafHash: MerkleTree.leafHash(Array(line.utf8)))
        }
        return AuditProof(
            entry: entry, path: path.hashes, message: message, checkpoint: checkpoint)
    }
}
