import GRDB

@testable import Vault

/// What a query says: its hits, how many there are, or that the index is damaged.
enum FuzzAnswer: Equatable, Sendable {
    case matches([IndexMatch])
    case count(Int)
    case messages([Int64])
    case terms([String])
    case damaged
}

/// Queries of every kind, asked as searches ask them.
struct FuzzQueries {
    /// So many parts can be asked by themselves.
    static let parts = 16

    let family: Int64
    /// Which part of the queries; `nil` for all.
    let part: Int?

    init(_ family: Int64, part: Int? = nil) {
        self.family = family
        self.part = part
    }

    private static func term(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static let words: [[[UInt8]]] = [
        ["shared", "w3", "only77", "phrase", "a", "of", "again"],
        ["shared0", "shared1", "rare4500", "shared2", "shared1", "shared26", "shared3"],
    ].map { $0.map(term) }

    private static let queries = words.map(queries)

    private static func queries(_ words: [[UInt8]]) -> [IndexQuery] {
        let text: [IndexQuery] = words.prefix(3).map { .term($0) }
        let phrase = IndexQuery.phrase([words[4], words[3]])
        let facts = [IndexFact.role(1).term, IndexFact.attachment.term]
        return text + [
            .term(term("absent")), .all(Array(text.prefix(2))), .any(Array(text.prefix(3))),
            .any([.term(words[3]), .term(words[0])]), phrase,
            .phrase([words[3], words[5], words[3]]), .all([text[0], phrase]),
            .prefix([term("on")]), .prefix([term("shar")]), .prefix([words[4], term("phr")]),
            .prefix([words[3], term("sh")]), .all([text[0], .not(text[1])]),
            .any([phrase, .all([text[1], .everything])]),
            .all([text[0], .times(1_700_000_060_000..<1_700_004_200_000)]),
            .all([text[0], .facts(facts)]), .all([text[0], .conversations([1, 3])]),
            .conversations(Array(0..<70)), .everything,
        ]
    }

    /// Whether one of the queries belongs to the part.
    func asks(_ number: Int) -> Bool { part.map { number % Self.parts == $0 } ?? true }

    /// Every query in every way; each answers by itself, and what is not asked has no answer.
    func answers(in database: Database) throws -> [FuzzAnswer?] {
        var search: IndexSearch
        do {
            search = try IndexSearch(IndexState(), in: database)
        } catch is SegmentDamage {
            return [.damaged]
        }
        var answers: [FuzzAnswer?] = []
        for query in Self.queries[Int(family)] {
            search.isExhaustive = false
            let isAsked = asks(answers.count / 5)
            for way in 0..<5 {
                search.isExhaustive = way == 4
                answers.append(isAsked ? try Self.answer(way, query, search) : nil)
            }
        }
        search.isExhaustive = false
        for (number, way) in [Self.messages, Self.nearest].enumerated() {
            answers.append(asks(number) ? try Self.guarding(search) { try way(search) } : nil)
        }
        return answers
    }

    /// One of the questions, whose number is given up to the number of them.
    func answer(to question: Int, in database: Database) throws -> (Int, FuzzAnswer?) {
        let queries = Self.queries[Int(family)]
        let number = question * 7 % (queries.count * 5)
        var search: IndexSearch
        do {
            search = try IndexSearch(IndexState(), in: database)
        } catch is SegmentDamage {
            return (number, .damaged)
        }
        search.isExhaustive = number % 5 == 4
        return (number, try Self.answer(number % 5, queries[number / 5], search))
    }

    private static func answer(
        _ way: Int, _ query: IndexQuery, _ search: IndexSearch
    ) throws -> FuzzAnswer {
        try guarding(search) {
            switch way {
            case 0, 4: .matches(try search.best(query, limit: 3))
            case 1: .matches(try search.newest(query, limit: 3))
            case 2: .count(try search.count(query))
            default: .count(try search.estimate(query))
            }
        }
    }

    private static func guarding(
        _ search: IndexSearch, _ body: () throws -> FuzzAnswer
    ) throws -> FuzzAnswer {
        do {
            return try body()
        } catch is SegmentDamage {
            return .damaged
        }
    }

    private static func messages(_ search: IndexSearch) throws -> FuzzAnswer {
        var messages: [Int64] = []
        try search.forEachMatch(.everything) { message in
            messages.append(message)
            return true
        }
        return .messages(messages)
    }

    private static func nearest(_ search: IndexSearch) throws -> FuzzAnswer {
        .terms(try NearestTerms(search: search).near(term("shraed"), limit: 3))
    }
}
