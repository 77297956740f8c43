import JSONText
import Vault
import VaultCrypto

/// Checks `proof/` as its files and the records stream by, in any order, and judges at the end.
///
/// Whether two lists of commitments are the same up to order is told by sums of keyed hashes, so
/// that memory does not grow with the records; the key is drawn when reading begins, so that nobody
/// can have made lists that differ and have one sum.
struct ProofChecker {
    private static let maximumLineBytes = 1 << 17

    /// The sum of no commitments.
    let emptySum: CommitmentSum
    /// Those of the records; filled from outside.
    var records: CommitmentSum
    private var commitments: CommitmentSum
    private var log = MerkleFrontier()
    /// What lines of the log say that their entries commit to.
    private var claimed: [Int: CommittedMessages] = [:]
    private var section: (entry: Int, tree: MerkleFrontier)?
    /// What the sections say.
    private var found: [Int: CommittedMessages] = [:]
    /// Commitments that no entry covers, by token, with the line that says so.
    private var uncovered: [(token: UInt64, line: Int)] = []
    /// How many earlier versions have which token; filled from outside.
    var earlier: [UInt64: Int] = [:]
    /// Which records stood where; those that were found are filled in from outside.
    var placed: PlacedRecordsCheck
    private var custody: CustodyCheck
    /// Tokens of the hashes of parts that name files which the first archive lacks.
    private(set) var missingParts: Set<UInt64> = []
    /// The first fault of each file.
    private var faults: [String: String] = [:]

    init() {
        emptySum = CommitmentSum(key: Randomness.bytes(32))
        records = emptySum
        commitments = emptySum
        placed = PlacedRecordsCheck(key: emptySum)
        custody = CustodyCheck(empty: emptySum)
    }

    /// What is wrong with the custody, once both it and the log were read; `nil` for nothing.
    var custodyFault: String? { custody.judge() }

    /// Takes a line of one of the files that are read line by line.
    mutating func line(
        of path: String, _ line: UnsafeBufferPointer<UInt8>, _ number: Int
    ) {
        switch path {
        case ArchiveName.logLines: unsafe logLine(line, number)
        case ArchiveName.commitments: unsafe commitmentLine(line, number)
        case ArchiveName.placedRecords: unsafe placed.list(Array(line))
        case ArchiveName.missingParts: unsafe missingLine(Array(line), number)
        default: unsafe custody.take(Array(line), number)
        }
    }

    private mutating func missingLine(_ line: [UInt8], _ number: Int) {
        guard line.count == 66, line.first == 0x22, line.last == 0x22,
            let hash = line[1..<65].fromHex
        else { return fault(ArchiveName.missingParts, number, "this is no hash of a part") }
        guard missingParts.insert(records.token(of: hash)).inserted else {
            return fault(ArchiveName.missingParts, number, "it is there twice")
        }
    }

    /// Earlier versions that were replaced before the log began, which it does not cover.
    var uncoveredCount: Int { uncovered.count }

    static func splitter() -> LineSplitter { LineSplitter(maximumBytes: maximumLineBytes) }

    private mutating func fault(_ path: String, _ line: Int, _ sentence: String) {
        if faults[path] == nil { faults[path] = "line \(line): \(sentence)" }
    }

    // MARK: The log

    private mutating func logLine(_ line: UnsafeBufferPointer<UInt8>, _ number: Int) {
        let path = ArchiveName.logLines
        guard let fields = unsafe (try? JSONReader.parse(line))?.object else {
            return fault(path, number, "this is no entry of a log")
        }
        if fields["hidden"] != nil {
            guard Self.hide(fields, in: &log) else {
                return fault(path, number, "this subtree cannot stand here")
            }
            return
        }
        guard fields["seq"]?.int == Int64(log.count) else {
            return fault(path, number, "the entry has another number than its place")
        }
        if let messages = fields["messages"] {
            guard let count = messages["count"]?.int, count >= 0, count <= Int64(Int32.max) << 16,
                let root = messages["root"]?.string?.utf8.fromHex
            else { return fault(path, number, "the entry does not say what it commits to") }
            claimed[log.count] = CommittedMessages(count: Int(count), root: root)
        }
        unsafe custody.show(Int64(log.count), String(decoding: line, as: UTF8.self))
        log.append(leafHash: unsafe MerkleTree.leafHash(Array(line)))
    }

    private static func hide(_ fields: JSONObject, in tree: inout MerkleFrontier) -> Bool {
        guard fields.members.count == 2, let count = fields["hidden"]?.int,
            let hash = fields["hash"]?.string?.utf8.fromHex
        else { return false }
        return tree.append(subtree: hash, leaves: Int(count))
    }

