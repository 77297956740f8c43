/// Positions of a term in one document, ascending.
@safe final class PositionBuffer {
    private(set) var values: UnsafeMutablePointer<UInt32>
    private var capacity: Int
    var count = 0

    init() {
        capacity = 256
        unsafe values = UnsafeMutablePointer.allocate(capacity: capacity)
    }

    deinit { unsafe values.deallocate() }

    func reserve(_ count: Int) {
        guard count > capacity else { return }
        unsafe values.deallocate()
        capacity = count * 2
        unsafe values = UnsafeMutablePointer.allocate(capacity: capacity)
    }

    var buffer: UnsafeBufferPointer<UInt32> {
        unsafe UnsafeBufferPointer(start: values, count: count)
    }
}

/// Finds the positions of single documents in the groups of a block; see `SegmentFormat`.
@safe struct PositionsReader {
    private static let group = SegmentFormat.block

    private(set) var block = -1
    /// Of the block's documents, less 1; the cursor's memory.
    private var frequencies: UnsafePointer<UInt32>?
    /// How many positions stand before those of document `knownIndex` of the block.
    private var knownStart = 0
    private var knownIndex = 0
    private var first = 0
    private var total = 0
    // The group that was read last.
    private var number = 0
    private var offset = 0

    mutating func forget() { block = -1 }

    mutating func begin(
        block: Int, at offset: Int, frequencies: UnsafePointer<UInt32>, count: Int
    ) {
        self.block = block
        unsafe self.frequencies = frequencies
        first = offset
        number = 0
        self.offset = offset
        knownStart = 0
        knownIndex = 0
        var sum: UInt64 = 0
        for index in 0..<count { unsafe sum &+= UInt64(frequencies[index]) &+ 1 }
        total = Int(sum)
    }

    /// Where the positions of a document are among those of its block.
    @inline(__always)
    mutating func range(of index: Int) -> Range<Int> {
        guard let frequencies = unsafe frequencies else { return 0..<0 }
        if index < knownIndex {
            knownIndex = 0
            knownStart = 0
        }
        var start = knownStart
        for before in knownIndex..<index { unsafe start &+= Int(frequencies[before]) &+ 1 }
        knownIndex = index
        knownStart = start
        return unsafe start..<start + Int(frequencies[index]) + 1
    }

    /// Reads the positions of one document of the block.
    mutating func read(
        _ index: Int, of segment: SegmentReader, _ store: ChunkStore, _ buffer: PositionBuffer
    ) throws {
        try readDistances(index, of: segment, store, buffer)
        let values = unsafe buffer.values
        var position: UInt64 = 0
        for index in 0..<buffer.count {
            unsafe position &+= UInt64(values[index])
            unsafe values[index] = UInt32(truncatingIfNeeded: position)
        }
        guard position <= SegmentFormat.highestPosition else {
            throw SegmentDamage("a position is too high")
        }
    }

    /// Reads them as they are stored.
    mutating func readDistances(
        _ index: Int, of segment: SegmentReader, _ store: ChunkStore, _ buffer: PositionBuffer
    ) throws {
        let range = range(of: index)
        let (start, count) = (range.lowerBound, range.count)
        try checkTotal(of: segment)
        buffer.reserve(count)
        buffer.count = count
        if start / Self.group < number {
            number = 0
            offset = first
        }
        var done = 0
        while done < count {
            let place = start + done
            try find(place / Self.group, of: segment, store)
            let inGroup = place % Self.group
            let taken = min(count - done, Self.group - inGroup)
            let (chunk, at, width, _) = try header(of: segment, store)
            unsafe BitPacking.unpackBits(
                chunk.base + at, from: inGroup, count: taken, width: width,
                into: buffer.values + done)
            done += taken
        }
    }

    /// Reads the positions of all documents of the block, as they are stored.
    mutating func readBlock(
        of segment: SegmentReader, _ store: ChunkStore, _ buffer: PositionBuffer
    ) throws {
        try checkTotal(of: segment)
        buffer.reserve(total)
        buffer.count = total
        var done = 0
        while done < total {
            let count = min(total - done, Self.group)
            try find(done / Self.group, of: segment, store)
            let (chunk, at, width, _) = try header(of: segment, store)
            unsafe BitPacking.unpackBits(
                chunk.base + at, from: 0, count: count, width: width, into: buffer.values + done)
            done += count
        }
    }

    /// Frequencies that are too high would ask for memory that no block needs, see (S4).
    private func checkTotal(of segment: SegmentReader) throws {
        let bytes = segment.row.lengths[SegmentStream.positions.rawValue] - first
        guard total <= 1 << 28, total <= Self.group + 8 * bytes else {
            throw SegmentDamage("a frequency is too high")
        }
    }

    private mutating func find(
        _ wanted: Int, of segment: SegmentReader, _ store: ChunkStore
    ) throws {
        while number < wanted {
            let (chunk, at, _, bytes) = try header(of: segment, store)
            let end = at + bytes
            offset += bytes + 1
            // The next group begins the next chunk when this one has no more.
            if end >= chunk.count {
                offset =
                    (offset - 1) / SegmentFormat.chunkBytes * SegmentFormat.chunkBytes
                    + SegmentFormat.chunkBytes
            }
            number += 1
        }
    }

    /// The head of the present group, checked by condition (S4).
    private func header(
        of segment: SegmentReader, _ store: ChunkStore
    ) throws -> (chunk: Chunk, at: Int, width: Int, bytes: Int) {
        let (chunk, at) = try segment.chunk(.positions, at: offset, store)
        let count = min(Self.group, total - number * Self.group)
        let width = at < chunk.count ? unsafe Int(chunk.base[at]) : 255
        let bytes = (count * width + 7) / 8
        guard count > 0, width <= 32, at + 1 + bytes <= chunk.count else {
            throw SegmentDamage("a group of positions reaches over its chunk")
        }
        return (chunk, at + 1, width, bytes)
    }
}
