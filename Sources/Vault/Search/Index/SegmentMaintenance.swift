import Foundation
import GRDB

/// Merges segments, in bounded steps, each inside a transaction of the caller.
///
/// A segment's tier is the base-8 logarithm of its size. When a tier has eight segments they become
/// one. While an import goes on, larger ones wait until there are 96, and at its end the smaller
/// ones become one until each segment has more than four times what all smaller ones have together.
/// So there are few segments, and each message is rewritten a few times at the most.
///
/// A merge is a row of `search_merge` from its first step to its last; its chunks belong to a
/// segment that has no row yet. Another process, or this one after a crash, goes on behind the last
/// term. When documents of its inputs were removed in between, what was written is thrown away: the
/// new segment holds nothing that was removed.
///
/// An index that is given up becomes the family `discarded` at once, and its chunks go in steps as
/// well: each step first drops some of them.
struct SegmentMaintenance {
    static let fanIn = 8
    /// From this tier on, segments wait while an import goes on.
    static let bulkTier = 2
    static let bulkFanIn = 96
    /// A settled segment is so much larger than all smaller ones together.
    static let settledRatio: Int64 = 4
    /// Tokens and documents of the largest segment of tier 0.
    static let smallest = 512
    /// Of one segment, so that offsets in its streams fit into 32 bits.
    static let mostTokens: Int64 = 600_000_000

    /// Segments of an index that was given up; nobody reads them.
    static let discarded: Int64 = 2
    /// Chunks of theirs that go in one step, some 4 MiB.
    private static let droppedChunks = 256

    let database: Database
    let family: Int64
    private let table: SegmentTable
    private let cache = ChunkCache(limitBytes: 12 << 20)

    init(_ database: Database, family: Int64) {
        self.database = database
        self.family = family
        table = SegmentTable(database)
    }

    /// Goes on with the merge that is under way, or begins the next one that is due.
    ///
    /// - Parameters:
    ///   - postings: How much this step may do.
    ///   - aim: What is to be merged.
    /// - Returns: Whether there is more to do.
    /// - Throws: `SegmentDamage`, and what the database throws.
    func step(postings: Int, aim: MergeAim = .tiers) throws -> Bool {
        if try dropDiscarded() { return true }
        let rows = try table.rows(of: family)
        if let merge = try MergeState.load(family, in: database) {
            if merge.isCurrent(rows) {
                return try advance(merge, rows, postings) || isDue(aim)
            }
            try abandon(merge)
        }
        guard let inputs = Self.due(rows, aim) else { return false }
        return try begin(inputs, postings) || isDue(aim)
    }

    private func isDue(_ aim: MergeAim) throws -> Bool {
        Self.due(try table.rows(of: family), aim) != nil
    }

    /// Rewrites segments that have removed documents without them, a little more with each call.
    ///
    /// - Parameter postings: How much this step may do.
    /// - Returns: Whether there is more to do: a segment with removed documents, or what a merge
    ///   or an index that was given up has left.
    /// - Throws: `SegmentDamage`, and what the database throws.
    func forgetRemoved(postings: Int) throws -> Bool {
        if try dropDiscarded() { return true }
        let rows = try table.rows(of: family)
        if let merge = try MergeState.load(family, in: database) {
            if merge.isCurrent(rows) { return try advance(merge, rows, postings) || holdsRemoved() }
            try abandon(merge)
        }
        guard let row = rows.first(where: { $0.removed > 0 }) else { return false }
        return try begin([row], postings) || holdsRemoved()
    }

    private func holdsRemoved() throws -> Bool {
        try table.rows(of: family).contains { $0.removed > 0 }
    }

    // MARK: What is due

    static func tier(_ row: SegmentRow) -> Int {
        var tier = 0
        var size = (Int(row.tokens) + row.documents) / smallest
        while size >= fanIn {
            size /= fanIn
            tier += 1
        }
        return tier
    }

