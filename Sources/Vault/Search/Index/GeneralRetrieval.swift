/// Something that counts in a document that matches.
enum RankedLeaf {
    case term(TermCursor)
    case phrase(PhraseCursor)
    case prefix(PrefixHits)

    /// What it counts in a document; documents are asked for in ascending order.
    @inline(__always)
    func score(in document: UInt32, _ retrieval: SegmentRetrieval) throws -> Float {
        let frequency: Float
        let weight: Float
        switch self {
        case .term(let cursor):
            try cursor.advance(to: document)
            guard cursor.document == document else { return 0 }
            return try cursor.score(retrieval.ranking.share)
        case .phrase(let phrase):
            guard try phrase.stand(on: document) else { return 0 }
            frequency = Float(try phrase.frequency())
            weight = phrase.weight
        case .prefix(let hits):
            frequency = Float(hits.frequency(in: document))
            weight = hits.weight
        }
        guard frequency > 0 else { return 0 }
        let norms = try unsafe retrieval.segment.norms(around: document, retrieval.store)
        let norm = unsafe Int(norms[Int(document)])
        return weight * retrieval.ranking.share(of: frequency, norm)
    }
}

extension SegmentRetrieval {
    /// Scores every document of a set, without early termination.
    func all(of documents: Bitset, _ leaves: [RankedLeaf], _ top: inout TopHits) throws {
        try documents.forEach { document in
            guard document >= filter.range.lowerBound else { return true }
            guard document < filter.range.upperBound else { return false }
            var score: Float = 0
            for leaf in leaves { score += try leaf.score(in: document, self) }
            try offer(document, score, &top)
            return true
        }
    }

    /// All expansions of a prefix as one term.
    func prefix(_ hits: PrefixHits, _ top: inout TopHits) throws {
        let limit = 1 + ranking.recency
        for document in hits.touched {
            let frequency = Float(hits.frequency(in: document))
            let norms = try unsafe segment.norms(around: document, store)
            let norm = unsafe Int(norms[Int(document)])
            let score = hits.weight * ranking.share(of: frequency, norm)
            if score * limit > top.threshold { try offer(document, score, &top) }
        }
    }

    /// The last documents of a set, newest first.
    func newest(of documents: Bitset, limit: Int) -> [UInt32] {
        var found: [UInt32] = []
        documents.forEachDescending { document in
            guard found.count < limit, document >= filter.range.lowerBound else { return false }
            if filter.contains(document) { found.append(document) }
            return true
        }
        return found
    }

    /// The last documents that have a term with this beginning, newest first.
    ///
    /// A term whose last document is not newer than what was found already is not looked into.
    func newest(withPrefix prefix: [UInt8], limit: Int) throws -> [UInt32] {
        var found = NewestDocuments(limit: limit)
        guard limit > 0 else { return [] }
        try segment.forEachExpansion(of: prefix, store) { entry in
            switch entry.place {
            case .single(let document, _, _, _):
                if filter.contains(document) { found.add(document) }
            case .short(_, let last, _, _):
                if found.wants(last) { try add(entry, &found) }
            case .long:
                try add(entry, &found)
            }
            return true
        }
        return found.descending
    }

    private func add(_ entry: TermEntry, _ found: inout NewestDocuments) throws {
        let cursor = try TermCursor(entry, segment, store)
        guard filter.range.upperBound > 0 else { return }
        var target = filter.range.upperBound - 1
        while try cursor.retreat(to: target), found.wants(cursor.document) {
            if filter.contains(cursor.document) { found.add(cursor.document) }
            guard cursor.document > filter.range.lowerBound else { return }
            target = cursor.document - 1
        }
    }
}

/// The highest documents so far, each once.
struct NewestDocuments {
    let limit: Int
    /// Ascending.
    private var documents: [UInt32] = []

    init(limit: Int) { self.limit = limit }

    @inline(__always)
    func wants(_ document: UInt32) -> Bool {
        documents.count < limit || document > documents[0]
    }

    mutating func add(_ document: UInt32) {
        guard wants(document) else { return }
        var low = 0
        var high = documents.count
        while low < high {
            let middle = (low + high) / 2
            if documents[middle] < document { low = middle + 1 } else { high = middle }
        }
        if low < documents.count, documents[low] == document { return }
        documents.insert(document, at: low)
        if documents.count > limit { documents.removeFirst() }
    }

    var descending: [UInt32] { documents.reversed() }
}
