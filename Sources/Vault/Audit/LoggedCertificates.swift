import GRDB
import JSONText
import VaultCrypto

/// The certificates of destruction that entries of the log name, against those that are stored.
struct LoggedCertificates {
    /// SHA-256 of the facts in hex, by the entry `erase.result` that names it.
    private var digests: [Int64: String] = [:]
    /// Entries whose document is lost, which is a fault already; what they named is not known.
    private var unknown: Set<Int64> = []

    mutating func take(_ entry: AuditEntry, _ document: JSONObject?) {
        guard entry.event == .eraseDone else { return }
        if entry.document != nil, document == nil { unknown.insert(entry.index) }
        digests[entry.index] = document?["certificate"]?.string
    }

    /// What is missing, changed, or known to no entry, in the order of entries.
    ///
    /// - Parameters:
    ///   - vault: Whose log it is.
    ///   - key: The log's public key.
    ///   - db: A connection inside a transaction.
    /// - Returns: The faults.
    /// - Throws: What the database reports.
    func faults(vault: RecordID, key: VerifyingKey, in db: Database) throws -> [VaultFault] {
        var missing = digests
        var found: [Int64: String] = [:]
        let rows = try Row.fetchCursor(db, sql: "SELECT entry, facts, note FROM certificate")
        while let row = try rows.next() {
            let entry: Int64 = row["entry"]
            let statement = SignedStatement(
                kind: .destruction, facts: row["facts"], note: row["note"])
            guard !unknown.contains(entry) else { continue }
            guard let digest = missing.removeValue(forKey: entry) else {
                found[entry] = "is of no entry that names a certificate"
                continue
            }
            if Hex.text(SHA256Digest.hash(utf8: statement.facts)) != digest {
                found[entry] = "states other facts than those that its entry names"
            } else if statement.sentence(vault: vault, key: key) == nil {
                found[entry] = "has a note that the log's key did not sign for its facts"
            }
        }
        for entry in missing.keys { found[entry] = "is missing" }
        return found.sorted { $0.key < $1.key }.map {
            VaultFault(path: "certificate of entry \($0.key)", fault: $0.value)
        }
    }
}
