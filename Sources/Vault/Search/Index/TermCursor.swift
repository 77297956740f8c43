/// Walks over the documents that have a term, block by block.
///
/// `document` is `TermCursor.end` behind the last. Blocks are decoded when they are entered,
/// frequencies and positions when they are asked for.
@safe final class TermCursor {
    static let end = UInt32.max
    private static let block = SegmentFormat.block

    let segment: SegmentReader
    let store: ChunkStore
    /// How many documents have the term, removed ones included.
    private(set) var count = 0
    private(set) var blocks = 0
    /// The highest impact of any block, as it is stored.
    private(set) var impact: UInt16 = 0
    /// What one unit of `tf / (tf + k)` counts; set by whoever ranks.
    var weight: Float = 0
    /// What one unit of a stored impact can count at the most; set with `weight`.
    var bound: Float = 0
    /// The block that a search looks at; it may not be decoded.
    var window = 0

    private var place = TermPlace.single(document: 0, frequency: 1, norm: 0, positions: 0)

    // Skips of a long term.
    private var skipChunks: [Chunk] = []
    /// Where they begin: plain memory, because a loop reads it for every block.
    private var skipBases: UnsafeMutablePointer<UnsafePointer<UInt8>>?
    private var skipStart = 0

    // The block that is decoded.
    private(set) var current = -1
    private(set) var size = 0
    private(set) var index = 0
    private(set) var document: UInt32 = 0
    /// 128 documents, `end` behind the last of a shorter block.
    let documents: UnsafeMutablePointer<UInt32>
    /// Of the documents, less 1; there when they were loaded.
    let frequencies: UnsafeMutablePointer<UInt32>
    private var hasFrequencies = false
    private var chunk: Chunk?
    private var frequenciesAt = 0
    private var frequencyCode: UInt8 = 0
    private var embedded: UnsafePointer<UInt8>?
    private lazy var nothing = unsafe Chunk(copying: UnsafeRawBufferPointer(start: nil, count: 0))
    private var positionsReader = PositionsReader()

    init(_ segment: SegmentReader, _ store: ChunkStore) {
        self.segment = segment
        self.store = store
        unsafe documents = UnsafeMutablePointer.allocate(capacity: 2 * Self.block)
        unsafe frequencies = documents + Self.block
    }

    convenience init(_ entry: TermEntry, _ segment: SegmentReader, _ store: ChunkStore) throws {
        self.init(segment, store)
        try open(entry)
    }

    /// Turns to a term, before its first document.
    func open(_ entry: TermEntry) throws {
        count = entry.count
        place = entry.place
        blocks = (entry.count + Self.block - 1) / Self.block
        current = -1
        size = 0
        document = 0
        positionsReader.forget()
        switch entry.place {
        case .single:
            impact = UInt16(Relevance.impactScale)
        case .short(_, _, let postings, _):
            let (chunk, offset) = try segment.chunk(.postings, at: postings, store)
            let hasNorms = chunk.u8(offset) & PackedNumbers.hasNorms != 0
            guard offset + (hasNorms ? 4 : 2) <= chunk.count else {
                throw SegmentDamage("a posting header is cut")
            }
            impact = hasNorms ? UInt16(chunk.u16(offset + 2)) : UInt16(Relevance.impactScale)
        case .long(_, let highest, let skips):
            impact = highest
            try openSkips(skips)
        }
    }

    private func openSkips(_ skips: Int) throws {
        skipChunks.removeAll(keepingCapacity: true)
        skipStart = skips % SegmentFormat.chunkBytes
        let bytes = skipStart + blocks * SegmentFormat.skipBytes
        for number in 0...(bytes - 1) / SegmentFormat.chunkBytes {
            let offset = (skips / SegmentFormat.chunkBytes + number) * SegmentFormat.chunkBytes
            let chunk = try segment.chunk(.skips, at: offset, store).chunk
            if let before = skipChunks.last, before.count < SegmentFormat.chunkBytes {
                throw SegmentDamage("skip entries are missing")
            }
            skipChunks.append(chunk)
        }
        unsafe skipBases?.deallocate()
        let bases = UnsafeMutablePointer<UnsafePointer<UInt8>>.allocate(
            capacity: skipChunks.count)
        for (number, chunk) in skipChunks.enumerated() {
            unsafe (bases + number).initialize(to: chunk.base)
        }
        unsafe skipBases = bases
        let rest = bytes - (skipChunks.count - 1) * SegmentFormat.chunkBytes
        guard let last = skipChunks.last, rest <= last.count else {
            throw SegmentDamage("skip entries are missing")
        }
    }

    deinit {
        unsafe documents.deallocate()
        unsafe skipBases?.deallocate()
    }

    // MARK: Skips

    @inline(__always)
    private func skip(_ block: Int) -> UnsafeRawPointer {
        let offset = skipStart &+ block &* SegmentFormat.skipBytes
        guard let bases = unsafe skipBases else {
            preconditionFailure("A long term has skips.")
        }
        return unsafe UnsafeRawPointer(
            bases[offset / SegmentFormat.chunkBytes] + offset % SegmentFormat.chunkBytes)
    }

