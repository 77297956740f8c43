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
    /// The words of the leaves, each once.
    private var words: [[UInt8]] = []
    /// Of each segment the entries of the words.
    private var entries: [[TermEntry?]] = []
    /// Of each segment the hits of the prefixes among the leaves.
    private var hits: [[PrefixHits]] = []
    /// Of the words.
    private var weights: [Float] = []
    private var prefixWeights: [Float] = []

    init(_ plan: RetrievalPlan, _ search: IndexSearch) throws {
        self.plan = plan
        self.search = search
        var prefixes: [[[UInt8]]] = []
        for leaf in plan.leaves {
            if case .prefix(let terms) = leaf {
                prefixes.append(terms)
            } else {
                for word in leaf.words where !words.contains(word) { words.append(word) }
            }
        }
        var counts = [Int](repeating: 0, count: words.count)
        for reader in search.state.readers {
            var found: [TermEntry?] = []
            for (number, word) in words.enumerated() {
                let entry = try reader.entry(word, search.store)
                counts[number] += entry?.count ?? 0
                found.append(entry)
            }
            entries.append(found)
            if !prefixes.isEmpty {
                hits.append(try prefixes.map { try PrefixHits($0, reader, search.store) })
            }
        }
        let total = search.state.documents
        weights = counts.map { Relevance.inverseFrequency($0, of: total) }
        for number in prefixes.indices {
            let count = hits.reduce(0) { $0 + $1[number].touched.count }
            let weight = Relevance.inverseFrequency(count, of: total)
            prefixWeights.append(weight)
            for hit in hits { hit[number].weight = weight }
        }
    }

    private func cursor(_ word: [UInt8], _ ordinal: Int) throws -> TermCursor? {
        guard let number = words.firstIndex(of: word), let entry = entries[ordinal][number] else {
            return nil
        }
        let reader = search.state.readers[ordinal]
        let cursor = try TermCursor(entry, reader, search.store)
        cursor.weight = weights[number]
        cursor.bound = cursor.weight * search.state.boundScale(reader)
        return cursor
    }

    private func phrase(_ parts: [[UInt8]], _ ordinal: Int) throws -> PhraseCursor? {
        var cursors: [TermCursor] = []
        for word in parts {
            guard let cursor = try cursor(word, ordinal) else { return nil }
            cursors.append(cursor)
        }
        let phrase = PhraseCursor(cursors)
        phrase.weight = cursors.reduce(0) { $0 + $1.weight }
        phrase.bound = phrase.weight * search.state.boundScale(search.state.readers[ordinal])
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
