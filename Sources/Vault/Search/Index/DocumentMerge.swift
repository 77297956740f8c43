/// Puts the documents of several segments into one order, without those that were removed.
///
/// Each segment has its own in order already, so they are read group by group and only the result
/// is in memory.
struct DocumentMerge {
    private let readers: [SegmentReader]
    private let store: ChunkStore
    /// The new number of each document of each input, `TermCursor.end` for the removed ones.
    private(set) var maps: [[UInt32]]
    private var next: [Int]
    /// The group of documents that each input is in, and which one it is.
    private var groups: [(number: Int, documents: [SegmentDocument])]

    init(_ readers: [SegmentReader], _ store: ChunkStore) {
        self.readers = readers
        self.store = store
        maps = readers.map { [UInt32](repeating: TermCursor.end, count: $0.count) }
        next = [Int](repeating: 0, count: readers.count)
        groups = readers.map { _ in (-1, []) }
    }

    mutating func run() throws -> [SegmentDocument] {
        var documents: [SegmentDocument] = []
        documents.reserveCapacity(readers.reduce(0) { $0 + $1.liveCount })
        for input in readers.indices { try settle(input) }
        while let (input, limit) = first() {
            let before = documents.count
            // As long as they come before those of every other input.
            while let head = head(of: input), limit.map({ precedes(head, $0) }) ?? true {
                maps[input][next[input]] = UInt32(documents.count)
                documents.append(head)
                next[input] += 1
                try settle(input)
            }
            guard documents.count > before else {
                throw SegmentDamage("a message is in two segments")
            }
        }
        return documents
    }

    private func precedes(_ first: SegmentDocument, _ second: SegmentDocument) -> Bool {
        SegmentDocument.precedes(first, second)
    }

    private func head(of input: Int) -> SegmentDocument? {
        next[input] < readers[input].count
            ? groups[input].documents[next[input] % SegmentFormat.block] : nil
    }

    /// The input whose next document comes first, and the next document of the one after it.
    private func first() -> (input: Int, limit: SegmentDocument?)? {
        var lowest: (input: Int, document: SegmentDocument)?
        var limit: SegmentDocument?
        for input in readers.indices {
            guard let head = head(of: input) else { continue }
            if let best = lowest, precedes(best.document, head) {
                if limit.map({ precedes(head, $0) }) ?? true { limit = head }
            } else {
                limit = lowest?.document
                lowest = (input, head)
            }
        }
        return lowest.map { ($0.input, limit) }
    }

    /// Moves to the next document of an input that was not removed.
    private mutating func settle(_ input: Int) throws {
        let reader = readers[input]
        if let live = reader.live {
            while next[input] < reader.count, !live.contains(UInt32(next[input])) {
                next[input] += 1
            }
        }
        guard next[input] < reader.count else { return }
        let group = next[input] / SegmentFormat.block
        guard groups[input].number != group else { return }
        let documents = try reader.documents(ofGroup: group, store)
        var before = groups[input].documents.last
        for document in documents {
            if let before, precedes(document, before) {
                throw SegmentDamage("the documents of a segment are out of order")
            }
            before = document
        }
        groups[input] = (group, documents)
    }
}