    /// The last document of a block.
    @inline(__always)
    func last(of block: Int) -> UInt32 {
        switch place {
        case .long: unsafe skip(block).loadUnaligned(as: UInt32.self)
        case .short(_, let last, _, _): last
        case .single(let document, _, _, _): document
        }
    }

    @inline(__always)
    func impact(of block: Int) -> UInt16 {
        guard case .long = place else { return impact }
        return unsafe skip(block).loadUnaligned(fromByteOffset: 14, as: UInt16.self)
    }

    /// The most that a document of a block can count.
    @inline(__always)
    func bound(of block: Int) -> Float { bound * Float(impact(of: block)) }

    /// The first block at or behind `from` whose last document is not below `target`.
    @inline(__always)
    func block(reaching target: UInt32, from: Int) -> Int {
        var low = from
        var step = 1
        while low < blocks, last(of: low) < target {
            // Galloping: the next block is often near.
            var next = low + step
            while next < blocks, last(of: next) < target {
                low = next
                step &*= 2
                next = low + step
            }
            var high = min(next, blocks)
            low += 1
            while low < high {
                let middle = (low + high) / 2
                if last(of: middle) < target { low = middle + 1 } else { high = middle }
            }
            return low
        }
        return low
    }

    // MARK: Blocks

    /// Decodes a block and stands on its first document.
    func enter(_ block: Int) throws {
        hasFrequencies = false
        current = block
        index = 0
        switch place {
        case .single(let document, let frequency, _, _):
            size = 1
            unsafe documents[0] = document
            unsafe frequencies[0] = frequency - 1
            hasFrequencies = true
        case .short(let count, let last, let postings, _):
            let (chunk, offset) = try segment.chunk(.postings, at: postings, store)
            let codes = (documents: chunk.u8(offset), frequencies: chunk.u8(offset + 1))
            let header = codes.documents & PackedNumbers.hasNorms != 0 ? 4 : 2
            try decode(
                chunk, at: offset + header, count: count, codes: codes, after: -1, last: last)
        case .long:
            let entry = unsafe skip(block)
            let postings = unsafe entry.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
            let codes = unsafe (
                documents: entry.load(fromByteOffset: 12, as: UInt8.self),
                frequencies: entry.load(fromByteOffset: 13, as: UInt8.self)
            )
            // One that takes no bytes may stand at the very end of its stream.
            let (chunk, offset) =
                codes.documents == 0 && codes.frequencies == 0
                ? (nothing, 0) : try segment.chunk(.postings, at: Int(postings), store)
            try decode(
                chunk, at: offset, count: min(Self.block, count - block * Self.block),
                codes: codes,
                after: block == 0 ? -1 : Int64(last(of: block - 1)), last: last(of: block))
        }
        document = unsafe documents[0]
        if size < Self.block {
            unsafe (documents + size).update(repeating: Self.end, count: Self.block - size)
        }
    }

    /// Decodes documents, and checks condition (S3).
    private func decode(
        _ chunk: Chunk, at offset: Int, count: Int, codes: (documents: UInt8, frequencies: UInt8),
        after: Int64, last: UInt32
    ) throws {
        let normsAt = try PackedNumbers.end(
            chunk, at: offset, count: count, code: codes.documents,
            mostBits: SegmentFormat.documentBits)
        let hasNorms = codes.documents & PackedNumbers.hasNorms != 0
        frequenciesAt = normsAt + (hasNorms ? count : 0)
        frequencyCode = codes.frequencies
        _ = try PackedNumbers.end(
            chunk, at: frequenciesAt, count: count, code: frequencyCode,
            mostBits: SegmentFormat.frequencyBits)
        self.chunk = chunk
        size = count
        unsafe embedded = hasNorms ? chunk.base + normsAt : nil
        let documents = unsafe self.documents
        unsafe PackedNumbers.unpack(
            chunk.base + offset, count: count, code: codes.documents, into: documents)
        var before = UInt32(truncatingIfNeeded: after)
        for index in 0..<count {
            unsafe before &+= documents[index] &+ 1
            unsafe documents[index] = before
        }
        guard before == last, before < segment.count else {
            throw SegmentDamage("a block of postings ends with another document")
        }
    }

    @inline(__always)
    func loadFrequencies() {
        if !hasFrequencies { decodeFrequencies() }
    }

    private func decodeFrequencies() {
        hasFrequencies = true
        guard let chunk else { return }
        unsafe PackedNumbers.unpack(
            chunk.base + frequenciesAt, count: size, code: frequencyCode, into: frequencies)
    }

    // MARK: Moving

    /// Moves to the first document at or behind `target`.
    @inline(__always)
    func advance(to target: UInt32) throws {
        if current >= 0, document >= target { return }
        if current < 0 || last(of: current) < target {
            let next = block(reaching: target, from: current + 1)
            guard next < blocks else {
                current = blocks
                document = Self.end
                return
            }
            try enter(next)
        }
        seek(target)
    }

