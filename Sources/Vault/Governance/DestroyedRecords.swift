import Policy
import GRDB
import JSONText
import VaultCrypto

/// What is about to be destroyed, as the result of a purge and its certificate name it: no content,
/// only ids, decisions and commitments with their places in the log.
struct DestroyedRecords {
    private struct Entry {
        var item: DisposalPlan.Item
        /// See `OriginMark`.
        var origin: [UInt8]?
        var leaves: [(entry: Int64, leaf: CommitmentLeaf)]

        var json: JSONObject {
            var object: JSONObject = [
                "conversation": .string(item.conversation.description),
                "messages": .array(
                    leaves.map { place in
                        .object([
                            "commitment": .string(Hex.text(place.leaf.commitment)),
                            "entry": .integer(place.entry),
                        ])
                    }),
            ]
            object["origin"] = origin.map { .string(Hex.text($0)) }
            object["rule"] = .array(item.decision.why.map(JSON.string))
            return object
        }
    }

    private var entries: [Entry] = []

    /// Gathers them while they are still stored.
    ///
    /// - Throws: `damaged` when the log does not cover a message.
    init(_ items: [DisposalPlan.Item], in db: Database) throws {
        let leaves = CommitmentLeaves(db: db)
        let marks = items.isEmpty ? nil : try OriginMark.loadOrMake(in: db)
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
            let origin = try Self.origin(of: item.conversation, in: db)
            entries.append(
                Entry(item: item, origin: origin.flatMap { marks?.mark(of: $0) }, leaves: found))
        }
    }

    private static func origin(of conversation: RecordID, in db: Database) throws -> Origin? {
        try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT (SELECT text FROM name WHERE num = source) AS source, source_id
                    FROM conversation WHERE id = ?
                    """), arguments: [conversation.bytes.databaseValue]
        ).map { Origin(source: $0["source"], id: $0["source_id"]) }
    }

    /// ```
    /// conversations  ids, for whoever recomputes what governs
    /// records        of each {"conversation","origin","rule":[…],
    ///                "messages":[{"entry","commitment"}]}; the origin as 64 hex digits, by which
    ///                this vault alone knows it again (`OriginMark`)
    /// ```
    var json: JSONObject {
        [
            "conversations": .array(entries.map { .string($0.item.conversation.description) }),
            "records": .array(
                entries.map { .object($0.json) }),
        ]
    }
}
