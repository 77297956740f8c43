import GRDB
import JSONText
import VaultCrypto

/// Which conversations people hid, and when they said that an event happened, as the log says it,
/// against what is stored.
///
/// Nothing else sets either, so that both are what the last entry about them says.
struct LoggedFields {
    private struct Said {
        /// The event's time; `nil` where it was taken back.
        var event: Int64??
        var isHidden: Bool?
        var eventEntry: Int64 = 0
        var hidingEntry: Int64 = 0
    }

    private var said: [RecordID: Said] = [:]
    /// Whether something was said that is not known, or hidden before there was a log.
    private var isIncomplete = false

    mutating func take(_ entry: AuditEntry, _ document: JSONObject?) {
        switch entry.event {
        case .begin: isIncomplete = entry.messages != nil
        case .hide, .restore:
            for id in conversations(document, entry) { hide(id, entry.event == .hide, entry.index) }
        case .erasureDeferred:
            if let id = entry.object.flatMap({ RecordID($0) }) { hide(id, true, entry.index) }
        case .eventSet:
            for id in conversations(document, entry) {
                said[id, default: Said()].event = .some(document?["event"]?.int)
                said[id]?.eventEntry = entry.index
            }
        default: break
        }
    }

    /// What a lost document said is not known, nor what of before it still holds.
    private mutating func conversations(_ document: JSONObject?, _ entry: AuditEntry) -> [RecordID]
    {
        guard let document else {
            isIncomplete = true
            for id in said.keys {
                if entry.event == .eventSet {
                    said[id]?.event = nil
                } else {
                    said[id]?.isHidden = nil
                }
            }
            return []
        }
        return AuditState.conversations(document).compactMap { RecordID($0) }
    }

    private mutating func hide(_ id: RecordID, _ isHidden: Bool, _ entry: Int64) {
        said[id, default: Said()].isHidden = isHidden
        said[id]?.hidingEntry = entry
    }

    /// What contradicts the log, of conversations that are still there.
    ///
    /// - Parameters:
    ///   - limit: At most so many.
    ///   - db: A connection inside a transaction.
    /// - Returns: The faults, in the order of the conversations' ids.
    /// - Throws: What the database reports.
    func faults(limit: Int, in db: Database) throws -> [VaultFault] {
        var faults: [VaultFault] = []
        for (id, said) in said.sorted(by: { $0.key < $1.key }) where faults.count < limit {
            let row = try Row.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT hidden, (SELECT time FROM event WHERE conversation = num) AS event
                        FROM conversation WHERE id = ?
                        """), arguments: [id.bytes.databaseValue])
            guard let row else { continue }
            let path = "conversation \(id)"
            let isHidden = (row["hidden"] as Int64?) != nil
            if let wanted = said.isHidden, wanted != isHidden {
                let found = isHidden ? "is hidden" : "is not hidden"
                faults.append(
                    VaultFault(path: path, fault: "\(found), against entry \(said.hidingEntry)"))
            }
            if let wanted = said.event, wanted != row["event"] as Int64? {
                faults.append(
                    VaultFault(
                        path: path,
                        fault: "has another time of its event than entry \(said.eventEntry) says"))
            }
        }
        if !isIncomplete { faults += try unsaid(limit: limit - faults.count, in: db) }
        return faults
    }

    /// Marks and events of which no entry says anything.
    private func unsaid(limit: Int, in db: Database) throws -> [VaultFault] {
        var faults: [VaultFault] = []
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT id, time FROM conversation LEFT JOIN event ON event.conversation = num
                WHERE hidden IS NOT NULL OR time IS NOT NULL ORDER BY id
                """)
        while faults.count < limit, let row = try rows.next() {
            guard let id = row.id("id") else { continue }
            let hasEvent = (row["time"] as Int64?) != nil
            let isSaid = hasEvent ? said[id]?.event != nil : said[id]?.isHidden != nil
            guard !isSaid else { continue }
            faults.append(
                VaultFault(
                    path: "conversation \(id)",
                    fault: hasEvent
                        ? "has the time of an event that no entry says"
                        : "is hidden, and no entry says so"))
        }
        return faults
    }
}
