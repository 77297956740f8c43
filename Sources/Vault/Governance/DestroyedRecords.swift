import Policy
import GRDB
import JSONText
import VaultCrypto

/// What is about to be destroyed, as the result of a purge and its certificate name it: no content,
/// only ids, decisions and commitments with their places in the log.
struct DestroyedRecords {
    private struct Entry {
        var item: DisposalPlan.Item
        var leaves: [(entry: Int64, leaf: CommitmentLeaf)]
    }

    private var entries: [Entry] = []

    /// Gathers them while they are still stored.
    ///
    /// - Throws: `damaged` when the log does not cover a message.
    init(_ items: [DisposalPlan.Item], in db: Database) throws {
        let leaves = CommitmentLeaves(db: db)
        for item in items {
            let rows = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT num, version, commitment FROM message WHERE conversation =
                            (SELECT num FROM conversation WHERE id = ?) ORDER BY num
                        """), arguments: [item.conversation.bytes.databaseValue])
            let found = try rows.map { row in
                let leaf = CommitmentLeaf(
                    message: row["num"], version: row["version"],
                    commitment: row.bytes("commitment") ?? [])
                guard let entry = try leaves.entry(of: leaf.message, version: leaf.version) else {
                    throw VaultError(
                        .damaged,
                        "The audit log does not cover a message that is to be destroyed, so that "
                            + "nothing was; run `coffer audit verify`.")
                }
                return (entry, leaf)
            }
            entries.append(Entry(item: item, leaves: found))
        }
    }

    /// ```
    /// conversations  ids, for whoever recomputes what governs
    /// records        of each {"conversation","rule":[…],"messages":[{"entry","commitment"}]}
    /// ```
    var json: JSONObject {
        [
            "conversations": .array(entries.map { .string($0.item.conversation.description) }),
            "records": .array(
                entries.map { entry in
                    .object([
                        "conversation": .string(entry.item.conversation.description),
                        "messages": .array(
                            entry.leaves.map { place in
                                .object([
                                    "commitment": .string(Hex.text(place.leaf.commitment)),
                                    "entry": .integer(place.entry),
                                ])
                            }),
                        "rule": .array(entry.item.decision.why.map(JSON.string)),
                    ])
                }),
        ]
    }
}
