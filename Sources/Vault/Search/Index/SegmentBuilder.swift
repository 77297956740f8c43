/// Collects documents in memory and writes them as a segment.
///
/// Takes about 12 bytes a token while it writes.
@safe final class SegmentBuilder {
    private struct Document {
        var place: SegmentDocument
        /// In `stream`: first its facts, then its tokens.
        var start: Int
        var facts: Int
        var end: Int
    }

    /// Stands in `stream` for a place without a token.
    private static let gap = UInt32.max

    private var terms = TermTable()
    private var stream: [UInt32] = []
    private var documents: [Document] = []
    private var distances = NumberList()
    private(set) var tokens = 0

    var count: Int { documents.count }

    func add(_ document: IndexedDocument) {
        let start = stream.count
        unsafe document.facts.withUnsafeBufferPointer { unsafe addTokens($0) }
        let facts = stream.count - start
        unsafe document.text.tokens.withUnsafeBufferPointer { unsafe addTokens($0) }
        let norm = NormCode.encode(document.text.length)
        tokens += document.text.length
        documents.append(
            Document(
                place: SegmentDocument(
                    message: document.text.message, time: document.time, norm: norm),
                start: start, facts: facts, end: stream.count))
    }

    private func addTokens(_ bytes: UnsafeBufferPointer<UInt8>) {
        var position = 0
        while position < bytes.count {
            let length = unsafe Int(bytes[position])
            position += 1
            if length == 0 {
                stream.append(Self.gap)
            } else {
                let token = unsafe UnsafeBufferPointer(
                    rebasing: bytes[position..<position + length])
                unsafe stream.append(terms.number(of: token))
                position += length
            }
        }
    }

    /// Writes everything.
    ///
    /// - Parameters:
    ///   - number: The segment's.
    ///   - averageLength: At which impacts are computed.
    ///   - sink: Takes the chunks.
    /// - Returns: The segment's row.
    /// - Throws: What the sink throws.
    func write<Sink: ChunkSink>(
        number: Int64, averageLength: Float, _ sink: inout Sink
    ) throws -> SegmentRow {
        precondition(!documents.isEmpty && documents.count <= SegmentFormat.maximumDocuments)
        documents.sort { SegmentDocument.precedes($0.place, $1.place) }
        let places = documents.map(\.place)
        try DocumentWriter.write(places, &sink)
        var encoder = SegmentEncoder(norms: places.map(\.norm), averageLength: averageLength)
        try encode(&encoder, &sink)
        let place = try encoder.flush(&sink)
        return SegmentRow(
            number: number, documents: places, tokens: Int64(tokens), averageLength: averageLength,
            place: place)
    }

    /// Sorts the occurrences by term; within a term they are in the order of documents and places.
    private func encode<Sink: ChunkSink>(
        _ encoder: inout SegmentEncoder, _ sink: inout Sink
    ) throws {
        var ends = [Int](repeating: 0, count: terms.count)
        for term in stream where term != Self.gap { ends[Int(term)] += 1 }
        var sum = 0
        for term in ends.indices {
            let count = ends[term]
            ends[term] = sum
            sum += count
        }
        var occurrences = [UInt64](repeating: 0, count: sum)
        for (number, document) in documents.enumerated() {
            for place in document.start..<document.end where stream[place] != Self.gap {
                let position = max(0, place - document.start - document.facts)
                let term = Int(stream[place])
                occurrences[ends[term]] = UInt64(number) << 32 | UInt64(position)
                ends[term] += 1
            }
        }
        try unsafe occurrences.withUnsafeBufferPointer { occurrences in
            for term in terms.sorted() {
                let range = (term == 0 ? 0 : ends[term - 1])..<ends[term]
                encoder.beginTerm(Array(terms.bytes(of: term)), count: range.count)
                try unsafe encode(
                    UnsafeBufferPointer(rebasing: occurrences[range]), &encoder, &sink)
                try encoder.endTerm(&sink)
            }
        }
    }

    /// The occurrences of one term.
    private func encode<Sink: ChunkSink>(
        _ occurrences: UnsafeBufferPointer<UInt64>, _ encoder: inout SegmentEncoder,
        _ sink: inout Sink
    ) throws {
        var index = 0
        while index < occurrences.count {
            let document = unsafe occurrences[index] >> 32
            distances.removeAll()
            var previous: UInt32 = 0
            while index < occurrences.count, unsafe occurrences[index] >> 32 == document {
                let position = unsafe UInt32(truncatingIfNeeded: occurrences[index])
                distances.append(position &- previous)
                previous = position
                index &+= 1
            }
            try unsafe encoder.add(
                UInt32(document), frequency: distances.count, distances: distances.base, &sink)
        }
    }
}

