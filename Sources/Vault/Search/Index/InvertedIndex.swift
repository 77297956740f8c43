import Foundation
import GRDB

/// The search index of a vault: what adds to it, takes from it and examines it, inside the caller's
/// transaction.
///
/// Each addition becomes a segment (`SegmentFormat`), a removal marks a document, and
/// `SegmentMaintenance` keeps the segments few. `IndexSearch` answers queries.
struct InvertedIndex {
    let database: Database
    /// Which segments: those that answer, or those that a rebuild fills.
    let family: Int64
    private let table: SegmentTable

    init(_ database: Database, family: Int64) {
        self.database = database
        self.family = family
        table = SegmentTable(database)
    }

    /// The index that answers.
    static func live(in database: Database) throws -> InvertedIndex {
        InvertedIndex(database, family: try SearchState.value(.live, in: database))
    }

    /// The index that a rebuild fills.
    static func next(in database: Database) throws -> InvertedIndex {
        InvertedIndex(database, family: 1 - (try SearchState.value(.live, in: database)))
    }

    var maintenance: SegmentMaintenance { SegmentMaintenance(database, family: family) }

    // MARK: Adding

    /// Adds messages that are not in the index.
    func add(_ documents: [IndexedDocument]) throws {
        guard !documents.isEmpty else { return }
        try add(documents, to: SegmentBuilder())
    }

    /// Adds messages that are not in the index, some of which were analysed before.
    ///
    /// - Returns: How many words they have.
    func add(
        _ documents: [IndexedDocument], _ messages: [SettledMessage], of batch: AnalysedBatch
    ) throws -> Int {
        guard !documents.isEmpty || !messages.isEmpty else { return 0 }
        return try batch.withBuilder { builder in
            for message in messages { builder.settle(message) }
            try add(documents, to: builder)
            return builder.tokens
        }
    }

    private func add(_ documents: [IndexedDocument], to builder: SegmentBuilder) throws {
        for document in documents { builder.add(document) }
        let rows = try table.rows(of: family)
        let count = rows.reduce(builder.count) { $0 + $1.documents }
        let tokens = rows.reduce(Int64(builder.tokens)) { $0 + $1.tokens }
        let number = try table.newNumber()
        var sink = SegmentTable(database, writing: number)
        let row = try builder.write(
            number: number, averageLength: max(1, Float(tokens) / Float(count)), &sink)
        try table.insert(row, family: family)
    }

    // MARK: Removing

    /// Removes messages; those that are not in the index are passed over.
    ///
    /// - Parameter messages: Of each conversation the numbers of the messages.
    /// - Returns: How many were in the index.
    /// - Throws: `SegmentDamage`, and what the database throws.
    func remove(_ messages: [Int64: Set<Int64>]) throws -> Int {
        guard !messages.isEmpty else { return 0 }
        var removed = 0
        for row in try table.rows(of: family).reversed() {
            let reader = SegmentReader(row, live: try table.live(row))
            let found = try places(of: messages, in: reader).map(\.document)
            if !found.isEmpty { removed += try table.remove(found, from: row.number) }
        }
        return removed
    }

    private func places(
        of messages: [Int64: Set<Int64>], in reader: SegmentReader
    ) throws -> [(document: UInt32, message: Int64)] {
        let store = ChunkStore(database: database, cache: ChunkCache(limitBytes: 4 << 20))
        var found: [(document: UInt32, message: Int64)] = []
        for (conversation, wanted) in messages
        where wanted.contains(where: reader.row.messages.contains) {
            let term = IndexFact.conversation(conversation).term
            guard let entry = try reader.entry(term, store) else { continue }
            let cursor = try TermCursor(entry, reader, store)
            try cursor.enter(0)
            while cursor.document != TermCursor.end {
                let message = try reader.document(cursor.document, store).message
                if wanted.contains(message), reader.live?.contains(cursor.document) ?? true {
                    found.append((cursor.document, message))
                }
                try cursor.next()
            }
        }
        return found
    }

    /// Gives everything up; later steps of merging drop it.
    func clear() throws { try maintenance.clear() }

    // MARK: Examining

    /// How many messages are in the index.
    func count() throws -> Int {
        try table.rows(of: family).reduce(0) { $0 + $1.documents - $1.removed }
    }

    /// The numbers of all messages in the index.
    func forEachMessage(_ body: (Int64) throws -> Void) throws {
        let store = ChunkStore(database: database, cache: ChunkCache(limitBytes: 4 << 20))
        for row in try table.rows(of: family) {
            let reader = SegmentReader(row, live: try table.live(row))
            for document in 0..<UInt32(reader.count) where reader.live?.contains(document) ?? true {
                try body(reader.document(document, store).message)
            }
        }
    }

    /// A number for each message in the index that changes with every term and its places.
    func fingerprints() throws -> [Int64: UInt64] {
        var sums: [Int64: UInt64] = [:]
        let store = ChunkStore(database: database, cache: ChunkCache(limitBytes: 4 << 20))
        // What grows is for a moment in memory twice.
        sums.reserveCapacity(Int(try count()))
        for row in try table.rows(of: family) {
            let reader = SegmentReader(row, live: try table.live(row))
            try add(reader, store, to: &sums)
        }
        return sums
    }

    private func add(
        _ reader: SegmentReader, _ store: ChunkStore, to sums: inout [Int64: UInt64]
    ) throws {
        var ofDocument = [UInt64](repeating: 0, count: reader.count)
        let buffer = PositionBuffer()
        try reader.forEachTerm(store) { term, entry in
            let cursor = try TermCursor(entry, reader, store)
            try cursor.enter(0)
            let hash = TermFingerprint(term)
            while cursor.document != TermCursor.end {
                try cursor.readPositions(buffer)
                for index in 0..<buffer.count {
                    ofDocument[Int(cursor.document)] &+= hash.at(unsafe buffer.values[index])
                }
                try cursor.next()
            }
            return true
        }
        for document in 0..<UInt32(reader.count) where reader.live?.contains(document) ?? true {
            let norm = unsafe try reader.norms(around: document, store)[Int(document)]
            sums[try reader.document(document, store).message, default: 0] &+=
                ofDocument[Int(document)] &+ TermFingerprint.norm(norm)
        }
    }
}

/// The part of a fingerprint that one term makes.
struct TermFingerprint {
    private var hash: UInt64 = 0xCBF2_9CE4_8422_2325

    /// FNV-1a over the bytes.
    init(_ term: some Collection<UInt8>) {
        for byte in term { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    /// The part that a document's length makes.
    static func norm(_ norm: UInt8) -> UInt64 { TermFingerprint([2]).at(UInt32(norm)) }

    /// Mixed, so that sums keep their bits.
    func at(_ position: UInt32) -> UInt64 {
        var mixed = hash ^ UInt64(position) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ mixed >> 33) &* 0xFF51_AFD7_ED55_8CCD
        return mixed ^ mixed >> 33
    }
}

extension IndexedDocument {
    /// The same number as `InvertedIndex.fingerprints` has for it.
    var fingerprint: UInt64 {
        var sum = TermFingerprint.norm(NormCode.encode(text.length))
        IndexFact.forEach(facts) { fact in sum &+= TermFingerprint(fact).at(0) }
        text.forEachToken { token, position in sum &+= TermFingerprint(token).at(position) }
        return sum
    }
}
