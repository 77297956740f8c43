/// Which documents of a segment may be hits, whatever their text.
struct DocumentFilter {
    var range: Range<UInt32>
    /// `nil` when all of the range may.
    var bits: Bitset?

    @inline(__always)
    func contains(_ document: UInt32) -> Bool {
        range.contains(document) && (bits?.contains(document) ?? true)
    }
}

/// How documents of one segment are ranked.
struct SegmentRanking {
    let share: TermShare
    /// What the freshest document of the segment counts more, as a part of its score.
    let recency: Float
    /// The segment's place in the list of segments.
    let ordinal: Int32
}

/// Finds the best documents of one segment and puts them among the best of all.
///
/// The cursors have their weights. Early termination rests on one rule: what is skipped has an
/// upper bound that is not above the threshold of `top`.
struct SegmentRetrieval {
    let segment: SegmentReader
    let store: ChunkStore
    let filter: DocumentFilter
    let ranking: SegmentRanking

    /// By how much freshness raises a document's score.
    @inline(__always)
    func raise(_ document: UInt32) throws -> Float {
        if ranking.recency == 0 { return 1 }
        return 1 + ranking.recency * (try segment.freshness(of: document, store))
    }

    @inline(__always)
    func offer(_ document: UInt32, _ score: Float, _ top: inout TopHits) throws {
        guard filter.contains(document) else { return }
        let score = ranking.recency == 0 ? score : score * (try raise(document))
        if score > top.threshold {
            top.add(
                RankedDocument(score: score, segment: ranking.ordinal, document: document))
        }
    }

    // MARK: One term

    /// Scores only the blocks that can hold a hit, the most promising ones first: what they hold
    /// raises the threshold for the others.
    func term(_ cursor: TermCursor, _ top: inout TopHits) throws {
        var block = cursor.block(reaching: filter.range.lowerBound, from: 0)
        let highest = 1 + ranking.recency
        var promising = PromisingBlocks(of: cursor, from: block)
        for number in promising.ascending where cursor.bound(of: number) * highest > top.threshold {
            try cursor.enter(number)
            try score(cursor, &top)
        }
        while block < cursor.blocks {
            let last = cursor.last(of: block)
            if promising.isNext(block) {
                if last >= filter.range.upperBound { return }
                block += 1
                continue
            }
            var bound = cursor.bound(of: block) * highest
            if bound > top.threshold, ranking.recency > 0 {
                bound = cursor.bound(of: block) * (try raise(min(last, UInt32(segment.count - 1))))
            }
            if bound > top.threshold {
                try cursor.enter(block)
                try score(cursor, &top)
            }
            if last >= filter.range.upperBound { return }
            block += 1
        }
    }

    private func score(_ cursor: TermCursor, _ top: inout TopHits) throws {
        let limit = 1 + ranking.recency
        if let norm = cursor.singleNorm {
            let share = ranking.share(of: Float(cursor.frequency), Int(norm))
            return try offer(cursor.document, cursor.weight * share, &top)
        }
        let view = try cursor.view()
        let weight = cursor.weight
        let share = ranking.share
        // A little lower, because of the rounding; `offer` decides.
        var threshold = top.threshold / limit * 0.999_999
        for index in 0..<view.size {
            let score = weight * share(unsafe view.frequencies[index], view.norm(index))
            if score >= threshold {
                try offer(unsafe view.documents[index], score, &top)
                threshold = top.threshold / limit * 0.999_999
            }
        }
    }

    // MARK: Any of several terms

    /// MaxScore (Turtle and Flood, 1995) in windows that end with the nearest block: terms that can
    /// not lift a document over the threshold together are only looked at in documents of others.
    func disjunction(_ cursors: [TermCursor], _ top: inout TopHits) throws {
        var windows = DisjunctionWindows(cursors, from: filter.range.lowerBound)
        while let window = windows.next(below: filter.range.upperBound) {
            let raise = try ranking.recency == 0 ? 1 : raise(window.last)
            guard window.bound * raise > top.threshold else { continue }
            try scan(window, windows, raise, &top)
        }
    }

    private func scan(
        _ window: DisjunctionWindows.Window, _ windows: DisjunctionWindows, _ raise: Float,
        _ top: inout TopHits
    ) throws {
        // From the highest bound to the lowest.
        let order = windows.active
        var essential = 0
        while essential < order.count, order[essential].sum * raise > top.threshold {
            essential += 1
        }
        for number in 0..<essential { _ = try order[number].cursor.advance(to: window.first) }
        if essential == 1 {
            return try scanOne(order, window, raise, &top)
        }
        while true {
            var document = TermCursor.end
            for number in 0..<essential {
                document = min(document, order[number].cursor.document)
            }
            guard document <= window.last else { return }
            var score: Float = 0
            for number in 0..<essential where order[number].cursor.document == document {
                score += try order[number].cursor.score(ranking.share)
                try order[number].cursor.next()
            }
            try probe(order[essential...], document, score, raise, &top)
        }
    }

