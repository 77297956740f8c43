/// The documents that have a term with some beginning, behind other terms if there are several, and
/// how often.
///
/// All expansions count as one term, whose frequency is their sum.
@safe final class PrefixHits {
    let segment: SegmentReader
    let store: ChunkStore
    /// Frequencies by document, limited to 65,535; zero where there is none.
    private let frequencies: UnsafeMutablePointer<UInt16>
    /// The documents that have one, in no order.
    private(set) var touched: [UInt32] = []
    var weight: Float = 0

    init(_ terms: [[UInt8]], _ segment: SegmentReader, _ store: ChunkStore) throws {
        self.segment = segment
        self.store = store
        unsafe frequencies = segment.takeCounters()
        guard let last = terms.last else { return }
        if terms.count == 1 {
            try segment.forEachExpansion(of: last, store) { entry in
                try add(entry)
                return true
            }
        } else {
            try addPhrases(terms.dropLast(), last)
        }
    }

    deinit {
        for document in touched { unsafe frequencies[Int(document)] = 0 }
        unsafe segment.giveBack(frequencies)
    }

    @inline(__always)
    private func add(_ document: UInt32, _ frequency: UInt32) {
        let place = Int(document)
        if unsafe frequencies[place] == 0 { touched.append(document) }
        let sum = unsafe UInt32(frequencies[place]) + min(frequency, 65_535)
        unsafe frequencies[place] = UInt16(min(sum, 65_535))
    }

    private func add(_ entry: TermEntry) throws {
        if case .single(let document, let frequency, _, _) = entry.place {
            return add(document, frequency)
        }
        let cursor = try TermCursor(entry, segment, store)
        for block in 0..<cursor.blocks {
            try cursor.enter(block)
            cursor.loadFrequencies()
            for index in 0..<cursor.size {
                unsafe add(cursor.documents[index], cursor.frequency(at: index))
            }
        }
    }

    /// The places where the other terms stand are found once, and then compared with each
    /// expansion.
    private func addPhrases(_ terms: ArraySlice<[UInt8]>, _ last: [UInt8]) throws {
        guard let phrase = try PhraseCursor(Array(terms), segment, store) else { return }
        var ends: [UInt32: Set<UInt32>] = [:]
        let candidates = Bitset(segment.count)
        try phrase.forEachMatch { document, _ in
            candidates.insert(document)
            ends[document] = Set(phrase.places.map { $0 + UInt32(terms.count) })
        }
        guard !ends.isEmpty else { return }
        let buffer = PositionBuffer()
        try segment.forEachExpansion(of: last, store) { entry in
            let cursor = try TermCursor(entry, segment, store)
            try cursor.enter(0)
            while cursor.document != TermCursor.end {
                if candidates.contains(cursor.document), let wanted = ends[cursor.document] {
                    try cursor.readPositions(buffer)
                    var count: UInt32 = 0
                    for index in 0..<buffer.count
                    where wanted.contains(unsafe buffer.values[index]) {
                        count += 1
                    }
                    if count > 0 { add(cursor.document, count) }
                }
                try cursor.next()
            }
            return true
        }
    }

    func documents() -> Bitset {
        let found = Bitset(segment.count)
        for document in touched { found.insert(document) }
        return found
    }

    @inline(__always)
    func frequency(in document: UInt32) -> UInt16 { unsafe frequencies[Int(document)] }
}
