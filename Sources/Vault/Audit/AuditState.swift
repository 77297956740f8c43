import GRDB
import JSONText
import VaultCrypto

/// The state at the end of the log, recomputed from its last stretch and proved against the tree.
///
/// Each entry whose number is a multiple of 256, but for the first, is a `state` entry: its
/// document has the peaks of the tree before it (`peaks`, hex) and what governs (`governing`, as
/// `GovernanceState` writes it). So what governs, and the root of the tree of any size, follow from
/// at most 256 entries.
struct AuditState: Equatable {
    static let stretch = 256

    /// What governs after the last entry.
    private(set) var governing = GovernanceState()
    private(set) var frontier = MerkleFrontier()
    /// Hashes of the entries since the last `state` entry, it included.
    private var hashes: [[UInt8]] = []
    private var base = MerkleFrontier()

    /// Reads and proves the last stretch.
    ///
    /// - Parameters:
    ///   - db: A connection inside a transaction.
    ///   - governs: Whether what governs is wanted; otherwise entries are only hashed.
    /// - Throws: `damaged` when an entry is missing, changed, or does not give the root that the
    ///   tree has.
    init(in db: Database, governs: Bool = true) throws {
        let tree = try AuditTree(in: db).frontier
        try self.init(size: tree.count, in: db, governs: governs)
        guard frontier == tree else { throw Self.fault }
    }

    /// The state after so many entries.
    init(size: Int, in db: Database, governs: Bool = true) throws {
        let reader = AuditReader(db: db)
        let start = size / Self.stretch * Self.stretch
        // A `state` entry that is the next one to come is not there yet.
        let first = start == size && size > 0 ? start - Self.stretch : start
        if first > 0 { try take(stateAt: first, reader) }
        try take(to: size, reader, governs: governs)
    }

    /// The state at the end of a longer log that begins with this one.
    ///
    /// - Returns: `nil` when the tree is not that of such a log.
    func extended(to tree: MerkleFrontier, in db: Database) -> AuditState? {
        guard (0..<Self.stretch).contains(tree.count - frontier.count) else { return nil }
        var state = self
        // What cannot be read belongs to a log of another history, or is said by who reads it all.
        do { try state.take(to: tree.count, AuditReader(db: db), governs: true) } catch {
            return nil
        }
        return state.frontier == tree ? state : nil
    }

    private mutating func take(to size: Int, _ reader: AuditReader, governs: Bool) throws {
        if size > frontier.count {
            try reader.forEachLine(from: Int64(frontier.count), to: Int64(size)) { index, line in
                if Int(index) % Self.stretch == 0 { (base, hashes) = (frontier, []) }
                let hash = MerkleTree.leafHash(Array(line.utf8))
                hashes.append(hash)
                frontier.append(leafHash: hash)
                guard governs else { return }
                let entry = try AuditEntry(parsing: line, at: index)
                try governing.apply(entry) {
                    Self.conversations(try Self.object(reader.document(of: entry)))
                }
            }
        }
        guard frontier.count == size else { throw Self.fault }
    }

    private mutating func take(stateAt index: Int, _ reader: AuditReader) throws {
        let entry = try reader.entry(Int64(index)).entry
        guard entry.event == .state, let document = try Self.object(reader.document(of: entry)),
            let state = document["governing"]?.object.flatMap(GovernanceState.init),
            let peaks = document["peaks"]?.array?.compactMap({ $0.string.flatMap(Hex.bytes) })
        else { throw Self.fault }
        base = try MerkleFrontier(count: index, peaks: peaks)
        frontier = base
        governing = state
    }

    /// The ids that a document names.
    static func conversations(_ document: JSONObject?) -> [String] {
        document?["conversations"]?.array?.compactMap(\.string) ?? []
    }

    private static func object(_ line: String?) throws -> JSONObject? {
        guard let line else { return nil }
        guard let object = (try? JSONReader.parse(line))?.object else { throw fault }
        return object
    }

    private static var fault: VaultError {
        VaultError(.damaged, "The audit log is damaged; run `coffer audit verify`.")
    }

    /// What a `state` entry says.
    var document: JSONObject {
        [
            "governing": .object(governing.json),
            "peaks": .array(frontier.peaks.map { .string(Hex.text($0)) }),
        ]
    }

    /// Whether the tree of the log begins with the one of a checkpoint.
    ///
    /// - Throws: `damaged` when the log cannot be read.
    func extends(_ checkpoint: AuditCheckpoint, in db: Database) throws -> Bool {
        guard checkpoint.size <= frontier.count else { return false }
        if checkpoint.size < base.count {
            let earlier = try AuditState(size: checkpoint.size, in: db, governs: false)
            return earlier.frontier.root == checkpoint.root
        }
        var tree = base
        for hash in hashes.prefix(checkpoint.size - base.count) { tree.append(leafHash: hash) }
        return tree.root == checkpoint.root
    }
}
