import GRDB

/// Evaluates queries on the segments that one transaction sees.
struct IndexSearch {
    let state: IndexState
    let store: ChunkStore
    /// Whether newer messages are preferred a little.
    var prefersNewer = true
    /// Whether every match is scored; for tests of early termination.
    var isExhaustive = false

    /// A prefix of so many letters is answered newest first, since it says little.
    static let shortPrefix = 2

    init(_ state: IndexState, in database: Database) throws {
        try state.refresh(in: database)
        self.state = state
        store = ChunkStore(database: database, cache: state.cache)
    }

    // MARK: The best

    /// The best matches, or the newest where nothing can be ranked.
    func best(_ query: IndexQuery, limit: Int) throws -> [IndexMatch] {
        var top = TopHits(limit: limit)
        if case .term(let word) = query, !isExhaustive {
            try best(word, &top)
            return try matches(top)
        }
        let plan = RetrievalPlan(query, isExhaustive: isExhaustive)
        if plan.method == .newest { return try newest(query, limit: limit) }
        var weighing = try Weighing(plan, self)
        for ordinal in state.largestFirst {
            let retrieval = try retrieval(ordinal, plan.filters)
            guard !retrieval.filter.range.isEmpty else { continue }
            try retrieve(plan, retrieval, &weighing, ordinal, &top)
        }
        return try matches(top)
    }

    /// One word and nothing else, which is what most people ask for.
    private func best(_ word: [UInt8], _ top: inout TopHits) throws {
        var entries: [(ordinal: Int, entry: TermEntry)] = []
        var count = 0
        for ordinal in state.largestFirst {
            guard let entry = try state.readers[ordinal].entry(word, store) else { continue }
            entries.append((ordinal, entry))
            count += entry.count
        }
        let weight = Relevance.inverseFrequency(count, of: state.documents)
        for (ordinal, entry) in entries {
            let segment = state.readers[ordinal]
            let cursor = try TermCursor(entry, segment, store)
            cursor.weight = weight
            cursor.bound = weight * state.boundScale(segment)
            try retrieval(ordinal, []).term(cursor, &top)
        }
    }

    private func matches(_ top: TopHits) throws -> [IndexMatch] {
        try top.sorted.map { hit in
            let reader = state.readers[Int(hit.segment)]
            return IndexMatch(
                message: try reader.document(hit.document, store).message,
                score: Double(hit.score))
        }
    }

    private func retrieve(
        _ plan: RetrievalPlan, _ retrieval: SegmentRetrieval, _ weighing: inout Weighing,
        _ ordinal: Int, _ top: inout TopHits
    ) throws {
        switch plan.method {
        case .newest: return
        case .conjunction:
            guard let conjunction = try weighing.conjunction(ordinal) else { return }
            if conjunction.cursors.count == 1, conjunction.phrases.isEmpty {
                try retrieval.term(conjunction.cursors[0], &top)
            } else {
                try retrieval.conjunction(conjunction, &top)
            }
        case .disjunction:
            let cursors = try weighing.terms(ordinal)
            switch cursors.count {
            case 0: return
            case 1: try retrieval.term(cursors[0], &top)
            default: try retrieval.disjunction(cursors, &top)
            }
        case .prefix:
            if let hits = weighing.prefixes(ordinal).first { try retrieval.prefix(hits, &top) }
        case .general:
            let matcher = DocumentMatcher(segment: retrieval.segment, store: store)
            let documents = try matcher.matches(.all(plan.ranked))
            try retrieval.all(of: documents, try weighing.leaves(ordinal), &top)
        }
    }

    private func retrieval(
        _ ordinal: Int, _ filters: [IndexQuery]
    ) throws -> SegmentRetrieval {
        let segment = state.readers[ordinal]
        let age = state.newest - segment.reference
        let recency =
            prefersNewer && segment.reference > 0
            ? Relevance.recency * Relevance.freshness(ageMilliseconds: age) : 0
        return SegmentRetrieval(
            segment: segment, store: store, filter: try filter(filters, segment),
            ranking: SegmentRanking(
                share: state.shares.share, recency: recency, ordinal: Int32(ordinal)))
    }