    // MARK: Commitments

    private mutating func commitmentLine(_ line: UnsafeBufferPointer<UInt8>, _ number: Int) {
        let path = ArchiveName.commitments
        guard let value = unsafe try? JSONReader.parse(line) else {
            return fault(path, number, "this is no commitment")
        }
        if let text = value.string {
            guard let hash = text.utf8.fromHex, hash.count == MerkleTree.hashBytes, section != nil
            else { return fault(path, number, "this is no commitment of an entry") }
            commitments.add(hash)
            section?.tree.append(leafHash: MerkleTree.leafHash(hash))
        } else if let entry = value["entry"]?.int {
            endSection()
            guard entry > section?.entry ?? -1 else {
                return fault(path, number, "the entries are not in ascending order")
            }
            section = (Int(entry), MerkleFrontier())
        } else if let text = value["uncovered"]?.string {
            guard let hash = text.utf8.fromHex, hash.count == MerkleTree.hashBytes else {
                return fault(path, number, "this is no commitment")
            }
            uncovered.append((commitments.token(of: hash), number))
            commitments.add(hash)
        } else if var open = section, let fields = value.object {
            guard Self.hide(fields, in: &open.tree) else {
                return fault(path, number, "this subtree cannot stand here")
            }
            section = open
        } else {
            fault(path, number, "this is no commitment of an entry")
        }
    }

    private mutating func endSection() {
        guard let section else { return }
        found[section.entry] = CommittedMessages(
            count: section.tree.count, root: section.tree.root)
    }

    // MARK: Judging

    /// What is wrong, by file.
    ///
    /// - Parameter checkpoint: The archive's checkpoint, if it is one.
    /// - Returns: The faults.
    mutating func judge(_ checkpoint: AuditCheckpoint?) -> [ArchiveFault] {
        endSection()
        section = nil
        if let checkpoint, faults[ArchiveName.logLines] == nil,
            log.count != checkpoint.size || log.root != checkpoint.root
        {
            faults[ArchiveName.logLines] = "it does not make the tree that the checkpoint signs"
        }
        // Of a log that cannot be read, what its entries commit to is not known.
        for (entry, messages) in found.sorted(by: { $0.key < $1.key })
        where faults.isEmpty && claimed[entry] != messages {
            faults[ArchiveName.commitments] =
                "it does not make the tree that entry \(entry) of the log commits to"
        }
        if faults[ArchiveName.commitments] == nil, records != commitments {
            faults[ArchiveName.commitments] = "its commitments are not those of the records"
        }
        // With this, each record that nothing replaced is one that an entry covers.
        for (token, line) in uncovered {
            guard let left = earlier[token], left > 0 else {
                fault(ArchiveName.commitments, line, "no earlier version has this commitment")
                break
            }
            earlier[token] = left - 1
        }
        return faults.sorted { $0.key < $1.key }.map { ArchiveFault(path: $0.key, fault: $0.value) }
    }
}

/// A sum of keyed hashes, the same for lists that differ in order alone.
struct CommitmentSum: Equatable, Sendable {
    private let key: [UInt8]
    private var words: [UInt64] = [0, 0, 0, 0]

    /// The sum of nothing.
    init(key: [UInt8]) { self.key = key }

    /// A number that stands for a commitment, and that nobody can aim at.
    func token(of commitment: [UInt8]) -> UInt64 { Self.word(0, of: hash(commitment)) }

    mutating func add(_ commitment: [UInt8]) {
        let hash = hash(commitment)
        add((0..<4).map { Self.word($0, of: hash) })
    }

    private func hash(_ commitment: [UInt8]) -> [UInt8] {
        var digest = SHA256Digest()
        digest.update(key)
        digest.update(commitment)
        return digest.finalize()
    }

    private static func word(_ place: Int, of hash: [UInt8]) -> UInt64 {
        var word: UInt64 = 0
        for index in place * 8..<place * 8 + 8 { word = word << 8 | UInt64(hash[index]) }
        return word
    }

    /// Adds a sum under the same key.
    mutating func add(_ other: CommitmentSum) { add(other.words) }

    private mutating func add(_ others: [UInt64]) {
        var carry: UInt64 = 0
        for place in 0..<4 {
            let (first, overflow) = words[place].addingReportingOverflow(others[place])
            let (second, further) = first.addingReportingOverflow(carry)
            words[place] = second
            carry = overflow || further ? 1 : 0
        }
    }
}
