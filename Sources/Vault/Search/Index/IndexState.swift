import GRDB
import Synchronization

/// What searches of one process keep between them: readers of the segments, and chunks.
///
/// It serves one search at a time and only searches that see committed states, so that a stamp
/// stands for one state of the index.
final class IndexState {
    let cache: ChunkCache
    private var stamp: Int64?
    /// With what the index was made.
    private(set) var analyser = TextAnalyser()
    /// Whether a conversation is hidden.
    private(set) var isAnyHidden = false
    private(set) var readers: [SegmentReader] = []
    /// Places in `readers`, that of the largest segment first: it raises the threshold for the
    /// others.
    private(set) var largestFirst: [Int] = []
    /// Documents in all segments, removed ones included.
    private(set) var documents = 0
    private(set) var averageLength: Float = 1
    /// The time of the newest message that is not of the future, beside which messages are fresh:
    /// one with a wrong date must not make all others look old.
    private(set) var newest: Int64 = 0
    let shares = ShareTable()

    private let now: () -> Instant

    init(cache: ChunkCache = ChunkCache(), now: @escaping () -> Instant = { Instant.now }) {
        self.cache = cache
        self.now = now
    }

    /// Brings the readers to the state of the index that the transaction sees.
    ///
    /// - Parameters:
    ///   - family: Which segments; `nil` for those that answer.
    ///   - database: A connection inside a transaction.
    /// - Throws: `SegmentDamage`, and what the database throws.
    func refresh(family: Int64? = nil, in database: Database) throws {
        let row = try RowLookup(
            """
            SELECT (SELECT value FROM search_state WHERE name = 'stamp'),
                (SELECT value FROM search_state WHERE name = 'live'),
                EXISTS (SELECT 1 FROM conversation WHERE hidden IS NOT NULL)
            """, in: database)
        let (present, answering, hidden) =
            try row.first { ($0.number(0), $0.number(1), $0.number(2)) } ?? (0, 0, 0)
        isAnyHidden = hidden != 0
        if stamp == present, present != 0 { return }
        analyser = try TextAnalyser(in: database)
        let live = family ?? answering
        let table = SegmentTable(database)
        let time = now().milliseconds
        let known = Dictionary(uniqueKeysWithValues: readers.map { ($0.number, $0) })
        readers = try table.rows(of: live).map { row in
            if let reader = known[row.number], reader.row == row { return reader }
            return SegmentReader(row, live: try table.live(row), now: time)
        }
        largestFirst = readers.indices.sorted { readers[$0].count > readers[$1].count }
        documents = readers.reduce(0) { $0 + $1.count }
        let tokens = readers.reduce(Int64(0)) { $0 + $1.row.tokens }
        averageLength = max(1, Float(tokens) / Float(max(1, documents)))
        newest = readers.reduce(Int64(0)) { max($0, $1.reference) }
        shares.fill(averageLength: averageLength)
        stamp = present
    }

    /// What one unit of a stored impact is worth at the most, since impacts were computed at
    /// another average length.
    func boundScale(_ segment: SegmentReader) -> Float {
        max(1, averageLength / segment.row.averageLength) / Relevance.impactScale
    }

    /// Forgets everything, after a fault.
    func reset() {
        stamp = nil
        readers = []
        cache.removeAll()
    }
}

/// The state that a process's searches share.
package final class SearchCache: Sendable {
    private let state = Mutex<IndexState>(IndexState())

    package init() {}

    /// Lends the state to one search.
    func withState<Value>(_ body: (IndexState) throws -> sending Value) rethrows -> sending Value {
        try state.withLock { state in try body(state) }
    }
}
