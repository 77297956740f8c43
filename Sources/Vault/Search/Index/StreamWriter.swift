/// Takes the chunks of a segment as they are filled.
protocol ChunkSink {
    mutating func write(_ bytes: [UInt8], chunk: Int, of stream: SegmentStream) throws
}

/// Writes one stream of a segment; see `SegmentFormat`.
struct StreamWriter {
    let stream: SegmentStream
    private(set) var chunk: Int
    private(set) var bytes: [UInt8]

    /// - Parameters:
    ///   - stream: Which one.
    ///   - chunk: The number of the chunk that comes next.
    ///   - bytes: What is already in it.
    init(_ stream: SegmentStream, chunk: Int = 0, bytes: [UInt8] = []) {
        self.stream = stream
        self.chunk = chunk
        self.bytes = bytes
        self.bytes.reserveCapacity(SegmentFormat.chunkBytes)
    }

    /// Where the next byte goes.
    var offset: Int { chunk * SegmentFormat.chunkBytes + bytes.count }

    /// Makes room for an item, and says where it begins.
    mutating func begin<Sink: ChunkSink>(_ size: Int, _ sink: inout Sink) throws -> Int {
        if bytes.count + size > SegmentFormat.chunkBytes {
            try sink.write(bytes, chunk: chunk, of: stream)
            chunk += 1
            bytes.removeAll(keepingCapacity: true)
        }
        return offset
    }

    /// Appends an item for which there is room.
    mutating func append(_ item: some Collection<UInt8>) { bytes.append(contentsOf: item) }

    /// Appends an item, and says where it begins.
    mutating func add<Sink: ChunkSink>(
        _ item: borrowing ItemWriter, _ sink: inout Sink
    ) throws -> Int {
        let offset = try begin(item.count, &sink)
        unsafe bytes.append(contentsOf: item.bytes)
        return offset
    }

    /// Hands over the chunk that is not full; more may still come, and then it is written again.
    func writeRest<Sink: ChunkSink>(_ sink: inout Sink) throws {
        if !bytes.isEmpty { try sink.write(bytes, chunk: chunk, of: stream) }
    }
}

extension [UInt8] {
    /// Appends an integer, the lowest byte first.
    mutating func append<Integer: FixedWidthInteger>(littleEndian number: Integer) {
        for shift in stride(from: 0, to: Integer.bitWidth, by: 8) {
            append(UInt8(truncatingIfNeeded: number >> Integer(shift)))
        }
    }
}
