import GRDB
import JSONText
import VaultCrypto

/// The conversations that purges destroyed, as the log says it: none of them is stored, since an
/// import that brings one again gives it another id.
struct LoggedPurges {
    private var destroyed: [RecordID: Int64] = [:]

    mutating func take(_ entry: AuditEntry, _ document: JSONObject?) {
        guard entry.event == .purgeDone else { return }
        for id in AuditState.conversations(document).compactMap({ RecordID($0) }) {
            destroyed[id] = entry.index
        }
    }

    /// Those that are stored all the same.
    ///
    /// - Parameters:
    ///   - limit: At most so many.
    ///   - db: A connection inside a transaction.
    /// - Returns: The faults, in the order of the conversations' ids.
    /// - Throws: What the database reports.
    func faults(limit: Int, in db: Database) throws -> [VaultFault] {
        var faults: [VaultFault] = []
        for (id, entry) in destroyed.sorted(by: { $0.key < $1.key }) where faults.count < limit {
            guard try Self.isStored(id, in: db) else { continue }
            faults.append(
                VaultFault(
                    path: "conversation \(id)",
                    fault: "is there, although entry \(entry) destroyed it: an older copy was put "
                        + "back"))
        }
        return faults
    }

    static func isStored(_ id: RecordID, in db: Database) throws -> Bool {
        try Bool.fetchOne(
            db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM conversation WHERE id = ?)"),
            arguments: [id.bytes.databaseValue]) ?? false
    }
}