    /// Ranges of dates are ranges of documents; other conditions become sets.
    private func filter(
        _ conditions: [IndexQuery], _ segment: SegmentReader
    ) throws -> DocumentFilter {
        var filter = DocumentFilter(range: 0..<UInt32(segment.count), bits: segment.live)
        var own: Bitset?
        for condition in conditions {
            if case .times(let times) = condition {
                filter.range = filter.range.clamped(to: try segment.documents(in: times, store))
                continue
            }
            let found = try DocumentMatcher(segment: segment, store: store).documents(condition)
            if let set = own { set.formIntersection(found) } else { own = found }
        }
        guard let own else { return filter }
        if let live = segment.live { own.formIntersection(live) }
        filter.bits = own
        return filter
    }

    // MARK: The newest

    /// The newest matches; those of equal time by their numbers, those without a time last.
    func newest(_ query: IndexQuery, limit: Int) throws -> [IndexMatch] {
        let plan = RetrievalPlan(query, isExhaustive: isExhaustive)
        var found: [(time: Int64, message: Int64)] = []
        for ordinal in state.readers.indices {
            let retrieval = try retrieval(ordinal, plan.filters)
            guard !retrieval.filter.range.isEmpty else { continue }
            for document in try newestDocuments(plan, retrieval, limit) {
                found.append(try retrieval.segment.document(document, store))
            }
        }
        found.sort { $0 > $1 }
        return found.prefix(limit).map { IndexMatch(message: $0.message, score: 0) }
    }

    private func newestDocuments(
        _ plan: RetrievalPlan, _ retrieval: SegmentRetrieval, _ limit: Int
    ) throws -> [UInt32] {
        let segment = retrieval.segment
        if !isExhaustive, case .all(let parts) = plan.text {
            let terms = parts.compactMap { if case .term(let term) = $0 { term } else { nil } }
            let phrases = parts.compactMap { part -> [[UInt8]]? in
                if case .phrase(let terms) = part { terms } else { nil }
            }
            if !parts.isEmpty, terms.count + phrases.count == parts.count {
                guard let conjunction = try Conjunction(terms, phrases, segment, store) else {
                    return []
                }
                return try retrieval.newest(conjunction, limit: limit)
            }
            if parts.count == 1, case .prefix(let terms) = parts[0], terms.count == 1 {
                return try retrieval.newest(withPrefix: terms[0], limit: limit)
            }
        }
        let documents = try DocumentMatcher(segment: segment, store: store).documents(plan.text)
        return retrieval.newest(of: documents, limit: limit)
    }

    // MARK: All

    /// Lends the message numbers of all matches, in no particular order, until `body` says false.
    func forEachMatch(_ query: IndexQuery, _ body: (Int64) throws -> Bool) throws {
        for segment in state.readers {
            let documents = try DocumentMatcher(segment: segment, store: store).matches(query)
            var goesOn = true
            try documents.forEach { document in
                goesOn = try body(try segment.document(document, store).message)
                return goesOn
            }
            if !goesOn { return }
        }
    }

    /// How many messages match.
    func count(_ query: IndexQuery) throws -> Int {
        try state.readers.reduce(0) { sum, segment in
            sum + (try DocumentMatcher(segment: segment, store: store).matches(query).size)
        }
    }

    /// How many documents have a term, removed ones included.
    func frequency(_ term: [UInt8]) throws -> Int {
        try state.readers.reduce(0) { $0 + (try $1.entry(term, store)?.count ?? 0) }
    }
}

extension Conjunction {
    /// `nil` when a term is not in the segment.
    convenience init?(
        _ terms: [[UInt8]], _ phrases: [[[UInt8]]], _ segment: SegmentReader, _ store: ChunkStore
    ) throws {
        var cursors: [TermCursor] = []
        for term in terms {
            guard let entry = try segment.entry(term, store) else { return nil }
            cursors.append(try TermCursor(entry, segment, store))
        }
        var found: [PhraseCursor] = []
        for phrase in phrases {
            guard let cursor = try PhraseCursor(phrase, segment, store) else { return nil }
            found.append(cursor)
        }
        self.init(terms: cursors, phrases: found)
    }
}
