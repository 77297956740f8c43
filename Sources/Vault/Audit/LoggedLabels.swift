import GRDB
import JSONText
import VaultCrypto

/// The labels that people gave and took away, as the log says it, against those that are stored.
///
/// An import gives labels too, takes none away, and logs no names. So a label that was given and
/// not taken away must be there; one that was taken away must not be there unless an import came
/// since. Whether a label that the log does not name came with an import cannot be told.
struct LoggedLabels {
    private struct Label: Hashable {
        /// Bytes of UTF-8: to the database, two forms of one character differ.
        var bytes: [UInt8]
        var conversation: RecordID

        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// The last that was said of each label, and the entry that says it.
    private var said: [Label: (isThere: Bool, entry: Int64)] = [:]
    /// The last import.
    private var imported: Int64 = -1

    mutating func take(_ entry: AuditEntry, _ document: JSONObject?) {
        switch entry.event {
        case .ingest: imported = entry.index
        case .labelAdded, .labelRemoved:
            guard let text = document?["label"]?.string else {
                // What a lost document said is not known, nor what of before it still holds.
                return said = [:]
            }
            for id in AuditState.conversations(document).compactMap({ RecordID($0) }) {
                said[Label(bytes: Array(text.utf8), conversation: id)] = (
                    entry.event == .labelAdded, entry.index
                )
            }
        default: break
        }
    }

    /// What contradicts the log, of conversations that are still there.
    ///
    /// - Parameters:
    ///   - limit: At most so many.
    ///   - db: A connection inside a transaction.
    /// - Returns: The faults, in the order of the entries that they contradict.
    /// - Throws: What the database reports.
    func faults(limit: Int, in db: Database) throws -> [VaultFault] {
        var faults: [VaultFault] = []
        let order = said.sorted {
            ($0.value.entry, $0.key.conversation) < ($1.value.entry, $1.key.conversation)
        }
        for (label, last) in order where faults.count < limit {
            guard let isStored = try isStored(label, in: db), isStored != last.isThere else {
                continue
            }
            if !isStored {
                faults.append(fault(label, "does not have", "gave it", last.entry))
            } else if imported < last.entry {
                faults.append(fault(label, "has", "took away", last.entry))
            }
        }
        return faults
    }

    /// Whether a conversation has a label; `nil` where there is no such conversation any more.
    private func isStored(_ label: Label, in db: Database) throws -> Bool? {
        try Bool.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM label JOIN name ON name.num = label.name
                        WHERE label.conversation = conversation.num AND text = ?1)
                    FROM conversation WHERE id = ?2
                    """), arguments: [label.text, label.conversation.bytes.databaseValue])
    }

    private func fault(_ label: Label, _ has: String, _ did: String, _ entry: Int64) -> VaultFault {
        VaultFault(
            path: "conversation \(label.conversation)",
            fault: "\(has) the label \(label.text), which entry \(entry) \(did)")
    }
}
