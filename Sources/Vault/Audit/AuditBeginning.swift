import Foundation
import GRDB
import VaultCrypto

/// Begins the audit log of a vault: a new one, or one that was made before there was a log.
///
/// The first entry commits to the messages that are there, each in its present version.
struct AuditBeginning {
    let log: AuditLog
    let vault: RecordID

    static func isDue(in db: Database) throws -> Bool {
        try Int64.fetchOne(db, sql: "SELECT size FROM log_tree") == 0
    }

    func run() throws {
        // Another process may have been faster.
        guard try Self.isDue(in: log.db) else { return }
        var record = AuditLog.Record(.begin, object: vault.description)
        record.messages = try commit()
        try log.append(record)
    }

    private func commit() throws -> CommittedMessages? {
        var frontier = MerkleFrontier()
        var numbers: (first: Int64, last: Int64)?
        let rows = try Row.fetchCursor(
            log.db, sql: "SELECT num, version, commitment FROM message ORDER BY num")
        let keep = try log.db.makeStatement(sql: "INSERT INTO log_leaf VALUES (?, ?, 0, ?)")
        while let row = try rows.next() {
            let (number, version): (Int64, Int64) = (row["num"], row["version"])
            let commitment = row.bytes("commitment") ?? []
            numbers = (numbers?.first ?? number, number)
            if version > 1 { try keep.execute(arguments: [number, version, Data(commitment)]) }
            frontier.append(leafHash: MerkleTree.leafHash(commitment))
        }
        guard let numbers else { return nil }
        try log.db.execute(
            sql: "INSERT INTO log_batch VALUES (?, ?, 0)",
            arguments: [numbers.first, numbers.last])
        return CommittedMessages(count: frontier.count, root: frontier.root)
    }
}
