import Foundation

/// Finds a term in a dictionary chunk that was checked, without making copies of terms.
@safe struct DictionaryLookup {
    private let chunk: Chunk

    init(_ chunk: Chunk) { self.chunk = chunk }

    func entry(_ term: UnsafeBufferPointer<UInt8>) -> TermEntry? {
        unsafe scan(block(of: term), term)
    }

    /// The last block whose first term does not come behind a term; the first if there is none.
    func blockNumber(of term: [UInt8]) -> Int {
        unsafe term.withUnsafeBufferPointer { unsafe blockNumber(of: $0) }
    }

    private func block(of term: UnsafeBufferPointer<UInt8>) -> Int {
        let table = chunk.dictionaryBlocks.table
        return unsafe chunk.u16(table + 2 * blockNumber(of: term))
    }

    private func blockNumber(of term: UnsafeBufferPointer<UInt8>) -> Int {
        let (count, table) = chunk.dictionaryBlocks
        var low = 1
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if unsafe isBehind(chunk.u16(table + 2 * middle), term) {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return low - 1
    }

    /// Whether the first term of a block comes behind a term.
    private func isBehind(_ block: Int, _ term: UnsafeBufferPointer<UInt8>) -> Bool {
        var reader = ChunkReader(chunk, at: block + 1)
        for _ in 0..<3 { _ = reader.integer() }
        _ = reader.byte()
        let first = unsafe reader.bytes(Int(reader.byte()))
        let common = min(first.count, term.count)
        guard common > 0, let left = first.baseAddress, let right = term.baseAddress else {
            return first.count > term.count
        }
        let order = unsafe memcmp(left, right, common)
        return order != 0 ? order > 0 : first.count > term.count
    }

    /// Goes through a block, whose terms before the wanted one share `common` bytes with it.
    ///
    /// An entry that shares more bytes with the one before it than that one shares with the wanted
    /// term comes before it as well; one that shares fewer comes behind it.
    private func scan(_ start: Int, _ term: UnsafeBufferPointer<UInt8>) -> TermEntry? {
        var entries = BlockEntries(chunk, at: start)
        var common = 0
        while let (shared, more, entry) = unsafe entries.next() {
            if shared > common { continue }
            if shared < common { return nil }
            var index = 0
            while index < more.count, common < term.count, unsafe more[index] == term[common] {
                index += 1
                common += 1
            }
            if index == more.count {
                if common == term.count { return entry }
            } else {
                // The wanted term ends, or goes on with a smaller byte: it would have come before.
                guard common < term.count else { return nil }
                if unsafe more[index] > term[common] { return nil }
            }
        }
        return nil
    }
}

/// Reads the entries of a block as they are stored, and keeps the offsets that they build on.
@safe struct BlockEntries {
    private var reader: ChunkReader
    private(set) var left: Int
    private var postings: UInt32
    private var positions: UInt32
    private var skips: UInt32

    init(_ chunk: Chunk, at offset: Int) {
        reader = ChunkReader(chunk, at: offset)
        left = Int(reader.byte())
        postings = reader.integer()
        positions = reader.integer()
        skips = reader.integer()
    }

    var isBroken: Bool { reader.isBroken }
    var position: Int { reader.position }

    /// How many bytes the next term shares with the one before it, its other bytes, lent, and what
    /// is said of it; `nil` at the end of the block.
    @inline(__always)
    mutating func next() -> (shared: Int, more: UnsafeBufferPointer<UInt8>, entry: TermEntry)? {
        guard left > 0 else { return nil }
        left &-= 1
        let shared = Int(reader.byte())
        let more = unsafe reader.bytes(Int(reader.byte()))
        return unsafe (shared, more, entry())
    }

    @inline(__always)
    private mutating func entry() -> TermEntry {
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
            let impact = reader.u16()
            skips &+= reader.integer()
            return TermEntry(
                count: count,
                place: .long(
                    count: count, impact: impact, skips: Int(skips)))
        }
    }
}
