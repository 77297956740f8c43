/// Walks over the terms of a segment's dictionary in their order.
final class TermIterator {
    private let segment: SegmentReader
    private let store: ChunkStore
    private var chunk: Chunk?
    private var number: Int
    private var block: DictionaryBlock?
    private var nextBlock = 0
    /// What the dictionary says of the present term, `nil` at the end.
    private(set) var entry: TermEntry?
    /// The first eight bytes of the present term as a number, the highest at the end: comparing it
    /// decides most comparisons of terms.
    private(set) var key = UInt64.max

    /// Stands on the first term behind `last`, or on the first of all.
    init(_ segment: SegmentReader, behind last: [UInt8]?, _ store: ChunkStore) throws {
        self.segment = segment
        self.store = store
        number = last.flatMap { segment.chunkNumber(of: $0) } ?? 0
        try next()
        while let last, entry != nil, compare(with: last) <= 0 { try next() }
    }

    /// How the present term stands to another; behind it at the end.
    func compare(with other: [UInt8]) -> Int {
        guard let block else { return 1 }
        return TermOrder.compare(block.term, other)
    }

    @inline(__always)
    func precedes(_ other: TermIterator) -> Bool {
        if key != other.key { return key < other.key }
        guard let block, let second = other.block else { return block != nil }
        return TermOrder.precedes(block.term, second.term)
    }

    private func computeKey() -> UInt64 {
        guard let block else { return .max }
        var key: UInt64 = 0
        for index in 0..<8 {
            key = key << 8 | UInt64(index < block.term.count ? block.term[index] : 0)
        }
        return key
    }

    /// A copy of the present term.
    var term: [UInt8] { block.map { Array($0.term[...]) } ?? [] }

    func next() throws {
        while true {
            if let entry = block?.next() {
                self.entry = entry
                key = computeKey()
                return
            }
            if let chunk, nextBlock < chunk.dictionaryBlocks.count {
                let table = chunk.dictionaryBlocks.table
                block = DictionaryBlock(chunk, at: chunk.u16(table + 2 * nextBlock))
                nextBlock += 1
            } else if number < segment.row.firsts.count {
                chunk = try segment.dictionaryChunk(number, store)
                number += 1
                nextBlock = 0
            } else {
                block = nil
                entry = nil
                key = .max
                return
            }
        }
    }
}
