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
struct DictionaryBlock {
    private var entries: BlockEntries
    /// The bytes of the term, after `next`.
    private(set) var term: [UInt8] = []

    init(_ chunk: Chunk, at offset: Int) {
        entries = BlockEntries(chunk, at: offset)
        term.reserveCapacity(96)
    }

    var left: Int { entries.left }
    /// Whether an entry reached over the chunk, or no term can be what one says.
    var isBroken: Bool { entries.isBroken || hasWrongTerm }
    private var hasWrongTerm = false
    var position: Int { entries.position }

    /// Reads the next entry; `nil` at the end of the block.
    mutating func next() -> TermEntry? {
        guard let (shared, more, entry) = unsafe entries.next() else { return nil }
        if shared > term.count { hasWrongTerm = true }
        if shared < term.count { term.removeSubrange(shared...) }
        unsafe term.append(contentsOf: more)
        if !(1...SegmentFormat.longestTermBytes).contains(term.count) { hasWrongTerm = true }
        return entry
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
    static func check(_ chunk: Chunk, number: Int, _ row: SegmentRow) throws {
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
                let isInOrder =
                    previous.map { TermOrder.precedes($0, block.term) }
                    ?? (block.term == row.firsts[number])
                guard isInOrder else {
                    throw SegmentDamage("the terms of the dictionary are out of order")
                }
                previous = block.term
            }
            expected = block.position
        }
        guard expected == table else { throw SegmentDamage("the dictionary has bytes left over") }
        if number + 1 < row.firsts.count, let previous,
            !TermOrder.precedes(previous, row.firsts[number + 1])
        {
            throw SegmentDamage("the terms of the dictionary are out of order")
        }
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
        case .long(let count, _, let skips):
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
        return unsafe term.withUnsafeBufferPointer { unsafe DictionaryLookup(chunk).entry($0) }
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

    /// Lends the terms from a first one on, in their order, until `body` says false.
    func forEachTerm(
        from first: [UInt8] = [], _ store: ChunkStore,
        _ body: ([UInt8], TermEntry) throws -> Bool
    ) throws {
        var number = chunkNumber(of: first) ?? 0
        var isFirst = true
        while number < row.firsts.count {
            let chunk = try dictionaryChunk(number, store)
            let (count, table) = chunk.dictionaryBlocks
            let start = isFirst ? DictionaryLookup(chunk).blockNumber(of: first) : 0
            for index in start..<count {
                var block = DictionaryBlock(chunk, at: chunk.u16(table + 2 * index))
                while let entry = block.next() {
                    if isFirst, TermOrder.precedes(block.term, first) { continue }
                    isFirst = false
                    guard try body(block.term, entry) else { return }
                }
            }
            isFirst = false
            number += 1
        }
    }

    /// Lends the entries of all terms that begin with some bytes, until `body` says false.
    func forEachExpansion(
        of prefix: [UInt8], _ store: ChunkStore, _ body: (TermEntry) throws -> Bool
    ) throws {
        var number = chunkNumber(of: prefix) ?? 0
        var walk = ExpansionWalk(prefix)
        while number < row.firsts.count {
            let chunk = try dictionaryChunk(number, store)
            guard try walk.run(chunk, body) else { return }
            number += 1
        }
    }
}

/// Goes through the terms of dictionary chunks from a beginning on while they begin so.
private struct ExpansionWalk {
    private let prefix: [UInt8]
    /// Whether a term with the beginning has been seen.
    private var isInside = false

    init(_ prefix: [UInt8]) { self.prefix = prefix }

    /// Whether the next chunk may have more.
    ///
    /// As in `DictionaryLookup.scan`, `common` is how many bytes the term before shares with the
    /// beginning; terms that share all of them are lent.
    mutating func run(_ chunk: Chunk, _ body: (TermEntry) throws -> Bool) throws -> Bool {
        let (count, table) = chunk.dictionaryBlocks
        let lookup = DictionaryLookup(chunk)
        for number in (isInside ? 0 : lookup.blockNumber(of: prefix))..<count {
            var entries = BlockEntries(chunk, at: chunk.u16(table + 2 * number))
            var common = 0
            while let (shared, more, entry) = unsafe entries.next() {
                if shared < common || shared == common && common < prefix.count {
                    common = shared
                    var index = 0
                    while index < more.count, common < prefix.count,
                        unsafe more[index] == prefix[common]
                    {
                        index += 1
                        common += 1
                    }
                    if common < prefix.count {
                        let isBehind = unsafe index < more.count && more[index] > prefix[common]
                        if isBehind { return false }
                        continue
                    }
                } else if common < prefix.count {
                    continue
                }
                isInside = true
                guard try body(entry) else { return false }
            }
        }
        return true
    }
}
