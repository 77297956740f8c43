/// A message as a document of a segment.
struct SegmentDocument: Equatable {
    /// `message.num`.
    var message: Int64
    /// Milliseconds since 1970, 0 when it has none; see `SegmentFormat`.
    var time: Int64
    var norm: UInt8

    /// The order of a segment's documents.
    static func precedes(_ first: SegmentDocument, _ second: SegmentDocument) -> Bool {
        first.time != second.time ? first.time < second.time : first.message < second.message
    }
}

/// Writes the streams of a segment that say what its documents are.
enum DocumentWriter {
    static func write<Sink: ChunkSink>(
        _ documents: [SegmentDocument], _ sink: inout Sink
    ) throws {
        try writeNorms(documents, &sink)
        var items = StreamWriter(.documents)
        var groups = StreamWriter(.groups)
        for start in stride(from: 0, to: documents.count, by: SegmentFormat.block) {
            let group = documents[start..<min(start + SegmentFormat.block, documents.count)]
            let item = encode(group)
            let offset = try items.begin(item.bytes.count, &sink)
            items.append(item.bytes)
            var entry: [UInt8] = []
            entry.append(littleEndian: item.firstTime)
            entry.append(littleEndian: item.lowest)
            entry.append(littleEndian: UInt32(offset))
            entry.append(UInt8(item.numberBits))
            entry.append(UInt8(item.timeBits))
            entry.append(littleEndian: UInt16(0))
            _ = try groups.begin(entry.count, &sink)
            groups.append(entry)
        }
        try items.writeRest(&sink)
        try groups.writeRest(&sink)
    }

    private static func writeNorms<Sink: ChunkSink>(
        _ documents: [SegmentDocument], _ sink: inout Sink
    ) throws {
        var norms = StreamWriter(.norms)
        for start in stride(from: 0, to: documents.count, by: SegmentFormat.chunkBytes) {
            let part = documents[start..<min(start + SegmentFormat.chunkBytes, documents.count)]
            _ = try norms.begin(part.count, &sink)
            norms.append(part.map(\.norm))
        }
        try norms.writeRest(&sink)
    }

    private struct Item {
        var bytes: [UInt8]
        var firstTime: Int64
        var lowest: Int64
        var numberBits: Int
        var timeBits: Int
    }

    private static func encode(_ group: ArraySlice<SegmentDocument>) -> Item {
        let firstTime = group.first?.time ?? 0
        let lastTime = group.last?.time ?? 0
        let lowest = group.map(\.message).min() ?? 0
        let highest = group.map(\.message).max() ?? 0
        let timeBits = Int64.bitWidth - (lastTime - firstTime).leadingZeroBitCount
        let numberBits = Int64.bitWidth - (highest - lowest).leadingZeroBitCount
        precondition(timeBits <= 56 && numberBits <= 56, "Times and numbers have 56 bits.")
        var item = ItemWriter()
        var numbers = unsafe BitWriter(item.room((group.count * numberBits + 7) / 8))
        for document in group {
            numbers.append(UInt64(document.message - lowest), width: numberBits)
        }
        var times = unsafe BitWriter(item.room((group.count * timeBits + 7) / 8))
        for document in group { times.append(UInt64(document.time - firstTime), width: timeBits) }
        return unsafe Item(
            bytes: Array(item.bytes), firstTime: firstTime, lowest: lowest, numberBits: numberBits,
            timeBits: timeBits)
    }
}
