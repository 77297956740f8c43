import GRDB
import JSONText
import VaultCrypto

/// How far the log could be compared with checkpoints.
package enum AuditAnchor: Sendable, Equatable {
    /// Nothing from outside this device was at hand.
    case unanchored
    /// A checkpoint of so many entries that left the device is of a beginning of the log.
    case anchored(size: Int)
}

/// What a verification of the audit log found.
package struct AuditFindings: Sendable, Equatable {
    /// Of one kind no more are named.
    static let mostFaults = 1000

    package var entries = 0
    package var messages: Int64 = 0
    package var anchor = AuditAnchor.unanchored
    package var faults: [VaultFault] = []

    package init(faults: [VaultFault] = []) { self.faults = faults }
}

/// Checks conditions (A1) to (A12) of `AuditLog` and names what breaks them.
///
/// Memory grows with the certificates and with the labels that people gave, not with the messages.
struct AuditVerification {
    let db: Database
    private let reader: AuditReader
    private(set) var findings = AuditFindings()
    private var frontier = MerkleFrontier()
    private var governing = GovernanceState()
    private var before: [UInt8] = []
    private var newest = Instant(milliseconds: 0)
    /// Sessions that said that their clock is behind.
    private var lateSessions: Set<String> = []
    /// Entries that commit to messages.
    private var committing: Set<Int64> = []
    /// Intents and beginnings that no result has ended yet.
    private var open: [Int64: AuditEvent] = [:]
    /// Roots of the tree at the sizes of checkpoints.
    private var wanted: [Int: [UInt8]] = [:]
    private var certificates = LoggedCertificates()
    private var labels = LoggedLabels()
    private var fields = LoggedFields()
    private var purges = LoggedPurges()
    private var slots = LoggedSlots()
    private let header: VaultHeader
    private let vault: RecordID
    private let key: VerifyingKey

    /// - Parameters:
    ///   - db: A connection inside a transaction.
    ///   - header: Of the vault whose log it is.
    ///   - key: The log's public key.
    init(db: Database, header: VaultHeader, key: VerifyingKey) {
        self.db = db
        self.header = header
        vault = header.vault
        self.key = key
        reader = AuditReader(db: db)
    }

    private mutating func add(_ path: String, _ fault: String) {
        findings.faults.append(VaultFault(path: path, fault: fault))
    }

    /// Checks everything.
    ///
    /// - Parameter checkpoints: Those that are known, each with a name for it and whether it left
    ///   the device.
    /// - Throws: What the database reports.
    mutating func run(
        _ checkpoints: [(name: String, checkpoint: AuditCheckpoint, isAnchor: Bool)]
    ) throws {
        for known in checkpoints { wanted[known.checkpoint.size] = [] }
        if wanted[0] != nil { wanted[0] = frontier.root }
        try walk()
        try compareTree()
        for known in checkpoints {
            compare(known.checkpoint, known.name)
            guard known.isAnchor, wanted[known.checkpoint.size] == known.checkpoint.root else {
                continue
            }
            if case .anchored(let size) = findings.anchor, size >= known.checkpoint.size {
                continue
            }
            findings.anchor = .anchored(size: known.checkpoint.size)
        }
        try examineCoverage()
        findings.faults += try certificates.faults(vault: vault, key: key, in: db)
        findings.faults += try labels.faults(limit: AuditFindings.mostFaults, in: db)
        findings.faults += try fields.faults(limit: AuditFindings.mostFaults, in: db)
        findings.faults += try purges.faults(limit: AuditFindings.mostFaults, in: db)
        findings.faults += slots.faults(header)
        try examineVersions()
    }

    // MARK: Entries

    private mutating func walk() throws {
        var expected: Int64 = 0
        let rows = try Row.fetchCursor(
            db, sql: "SELECT num, line FROM log_entry ORDER BY num")
        while let row = try rows.next() {
            let (index, line): (Int64, String) = (row["num"], row["line"])
            if index != expected {
                let last = index - 1
                add(
                    "audit log",
                    last == expected
                        ? "entry \(expected) is missing"
                        : "the entries \(expected) to \(last) are missing")
            }
            try take(line, at: index)
            expected = index + 1
        }
        findings.entries = frontier.count
    }

    private mutating func take(_ line: String, at index: Int64) throws {
        if let entry = try? AuditEntry(parsing: line, at: index) {
            try examine(entry)
        } else {
            add("audit log, entry \(index)", "is not a line as Coffer writes it")
        }
        before = MerkleTree.leafHash(Array(line.utf8))
        frontier.append(leafHash: before)
        if wanted[frontier.count] != nil { wanted[frontier.count] = frontier.root }
    }

    private mutating func examine(_ entry: AuditEntry) throws {
        let place = "audit log, entry \(entry.index)"
        if entry.previous != before {
            add(
                "audit log, entry \(entry.index - 1)",
                "is not the one that the next entry was written behind: it was changed, moved or "
                    + "taken from elsewhere")
        }
        examineTime(entry, place)
        let document = examineDocument(of: entry, place)
        if entry.event == .state { examineState(document, place) }
        do {
            try governing.apply(entry) { AuditState.conversations(document) }
        } catch {
            add(place, "contradicts the entries before it")
        }
        examineEnd(entry, place)
        certificates.take(entry, document)
        labels.take(entry, document)
        fields.take(entry, document)
        purges.take(entry, document)
        slots.take(entry, document)
        guard let messages = entry.messages else { return }
        committing.insert(entry.index)
        var leaves = MerkleFrontier()
        try CommitmentLeaves(db: db).forEach(of: entry.index) { leaf in
            leaves.append(leafHash: MerkleTree.leafHash(leaf.commitment))
        }
        if leaves.count != messages.count || leaves.root != messages.root {
            add(
                place,
                "commits to \(messages.count) messages, and what is stored of them is not the same")
        }
    }

