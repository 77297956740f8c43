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
    private var documents: UnsafeMutablePointer<UInt32>
    private var frequencies: UnsafeMutablePointer<UInt32>
    private var blockNorms: [UInt8] = []
    private var distances: [UInt32] = []
    private var filled = 0
    private var lastOfBlockBefore: Int64 = -1
    private var entries: [UInt8] = []
    private var written = 0
    private var impact: Float = 0
    private var item: [UInt8] = []
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
    }

    deinit {
        unsafe documents.deallocate()
        unsafe frequencies.deallocate()
    }

    /// - Parameters:
    ///   - bytes: The term.
    ///   - count: In how many documents it will be, at the most.
    mutating func beginTerm(_ bytes: [UInt8], count: Int) {
        term = bytes
        embedsNorms = count <= SegmentFormat.embeddedNorms
        filled = 0
        written = 0
        lastOfBlockBefore = -1
        impact = 0
        entries.removeAll(keepingCapacity: true)
        distances.removeAll(keepingCapacity: true)
    }

    /// Adds a document with the positions of the term in it: the first one as it is, each other as
    /// the difference to the one before it.
    @inline(__always)
    mutating func add<Sink: ChunkSink>(
        _ document: UInt32, distances: UnsafeBufferPointer<UInt32>, _ sink: inout Sink
    ) throws {
        if filled == Self.block { try closeBlock(&sink) }
        unsafe documents[filled] = document
        unsafe frequencies[filled] = UInt32(distances.count)
        filled += 1
        unsafe self.distances.append(contentsOf: distances)
    }

    mutating func endTerm<Sink: ChunkSink>(_ sink: inout Sink) throws {
        guard filled > 0 else { return }
        let place: TermPlace
        if written > 0 {
            try closeBlock(&sink)
            let offset = try writeSkips(&sink)
            place = .long(
                count: written, embedsNorms: embedsNorms, impact: Relevance.impact(impact),
                skips: offset)
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
        let (documentBits, frequencyBits) = prepareBlock()
        let impact = Relevance.impact(blockImpact())
        item.removeAll(keepingCapacity: true)
        item.append(UInt8(documentBits))
        item.append(UInt8(frequencyBits))
        item.append(littleEndian: impact)
        let last = UInt32(lastOfBlockBefore)
        encodeBlock(documentBits, frequencyBits)
        let offset = try postings.begin(item.count, &sink)
        postings.append(item)
        return .short(
            count: filled, last: last, postings: offset, positions: try writePositions(&sink))
    }

    // MARK: Blocks

    private mutating func closeBlock<Sink: ChunkSink>(_ sink: inout Sink) throws {
        let (documentBits, frequencyBits) = prepareBlock()
        let highest = blockImpact()
        impact = max(impact, highest)
        item.removeAll(keepingCapacity: true)
        encodeBlock(documentBits, frequencyBits)
        let postingsOffset = try postings.begin(item.count, &sink)
        postings.append(item)
        let positionsOffset = try writePositions(&sink)
        entries.append(littleEndian: UInt32(lastOfBlockBefore))
        entries.append(littleEndian: UInt32(postingsOffset))
        entries.append(littleEndian: UInt32(positionsOffset))
        entries.append(UInt8(documentBits))
        entries.append(UInt8(frequencyBits))
        entries.append(littleEndian: Relevance.impact(highest))
        written += filled
        filled = 0
    }

    private func blockImpact() -> Float {
        var highest: Float = 0
        for index in 0..<filled {
            let frequency = unsafe Float(frequencies[index] + 1)
            highest = max(highest, frequency / (frequency + saturation[Int(blockNorms[index])]))
        }
        return highest
    }

    /// Turns documents into differences and frequencies into those less 1; gives their widths.
    private mutating func prepareBlock() -> (documentBits: Int, frequencyBits: Int) {
        var allDocuments: UInt32 = 0
        var allFrequencies: UInt32 = 0
        var before = lastOfBlockBefore
        blockNorms.removeAll(keepingCapacity: true)
        for index in 0..<filled {
            let document = unsafe documents[index]
            blockNorms.append(norms[Int(document)])
            unsafe documents[index] = UInt32(Int64(document) - before - 1)
            before = Int64(document)
            unsafe frequencies[index] -= 1
            unsafe allDocuments |= documents[index]
            unsafe allFrequencies |= frequencies[index]
        }
        lastOfBlockBefore = before
        return (BitPacking.width(of: allDocuments), BitPacking.width(of: allFrequencies))
    }

    private mutating func encodeBlock(_ documentBits: Int, _ frequencyBits: Int) {
        unsafe BitPacking.pack(documents, count: filled, width: documentBits, to: &item)
        unsafe BitPacking.pack(frequencies, count: filled, width: frequencyBits, to: &item)
        if embedsNorms { item.append(contentsOf: blockNorms) }
    }

    private mutating func writePositions<Sink: ChunkSink>(_ sink: inout Sink) throws -> Int {
        var start = 0
        var first: Int?
        while start < distances.count {
            let count = min(Self.block, distances.count - start)
            var all: UInt32 = 0
            for index in start..<start + count { all |= distances[index] }
            let width = BitPacking.width(of: all)
            item.removeAll(keepingCapacity: true)
            item.append(UInt8(width))
            var stream = BitWriter()
            for index in start..<start + count {
                stream.append(UInt64(distances[index]), width: width, to: &item)
            }
            stream.finish(&item)
            let offset = try positions.begin(item.count, &sink)
            positions.append(item)
            if first == nil { first = offset }
            start += count
        }
        distances.removeAll(keepingCapacity: true)
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
