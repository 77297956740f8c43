/// Finds which documents of one segment match, all of them.
struct DocumentMatcher {
    let segment: SegmentReader
    let store: ChunkStore

    /// The documents that match and are not removed.
    func matches(_ query: IndexQuery) throws -> Bitset {
        let found = try documents(query)
        if let live = segment.live { found.formIntersection(live) }
        return found
    }

    /// The documents that match, removed ones among them.
    func documents(_ query: IndexQuery) throws -> Bitset {
        switch query {
        case .everything: return Bitset(segment.count, full: true)
        case .term(let term): return try union([term])
        case .facts(let terms): return try union(terms)
        case .phrase(let terms):
            let found = Bitset(segment.count)
            guard let cursor = try PhraseCursor(terms, segment, store) else { return found }
            try cursor.forEachMatch { document, _ in found.insert(document) }
            return found
        case .prefix(let terms): return try PrefixHits(terms, segment, store).documents()
        case .conversations(let numbers): return try conversations(numbers)
        case .times(let range): return try times(range)
        case .all(let parts): return try all(parts)
        case .any(let parts):
            let found = Bitset(segment.count)
            for part in parts { found.formUnion(try documents(part)) }
            return found
        case .not(let part):
            let found = try documents(part)
            found.invert()
            return found
        }
    }

    private func all(_ parts: [IndexQuery]) throws -> Bitset {
        var found: Bitset?
        for part in parts {
            let next = try documents(part)
            if let found { found.formIntersection(next) } else { found = next }
        }
        return found ?? Bitset(segment.count, full: true)
    }

    private func union(_ terms: [[UInt8]]) throws -> Bitset {
        let found = Bitset(segment.count)
        for term in terms {
            if let entry = try segment.entry(term, store) { try add(entry, to: found) }
        }
        return found
    }

    private func add(_ entry: TermEntry, to found: Bitset) throws {
        if case .single(let document, _, _, _) = entry.place { return found.insert(document) }
        let cursor = try TermCursor(entry, segment, store)
        for block in 0..<cursor.blocks {
            try cursor.enter(block)
            for index in 0..<cursor.size { unsafe found.insert(cursor.documents[index]) }
        }
    }

    /// The numbers ascend as the terms do, so one walk over the dictionary finds many.
    private func conversations(_ numbers: [Int64]) throws -> Bitset {
        guard numbers.count > 64, let first = numbers.first, let last = numbers.last else {
            return try union(numbers.map { IndexFact.conversation($0).term })
        }
        let found = Bitset(segment.count)
        let terms = numbers.map { IndexFact.conversation($0).term }
        let end = IndexFact.conversation(last).term
        var next = 0
        try segment.forEachTerm(from: IndexFact.conversation(first).term, store) { term, entry in
            while next < terms.count, terms[next].lexicographicallyPrecedes(term) { next += 1 }
            if next < terms.count, terms[next] == term { try add(entry, to: found) }
            return term.lexicographicallyPrecedes(end)
        }
        return found
    }

    private func times(_ range: Range<Int64>) throws -> Bitset {
        let found = Bitset(segment.count)
        found.insert(try segment.documents(in: range, store))
        return found
    }
}

extension SegmentReader {
    /// The documents of a range of times.
    func documents(in range: Range<Int64>, _ store: ChunkStore) throws -> Range<UInt32> {
        let first = try firstDocument(notBefore: range.lowerBound, store)
        let end =
            range.upperBound == .max
            ? UInt32(count) : try firstDocument(notBefore: range.upperBound, store)
        return first..<max(first, end)
    }
}
