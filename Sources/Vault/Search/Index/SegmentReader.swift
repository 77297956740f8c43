import GRDB

/// What the row of a segment says.
struct SegmentRow: Equatable {
    var number: Int64
    var documents: Int
    var tokens: Int64
    var terms: Int
    /// At which impacts were computed.
    var averageLength: Float
    var oldest: Int64
    var newest: Int64
    /// The lowest and the highest `message.num`.
    var messages: ClosedRange<Int64>
    var removed: Int
    /// The length of each stream, in its addresses.
    var lengths: [Int]
    /// The first term of each chunk of the dictionary.
    var firsts: [[UInt8]]
}

extension SegmentRow {
    /// Streams are shorter, since a chunk's number has 20 bits in `search_chunk.num`.
    private static let longestStream = SegmentFormat.chunkBytes << 20
    /// Times and numbers of messages lie nearer to zero, so that no difference has over 56 bits.
    private static let furthest: Int64 = 1 << 54

    /// Condition (S0).
    var isSound: Bool {
        let limits = -Self.furthest...Self.furthest
        return lengths.count == SegmentStream.allCases.count
            && lengths.allSatisfy { (0...Self.longestStream).contains($0) }
            && (1...SegmentFormat.maximumDocuments).contains(documents)
            && lengths[SegmentStream.norms.rawValue] == documents
            && (0...documents).contains(removed)
            && (0...Int(SegmentFormat.mostTokens)).contains(terms)
            && (0...SegmentFormat.mostTokens).contains(tokens)
            && averageLength >= 1 && averageLength <= Float(SegmentFormat.mostTokens)
            && oldest <= newest && limits.contains(oldest) && limits.contains(newest)
            && limits.contains(messages.lowerBound) && limits.contains(messages.upperBound)
    }
}

/// Reads one segment.
///
/// It is kept between searches; each search lends it the store to read chunks from.
@safe final class SegmentReader {
    let row: SegmentRow
    var number: Int64 { row.number }
    let count: Int
    /// Which documents are not removed; `nil` when none is.
    let live: Bitset?

    /// Norms of all documents, filled as they are needed.
    private let norms: UnsafeMutablePointer<UInt8>
    private var normChunks: [Bool]
    /// The time beside which freshness is: that of the newest document, and never a future one.
    let reference: Int64
    /// How fresh the documents of each span are; -1 when unknown.
    private let freshness: UnsafeMutablePointer<Float>
    /// The base-2 logarithm of the documents in a span: one document, or a group where there are
    /// so many that the documents of a group are of about the same time.
    private let spanShift: Int

    /// A counter for each document, all of them 0, for whoever needs one next.
    private var counters: UnsafeMutablePointer<UInt16>?

    /// Documents of the largest segment whose documents are looked at one by one.
    private static let smallCount = 4096

    /// - Parameters:
    ///   - row: What the table says of the segment.
    ///   - live: Which documents are not removed; `nil` when none is.
    ///   - now: The time of the search, in milliseconds.
    init(_ row: SegmentRow, live: Bitset?, now: Int64 = .max) {
        self.row = row
        self.live = live
        count = row.documents
        reference = min(row.newest, now)
        spanShift = count <= Self.smallCount ? 0 : SegmentFormat.block.trailingZeroBitCount
        let spans = (count >> spanShift) + 1
        unsafe norms = UnsafeMutablePointer.allocate(capacity: count + SegmentFormat.padding)
        unsafe freshness = UnsafeMutablePointer.allocate(capacity: spans)
        unsafe freshness.initialize(repeating: -1, count: spans)
        normChunks = Array(
            repeating: false,
            count: (count + SegmentFormat.chunkBytes - 1) / SegmentFormat.chunkBytes)
    }

    deinit {
        unsafe norms.deallocate()
        unsafe freshness.deallocate()
        unsafe counters?.deallocate()
    }

    /// A counter for each document, all of them 0.
    ///
    /// To make them anew would take longer than a search.
    func takeCounters() -> UnsafeMutablePointer<UInt16> {
        if let counters = unsafe counters {
            unsafe self.counters = nil
            return unsafe counters
        }
        let counters = UnsafeMutablePointer<UInt16>.allocate(capacity: count)
        unsafe counters.initialize(repeating: 0, count: count)
        return unsafe counters
    }

    /// Takes counters back, all of them 0.
    func giveBack(_ counters: UnsafeMutablePointer<UInt16>) {
        unsafe self.counters?.deallocate()
        unsafe self.counters = counters
    }

