import GRDB

/// Chunks that were read lately, up to a limit; the least recently used go first.
///
/// Segments never change and their numbers are never used again after a commit, so what is here
/// never goes stale. One search at a time uses it.
final class ChunkCache {
    /// Bytes of chunks that are kept.
    static let limitBytes = 32 << 20

    private let limitBytes: Int
    private var chunks: [Int64: Chunk] = [:]
    private var sizeBytes = 0
    private var clock: UInt64 = 0

    init(limitBytes: Int = ChunkCache.limitBytes) { self.limitBytes = limitBytes }

    @inline(__always)
    func chunk(_ row: Int64) -> Chunk? {
        guard let chunk = chunks[row] else { return nil }
        clock &+= 1
        chunk.lastUse = clock
        return chunk
    }

    func keep(_ chunk: Chunk, _ row: Int64) {
        clock &+= 1
        chunk.lastUse = clock
        chunks[row] = chunk
        sizeBytes += chunk.count
        if sizeBytes > limitBytes { shrink() }
    }

    /// Lets the older half go, so that this is seldom done.
    private func shrink() {
        let uses = chunks.values.map(\.lastUse).sorted()
        let middle = uses[uses.count / 2]
        chunks = chunks.filter { $0.value.lastUse > middle }
        sizeBytes = chunks.values.reduce(0) { $0 + $1.count }
    }

    func removeAll() {
        chunks = [:]
        sizeBytes = 0
    }
}

/// Reads chunks from the database, inside the caller's transaction.
struct ChunkStore {
    let database: Database
    let cache: ChunkCache

    /// A chunk, which `check` sees once when it is loaded.
    @inline(__always)
    func chunk(
        _ segment: Int64, _ stream: SegmentStream, _ number: Int,
        check: (Chunk) throws -> Void
    ) throws -> Chunk {
        let row = SegmentStream.row(segment, stream, number)
        if let chunk = cache.chunk(row) { return chunk }
        return try load(row, check)
    }

    @inline(never)
    private func load(_ row: Int64, _ check: (Chunk) throws -> Void) throws -> Chunk {
        let rows = try RowLookup("SELECT bytes FROM search_chunk WHERE num = ?", in: database)
        let chunk = try rows.first(row) { row in
            unsafe row.withBytes(0) { unsafe Chunk(copying: $0) }
        }
        guard let chunk, chunk.count <= SegmentFormat.chunkBytes else {
            throw SegmentDamage("a chunk is missing")
        }
        try check(chunk)
        cache.keep(chunk, row)
        return chunk
    }
}