extension SegmentRow {
    /// The row of a segment that was just written.
    init(
        number: Int64, documents: [SegmentDocument], tokens: Int64, averageLength: Float,
        place: SegmentEncoder.Place
    ) {
        self.number = number
        self.documents = documents.count
        self.tokens = tokens
        terms = place.terms
        self.averageLength = averageLength
        oldest = documents.first?.time ?? 0
        newest = documents.last?.time ?? 0
        let messages = documents.map(\.message)
        self.messages = (messages.min() ?? 0)...(messages.max() ?? 0)
        removed = 0
        firsts = place.firsts
        let full = SegmentFormat.chunkBytes
        let groups = (documents.count + SegmentFormat.block - 1) / SegmentFormat.block
        lengths = [
            place.chunks[0] * full, place.chunks[1] * full + place.rests[0].count,
            place.chunks[2] * full + place.rests[1].count,
            place.chunks[3] * full + place.rests[2].count, documents.count,
            // How long the items are is known where they are read.
            (groups + 1) * full,
            (groups / SegmentFormat.groupsInChunk + 1) * full,
        ]
    }
}

/// Numbers the different terms of a segment that is being built.
struct TermTable {
    private var slots = [UInt32](repeating: .max, count: 1 << 14)
    private var hashes: [UInt64] = []
    private var ends: [Int] = []
    private var arena: [UInt8] = []

    var count: Int { hashes.count }

    func bytes(of term: Int) -> ArraySlice<UInt8> {
        arena[(term == 0 ? 0 : ends[term - 1])..<ends[term]]
    }

    /// The number of a term, a new one if it has none.
    mutating func number(of term: UnsafeBufferPointer<UInt8>) -> UInt32 {
        let hash = unsafe Self.hash(term)
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != .max {
            let number = Int(slots[slot])
            if hashes[number] == hash, unsafe isEqual(number, term) { return slots[slot] }
            slot = (slot + 1) & mask
        }
        let number = UInt32(hashes.count)
        slots[slot] = number
        hashes.append(hash)
        unsafe arena.append(contentsOf: term)
        ends.append(arena.count)
        if hashes.count * 2 > slots.count { grow() }
        return number
    }

    private func isEqual(_ number: Int, _ term: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = number == 0 ? 0 : ends[number - 1]
        guard ends[number] - start == term.count else { return false }
        return unsafe arena.withUnsafeBufferPointer { arena in
            for index in 0..<term.count where unsafe arena[start + index] != term[index] {
                return false
            }
            return true
        }
    }

    private mutating func grow() {
        slots = [UInt32](repeating: .max, count: slots.count * 4)
        let mask = slots.count - 1
        for (number, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & mask
            while slots[slot] != .max { slot = (slot + 1) & mask }
            slots[slot] = UInt32(number)
        }
    }

    private static func hash(_ term: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(term.count)
        var index = 0
        let raw = UnsafeRawBufferPointer(term)
        while index + 8 <= term.count {
            let word = unsafe raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            hash = (hash ^ word) &* 0xFF51_AFD7_ED55_8CCD
            hash ^= hash >> 32
            index += 8
        }
        var rest: UInt64 = 0
        while index < term.count {
            unsafe rest = rest << 8 | UInt64(term[index])
            index += 1
        }
        hash = (hash ^ rest) &* 0xC4CE_B9FE_1A85_EC53
        return hash ^ hash >> 29
    }

    /// The numbers of the terms in the order of their bytes.
    func sorted() -> [Int] {
        let keys: [(prefix: UInt64, term: Int)] = (0..<count).map { term in
            var prefix: UInt64 = 0
            let bytes = bytes(of: term)
            for byte in bytes.prefix(8) { prefix = prefix << 8 | UInt64(byte) }
            return (prefix << UInt64(8 * max(0, 8 - bytes.count)), term)
        }
        return keys.sorted { first, second in
            if first.prefix != second.prefix { return first.prefix < second.prefix }
            return bytes(of: first.term).lexicographicallyPrecedes(bytes(of: second.term))
        }.map(\.term)
    }
}
