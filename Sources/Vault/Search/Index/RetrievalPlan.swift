/// How a query is answered.
struct RetrievalPlan {
    enum Method {
        /// Terms and phrases that must all be there.
        case conjunction
        /// Terms of which one must be there.
        case disjunction
        /// One prefix.
        case prefix
        /// The matches as a set, each of which is scored.
        case general
        /// Nothing to rank by.
        case newest
    }

    let method: Method
    /// Conditions that do not count in the score.
    let filters: [IndexQuery]
    /// Parts that do, all of which must be true.
    let ranked: [IndexQuery]
    /// What counts in the score: terms, phrases and prefixes.
    let leaves: [IndexQuery]

    /// The parts that count, as one query.
    var text: IndexQuery { .all(ranked) }

    init(_ query: IndexQuery, isExhaustive: Bool) {
        var parts = [query]
        if case .all(let several) = query { parts = several }
        filters = parts.filter { !$0.isRanked && $0 != .everything }
        ranked = parts.filter(\.isRanked)
        leaves = ranked.flatMap(\.leaves)
        method = isExhaustive && !ranked.isEmpty ? .general : Self.method(ranked)
    }

    private static func method(_ ranked: [IndexQuery]) -> Method {
        guard let first = ranked.first else { return .newest }
        let isPlain = ranked.allSatisfy { part in
            switch part {
            case .term, .phrase: true
            default: false
            }
        }
        if isPlain { return .conjunction }
        guard ranked.count == 1 else { return .general }
        switch first {
        case .any(let choices):
            let areTerms = choices.allSatisfy { if case .term = $0 { true } else { false } }
            return areTerms && Set(choices.flatMap(\.words)).count == choices.count
                ? .disjunction : .general
        case .prefix(let terms):
            guard terms.count == 1 else { return .general }
            let letters = String(decoding: terms[0], as: UTF8.self).unicodeScalars.count
            return letters <= IndexSearch.shortPrefix ? .newest : .prefix
        default: return .general
        }
    }
}

extension IndexQuery {
    /// The terms of a leaf.
    var words: [[UInt8]] {
        switch self {
        case .term(let term): [term]
        case .phrase(let terms), .prefix(let terms): terms
        default: []
        }
    }
}

/// Looks the leaves of a plan up in all segments and weighs them by how rare they are in all.
struct Weighing {
    private let plan: RetrievalPlan
    private let search: IndexSearch
    /// Of each segment the entries of the words.
    private var entries: [[[UInt8]: TermEntry]] = []
    /// Of each segment the hits of the prefixes among the leaves.
    private var hits: [[PrefixHits]] = []
    private var weights: [[UInt8]: Float] = [:]
    private var prefixWeights: [Float] = []

    init(_ plan: RetrievalPlan, _ search: IndexSearch) throws {
        self.plan = plan
        self.search = search
        var words: [[UInt8]] = []
        var prefixes: [[[UInt8]]] = []
        for leaf in plan.leaves {
            if case .prefix(let terms) = leaf {
                prefixes.append(terms)
            } else {
                words += leaf.words
            }
        }
        var counts: [[UInt8]: Int] = [:]
        for reader in search.state.readers {
            var found: [[UInt8]: TermEntry] = [:]
            for word in words where found[word] == nil {
                if let entry = try reader.entry(word, search.store) {
                    found[word] = entry
                    counts[word, default: 0] += entry.count
                }
            }
            entries.append(found)
            hits.append(try prefixes.map { try PrefixHits($0, reader, search.store) })
        }
        let total = search.state.documents
        for (word, count) in counts {
            weights[word] = Relevance.inverseFrequency(count, of: total)
        }
        for number in prefixes.indices {
            let count = hits.reduce(0) { $0 + $1[number].touched.count }
            let weight = Relevance.inverseFrequency(count, of: total)
            prefixWeights.append(weight)
            for hit in hits { hit[number].weight = weight }
        }
    }

    /// By how much stored impacts are too low at the present average length, at the most.
    private func scale(_ reader: SegmentReader) -> Float {
        max(1, search.state.averageLength / reader.row.averageLength) / Relevance.impactScale
    }

    private func cursor(_ word: [UInt8], _ ordinal: Int) throws -> TermCursor? {
        guard let entry = entries[ordinal][word] else { return nil }
        let reader = search.state.readers[ordinal]
        let cursor = try TermCursor(entry, reader, search.store)
        cursor.weight = weights[word] ?? 0
        cursor.bound = cursor.weight * scale(reader)
        return cursor
    }

    private func phrase(_ words: [[UInt8]], _ ordinal: Int) throws -> PhraseCursor? {
        var cursors: [TermCursor] = []
        for word in words {
            guard let cursor = try cursor(word, ordinal) else { return nil }
            cursors.append(cursor)
        }
        let phrase = PhraseCursor(cursors)
        phrase.weight = words.reduce(0) { $0 + (weights[$1] ?? 0) }
        phrase.bound = phrase.weight * scale(search.state.readers[ordinal])
        return phrase
    }

    /// All terms and phrases of the leaves; `nil` when one is not in the segment.
    func conjunction(_ ordinal: Int) throws -> Conjunction? {
        var terms: [TermCursor] = []
        var phrases: [PhraseCursor] = []
        for leaf in plan.leaves {
            if case .term(let word) = leaf {
                guard let cursor = try cursor(word, ordinal) else { return nil }
                terms.append(cursor)
            } else {
                guard let phrase = try phrase(leaf.words, ordinal) else { return nil }
                phrases.append(phrase)
            }
        }
        return Conjunction(terms: terms, phrases: phrases)
    }

    /// The terms of the leaves that are in the segment.
    func terms(_ ordinal: Int) throws -> [TermCursor] {
        try plan.leaves.flatMap(\.words).compactMap { try cursor($0, ordinal) }
    }

    func prefixes(_ ordinal: Int) -> [PrefixHits] { hits[ordinal] }

    func leaves(_ ordinal: Int) throws -> [RankedLeaf] {
        var next = 0
        var leaves: [RankedLeaf] = []
        for leaf in plan.leaves {
            switch leaf {
            case .term(let word):
                if let cursor = try cursor(word, ordinal) { leaves.append(.term(cursor)) }
            case .prefix:
                leaves.append(.prefix(hits[ordinal][next]))
                next += 1
            default:
                if let phrase = try phrase(leaf.words, ordinal) { leaves.append(.phrase(phrase)) }
            }
        }
        return leaves
    }
}