    private func scanOne(
        _ order: [DisjunctionWindows.Active], _ window: DisjunctionWindows.Window,
        _ raise: Float, _ top: inout TopHits
    ) throws {
        let lead = order[0].cursor
        guard lead.document <= window.last else { return }
        let (view, weight, start) = try lead.view()
        let others = order[1...]
        let rest = others.first?.sum ?? 0
        let share = ranking.share
        var least = (top.threshold / raise - rest) * 0.999_999
        for index in start..<view.size {
            let document = unsafe view.documents[index]
            guard document <= window.last else { return }
            let score = weight * share(unsafe view.frequencies[index], view.norm(index))
            guard score >= least else { continue }
            try probe(others, document, score, raise, &top)
            least = (top.threshold / raise - rest) * 0.999_999
        }
    }

    /// Adds what the other terms count in a document while it can still be a hit.
    @inline(__always)
    private func probe(
        _ others: ArraySlice<DisjunctionWindows.Active>, _ document: UInt32, _ first: Float,
        _ raise: Float, _ top: inout TopHits
    ) throws {
        var score = first
        for other in others {
            guard (score + other.sum) * raise > top.threshold else { return }
            if try other.cursor.advance(to: document) == document {
                score += try other.cursor.score(ranking.share)
            }
        }
        if score * raise > top.threshold { try offer(document, score, &top) }
    }
}

/// The blocks of a term with the highest impacts.
struct PromisingBlocks {
    private static let count = 6
    /// Of fewer blocks in all, none is looked at first.
    private static let leastBlocks = 4

    private(set) var ascending: [Int] = []
    private var next = 0

    init(of cursor: TermCursor, from first: Int) {
        let total = cursor.blocks - first
        guard total >= Self.leastBlocks else { return }
        let count = min(Self.count, total / 2)
        var least: UInt16 = 0
        for block in first..<cursor.blocks {
            let impact = cursor.impact(of: block)
            if ascending.count < count {
                ascending.append(block)
            } else if impact > least {
                ascending.remove(at: place(of: least, cursor))
                ascending.append(block)
            } else {
                continue
            }
            if ascending.count == count { least = ascending.map(cursor.impact).min() ?? 0 }
        }
    }

    /// The first of the blocks with an impact.
    private func place(of impact: UInt16, _ cursor: TermCursor) -> Int {
        ascending.firstIndex { cursor.impact(of: $0) == impact } ?? 0
    }

    /// Whether a block is one of them; asked for each block in ascending order.
    mutating func isNext(_ block: Int) -> Bool {
        guard next < ascending.count, ascending[next] == block else { return false }
        next += 1
        return true
    }
}

/// Cuts a segment into windows inside which each term has one block.
struct DisjunctionWindows {
    struct Window {
        var first: UInt32
        var last: UInt32
        /// The most that a document of the window can count.
        var bound: Float
    }

    struct Active {
        var cursor: LentCursor
        var block: Int
        var bound: Float
        /// The most that this term and those behind it can count together, summed from the smallest
        /// up: what is subtracted from a large sum may leave less than the small ones are.
        var sum: Float = 0
    }

    /// The terms with a block in the window, from the highest bound to the lowest.
    private(set) var active: [Active]
    private var start: UInt32

    init(_ cursors: [TermCursor], from start: UInt32) {
        active = cursors.map { Active(cursor: LentCursor($0), block: 0, bound: 0) }
        self.start = start
    }

    mutating func next(below end: UInt32) -> Window? {
        guard start < end else { return nil }
        var last = end - 1
        var index = 0
        while index < active.count {
            let cursor = active[index].cursor
            let block = cursor.block(reaching: start, from: active[index].block)
            guard block < cursor.blocks else {
                active.remove(at: index)
                continue
            }
            active[index].block = block
            active[index].bound = cursor.bound(of: block)
            last = min(last, cursor.last(of: block))
            index += 1
        }
        guard !active.isEmpty else { return nil }
        if active.count == 2 {
            if active[0].bound < active[1].bound { active.swapAt(0, 1) }
        } else {
            active.sort { $0.bound > $1.bound }
        }
        var sum: Float = 0
        for index in active.indices.reversed() {
            // A little more, because of the rounding.
            sum = (sum + active[index].bound) * 1.000_001
            active[index].sum = sum
        }
        defer { start = last + 1 }
        return Window(first: start, last: last, bound: sum)
    }
}