    /// Stands on the first document of the block that is not below `target`; there is one.
    @inline(__always)
    private func seek(_ target: UInt32) {
        let documents = unsafe self.documents
        var low = 0
        var step = Self.block / 2
        while step > 0 {
            low = unsafe documents[low &+ step &- 1] < target ? low &+ step : low
            step /= 2
        }
        index = low
        document = unsafe documents[low]
    }

    @inline(__always)
    func next() throws {
        index &+= 1
        if index < size {
            document = unsafe documents[index]
        } else if current + 1 < blocks {
            try enter(current + 1)
        } else {
            current = blocks
            document = Self.end
        }
    }

    /// Moves to the last document at or before `target`, for walking backwards; false without one.
    func retreat(to target: UInt32) throws -> Bool {
        let isInside =
            current >= 0 && current < blocks && size > 0 && target <= last(of: current)
        let first = unsafe documents[0]
        if !isInside || first > target {
            let block = min(block(reaching: target, from: 0), blocks - 1)
            if block != current { try enter(block) }
        }
        var below = 0
        var high = size
        while below < high {
            let middle = (below + high) / 2
            if unsafe documents[middle] <= target { below = middle + 1 } else { high = middle }
        }
        if below == 0 {
            guard current > 0 else { return false }
            try enter(current - 1)
            below = size
        }
        index = below - 1
        document = unsafe documents[index]
        return true
    }

    // MARK: The present document

    /// How often the present document has the term.
    @inline(__always)
    var frequency: UInt32 {
        loadFrequencies()
        return unsafe frequencies[index] &+ 1
    }

    /// What the term counts in the present document.
    @inline(__always)
    func score(_ share: TermShare) throws -> Float {
        loadFrequencies()
        return weight * share(unsafe frequencies[index], Int(try norm()))
    }

    @inline(__always)
    func norm() throws -> UInt8 {
        if case .single(_, _, let norm, _) = place { return norm }
        if let embedded = unsafe embedded { return unsafe embedded[index] }
        return unsafe try segment.norms(around: document, store)[Int(document)]
    }

    @inline(__always)
    func frequency(at index: Int) -> UInt32 { unsafe frequencies[index] &+ 1 }

    /// The block as loops want it: read once, without the checks of a class's properties.
    func view() throws -> BlockView {
        loadFrequencies()
        if let embedded = unsafe embedded {
            return unsafe BlockView(
                size: size, documents: documents, frequencies: frequencies, norms: embedded,
                hasOwnNorms: true)
        }
        let norms = unsafe try segment.norms(from: documents[0], to: documents[size - 1], store)
        return unsafe BlockView(
            size: size, documents: documents, frequencies: frequencies, norms: norms,
            hasOwnNorms: false)
    }

    /// The norm where it stands in the dictionary.
    var singleNorm: UInt8? {
        if case .single(_, _, let norm, _) = place { norm } else { nil }
    }

    /// Reads the positions of the present document.
    func readPositions(_ buffer: PositionBuffer) throws {
        try beginPositions()
        try positionsReader.read(index, of: segment, store, buffer)
    }

    /// Reads what is stored of the positions in all documents of the block: of each document the
    /// first, and each other's distance from the one before.
    func readDistances(_ buffer: PositionBuffer) throws {
        try beginPositions()
        try positionsReader.readBlock(of: segment, store, buffer)
    }

    private func beginPositions() throws {
        loadFrequencies()
        if positionsReader.block != current {
            let offset: Int
            switch place {
            case .single(_, _, _, let positions), .short(_, _, _, let positions):
                offset = positions
            case .long:
                offset = unsafe Int(
                    skip(current).loadUnaligned(fromByteOffset: 8, as: UInt32.self))
            }
            unsafe positionsReader.begin(
                block: current, at: offset, frequencies: frequencies, count: size)
        }
    }
}

/// The decoded block of a cursor, lent until the cursor enters another one.
@safe struct BlockView {
    let size: Int
    let documents: UnsafePointer<UInt32>
    /// Less 1.
    let frequencies: UnsafePointer<UInt32>
    /// By place in the block when `hasOwnNorms`, else by document.
    let norms: UnsafePointer<UInt8>
    let hasOwnNorms: Bool

    init(
        size: Int, documents: UnsafePointer<UInt32>, frequencies: UnsafePointer<UInt32>,
        norms: UnsafePointer<UInt8>, hasOwnNorms: Bool
    ) {
        self.size = size
        unsafe self.documents = documents
        unsafe self.frequencies = frequencies
        unsafe self.norms = norms
        self.hasOwnNorms = hasOwnNorms
    }

    @inline(__always)
    func norm(_ index: Int) -> Int {
        unsafe Int(hasOwnNorms ? norms[index] : norms[Int(documents[index])])
    }
}
