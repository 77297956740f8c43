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
        while true {
            var worst = place
            for child in [2 * place + 1, 2 * place + 2] where child < heap.count {
                if heap[worst].precedes(heap[child]) { worst = child }
            }
            guard worst != place else { return }
            heap.swapAt(worst, place)
            place = worst
        }
    }
}