    /// (A6).
    private mutating func examineEnd(_ entry: AuditEntry, _ place: String) {
        let begun: AuditEvent? =
            switch entry.event {
            case .purgeDone: .purgeIntended
            case .eraseDone: .eraseIntended
            case .exportEnded: .exportBegun
            case .restoreEnded: .restoreBegun
            default: nil
            }
        let beginnings: Set<AuditEvent> = [
            .purgeIntended, .eraseIntended, .exportBegun, .restoreBegun,
        ]
        if beginnings.contains(entry.event) {
            open[entry.index] = entry.event
        }
        guard entry.ends != nil || begun != nil else { return }
        guard let ends = entry.ends, let begun, open[ends] == begun else {
            return add(place, "ends no entry that is waiting for it")
        }
        open[ends] = nil
    }

    private mutating func examineTime(_ entry: AuditEntry, _ place: String) {
        if entry.event == .clock { lateSessions.insert(entry.session) }
        if entry.time < newest, !lateSessions.contains(entry.session), entry.event != .state {
            add(place, "is older than an entry before it, and its session noted no clock")
        }
        newest = entry.newest(after: newest)
    }

    private mutating func examineDocument(
        of entry: AuditEntry, _ place: String
    ) -> JSONObject? {
        do {
            guard let line = try reader.document(of: entry) else { return nil }
            return try JSONReader.parse(line).object
        } catch {
            add(place, "has a document that is missing or was changed")
            return nil
        }
    }

    private mutating func examineState(_ document: JSONObject?, _ place: String) {
        let peaks = document?["peaks"]?.array?.map(\.string)
        if peaks != frontier.peaks.map({ Hex.text($0) }) {
            add(place, "states another tree than the entries before it make")
        } else if document?["governing"].map(JSONWriter.canonical)
            != JSONWriter.canonical(.object(governing.json))
        {
            add(place, "states other holds, policies or intents than the entries before it")
        }
    }

    // MARK: The whole

    private mutating func compareTree() throws {
        let tree = try AuditTree(in: db)
        if tree.frontier.count != frontier.count {
            add(
                "audit log",
                "has \(frontier.count) entries, and \(tree.frontier.count) were counted when they "
                    + "were written")
        } else if tree.newest != newest {
            add("audit log", "was written until another time than its entries say")
        } else if tree.frontier != frontier || tree.last != before {
            add("audit log", "is not the one that was written: an entry was changed or moved")
        }
    }

    private mutating func compare(_ checkpoint: AuditCheckpoint, _ name: String) {
        if checkpoint.size > frontier.count {
            add(
                name,
                "is of \(checkpoint.size) entries, and the log has \(frontier.count): it was cut, "
                    + "or an older copy of the vault was put back")
        } else if wanted[checkpoint.size] != checkpoint.root {
            add(
                name,
                "is of another history: one of the first \(checkpoint.size) entries was changed")
        }
    }

    /// Every message is a leaf of an entry.
    private mutating func examineCoverage() throws {
        let leaves = CommitmentLeaves(db: db)
        for entry in Set(try leaves.entries()).subtracting(committing).sorted() {
            add("audit log", "commitments are stored for entry \(entry), which has none")
        }
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT num, id, version, commitment, ifnull(
                    (SELECT max(version) FROM log_leaf WHERE message = message.num), 0) AS last
                FROM message ORDER BY num
                """)
        while let row = try rows.next() {
            findings.messages += 1
            let version: Int = row["version"]
            let kept = try leaves.commitment(of: row["num"], version: version)
            let isCovered = try leaves.entry(of: row["num"], version: version) != nil
            if !isCovered || kept.map({ $0 != row.bytes("commitment") }) ?? false {
                let id = row.id("id")?.description ?? "?"
                add("message \(id)", "is in a version that no entry of the audit log commits to")
            } else if version < row["last"] {
                let id = row.id("id")?.description ?? "?"
                add("message \(id)", "is in an earlier version than the last that was committed to")
            }
            guard findings.faults.count < AuditFindings.mostFaults else { return }
        }
    }

    /// Every earlier version that was committed to is kept, as it was.
    private mutating func examineVersions() throws {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT message.id, log_leaf.version FROM log_leaf
                JOIN message ON message.num = log_leaf.message
                LEFT JOIN version ON version.message = log_leaf.message
                    AND version.version = log_leaf.version
                WHERE log_leaf.version < message.version AND
                    lower(hex(log_leaf.commitment)) IS NOT json_extract(record, '$.commitment')
                ORDER BY log_leaf.message, log_leaf.version LIMIT ?
                """, arguments: [AuditFindings.mostFaults])
        while let row = try rows.next() {
            let id = row.id("id")?.description ?? "?"
            let version: Int = row["version"]
            add("message \(id)", "has lost its version \(version), or has another one")
        }
    }
}