    var liveCount: Int { count - row.removed }
    var groups: Int { (count + SegmentFormat.block - 1) / SegmentFormat.block }

    // MARK: Chunks

    func dictionaryChunk(_ number: Int, _ store: ChunkStore) throws -> Chunk {
        try store.chunk(self.number, .dictionary, number) { chunk in
            try DictionaryChecker.check(chunk, number: number, row)
        }
    }

    func chunk(
        _ stream: SegmentStream, at offset: Int, _ store: ChunkStore
    ) throws -> (chunk: Chunk, offset: Int) {
        guard offset < row.lengths[stream.rawValue] else {
            throw SegmentDamage("an offset lies behind the end of its stream")
        }
        let number = offset / SegmentFormat.chunkBytes
        let chunk = try store.chunk(self.number, stream, number) { chunk in
            switch stream {
            case .skips: try checkSkips(chunk)
            case .groups: try checkGroups(chunk, number)
            default: break
            }
        }
        return (chunk, offset % SegmentFormat.chunkBytes)
    }

    /// Checks condition (S2).
    private func checkSkips(_ chunk: Chunk) throws {
        guard chunk.count % SegmentFormat.skipBytes == 0 else {
            throw SegmentDamage("a chunk of skips is cut")
        }
        for start in stride(from: 0, to: chunk.count, by: SegmentFormat.skipBytes) {
            guard chunk.u32(start) < count,
                Int(chunk.u32(start + 4)) <= row.lengths[SegmentStream.postings.rawValue],
                Int(chunk.u32(start + 8)) < row.lengths[SegmentStream.positions.rawValue],
                chunk.u8(start + 12) & PackedNumbers.widthMask <= SegmentFormat.documentBits,
                chunk.u8(start + 13) & PackedNumbers.widthMask <= SegmentFormat.frequencyBits
            else { throw SegmentDamage("a skip entry points outside") }
        }
    }

    /// Checks conditions (S5) and (S6).
    private func checkGroups(_ chunk: Chunk, _ number: Int) throws {
        let expected = min(
            groups - number * SegmentFormat.groupsInChunk, SegmentFormat.groupsInChunk)
        guard chunk.count == expected * SegmentFormat.groupBytes else {
            throw SegmentDamage("groups of documents are missing")
        }
        var previous = row.oldest
        for start in stride(from: 0, to: chunk.count, by: SegmentFormat.groupBytes) {
            let bits = chunk.u16(start + 20)
            guard (previous...row.newest).contains(chunk.i64(start)),
                row.messages.contains(chunk.i64(start + 8)),
                Int(chunk.u32(start + 16)) < row.lengths[SegmentStream.documents.rawValue],
                bits & 0xFF <= 56, bits >> 8 <= 56
            else { throw SegmentDamage("a group of documents points outside") }
            previous = chunk.i64(start)
        }
    }

    // MARK: Norms

    /// The norms of all documents; those that the given one is among are filled in.
    @inline(__always)
    func norms(around document: UInt32, _ store: ChunkStore) throws -> UnsafePointer<UInt8> {
        let chunk = Int(document) / SegmentFormat.chunkBytes
        if !normChunks[chunk] { try loadNorms(chunk, store) }
        return unsafe UnsafePointer(norms)
    }

    /// The norms of all documents; those of a range are filled in.
    func norms(
        from first: UInt32, to last: UInt32, _ store: ChunkStore
    ) throws -> UnsafePointer<UInt8> {
        for chunk in Int(first) / SegmentFormat.chunkBytes...Int(last) / SegmentFormat.chunkBytes
        where !normChunks[chunk] {
            try loadNorms(chunk, store)
        }
        return unsafe UnsafePointer(norms)
    }

    @inline(never)
    private func loadNorms(_ number: Int, _ store: ChunkStore) throws {
        let start = number * SegmentFormat.chunkBytes
        let (chunk, _) = try chunk(.norms, at: start, store)
        guard chunk.count == min(SegmentFormat.chunkBytes, count - start) else {
            throw SegmentDamage("norms are missing")
        }
        unsafe (norms + start).update(from: chunk.base, count: chunk.count)
        normChunks[number] = true
    }

    // MARK: Documents

    /// The entry of a group of documents.
    struct Group {
        var firstTime: Int64
        var lowest: Int64
        var offset: Int
        var numberBits: Int
        var timeBits: Int
    }

