package import GRDB
package import VaultCrypto

package enum SearchOrder: Sendable, Equatable {
    case relevance, newest
}

/// A search as a caller asks for it.
package struct SearchRequest: Sendable, Equatable {
    /// In the grammar of `SearchQuery`.
    package var query: String
    package var limit: Int
    package var order: SearchOrder
    /// Leaves titles and snippets out, which saves reading the messages.
    package var idsOnly: Bool
    /// Whether hidden conversations are searched as well.
    package var includeHidden: Bool
    /// Whether all matches are counted; otherwise their number is estimated when they are more than
    /// the limit.
    package var countsAll: Bool

    package init(
        _ query: String, limit: Int = 20, order: SearchOrder = .relevance, idsOnly: Bool = false,
        includeHidden: Bool = false, countsAll: Bool = false
    ) {
        self.query = query
        self.limit = limit
        self.order = order
        self.idsOnly = idsOnly
        self.includeHidden = includeHidden
        self.countsAll = countsAll
    }
}

package struct SearchAnswer: Sendable, Equatable {
    package var hits: [SearchHit]
    /// Messages that match.
    package var matched: Int
    /// Whether more match than there are hits.
    package var hasMore: Bool
    /// Whether `matched` was estimated from how frequent the words are.
    package var isEstimate: Bool
    /// When nothing matches: words of the index that are spelled almost like those of the query
    /// that are not in it.
    package var suggestions: [String]
    /// Messages in the index, in the vault, and not readable; exact.
    package var indexed: Int
    package var total: Int
    package var unreadable: Int
}

/// A message that matches.
package struct SearchHit: Sendable, Equatable {
    package var conversation: RecordID
    package var message: RecordID
    package var title: String?
    package var role: Role
    /// The message's time, or its conversation's; `nil` when the source says neither.
    package var created: Instant?
    /// Higher is better, comparable within one answer only; 0 where nothing is ranked.
    package var score: Double
    /// `nil` when only ids were asked for, or the message cannot be read.
    package var snippet: Snippet?
}

/// A message that matches, and how well.
package struct IndexMatch: Sendable, Equatable {
    /// The message's number in its vault.
    package var message: Int64
    /// Higher is better; 0 where there is no text to rank by.
    package var score: Double
}

/// Answers queries on a connection that the caller lends, inside one read.
package struct VaultSearch: Sendable {
    private let cache: SearchCache

    /// - Parameter cache: What searches of the same vault keep between them.
    package init(cache: SearchCache = SearchCache()) { self.cache = cache }

    /// The best or newest messages that match a query.
    ///
    /// - Throws: `badInput` for a query that cannot be read, with the place and a remedy.
    package func search(
        _ request: SearchRequest, in database: Database
    ) throws(VaultError) -> SearchAnswer {
        let query = try SearchQuery(request.query)
        return try SearchFailure.guarding("search") {
            let limit = max(0, min(request.limit, Int(Int32.max)))
            let (matches, extent, terms, analyser) = try cached { state in
                let index = try IndexSearch(state, in: database)
                let (compiled, terms) = try resolve(query, request.includeHidden, index)
                let matches = try Self.matches(compiled, index, request.order, limit: limit + 1)
                let extent = try Extent(
                    matches.count, limit, request.countsAll, of: compiled, index)
                return (matches, extent, terms, state.analyser)
            }
            var reader = HitReader(
                database: database, terms: request.idsOnly ? nil : terms, analyser: analyser)
            let hits = try matches.prefix(limit).compactMap { try reader.hit($0) }
            let completeness = try SearchCompleteness(in: database)
            return SearchAnswer(
                hits: hits, matched: extent.matched, hasMore: matches.count > limit,
                isEstimate: extent.isEstimate, suggestions: extent.suggestions,
                indexed: completeness.indexed, total: completeness.total,
                unreadable: completeness.unreadable)
        }
    }

    /// The best or newest messages that match a query as the index has them, without reading them.
    ///
    /// - Throws: `badInput` for a query that cannot be read, with the place and a remedy.
    package func rank(
        _ request: SearchRequest, in database: Database
    ) throws(VaultError) -> [IndexMatch] {
        let query = try SearchQuery(request.query)
        return try SearchFailure.guarding("search") {
            try cached { state in
                let index = try IndexSearch(state, in: database)
                let (compiled, _) = try resolve(query, request.includeHidden, index)
                return try Self.matches(compiled, index, request.order, limit: request.limit)
            }
        }
    }

    /// Hands over the ids of all messages that match, in no particular order and constant memory.
    ///
    /// - Parameters:
    ///   - query: In the grammar of `SearchQuery`.
    ///   - includeHidden: Whether hidden conversations are searched as well.
    ///   - conversations: Only those with these numbers, ascending; all without.
    ///   - database: A connection inside one read.
    ///   - body: Takes an id and says whether to go on.
    /// - Throws: `badInput` for a query that cannot be read; what `body` throws, as the underlying
    ///   error when it is no `VaultError`.
    package func forEachID(
        matching query: String, includeHidden: Bool = false, within conversations: [Int64]? = nil,
        in database: Database, _ body: (RecordID) throws -> Bool
    ) throws(VaultError) {
        let query = try SearchQuery(query)
        try SearchFailure.guarding("search") {
            let statement = try database.makeStatement(sql: "SELECT id FROM message WHERE num = ?")
            // Chunks of a walk over everything would push those of other searches out.
            let state = IndexState(cache: ChunkCache(limitBytes: 4 << 20))
            let index = try IndexSearch(state, in: database)
            var (compiled, _) = try resolve(query, includeHidden, index)
            if let conversations { compiled = .all([compiled, .conversations(conversations)]) }
            try index.forEachMatch(compiled) { number in
                let id = try Row.fetchOne(statement, arguments: [number]).flatMap { row in
                    try row.withUnsafeData(atIndex: 0) { $0.flatMap { RecordID(bytes: $0) } }
                }
                guard let id else { return true }
                return try body(id)
            }
        }
    }

    /// How much of the vault the index covers.
    package func completeness(in database: Database) throws(VaultError) -> SearchCompleteness {
        try SearchFailure.guarding("read the state of the search index") {
            try SearchCompleteness(in: database)
        }
    }

    /// Lends the state that searches share, and forgets it after a fault.
    private func cached<Value>(
        _ body: (IndexState) throws -> sending Value
    ) throws -> sending Value {
        try cache.withState { state in
            do {
                return try body(state)
            } catch let error as VaultError {
                // Nothing is wrong with the state: the query is.
                throw error
            } catch {
                state.reset()
                throw error
            }
        }
    }

    private static func matches(
        _ query: IndexQuery, _ index: IndexSearch, _ order: SearchOrder, limit: Int
    ) throws -> [IndexMatch] {
        switch order {
        case .relevance: try index.best(query, limit: limit)
        case .newest: try index.newest(query, limit: limit)
        }
    }

    /// The query for the index, and what a hit is marked by.
    private func resolve(
        _ query: SearchQuery, _ includeHidden: Bool, _ index: IndexSearch
    ) throws -> (IndexQuery, [TextTerm]) {
        let database = index.store.database
        let resolver = QueryResolver(database: database, analyser: index.state.analyser)
        var expression = try resolver.resolve(query)
        let terms = expression.terms
        if !includeHidden, index.state.isAnyHidden {
            if case .all(let parts) = expression {
                expression = .all(parts + [.record(.visible)])
            } else {
                expression = .all([expression, .record(.visible)])
            }
        }
        return (try IndexQueryCompiler(database: database).compile(expression), terms)
    }
}

