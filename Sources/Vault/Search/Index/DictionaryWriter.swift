/// Where the postings of a term are.
enum TermPlace: Equatable {
    /// In one document, which stands in the dictionary itself.
    case single(document: UInt32, frequency: UInt32, norm: UInt8, positions: Int)
    /// In 2 to 128 documents.
    case short(count: Int, last: UInt32, postings: Int, positions: Int)
    /// In more.
    case long(count: Int, impact: UInt16, skips: Int)
}

/// Writes the dictionary of a segment, term by term in their order.
struct DictionaryWriter {
    private(set) var writer: StreamWriter
    /// The first term of each chunk.
    private(set) var firsts: [[UInt8]]
    private var offsets: [UInt16] = []
    private var block: [UInt8] = []
    private var blockFirst: [UInt8] = []
    private var count = 0
    private var previous: [UInt8] = []
    private var bases: [Int?] = [nil, nil, nil]
    private var last = [0, 0, 0]

    private enum Base: Int { case postings, positions, skips }

    /// - Parameters:
    ///   - writer: The stream, at the beginning of a chunk.
    ///   - firsts: The first terms of the chunks before it.
    init(_ writer: StreamWriter, firsts: [[UInt8]]) {
        self.writer = writer
        self.firsts = firsts
    }

    mutating func add<Sink: ChunkSink>(
        _ term: [UInt8], _ place: TermPlace, _ sink: inout Sink
    ) throws {
        if count == SegmentFormat.termsInBlock { try closeBlock(&sink) }
        let shared = count == 0 ? 0 : Self.common(previous, term)
        if count == 0 { blockFirst = term }
        block.append(UInt8(shared))
        block.append(UInt8(term.count - shared))
        block.append(contentsOf: term[shared...])
        append(place)
        previous = term
        count += 1
    }

    /// How many bytes two terms begin with both.
    private static func common(_ first: [UInt8], _ second: [UInt8]) -> Int {
        let least = min(first.count, second.count)
        var common = 0
        while common < least, first[common] == second[common] { common += 1 }
        return common
    }

    private mutating func append(_ place: TermPlace) {
        switch place {
        case .single(let document, let frequency, let norm, let positions):
            VariableInteger.append(1, to: &block)
            VariableInteger.append(document, to: &block)
            VariableInteger.append(frequency, to: &block)
            block.append(norm)
            append(positions, .positions)
        case .short(let count, let last, let postings, let positions):
            VariableInteger.append(count, to: &block)
            VariableInteger.append(last, to: &block)
            append(postings, .postings)
            append(positions, .positions)
        case .long(let count, let impact, let skips):
            VariableInteger.append(count, to: &block)
            block.append(littleEndian: impact)
            append(skips, .skips)
        }
    }

    private mutating func append(_ offset: Int, _ base: Base) {
        if bases[base.rawValue] == nil {
            bases[base.rawValue] = offset
            last[base.rawValue] = offset
        }
        VariableInteger.append(offset - last[base.rawValue], to: &block)
        last[base.rawValue] = offset
    }

    private mutating func closeBlock<Sink: ChunkSink>(_ sink: inout Sink) throws {
        guard count > 0 else { return }
        var header: [UInt8] = [UInt8(count)]
        for base in bases { VariableInteger.append(base ?? 0, to: &header) }
        let size = header.count + block.count
        let table = 2 * (offsets.count + 1) + 2
        if writer.bytes.count + size + table > SegmentFormat.chunkBytes { try closeChunk(&sink) }
        if offsets.isEmpty { firsts.append(blockFirst) }
        offsets.append(UInt16(writer.bytes.count))
        writer.append(header)
        writer.append(block)
        block.removeAll(keepingCapacity: true)
        count = 0
        bases = [nil, nil, nil]
    }

    private mutating func closeChunk<Sink: ChunkSink>(_ sink: inout Sink) throws {
        guard !offsets.isEmpty else { return }
        var table: [UInt8] = []
        for offset in offsets { table.append(littleEndian: offset) }
        table.append(littleEndian: UInt16(offsets.count))
        writer.append(table)
        try writer.writeRest(&sink)
        writer = StreamWriter(.dictionary, chunk: writer.chunk + 1)
        offsets = []
    }

    /// Hands over everything; more terms may come, in a chunk of their own.
    mutating func flush<Sink: ChunkSink>(_ sink: inout Sink) throws {
        try closeBlock(&sink)
        try closeChunk(&sink)
    }
}
