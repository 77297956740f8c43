import GRDB

/// Chunks that were read lately, up to a limit.
///
/// Segments never change and their numbers are never used again after a commit, so what is here
/// never goes stale. One search at a time uses it. What goes is chosen as in CLOCK (Corbató, 1968):
/// a hand walks round, and takes the first chunk that was not asked for since it came by.
final class ChunkCache {
    /// Bytes of chunks that are kept.
    static let limitBytes = 48 << 20

    private struct Slot {
        var row: Int64
        var chunk: Chunk
        var wasUsed: Bool
    }

    private let limitBytes: Int
    private var places: [Int64: Int] = [:]
    private var slots: [Slot] = []
    private var hand = 0
    private(set) var sizeBytes = 0

    init(limitBytes: Int = ChunkCache.limitBytes) { self.limitBytes = limitBytes }

    @inline(__always)
    func chunk(_ row: Int64) -> Chunk? {
        guard let place = places[row] else { return nil }
        slots[place].wasUsed = true
        return slots[place].chunk
    }

    func keep(_ chunk: Chunk, _ row: Int64) {
        sizeBytes += chunk.count
        while sizeBytes > limitBytes, !slots.isEmpty { evict() }
        places[row] = slots.count
        slots.append(Slot(row: row, chunk: chunk, wasUsed: false))
    }

    /// The last slot takes the place of the one that goes.
    private func evict() {
        if hand >= slots.count { hand = 0 }
        while slots[hand].wasUsed {
            slots[hand].wasUsed = false
            hand = (hand + 1) % slots.count
        }
        sizeBytes -= slots[hand].chunk.count
        places[slots[hand].row] = nil
        let last = slots.removeLast()
        guard hand < slots.count else { return }
        slots[hand] = last
        places[last.row] = hand
        hand += 1
    }

    func removeAll() {
        places = [:]
        slots = []
        hand = 0
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
        let chunk = try rows.first(row) { columns in
            try unsafe columns.withBytes(0) { try unsafe Chunk(stored: $0, row: row) }
        }
        guard let chunk else { throw SegmentDamage("a chunk is missing") }
        try check(chunk)
        cache.keep(chunk, row)
        return chunk
    }
}