/// How many messages match, and what to try when none does.
private struct Extent {
    /// Words that are suggested for one word of the query.
    private static let suggestionsPerWord = 3

    var matched: Int
    var isEstimate = false
    var suggestions: [String] = []

    /// - Parameters:
    ///   - found: How many matches were found, of at most one more than the limit.
    ///   - limit: How many were asked for.
    ///   - countsAll: Whether all are counted.
    ///   - query: What was asked.
    ///   - index: Answers it.
    /// - Throws: `SegmentDamage`, and what the database throws.
    init(
        _ found: Int, _ limit: Int, _ countsAll: Bool, of query: IndexQuery, _ index: IndexSearch
    ) throws {
        matched = found
        if found > limit {
            isEstimate = !countsAll
            matched = try countsAll ? index.count(query) : max(found, index.estimate(query))
        } else if found == 0, limit > 0 {
            let nearest = NearestTerms(search: index)
            for word in query.leaves.flatMap(\.words) where try index.frequency(word) == 0 {
                // A stem without the byte that says in which language.
                let written = word.first.map { $0 < 0x20 } ?? false ? Array(word.dropFirst()) : word
                for near in try nearest.near(written, limit: Self.suggestionsPerWord)
                where !suggestions.contains(near) {
                    suggestions.append(near)
                }
            }
        }
    }
}

/// Reads what a hit shows.
private struct HitReader {
    let database: Database
    /// `nil` when nobody reads snippets.
    let terms: [TextTerm]?
    let analyser: TextAnalyser

    /// `nil` when the message is gone and its index entry is left over.
    mutating func hit(_ match: IndexMatch) throws -> SearchHit? {
        let rows = try RowLookup(
            """
            SELECT m.id, c.id, c.title, m.role, ifnull(m.created, c.created)
            FROM message m JOIN conversation c ON c.num = m.conversation WHERE m.num = ?
            """, in: database)
        let hit = try rows.first(match.message) { row -> SearchHit? in
            guard let message = unsafe row.withBytes(0, { unsafe RecordID(bytes: $0) }),
                let conversation = unsafe row.withBytes(1, { unsafe RecordID(bytes: $0) })
            else { return nil }
            return SearchHit(
                conversation: conversation, message: message,
                title: terms == nil ? nil : row.text(2), role: RecordCondition.role(row.number(3)),
                created: row.optionalNumber(4).map(Instant.init(milliseconds:)),
                score: match.score, snippet: nil)
        }
        guard var hit = hit ?? nil else { return nil }
        hit.snippet = try snippet(of: match.message)
        return hit
    }

    private func snippet(of message: Int64) throws -> Snippet? {
        guard let terms else { return nil }
        do {
            let texts = try StoredText(database: database).parts(of: message)
            return Snippet(of: texts, matching: terms, analyser)
        } catch is StoredText.Unreadable {
            return nil
        }
    }
}
