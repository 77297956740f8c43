/// Writes one segment from several, without what was removed from them.
///
/// It works in steps, each in a transaction of its own; in between, it can be given up and begun
/// again behind the last term, by a new merger with the same inputs and the encoder's place.
final class SegmentMerger {
    /// New numbers of documents that are merged at once for a term of more documents than this, so
    /// that the memory for a term has a limit.
    private static let window = 1 << 16

    private var inputs: [MergeInput] = []
    /// The keys of the inputs' present terms.
    private var keys: [UInt64] = []
    /// What the new segment holds.
    let documents: [SegmentDocument]
    private(set) var encoder: SegmentEncoder
    private(set) var lastTerm: [UInt8]?
    private var gathered = GatheredPostings()
    private var havingTerm: [Int] = []

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
        lastTerm = last
        var merged = DocumentMerge(readers, store)
        documents = try merged.run()
        for (reader, map) in zip(readers, merged.maps) {
            let terms = try TermIterator(reader, behind: last, store)
            inputs.append(MergeInput(map: map, terms: terms, cursor: TermCursor(reader, store)))
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
        havingTerm.removeAll(keepingCapacity: true)
        var count = 0
        for number in keys.indices where keys[number] == key {
            let input = inputs[number]
            guard let entry = input.terms.entry, input.terms.compare(with: term) == 0 else {
                continue
            }
            count += entry.count
            try input.open(entry)
            havingTerm.append(number)
            try input.terms.next()
            keys[number] = input.terms.key
        }
        encoder.beginTerm(term, count: count)
        if count <= Self.window {
            try take(below: .max, &sink)
        } else {
            for start in stride(from: 0, to: documents.count, by: Self.window) {
                try take(below: UInt32(start + Self.window), &sink)
            }
        }
        try encoder.endTerm(&sink)
        return count
    }

    /// Hands the encoder what all inputs have of the term below a document's new number.
    private func take<Sink: ChunkSink>(below end: UInt32, _ sink: inout Sink) throws {
        gathered.removeAll()
        for number in havingTerm { try inputs[number].hand(below: end, to: &gathered) }
        gathered.sort()
        try gathered.hand(to: &encoder, &sink)
    }

    /// Hands over what is not written yet; another merger can go on from the place.
    func flush<Sink: ChunkSink>(_ sink: inout Sink) throws -> SegmentEncoder.Place {
        try encoder.flush(&sink)
    }
}

/// One of the segments that are merged.
@safe private final class MergeInput {
    /// The new number of each document, `TermCursor.end` for the removed ones.
    private let map: [UInt32]
    let terms: TermIterator
    /// Turned to one term after the other.
    private let cursor: TermCursor
    private let distances = PositionBuffer()
    /// What of the cursor's block was handed over: documents, and their distances.
    private var index = 0
    private var offset = 0

    init(map: [UInt32], terms: TermIterator, cursor: TermCursor) {
        self.map = map
        self.terms = terms
        self.cursor = cursor
    }

    /// Turns to a term.
    func open(_ entry: TermEntry) throws {
        try cursor.open(entry)
        try enter(0)
    }

    private func enter(_ block: Int) throws {
        try cursor.enter(block)
        try cursor.readDistances(distances)
        index = 0
        offset = 0
    }

    /// Hands over the postings of the term below a new number that were not handed over before.
    func hand(below end: UInt32, to gathered: inout GatheredPostings) throws {
        gathered.beginRun()
        while true {
            handBlock(below: end, to: &gathered)
            guard index == cursor.size, cursor.current + 1 < cursor.blocks else { return }
            try enter(cursor.current + 1)
        }
    }

    private func handBlock(below end: UInt32, to gathered: inout GatheredPostings) {
        let (documents, frequencies) = unsafe (cursor.documents, cursor.frequencies)
        let distances = unsafe self.distances.values
        let size = cursor.size
        var index = self.index
        var offset = self.offset
        unsafe map.withUnsafeBufferPointer { map in
            while index < size {
                let document = unsafe map[Int(documents[index])]
                let frequency = unsafe Int(frequencies[index]) &+ 1
                if document != TermCursor.end {
                    if document >= end { break }
                    unsafe gathered.append(document, frequency, distances + offset)
                }
                offset &+= frequency
                index &+= 1
            }
        }
        self.index = index
        self.offset = offset
    }
}