    /// The segments of the lowest full tier, or one that is mostly removed, or what the aim asks.
    static func due(_ rows: [SegmentRow], _ aim: MergeAim = .tiers) -> [SegmentRow]? {
        if let thin = rows.first(where: { $0.removed * 2 > $0.documents }) { return [thin] }
        let tiers = Dictionary(grouping: rows, by: tier)
        for (tier, members) in tiers.sorted(by: { $0.key < $1.key })
        where members.count >= (aim != .tiers && tier >= bulkTier ? bulkFanIn : fanIn) {
            let chosen = fitting(members)
            if chosen.count > 1 { return chosen }
        }
        let ascending = rows.sorted { ($0.tokens, $0.number) < ($1.tokens, $1.number) }
        let count =
            switch aim {
            case .tiers, .bulk: 0
            case .settled: unsettled(ascending)
            case .atMost(let most): rows.count > most ? rows.count - most + 1 : 0
            }
        let chosen = fitting(ascending.prefix(count).sorted { $0.number < $1.number })
        return chosen.count > 1 ? chosen : nil
    }

    /// How many of the smallest segments are to become one.
    private static func unsettled(_ ascending: [SegmentRow]) -> Int {
        var smaller: Int64 = 0
        var count = 0
        for (index, row) in ascending.enumerated() {
            if index > 0, row.tokens <= settledRatio * smaller { count = index + 1 }
            smaller += row.tokens
        }
        return count
    }

    /// As many as one segment can hold.
    private static func fitting(_ rows: [SegmentRow]) -> [SegmentRow] {
        var documents = 0
        var tokens: Int64 = 0
        return Array(
            rows.prefix { row in
                documents += row.documents
                tokens += row.tokens
                return documents <= SegmentFormat.maximumDocuments && tokens <= mostTokens
            })
    }

    // MARK: Merging

    private func begin(_ inputs: [SegmentRow], _ postings: Int) throws -> Bool {
        let all = try table.rows(of: family)
        let documents = all.reduce(0) { $0 + $1.documents }
        let tokens = all.reduce(Int64(0)) { $0 + $1.tokens }
        let merge = MergeState(
            output: try table.newNumber(), inputs: inputs.map { Int($0.number) },
            removed: inputs.map(\.removed),
            averageLength: max(1, Float(tokens) / Float(max(1, documents))))
        return try advance(merge, all, postings)
    }

    private func advance(
        _ merge: MergeState, _ rows: [SegmentRow], _ postings: Int
    ) throws -> Bool {
        let inputs = rows.filter { merge.inputs.contains(Int($0.number)) }
        let store = ChunkStore(database: database, cache: cache)
        let readers = try inputs.map { SegmentReader($0, live: try table.live($0)) }
        var sink = SegmentTable(database, writing: merge.output)
        let merger = try SegmentMerger(
            readers, averageLength: merge.averageLength, behind: merge.last,
            from: try merge.place(in: database), store)
        if merge.last == nil, !merger.documents.isEmpty {
            try DocumentWriter.write(merger.documents, &sink)
        }
        let hasMore = try !merger.documents.isEmpty && merger.step(postings: postings, &sink)
        let place = try merger.flush(&sink)
        if hasMore {
            try merge.save(last: merger.lastTerm ?? [], place, family: family, in: database)
            return true
        }
        try finish(merge, inputs, merger, place)
        return false
    }

    private func finish(
        _ merge: MergeState, _ inputs: [SegmentRow], _ merger: SegmentMerger,
        _ place: SegmentEncoder.Place
    ) throws {
        for input in inputs { try table.delete(input.number) }
        try MergeState.delete(merge.output, in: database)
        guard !merger.documents.isEmpty else { return }
        // Norms know lengths only roughly; what was removed is taken to have been as long as the
        // rest.
        let before = inputs.reduce(0) { $0 + $1.documents }
        let kept = Double(merger.documents.count) / Double(max(1, before))
        let tokens = Int64((Double(inputs.reduce(0) { $0 + $1.tokens }) * kept).rounded())
        try table.insert(
            SegmentRow(
                number: merge.output, documents: merger.documents, tokens: tokens,
                averageLength: merge.averageLength, place: place), family: family)
    }

    private func abandon(_ merge: MergeState) throws {
        try table.deleteChunks(of: merge.output)
        try MergeState.delete(merge.output, in: database)
    }

    // MARK: Giving up

    /// Gives all segments of the family up, without reading what may be damaged.
    func clear() throws {
        for name in ["search_merge", "search_segment"] {
            try database.execute(
                sql: "UPDATE \(name) SET family = ? WHERE family = ?",
                arguments: [Self.discarded, family])
        }
        try table.touch()
    }

