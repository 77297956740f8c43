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

/// Puts the documents of several segments into one order, without those that were removed.
///
/// Each segment has its own in order already, so they are read one by one and only the result is in
/// memory.
private struct DocumentMerge {
    private let readers: [SegmentReader]
    private let store: ChunkStore
    /// The new number of each document of each input, `TermCursor.end` for the removed ones.
    private(set) var maps: [[UInt32]]
    private var next: [UInt32]
    private var heads: [SegmentDocument?]

    init(_ readers: [SegmentReader], _ store: ChunkStore) {
        self.readers = readers
        self.store = store
        maps = readers.map { [UInt32](repeating: TermCursor.end, count: $0.count) }
        next = [UInt32](repeating: 0, count: readers.count)
        heads = [SegmentDocument?](repeating: nil, count: readers.count)
    }

    mutating func run() throws -> [SegmentDocument] {
        var documents: [SegmentDocument] = []
        documents.reserveCapacity(readers.reduce(0) { $0 + $1.liveCount })
        for input in readers.indices { try advance(input) }
        while let input = first() {
            guard let head = heads[input] else { break }
            maps[input][Int(next[input])] = UInt32(documents.count)
            documents.append(head)
            next[input] += 1
            try advance(input)
        }
        return documents
    }

    private func first() -> Int? {
        var first: Int?
        for input in heads.indices {
            guard let head = heads[input] else { continue }
            if let best = first.flatMap({ heads[$0] }), !SegmentDocument.precedes(head, best) {
                continue
            }
            first = input
        }
        return first
    }

    /// Reads the next document of an input that was not removed.
    private mutating func advance(_ input: Int) throws {
        let reader = readers[input]
        while next[input] < reader.count, reader.live?.contains(next[input]) == false {
            next[input] += 1
        }
        guard next[input] < reader.count else {
            heads[input] = nil
            return
        }
        let (time, message) = try reader.document(next[input], store)
        let norm = unsafe try reader.norms(around: next[input], store)[Int(next[input])]
        heads[input] = SegmentDocument(message: message, time: time, norm: norm)
    }
}

/// Writes one segment from several, without what was removed from them.
///
/// It works in steps, each in a transaction of its own; in between, it can be given up and begun
/// again behind the last term, by a new merger with the same inputs and the encoder's place.
@safe final class SegmentMerger {
    /// A class, because copying a structure of so many references costs more than the merging.
    private final class Input {
        /// The new number of each document, `TermCursor.end` for the removed ones.
        let map: [UInt32]
        let terms: TermIterator
        /// Turned to one term after the other.
        let cursor: TermCursor
        let buffer = PositionBuffer()

        init(map: [UInt32], terms: TermIterator, cursor: TermCursor) {
            self.map = map
            self.terms = terms
            self.cursor = cursor
        }

        /// The new number of the first document at or behind the cursor's that is not removed.
        @inline(__always)
        func settle() throws -> UInt32 {
            while cursor.document != TermCursor.end {
                let new = map[Int(cursor.document)]
                if new != TermCursor.end { return new }
                try cursor.next()
            }
            return TermCursor.end
        }
    }

    private var inputs: [Input] = []
    /// The keys of the inputs' present terms.
    private var keys: [UInt64] = []
    /// What the new segment holds.
    let documents: [SegmentDocument]
    private(set) var encoder: SegmentEncoder
    private(set) var lastTerm: [UInt8]?
    private var heads: [(input: Int, next: UInt32)] = []
    private let store: ChunkStore

    /// - Parameters:
    ///   - readers: The inputs as they were when the merge began.
    ///   - averageLength: At which impacts are computed.
    ///   - last: The last term that is already written.
    ///   - place: Where the streams of the new segment stand.
    ///   - store: Reads chunks.
    /// - Throws: `SegmentDamage`, and what the database throws.
    init(
        _ readers: [SegmentReader], averageLength: Float, behind last: [UInt8]? = nil,
        from place: SegmentEncoder.Place = SegmentEncoder.Place(), _ store: ChunkStore
    ) throws {
        self.store = store
        lastTerm = last
        var merged = DocumentMerge(readers, store)
        documents = try merged.run()
        let maps = merged.maps
        for (reader, map) in zip(readers, maps) {
            let terms = try TermIterator(reader, behind: last, store)
            inputs.append(
                Input(map: map, terms: terms, cursor: TermCursor(reader, store)))
            keys.append(terms.key)
        }
        encoder = SegmentEncoder(
            norms: documents.map(\.norm), averageLength: averageLength, from: place)
    }

    /// Merges the next terms.
    ///
    /// - Parameters:
    ///   - postings: Stop behind the term that brings the sum of postings to this.
    ///   - sink: Takes the new chunks.
    /// - Returns: Whether more is to do.
    /// - Throws: `SegmentDamage`, and what the database throws.
    func step<Sink: ChunkSink>(postings: Int, _ sink: inout Sink) throws -> Bool {
        var left = postings
        while left > 0 {
            guard let lowest = lowestInput() else { return false }
            let term = inputs[lowest].terms.term
            left -= try merge(term, key: keys[lowest], &sink) + 1
            lastTerm = term
        }
        return true
    }

    /// The input whose term comes first; `nil` when all are at their end.
    private func lowestInput() -> Int? {
        guard var lowest = keys.indices.first else { return nil }
        for number in keys.indices.dropFirst() where keys[number] <= keys[lowest] {
            if keys[number] < keys[lowest]
                || inputs[number].terms.precedes(inputs[lowest].terms)
            {
                lowest = number
            }
        }
        return inputs[lowest].terms.entry == nil ? nil : lowest
    }

    private func merge<Sink: ChunkSink>(
        _ term: [UInt8], key: UInt64, _ sink: inout Sink
    ) throws -> Int {
        heads.removeAll(keepingCapacity: true)
        var count = 0
        for number in keys.indices where keys[number] == key {
            let input = inputs[number]
            guard let entry = input.terms.entry, input.terms.compare(with: term) == 0 else {
                continue
            }
            count += entry.count
            try input.cursor.open(entry)
            try input.cursor.enter(0)
            heads.append((number, try input.settle()))
            try input.terms.next()
            keys[number] = input.terms.key
        }
        encoder.beginTerm(term, count: count)
        while true {
            var lowest = 0
            for index in heads.indices where heads[index].next < heads[lowest].next {
                lowest = index
            }
            let document = heads[lowest].next
            guard document != TermCursor.end else { break }
            let input = inputs[heads[lowest].input]
            try unsafe encoder.add(document, distances: input.cursor.distances(input.buffer), &sink)
            try input.cursor.next()
            heads[lowest].next = try input.settle()
        }
        try encoder.endTerm(&sink)
        return count
    }

    /// Hands over what is not written yet; another merger can go on from the place.
    func flush<Sink: ChunkSink>(_ sink: inout Sink) throws -> SegmentEncoder.Place {
        try encoder.flush(&sink)
    }
}
