/// Terms and phrases that must all be in a document.
final class Conjunction {
    /// Every term, those of the phrases among them, from the rarest to the most frequent.
    let cursors: [TermCursor]
    /// The terms that count by themselves.
    let terms: [TermCursor]
    let phrases: [PhraseCursor]

    init(terms: [TermCursor], phrases: [PhraseCursor]) {
        self.terms = terms
        self.phrases = phrases
        cursors = (terms + phrases.flatMap(\.cursors)).sorted { $0.count < $1.count }
    }

    /// The most that a document of the given blocks can count.
    @inline(__always)
    func bound(_ block: (TermCursor) -> Int) -> Float {
        var sum: Float = 0
        for term in terms { sum += term.bound(of: block(term)) }
        for phrase in phrases {
            var impact = UInt16.max
            for cursor in phrase.cursors { impact = min(impact, cursor.impact(of: block(cursor))) }
            sum += phrase.bound * Float(impact)
        }
        return sum
    }
}

extension SegmentRetrieval {
    /// The rarest term leads; windows in which each term has one block are skipped by their bounds.
    func conjunction(_ conjunction: Conjunction, _ top: inout TopHits) throws {
        let cursors = conjunction.cursors
        var blocks = [Int](repeating: 0, count: cursors.count)
        var start = filter.range.lowerBound
        while start < filter.range.upperBound {
            var last = filter.range.upperBound - 1
            for (index, cursor) in cursors.enumerated() {
                let block = cursor.block(reaching: start, from: blocks[index])
                guard block < cursor.blocks else { return }
                blocks[index] = block
                cursor.window = block
                last = min(last, cursor.last(of: block))
            }
            let bound = conjunction.bound { $0.window }
            let raise = try ranking.recency == 0 ? 1 : raise(last)
            if bound * raise > top.threshold {
                start = try scan(conjunction, start, last, bound, raise, &top)
            } else {
                start = last + 1
            }
        }
    }

    /// Looks at the documents of the rarest term in a window; says where to go on.
    private func scan(
        _ conjunction: Conjunction, _ first: UInt32, _ last: UInt32, _ bound: Float,
        _ raise: Float, _ top: inout TopHits
    ) throws -> UInt32 {
        let lead = conjunction.cursors[0]
        try lead.advance(to: first)
        let leadBound = lead.bound(of: lead.window)
        let isPlain = conjunction.phrases.isEmpty
        while lead.document <= last {
            let document = lead.document
            if isPlain {
                let score = try unsafe lead.score(ranking.saturation)
                if (score + bound - leadBound) * raise <= top.threshold {
                    try lead.next()
                    continue
                }
            }
            var target = document
            for cursor in conjunction.cursors.dropFirst() {
                try cursor.advance(to: document)
                if cursor.document != document {
                    target = cursor.document
                    break
                }
            }
            if target == document {
                try score(conjunction, document, raise, &top)
                try lead.next()
            } else if target > last {
                // Another term has nothing in the rest of the window.
                return min(target, filter.range.upperBound)
            } else {
                try lead.advance(to: target)
            }
        }
        return last + 1
    }

    private func score(
        _ conjunction: Conjunction, _ document: UInt32, _ raise: Float, _ top: inout TopHits
    ) throws {
        guard filter.contains(document) else { return }
        var score: Float = 0
        for term in conjunction.terms { score += try unsafe term.score(ranking.saturation) }
        if !conjunction.phrases.isEmpty {
            guard let phrases = try phrases(conjunction, score, raise, top.threshold) else {
                return
            }
            score += phrases
        }
        try offer(document, score, &top)
    }

    /// What the phrases count in a document; `nil` when one is not in it or it cannot be a hit.
    private func phrases(
        _ conjunction: Conjunction, _ terms: Float, _ raise: Float, _ threshold: Float
    ) throws -> Float? {
        let saturation = try unsafe ranking.saturation[Int(conjunction.cursors[0].norm())]
        var bound = terms
        for phrase in conjunction.phrases {
            let most = Float(phrase.highestFrequency)
            bound += phrase.weight * most / (most + saturation)
        }
        guard bound * raise > threshold else { return nil }
        var sum: Float = 0
        for phrase in conjunction.phrases {
            let frequency = Float(try phrase.frequency())
            guard frequency > 0 else { return nil }
            sum += phrase.weight * frequency / (frequency + saturation)
        }
        return sum
    }

    /// The last documents with all terms and phrases, newest first.
    func newest(_ conjunction: Conjunction, limit: Int) throws -> [UInt32] {
        var found: [UInt32] = []
        guard limit > 0, filter.range.upperBound > filter.range.lowerBound else { return found }
        var target = filter.range.upperBound - 1
        let lead = conjunction.cursors[0]
        walk: while try lead.retreat(to: target) {
            let document = lead.document
            guard document >= filter.range.lowerBound else { break }
            for cursor in conjunction.cursors.dropFirst() {
                guard try cursor.retreat(to: document) else { break walk }
                if cursor.document != document {
                    target = cursor.document
                    continue walk
                }
            }
            if filter.contains(document),
                try conjunction.phrases.allSatisfy({
                    try $0.frequency() > 0
                })
            {
                found.append(document)
                if found.count == limit { break }
            }
            if document == 0 { break }
            target = document - 1
        }
        return found
    }
}
