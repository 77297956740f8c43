import Synchronization

/// Texts of messages that go into the index together, analysed and numbered before the transaction
/// that stores them.
///
/// One thread adds texts while another writes the batch before it. Those that turn out not to be
/// new are never settled and leave nothing behind.
final class AnalysedBatch: Sendable {
    private let builder = Mutex(SegmentBuilder())

    /// Adds a text, and says which place it has in the batch.
    func add(_ text: AnalysedDocument) -> Int { builder.withLock { $0.add(text) } }

    /// Lends the builder to whoever writes the segment.
    func withBuilder<Value>(
        _ body: (SegmentBuilder) throws -> sending Value
    ) rethrows -> sending Value {
        try builder.withLock { try body($0) }
    }
}

/// A message that was stored, whose text is in an `AnalysedBatch`.
struct SettledMessage {
    /// That of its text.
    var place: Int
    /// `message.num`.
    var message: Int64
    /// As `IndexedDocument.time`.
    var time: Int64
    /// As `IndexedDocument.facts`.
    var facts: [UInt8]
}

/// Collects documents in memory and writes them as a segment.
///
/// Takes about 12 bytes a token while it writes.
@safe final class SegmentBuilder {
    private struct Document {
        /// Without a message until it is settled.
        var place: SegmentDocument
        var length: Int
        /// In `stream`.
        var tokens: Range<Int>
        /// In `facts`.
        var facts: Range<Int>
        var isSettled = false
    }

    /// Stands in `stream` for a place without a token.
    private static let gap = UInt32.max

    private var terms = TermTable()
    private var stream = NumberList()
    private var facts = NumberList()
    private var documents: [Document] = []
    private var distances = NumberList()
    private(set) var tokens = 0
    /// How many documents are settled.
    private(set) var count = 0

    /// Adds a text whose message is not known yet, and says which place it has.
    func add(_ text: AnalysedDocument) -> Int {
        let start = stream.count
        unsafe text.tokens.withUnsafeBufferPointer {
            unsafe Self.number($0, &terms, into: &stream)
        }
        documents.append(
            Document(
                place: SegmentDocument(
                    message: 0, time: 0, norm: NormCode.encode(text.length)),
                length: text.length, tokens: start..<stream.count, facts: 0..<0))
        return documents.count - 1
    }

    /// Says of a text which message it is.
    func settle(_ message: SettledMessage) {
        let start = facts.count
        unsafe message.facts.withUnsafeBufferPointer {
            unsafe Self.number($0, &terms, into: &facts)
        }
        documents[message.place].facts = start..<facts.count
        documents[message.place].place.message = message.message
        documents[message.place].place.time = message.time
        documents[message.place].isSettled = true
        tokens += documents[message.place].length
        count += 1
    }

    func add(_ document: IndexedDocument) {
        settle(
            SettledMessage(
                place: add(document.text), message: document.text.message, time: document.time,
                facts: document.facts))
    }

    private static func number(
        _ bytes: UnsafeBufferPointer<UInt8>, _ terms: inout TermTable,
        into numbers: inout NumberList
    ) {
        guard let base = bytes.baseAddress else { return }
        var position = 0
        while position < bytes.count {
            let length = unsafe Int(base[position])
            position += 1
            if length == 0 {
                numbers.append(gap)
            } else {
                numbers.append(
                    unsafe terms.number(
                        of: base + position, length, readable: bytes.count - position))
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
        precondition(count > 0 && count <= SegmentFormat.maximumDocuments)
        documents.removeAll { !$0.isSettled }
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
                // Texts that were not new may have had words of their own.
                if range.isEmpty { continue }
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
            for document in documents {
                for place in document.tokens {
                    let term = unsafe stream.base[place]
                    if term != Self.gap { unsafe ends[Int(term)] += 1 }
                }
                for place in document.facts { unsafe ends[Int(facts.base[place])] += 1 }
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
        let (stream, facts) = unsafe (self.stream.base, self.facts.base)
        for (number, document) in documents.enumerated() {
            let key = UInt64(number) << 32
            for place in document.facts {
                let term = unsafe Int(facts[place])
                unsafe occurrences[ends[term]] = key
                unsafe ends[term] += 1
            }
            for place in document.tokens {
                let term = unsafe stream[place]
                guard term != Self.gap else { continue }
                let end = unsafe ends[Int(term)]
                unsafe occurrences[end] = key | UInt64(place - document.tokens.lowerBound)
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
