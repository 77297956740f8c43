import GRDB
import Synchronization

/// What searches of one process keep between them: readers of the segments, and chunks.
///
/// It serves one search at a time and only searches that see committed states, so that a stamp
/// stands for one state of the index.
final class IndexState {
    let cache: ChunkCache
    private var stamp: Int64?
    private(set) var readers: [SegmentReader] = []
    /// Documents in all segments, removed ones included.
    private(set) var documents = 0
    private(set) var averageLength: Float = 1
    private(set) var newest: Int64 = 0
    let saturation = SaturationTable()

    init(cache: ChunkCache = ChunkCache()) { self.cache = cache }

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
                (SELECT value FROM search_state WHERE name = 'live')
            """, in: database)
        let (present, answering) = try row.first { ($0.number(0), $0.number(1)) } ?? (0, 0)
        if stamp == present, present != 0 { return }
        let live = family ?? answering
        let table = SegmentTable(database)
        let known = Dictionary(uniqueKeysWithValues: readers.map { ($0.number, $0) })
        readers = try table.rows(of: live).map { row in
            if let reader = known[row.number], reader.row == row { return reader }
            return SegmentReader(row, live: try table.live(row))
        }
        documents = readers.reduce(0) { $0 + $1.count }
        let tokens = readers.reduce(Int64(0)) { $0 + $1.row.tokens }
        averageLength = max(1, Float(tokens) / Float(max(1, documents)))
        newest = readers.reduce(Int64(0)) { max($0, $1.row.newest) }
        saturation.fill(averageLength: averageLength)
        stamp = present
    }

    /// Forgets everything, after a fault.
    func reset() {
        stamp = nil
        readers = []
        cache.removeAll()
    }
}

/// `k` of `tf / (tf + k)` for each norm, where loops can read it.
@safe final class SaturationTable {
    let values: UnsafeMutablePointer<Float>

    init() {
        unsafe values = UnsafeMutablePointer.allocate(capacity: 256)
        unsafe values.initialize(repeating: 1, count: 256)
    }

    deinit { unsafe values.deallocate() }

    func fill(averageLength: Float) {
        for (code, value) in Relevance.saturation(averageLength: averageLength).enumerated() {
            unsafe values[code] = value
        }
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
