/// Terms and phrases that must all be in a document.
final class Conjunction {
    /// Every term, those of the phrases among them, from the rarest to the most frequent.
    let cursors: [TermCursor]
    /// All but the rarest.
    let others: [LentCursor]
    private let scored: [LentCursor]
    /// The terms that count by themselves.
    let terms: [TermCursor]
    let phrases: [PhraseCursor]

    init(terms: [TermCursor], phrases: [PhraseCursor]) {
        self.terms = terms
        self.phrases = phrases
        cursors = (terms + phrases.flatMap(\.cursors)).sorted { $0.count < $1.count }
        others = cursors.dropFirst().map(LentCursor.init)
        scored = terms.map(LentCursor.init)
    }

    /// What one unit of `tf / (tf + k)` of the rarest term can count, in itself or in its phrase.
    var leadWeight: Float { leadPhrase?.weight ?? cursors[0].weight }

    /// The phrase that the rarest term belongs to.
    private var leadPhrase: PhraseCursor? {
        phrases.first { phrase in phrase.cursors.contains { $0 === cursors[0] } }
    }

    /// The part of `bound` that the rarest term, or its phrase, has.
    func leadBound(_ block: Int) -> Float {
        guard let phrase = leadPhrase else { return cursors[0].bound(of: block) }
        var impact = UInt16.max
        for cursor in phrase.cursors { impact = min(impact, cursor.impact(of: cursor.window)) }
        return phrase.bound * Float(impact)
    }

    /// What the terms count in the document at which all cursors stand.
    @inline(__always)
    func score(_ share: TermShare) throws -> Float {
        var score: Float = 0
        for index in 0..<scored.count { score += try scored[index].score(share) }
        return score
    }

    /// Moves all but the rarest to a document.
    ///
    /// - Returns: The document, or the next one of a term that is not in it.
    /// - Throws: `SegmentDamage`.
    @inline(__always)
    func align(on document: UInt32) throws -> UInt32 {
        for index in 0..<others.count {
            let found = try others[index].advance(to: document)
            if found != document { return found }
        }
        return document
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
    ///
    /// Most of them are passed over by what the rarest term counts at the most in them.
    private func scan(
        _ conjunction: Conjunction, _ first: UInt32, _ last: UInt32, _ bound: Float,
        _ raise: Float, _ top: inout TopHits
    ) throws -> UInt32 {
        let lead = conjunction.cursors[0]
        try lead.advance(to: first)
        guard lead.document <= last else { return last + 1 }
        let view = try lead.view()
        let weight = conjunction.leadWeight
        let rest = bound - conjunction.leadBound(lead.window)
        let share = ranking.share
        var least = (top.threshold / raise - rest) * 0.999_999
        var index = lead.index
        while index < view.size, unsafe view.documents[index] <= last {
            let most = weight * share(unsafe view.frequencies[index], view.norm(index))
            guard most >= least else {
                index += 1
                continue
            }
            let document = unsafe view.documents[index]
            let target = try conjunction.align(on: document)
            if target == document {
                try lead.advance(to: document)
                try score(conjunction, document, raise, &top)
                least = (top.threshold / raise - rest) * 0.999_999
                index += 1
            } else if target > last {
                // Another term has nothing in the rest of the window.
                return min(target, filter.range.upperBound)
            } else {
                while index < view.size, unsafe view.documents[index] < target { index += 1 }
            }
        }
        return last + 1
    }

    private func score(
        _ conjunction: Conjunction, _ document: UInt32, _ raise: Float, _ top: inout TopHits
    ) throws {
        guard filter.contains(document) else { return }
        var score = try conjunction.score(ranking.share)
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
        let norm = Int(try conjunction.cursors[0].norm())
        var bound = terms
        for phrase in conjunction.phrases {
            bound += phrase.weight * ranking.share(of: Float(phrase.highestFrequency), norm)
        }
        guard bound * raise > threshold else { return nil }
        var sum: Float = 0
        for phrase in conjunction.phrases {
            let frequency = Float(try phrase.frequency())
            guard frequency > 0 else { return nil }
            sum += phrase.weight * ranking.share(of: frequency, norm)
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
