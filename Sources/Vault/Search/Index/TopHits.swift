/// A document that a search found.
struct RankedDocument: Equatable {
    var score: Float
    /// Its segment's place in the list of segments.
    var segment: Int32
    var document: UInt32

    /// Whether this one is the better; where scores are equal the later document.
    @inline(__always)
    func precedes(_ other: RankedDocument) -> Bool {
        if score != other.score { return score > other.score }
        if segment != other.segment { return segment > other.segment }
        return document > other.document
    }
}

/// The best documents so far: a heap with the worst of them on top.
struct TopHits {
    let limit: Int
    private var heap: [RankedDocument] = []
    /// A document must score more than this to be of interest.
    private(set) var threshold: Float = -1

    init(limit: Int) {
        self.limit = limit
        heap.reserveCapacity(min(limit, 1024))
    }

    var sorted: [RankedDocument] { heap.sorted { $0.precedes($1) } }

    /// Takes a document that scores more than `threshold`, or as much.
    mutating func add(_ hit: RankedDocument) {
        if heap.count < limit {
            heap.append(hit)
            climb()
        } else if let worst = heap.first, hit.precedes(worst) {
            heap[0] = hit
            sink()
        } else {
            return
        }
        // One that scores the same may still be better by its place.
        if heap.count == limit, let worst = heap.first { threshold = worst.score.nextDown }
    }

    private mutating func climb() {
        var place = heap.count - 1
        while place > 0 {
            let parent = (place - 1) / 2
            guard heap[parent].precedes(heap[place]) else { return }
            heap.swapAt(parent, place)
            place = parent
        }
    }

    private mutating func sink() {
        var place = 0
        let hit = heap[0]
        while true {
            var child = 2 * place + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child].precedes(heap[child + 1]) { child += 1 }
            guard hit.precedes(heap[child]) else { break }
            heap[place] = heap[child]
            place = child
        }
        heap[place] = hit
    }
}
