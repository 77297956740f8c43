/// Writes terms with their postings, in the order of the terms; see `SegmentFormat`.
///
/// `beginTerm`, then `add` for each document in ascending order, then `endTerm`.
@safe struct SegmentEncoder: ~Copyable {
    private static let block = SegmentFormat.block

    private var dictionary: DictionaryWriter
    private var skips: StreamWriter
    private var postings: StreamWriter
    private var positions: StreamWriter
    /// Of every document of the segment.
    private let norms: [UInt8]
    private let saturation: [Float]

    private var term: [UInt8] = []
    private var embedsNorms = true
    // The block that is being filled.
    private var documents: UnsafeMutablePointer<UInt32>
    private var frequencies: UnsafeMutablePointer<UInt32>
    private var blockNorms: UnsafeMutablePointer<UInt8>
    private var distances = NumberList()
    private var filled = 0
    private var lastOfBlockBefore: Int64 = -1
    private var entries: [UInt8] = []
    private var written = 0
    private var impact: Float = 0
    private var item = ItemWriter()
    private(set) var terms: Int

    /// Where the streams stand, to go on later with another encoder.
    struct Place {
        var chunks = [0, 0, 0, 0]
        /// What is in the last chunk of skips, postings and positions.
        var rests: [[UInt8]] = [[], [], []]
        var firsts: [[UInt8]] = []
        var terms = 0
    }

    /// - Parameters:
    ///   - norms: Of every document of the segment.
    ///   - averageLength: At which impacts are computed.
    ///   - place: Where to go on.
    init(norms: [UInt8], averageLength: Float, from place: Place = Place()) {
        self.norms = norms
        saturation = Relevance.saturation(averageLength: averageLength)
        let writer = StreamWriter(.dictionary, chunk: place.chunks[0])
        dictionary = DictionaryWriter(writer, firsts: place.firsts)
        skips = StreamWriter(.skips, chunk: place.chunks[1], bytes: place.rests[0])
        postings = StreamWriter(.postings, chunk: place.chunks[2], bytes: place.rests[1])
        positions = StreamWriter(.positions, chunk: place.chunks[3], bytes: place.rests[2])
        terms = place.terms
        unsafe documents = UnsafeMutablePointer.allocate(capacity: Self.block)
        unsafe frequencies = UnsafeMutablePointer.allocate(capacity: Self.block)
        unsafe blockNorms = UnsafeMutablePointer.allocate(capacity: Self.block)
    }

    deinit {
        unsafe documents.deallocate()
        unsafe frequencies.deallocate()
        unsafe blockNorms.deallocate()
    }

    /// - Parameters:
    ///   - bytes: The term.
    ///   - count: In how many documents it will be, at the most.
    mutating func beginTerm(_ bytes: [UInt8], count: Int) {
        term = bytes
        embedsNorms = count <= SegmentFormat.embeddedNorms && !IndexFact.isFact(bytes)
        filled = 0
        written = 0
        lastOfBlockBefore = -1
        impact = 0
        entries.removeAll(keepingCapacity: true)
        distances.removeAll()
    }

    /// Adds a document.
    ///
    /// - Parameters:
    ///   - document: Its number, higher than that of the one before it.
    ///   - frequency: How often it has the term, at least once.
    ///   - distances: As many: the term's first position, and each other less the one before it.
    ///   - sink: Takes the chunks.
    /// - Throws: What the sink throws.
    @inline(__always)
    mutating func add<Sink: ChunkSink>(
        _ document: UInt32, frequency: Int, distances: UnsafePointer<UInt32>, _ sink: inout Sink
    ) throws {
        if filled == Self.block { try closeBlock(&sink) }
        unsafe documents[filled] = document
        unsafe frequencies[filled] = UInt32(truncatingIfNeeded: frequency)
        filled &+= 1
        unsafe self.distances.append(distances, count: frequency)
    }

    mutating func endTerm<Sink: ChunkSink>(_ sink: inout Sink) throws {
        guard filled > 0 else { return }
        let place: TermPlace
        if written > 0 {
            try closeBlock(&sink)
            let offset = try writeSkips(&sink)
            place = .long(count: written, impact: Relevance.impact(impact), skips: offset)
        } else if filled == 1 {
            let document = unsafe documents[0]
            place = .single(
                document: document, frequency: unsafe frequencies[0],
                norm: norms[Int(document)], positions: try writePositions(&sink))
        } else {
            place = try short(&sink)
        }
        try dictionary.add(term, place, &sink)
        terms += 1
    }

