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
    private var stream = NumberList()
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
        guard let base = bytes.baseAddress else { return }
        var position = 0
        while position < bytes.count {
            let length = unsafe Int(base[position])
            position += 1
            if length == 0 {
                stream.append(Self.gap)
            } else {
                let number = unsafe terms.number(
                    of: base + position, length, readable: bytes.count - position)
                stream.append(number)
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
        var occurrences = [UInt64](repeating: 0, count: countOccurrences(&ends))
        unsafe ends.withUnsafeMutableBufferPointer { ends in
            unsafe occurrences.withUnsafeMutableBufferPointer { unsafe distribute(into: $0, ends) }
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

    /// Where the occurrences of each term begin, and how many there are in all.
    private func countOccurrences(_ ends: inout [Int]) -> Int {
        unsafe ends.withUnsafeMutableBufferPointer { ends in
            for place in 0..<stream.count {
                let term = unsafe stream.base[place]
                if term != Self.gap { unsafe ends[Int(term)] += 1 }
            }
            var sum = 0
            for term in 0..<ends.count {
                let count = unsafe ends[term]
                unsafe ends[term] = sum
                sum += count
            }
            return sum
        }
    }

    private func distribute(
        into occurrences: UnsafeMutableBufferPointer<UInt64>,
        _ ends: UnsafeMutableBufferPointer<Int>
    ) {
        let stream = unsafe self.stream.base
        for (number, document) in documents.enumerated() {
            let first = document.start + document.facts
            for place in document.start..<document.end {
                let term = unsafe stream[place]
                guard term != Self.gap else { continue }
                let end = unsafe ends[Int(term)]
                unsafe occurrences[end] = UInt64(number) << 32 | UInt64(max(0, place - first))
                unsafe ends[Int(term)] = end + 1
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
