import Foundation

/// The order of terms: that of their bytes.
enum TermOrder {
    @inline(__always)
    static func precedes(_ first: [UInt8], _ second: [UInt8]) -> Bool {
        compare(first, second) < 0
    }

    /// Negative, zero or positive.
    @inline(__always)
    static func compare(_ first: [UInt8], _ second: [UInt8]) -> Int {
        let common = min(first.count, second.count)
        let order = unsafe first.withUnsafeBufferPointer { first in
            unsafe second.withUnsafeBufferPointer { second -> Int in
                guard common > 0, let first = first.baseAddress, let second = second.baseAddress
                else { return 0 }
                return unsafe Int(memcmp(first, second, common))
            }
        }
        return order != 0 ? order : first.count - second.count
    }
}

/// A term that was found in the dictionary of a segment.
struct TermEntry {
    var count: Int
    var place: TermPlace
}

/// Reads the entries of one block of a dictionary chunk in their order.
@safe struct DictionaryBlock {
    private var reader: ChunkReader
    private(set) var left: Int
    private var postings: UInt32
    private var positions: UInt32
    private var skips: UInt32
    /// The bytes of the term, after `next`.
    private(set) var term: [UInt8] = []

    init(_ chunk: Chunk, at offset: Int) {
        reader = ChunkReader(chunk, at: offset)
        left = Int(reader.byte())
        postings = reader.integer()
        positions = reader.integer()
        skips = reader.integer()
        term.reserveCapacity(96)
    }

    var isBroken: Bool { reader.isBroken }
    var position: Int { reader.position }

    /// Reads the next entry; `nil` at the end of the block.
    mutating func next() -> TermEntry? {
        guard left > 0 else { return nil }
        left -= 1
        let shared = Int(reader.byte())
        let more = Int(reader.byte())
        if shared < term.count { term.removeSubrange(shared...) }
        unsafe term.append(contentsOf: reader.bytes(more))
        let count = Int(reader.integer())
        switch count {
        case ...1:
            let document = reader.integer()
            let frequency = reader.integer()
            let norm = reader.byte()
            positions &+= reader.integer()
            return TermEntry(
                count: count,
                place: .single(
                    document: document, frequency: frequency, norm: norm,
                    positions: Int(positions)))
        case ...SegmentFormat.block:
            let last = reader.integer()
            postings &+= reader.integer()
            positions &+= reader.integer()
            return TermEntry(
                count: count,
                place: .short(
                    count: count, last: last, postings: Int(postings), positions: Int(positions)))
        default:
            let embeds = reader.byte()
            let impact = reader.u16()
            skips &+= reader.integer()
            return TermEntry(
                count: count,
                place: .long(
                    count: count, embedsNorms: embeds == 1, impact: impact, skips: Int(skips)))
        }
    }
}

extension Chunk {
    /// How many blocks a dictionary chunk has, and where the table of them is.
    var dictionaryBlocks: (count: Int, table: Int) {
        let count = u16(self.count - 2)
        return (count, self.count - 2 - 2 * count)
    }
}

/// Checks condition (S1).
enum DictionaryChecker {
    static func check(_ chunk: Chunk, _ row: SegmentRow) throws {
        guard chunk.count >= 4, chunk.dictionaryBlocks.count > 0, chunk.dictionaryBlocks.table > 0
        else { throw SegmentDamage("a chunk of the dictionary has no blocks") }
        let (count, table) = chunk.dictionaryBlocks
        var previous: [UInt8]?
        var expected = 0
        for index in 0..<count {
            guard chunk.u16(table + 2 * index) == expected else {
                throw SegmentDamage("a block of the dictionary begins at the wrong place")
            }
            var block = DictionaryBlock(chunk, at: expected)
            guard (1...SegmentFormat.termsInBlock).contains(block.left) else {
                throw SegmentDamage("a block of the dictionary has a wrong size")
            }
            while let entry = block.next() {
                guard !block.isBroken, isSound(entry, row) else {
                    throw SegmentDamage("an entry of the dictionary is broken")
                }
                if let previous, !TermOrder.precedes(previous, block.term) {
                    throw SegmentDamage("the terms of the dictionary are out of order")
                }
                previous = block.term
            }
            expected = block.position
        }
        guard expected == table else { throw SegmentDamage("the dictionary has bytes left over") }
    }

    private static func isSound(_ entry: TermEntry, _ row: SegmentRow) -> Bool {
        func isInside(_ offset: Int, _ stream: SegmentStream) -> Bool {
            offset < row.lengths[stream.rawValue]
        }
        guard (1...row.documents).contains(entry.count) else { return false }
        switch entry.place {
        case .single(let document, let frequency, _, let positions):
            return document < row.documents && frequency > 0 && isInside(positions, .positions)
        case .short(_, let last, let postings, let positions):
            return last < row.documents && isInside(postings, .postings)
                && isInside(positions, .positions)
        case .long(let count, _, _, let skips):
            let entries = (count + SegmentFormat.block - 1) / SegmentFormat.block
            return skips % SegmentFormat.skipBytes == 0
                && skips + entries * SegmentFormat.skipBytes
                    <= row.lengths[SegmentStream.skips.rawValue]
        }
    }
}

extension SegmentReader {
    /// Looks a term up; reads one chunk at the most.
    func entry(_ term: [UInt8], _ store: ChunkStore) throws -> TermEntry? {
        guard let number = chunkNumber(of: term) else { return nil }
        let chunk = try dictionaryChunk(number, store)
        var block = Self.block(of: term, in: chunk)
        while let entry = block.next() {
            if block.term == term { return entry }
            if TermOrder.precedes(term, block.term) { return nil }
        }
        return nil
    }

    /// The last chunk whose first term does not come behind a term.
    func chunkNumber(of term: [UInt8]) -> Int? {
        var low = 0
        var high = row.firsts.count
        while low < high {
            let middle = (low + high) / 2
            if TermOrder.precedes(term, row.firsts[middle]) {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return low > 0 ? low - 1 : nil
    }

    /// The last block whose first term does not come behind a term; the first if there is none.
    static func block(of term: [UInt8], in chunk: Chunk) -> DictionaryBlock {
        let (count, table) = chunk.dictionaryBlocks
        var low = 1
        var high = count
        while low < high {
            let middle = (low + high) / 2
            var block = DictionaryBlock(chunk, at: chunk.u16(table + 2 * middle))
            _ = block.next()
            if TermOrder.precedes(term, block.term) {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return DictionaryBlock(chunk, at: chunk.u16(table + 2 * (low - 1)))
    }

    /// Lends the terms from a first one on, in their order, until `body` says false.
    func forEachTerm(
        from first: [UInt8] = [], _ store: ChunkStore,
        _ body: ([UInt8], TermEntry) throws -> Bool
    ) throws {
        var number = chunkNumber(of: first) ?? 0
        while number < row.firsts.count {
            let chunk = try dictionaryChunk(number, store)
            let (count, table) = chunk.dictionaryBlocks
            for index in 0..<count {
                var block = DictionaryBlock(chunk, at: chunk.u16(table + 2 * index))
                while let entry = block.next() {
                    if TermOrder.precedes(block.term, first) { continue }
                    guard try body(block.term, entry) else { return }
                }
            }
            number += 1
        }
    }
}