    private mutating func short<Sink: ChunkSink>(_ sink: inout Sink) throws -> TermPlace {
        let codes = prepareBlock()
        let last = UInt32(lastOfBlockBefore)
        item.removeAll()
        item.append(codes.documents)
        item.append(codes.frequencies)
        if embedsNorms { item.append(littleEndian: Relevance.impact(blockImpact())) }
        encodeBlock(codes)
        let offset = try postings.add(item, &sink)
        return .short(
            count: filled, last: last, postings: offset, positions: try writePositions(&sink))
    }

    // MARK: Blocks

    private mutating func closeBlock<Sink: ChunkSink>(_ sink: inout Sink) throws {
        let codes = prepareBlock()
        let highest = blockImpact()
        impact = max(impact, highest)
        item.removeAll()
        encodeBlock(codes)
        let postingsOffset = try postings.add(item, &sink)
        let positionsOffset = try writePositions(&sink)
        entries.append(littleEndian: UInt32(lastOfBlockBefore))
        entries.append(littleEndian: UInt32(postingsOffset))
        entries.append(littleEndian: UInt32(positionsOffset))
        entries.append(codes.documents)
        entries.append(codes.frequencies)
        entries.append(littleEndian: Relevance.impact(highest))
        written += filled
        filled = 0
    }

    private func blockImpact() -> Float {
        var highest: Float = 0
        unsafe saturation.withUnsafeBufferPointer { saturation in
            for index in 0..<filled {
                let frequency = unsafe Float(frequencies[index] &+ 1)
                let value = unsafe frequency / (frequency + saturation[Int(blockNorms[index])])
                highest = max(highest, value)
            }
        }
        return highest
    }

    /// How the numbers of a block are packed.
    private struct Codes {
        var documents: UInt8
        var frequencies: UInt8
    }

    /// Turns documents into differences and frequencies into those less 1; gives their codes.
    private mutating func prepareBlock() -> Codes {
        var before = lastOfBlockBefore
        let (documents, frequencies) = unsafe (documents, frequencies)
        let blockNorms = unsafe self.blockNorms
        for index in 0..<filled {
            let document = unsafe documents[index]
            unsafe blockNorms[index] = norms[Int(document)]
            unsafe documents[index] = UInt32(Int64(document) - before - 1)
            before = Int64(document)
            unsafe frequencies[index] &-= 1
        }
        lastOfBlockBefore = before
        return unsafe Codes(
            documents: PackedNumbers.code(documents, count: filled)
                | (embedsNorms ? PackedNumbers.hasNorms : 0),
            frequencies: PackedNumbers.code(frequencies, count: filled))
    }

    private mutating func encodeBlock(_ codes: Codes) {
        unsafe PackedNumbers.append(documents, count: filled, code: codes.documents, to: &item)
        if embedsNorms { unsafe item.room(filled).update(from: blockNorms, count: filled) }
        unsafe PackedNumbers.append(frequencies, count: filled, code: codes.frequencies, to: &item)
    }

    private mutating func writePositions<Sink: ChunkSink>(_ sink: inout Sink) throws -> Int {
        var start = 0
        var first: Int?
        while start < distances.count {
            let count = min(Self.block, distances.count - start)
            let numbers = unsafe distances.base + start
            var all: UInt32 = 0
            for index in 0..<count { unsafe all |= numbers[index] }
            let width = BitPacking.width(of: all)
            item.removeAll()
            item.append(UInt8(width))
            var stream = unsafe BitWriter(item.room((count * width + 7) / 8))
            for index in 0..<count { unsafe stream.append(UInt64(numbers[index]), width: width) }
            let offset = try positions.add(item, &sink)
            if first == nil { first = offset }
            start += count
        }
        distances.removeAll()
        return first ?? positions.offset
    }

    private mutating func writeSkips<Sink: ChunkSink>(_ sink: inout Sink) throws -> Int {
        var first: Int?
        for start in stride(from: 0, to: entries.count, by: SegmentFormat.skipBytes) {
            let offset = try skips.begin(SegmentFormat.skipBytes, &sink)
            skips.append(entries[start..<start + SegmentFormat.skipBytes])
            if first == nil { first = offset }
        }
        return first ?? 0
    }

    // MARK: The end

    /// Hands over what is not written yet; another encoder can go on from the place.
    mutating func flush<Sink: ChunkSink>(_ sink: inout Sink) throws -> Place {
        try dictionary.flush(&sink)
        try skips.writeRest(&sink)
        try postings.writeRest(&sink)
        try positions.writeRest(&sink)
        return Place(
            chunks: [dictionary.writer.chunk, skips.chunk, postings.chunk, positions.chunk],
            rests: [skips.bytes, postings.bytes, positions.bytes], firsts: dictionary.firsts,
            terms: terms)
    }
}