    /// Drops some chunks of what was given up.
    ///
    /// - Returns: Whether there was anything to drop.
    /// - Throws: What the database throws.
    private func dropDiscarded() throws -> Bool {
        let segment = try Int64.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT num FROM search_segment WHERE family = ?1
                    UNION ALL SELECT output FROM search_merge WHERE family = ?1 LIMIT 1
                    """), arguments: [Self.discarded])
        guard let segment else { return false }
        try database.execute(
            sql: """
                DELETE FROM search_chunk WHERE num IN (
                    SELECT num FROM search_chunk WHERE num >= ? AND num < ? LIMIT ?)
                """, arguments: [segment << 24, (segment + 1) << 24, Self.droppedChunks])
        if database.changesCount < Self.droppedChunks {
            try table.delete(segment)
            try MergeState.delete(segment, in: database)
        }
        return true
    }
}

/// What is merged beyond full tiers.
package enum MergeAim: Sendable, Equatable {
    case tiers
    /// Nothing, and less than that of larger segments: more of them are coming.
    case bulk
    /// Until each segment is much larger than all smaller ones together.
    case settled
    /// The smallest, until there are so many segments.
    case atMost(Int)
}

/// A row of `search_merge`.
struct MergeState {
    var output: Int64
    var inputs: [Int]
    var removed: [Int]
    var averageLength: Float
    /// The last term that is written; `nil` before the first step.
    var last: [UInt8]?
    private var chunks = [0, 0, 0, 0]
    private var terms = 0
    private var firsts: [[UInt8]] = []

    init(output: Int64, inputs: [Int], removed: [Int], averageLength: Float) {
        self.output = output
        self.inputs = inputs
        self.removed = removed
        self.averageLength = averageLength
    }

    static func load(_ family: Int64, in database: Database) throws -> MergeState? {
        let statement = try database.cachedStatement(
            sql: "SELECT * FROM search_merge WHERE family = ?")
        guard let row = try Row.fetchOne(statement, arguments: [family]) else { return nil }
        var merge = MergeState(
            output: row["output"], inputs: try IntegerList.decode(row.bytes("inputs") ?? []),
            removed: try IntegerList.decode(row.bytes("removed") ?? []),
            averageLength: Float(row["average"] as Double))
        merge.last = row.bytes("last") ?? []
        merge.chunks = try IntegerList.decode(row.bytes("chunks") ?? [])
        merge.terms = row["terms"]
        merge.firsts = try TermList.decode(row.bytes("firsts") ?? [])
        guard merge.chunks.count == 4, merge.chunks.allSatisfy({ $0 < 1 << 20 }),
            (0...Int(SegmentFormat.mostTokens)).contains(merge.terms), merge.averageLength >= 1,
            merge.averageLength <= Float(SegmentFormat.mostTokens)
        else { throw SegmentDamage("a merge is broken") }
        return merge
    }

    static func delete(_ output: Int64, in database: Database) throws {
        try database.execute(
            sql: "DELETE FROM search_merge WHERE output = ?", arguments: [output])
    }

    /// Whether all inputs are there as they were when the merge began.
    func isCurrent(_ rows: [SegmentRow]) -> Bool {
        let present = rows.filter { inputs.contains(Int($0.number)) }
        return present.map { Int($0.number) } == inputs && present.map(\.removed) == removed
    }

    func save(
        last: [UInt8], _ place: SegmentEncoder.Place, family: Int64, in database: Database
    ) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO search_merge VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                output, family, Data(IntegerList.encode(inputs)), Data(IntegerList.encode(removed)),
                Double(averageLength), Data(last), Data(IntegerList.encode(place.chunks)),
                place.terms, Data(TermList.encode(place.firsts)),
            ])
    }

    /// Where the encoder goes on; what is in the last chunks is read back.
    func place(in database: Database) throws -> SegmentEncoder.Place {
        var place = SegmentEncoder.Place()
        guard last != nil else { return place }
        place.chunks = chunks
        place.terms = terms
        place.firsts = firsts
        for (index, stream) in [SegmentStream.skips, .postings, .positions].enumerated() {
            let row = SegmentStream.row(output, stream, chunks[index + 1])
            let rows = try RowLookup("SELECT bytes FROM search_chunk WHERE num = ?", in: database)
            let chunk = try rows.first(row) { columns in
                try unsafe columns.withBytes(0) { try unsafe Chunk(stored: $0, row: row) }
            }
            // A stream of which nothing is written yet has no chunk.
            guard chunk != nil || chunks[index + 1] == 0 else {
                throw SegmentDamage("a chunk is missing")
            }
            place.rests[index] = chunk?.bytes ?? []
        }
        return place
    }
}
