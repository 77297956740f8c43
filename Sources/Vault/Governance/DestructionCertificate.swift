import GRDB
import JSONText
import VaultCrypto

/// A certificate that records were destroyed.
package struct DestructionCertificate: Sendable, Equatable {
    /// The entry of the audit log that ended the destruction.
    package let entry: Int64
    package let statement: SignedStatement

    /// Those of a vault, the oldest first.
    static func all(in db: Database) throws -> [DestructionCertificate] {
        try Row.fetchAll(db, sql: "SELECT entry, facts, note FROM certificate ORDER BY entry").map {
            DestructionCertificate(
                entry: $0["entry"],
                statement: SignedStatement(
                    kind: .destruction, facts: $0["facts"], note: $0["note"]))
        }
    }
}

/// What a certificate of destruction states.
///
/// ```
/// actor             who did it, as in the audit log
/// checkpointBefore  the log's signed checkpoint before the erasure
/// copies            slots that can open the vault: {"kind","name","recipient"}
/// exports           how many archives the log says were made of this vault; they are not reached
/// generation        {"from","keyFile","to"}: SHA-256 of the key file, which was the only copy of
///                   the old vault key that this vault had
/// holds             {"digest","inForce"}: SHA-256 of all that governed, ids of the holds
/// intent            entry of the audit log that announced the erasure
/// method            sentences
/// notCovered        sentences
/// purges            of each {"entry","said","time"}: what the result of the purge says
/// readBack          {"oldKeyOpensNewGeneration":false}
/// scan              {"found":0,"pages","pieces","terms"}
/// time              RFC 3339
/// tool              the program and its version
/// v                 1
/// vault             its id
/// ```
struct DestructionFacts {
    static let method = [
        "The records, their earlier versions and the attachments that only they had were removed "
            + "from the database.",
        "The parts of the search index that held their words were rewritten without them.",
        "The rest was written anew under a new random key; all pages of the old generation are "
            + "under a key that is destroyed with the generation's key file.",
        "Every page of the new generation, free pages and the search index included, was decrypted "
            + "and searched for pieces and words of the destroyed records before it came into "
            + "force.",
    ]
    static let notCovered = [
        "Archives that were exported earlier, copies that others made, backups and snapshots of "
            + "this device.",
        "The copy that a provider of models keeps.",
        "Blocks of the medium that still hold old pages or an old key file: with a slot's key they "
            + "could be read.",
        "Mentions of the destroyed records in records that were kept, and words of theirs that a "
            + "label, a reason or a search brought into the documents of the audit log.",
        "The search looks for a piece of 24 bytes in every 1,024 of a stored line and every 4,000 "
            + "of an attachment, not for lines that are shorter than 24 bytes, nor for names of "
            + "projects and custodians and ids of the source; and for at most 200,000 words.",
    ]

    var vault: RecordID
    var tool: String
    var time: Instant
    var actor: String
    var intent: Int64
    var generations: (from: Int, to: Int)
    var keyFile: [UInt8]
    var slots: [Slot]
    var checkpoint: AuditCheckpoint
    var governing: GovernanceState
    var exports: Int
    var purges: [(entry: AuditEntry, document: String?)]
    var scan: ScanResult

    /// Conversations and messages that went.
    var figures: (conversations: Int64, messages: Int64) {
        purges.reduce((0, 0)) { sum, purge in
            (
                sum.0 + (purge.entry.figures["conversations"] ?? 0),
                sum.1 + (purge.entry.figures["messages"] ?? 0)
            )
        }
    }

    var line: String {
        let object: JSONObject = [
            "actor": .string(actor),
            "checkpointBefore": .string(String(decoding: checkpoint.file, as: UTF8.self)),
            "copies": .array(
                slots.map { slot in
                    .object([
                        "kind": .string(slot.kind.rawValue), "name": .string(slot.name),
                        "recipient": .string(slot.recipient.description),
                    ])
                }),
            "exports": .integer(exports),
            "generation": .object([
                "from": .integer(generations.from), "keyFile": .string(Hex.text(keyFile)),
                "to": .integer(generations.to),
            ]),
            "holds": .object([
                "digest": .string(
                    Hex.text(SHA256Digest.hash(JSONWriter.canonical(.object(governing.json))))),
                "inForce": .array(
                    governing.holds.filter { $0.released == nil }.map { .string($0.id) }),
            ]),
            "intent": .integer(intent), "method": .array(Self.method.map(JSON.string)),
            "notCovered": .array(Self.notCovered.map(JSON.string)),
            "purges": .array(purges.map(Self.purge)),
            "readBack": .object(["oldKeyOpensNewGeneration": .bool(false)]),
            "scan": .object([
                "found": .integer(scan.found.count), "pages": .integer(scan.pages),
                "pieces": .integer(scan.pieces), "terms": .integer(scan.terms),
            ]),
            "time": .string(time.description), "tool": .string(tool), "v": .integer(1),
            "vault": .string(vault.description),
        ]
        return String(decoding: JSONWriter.canonical(.object(object)), as: UTF8.self)
    }

    /// The document of a result has a salt, without which nobody can compare it with the log.
    private static func purge(_ purge: (entry: AuditEntry, document: String?)) -> JSON {
        .object([
            "entry": .integer(purge.entry.index),
            "said": purge.document.flatMap { try? JSONReader.parse($0) } ?? .null,
            "time": .string(purge.entry.time.description),
        ])
    }
}