    func group(_ number: Int, _ store: ChunkStore) throws -> Group {
        let inChunk = number % SegmentFormat.groupsInChunk * SegmentFormat.groupBytes
        let start = number / SegmentFormat.groupsInChunk * SegmentFormat.chunkBytes
        let (chunk, _) = try chunk(.groups, at: start, store)
        let bits = chunk.u16(inChunk + 20)
        return Group(
            firstTime: chunk.i64(inChunk), lowest: chunk.i64(inChunk + 8),
            offset: Int(chunk.u32(inChunk + 16)), numberBits: bits & 0xFF, timeBits: bits >> 8)
    }

    /// Where the numbers and times of a group of documents are.
    private struct GroupItem {
        var chunk: Chunk
        var offset: Int
        var times: Int
    }

    /// Checks condition (S5); `nil` when the documents of the group are all as its entry says.
    private func item(_ number: Int, of group: Group, _ store: ChunkStore) throws -> GroupItem? {
        let size = min(SegmentFormat.block, count - number * SegmentFormat.block)
        // A group of one, or of equal times, may take no bytes at all.
        guard group.numberBits + group.timeBits > 0 else { return nil }
        let (chunk, offset) = try chunk(.documents, at: group.offset, store)
        let times = offset + (size * group.numberBits + 7) / 8
        guard times + (size * group.timeBits + 7) / 8 <= chunk.count else {
            throw SegmentDamage("a group of documents reaches over its chunk")
        }
        return GroupItem(chunk: chunk, offset: offset, times: times)
    }

    /// Time and message number of a document.
    func document(_ document: UInt32, _ store: ChunkStore) throws -> (time: Int64, message: Int64) {
        let number = Int(document) / SegmentFormat.block
        let group = try group(number, store)
        guard let item = try item(number, of: group, store) else {
            return (group.firstTime, group.lowest)
        }
        return try read(Int(document) % SegmentFormat.block, of: group, item)
    }

    /// Checks condition (S6).
    private func read(
        _ index: Int, of group: Group, _ item: GroupItem
    ) throws -> (time: Int64, message: Int64) {
        let base = unsafe item.chunk.base
        let above = unsafe BitPacking.number(
            base + item.offset, at: index, width: group.numberBits)
        let later = unsafe BitPacking.number(base + item.times, at: index, width: group.timeBits)
        let (time, message) = (group.firstTime + Int64(later), group.lowest + Int64(above))
        guard time <= row.newest, message <= row.messages.upperBound else {
            throw SegmentDamage("a document lies outside of its segment")
        }
        return (time, message)
    }

    /// All documents of a group.
    func documents(ofGroup number: Int, _ store: ChunkStore) throws -> [SegmentDocument] {
        let first = number * SegmentFormat.block
        let last = min(first + SegmentFormat.block, count) - 1
        let norms = try unsafe norms(from: UInt32(first), to: UInt32(last), store)
        let group = try group(number, store)
        let item = try item(number, of: group, store)
        return try (first...last).map { document in
            let (time, message) =
                try item.map { try read(document - first, of: group, $0) }
                ?? (group.firstTime, group.lowest)
            return unsafe SegmentDocument(message: message, time: time, norm: norms[document])
        }
    }

    /// The first document of a time or later.
    func firstDocument(notBefore time: Int64, _ store: ChunkStore) throws -> UInt32 {
        if time <= row.oldest { return 0 }
        if time > row.newest { return UInt32(count) }
        // The last group that begins earlier.
        var low = 0
        var high = groups
        while low < high {
            let middle = (low + high) / 2
            if try group(middle, store).firstTime < time { low = middle + 1 } else { high = middle }
        }
        var document = UInt32(max(0, low - 1) * SegmentFormat.block)
        while document < count, try self.document(document, store).time < time { document += 1 }
        return document
    }

    // MARK: Freshness

    /// How fresh a document is beside `reference`, between 0 and 1; never less for a later
    /// document.
    @inline(__always)
    func freshness(of document: UInt32, _ store: ChunkStore) throws -> Float {
        let known = unsafe freshness[Int(document) >> spanShift]
        return known >= 0 ? known : try computeFreshness(Int(document) >> spanShift, store)
    }

    @inline(never)
    private func computeFreshness(_ span: Int, _ store: ChunkStore) throws -> Float {
        let time =
            spanShift == 0
            ? try self.document(UInt32(span), store).time : try group(span, store).firstTime
        let value = time == 0 ? 0 : Relevance.freshness(ageMilliseconds: reference - time)
        unsafe freshness[span] = value
        return value
    }
}
