import Foundation
import GRDB
import Testing

@testable import Vault

/// Random messages in segments, the index of them and the scorer that holds them as well.
private struct PruningIndex {
    let vault: SearchTestVault
    private(set) var documents: [PlainDocument] = []
    var random: SeededRandom

    init(_ shape: PruningShape, size: Int) throws {
        vault = try SearchTestVault()
        random = SeededRandom(seed: UInt64(shape.segments))
        for segment in 0..<shape.segments { try add(segment, size: size / shape.segments) }
        if shape.removesOneIn > 0 { try remove(oneIn: shape.removesOneIn) }
    }

    /// About one in r for the word of rank r; words of a group are not of one rank.
    mutating func word() -> Int {
        let uniform = Double.random(in: 0..<1, using: &random)
        return Int(Double(PlainWords.usual) * pow(uniform, 4)) * 37 % PlainWords.usual
    }

    /// One that a few messages have.
    private mutating func rareWord() -> Int {
        Int.random(in: PlainWords.usual..<PlainWords.count, using: &random)
    }

    /// Segments differ in how long their messages are; some messages repeat a word.
    private mutating func text(_ segment: Int) -> [Int] {
        let longest = [20, 60, 8, 150][segment % 4]
        var words = (0..<Int.random(in: 1...longest, using: &random)).map { _ in word() }
        if Int.random(in: 0..<5, using: &random) == 0 {
            let repeated = word()
            words += Array(repeating: repeated, count: Int.random(in: 2...12, using: &random))
        }
        if Int.random(in: 0..<250, using: &random) == 0 { words.append(rareWord()) }
        return (words + [0]).shuffled(using: &random)
    }

    private mutating func add(_ segment: Int, size: Int) throws {
        var added: [IndexedDocument] = []
        for _ in 0..<size {
            let message = Int64(documents.count + 1)
            let time =
                Int.random(in: 0..<4, using: &random) == 0
                ? 0 : Int64.random(in: 1_500_000_000_000...1_700_000_000_000, using: &random)
            let document = PlainDocument(
                message: message, segment: segment, time: time, role: message % 3,
                words: text(segment))
            let parts = [document.words.map(PlainWords.text).joined(separator: " ")]
            let facts = MessageFacts(
                conversation: message / 7, role: document.role, model: nil, provider: nil,
                source: 1, custodian: 1, hasAttachment: false)
            let fields = SearchFields(message: message, title: nil, parts: parts)
            added.append(
                IndexedDocument(text: AnalysedDocument(fields), time: time, facts: facts.terms))
            documents.append(document)
        }
        try vault.queue.write { try InvertedIndex.live(in: $0).add(added) }
    }

    private mutating func remove(oneIn share: Int) throws {
        var messages: [Int64: Set<Int64>] = [:]
        for index in documents.indices where index % share == 0 {
            documents[index].isRemoved = true
            messages[documents[index].message / 7, default: []].insert(documents[index].message)
        }
        try vault.queue.write { _ = try InvertedIndex.live(in: $0).remove(messages) }
    }

    private mutating func phrase(_ length: Int) -> PlainLeaf {
        // Mostly one that is somewhere.
        let text = documents[Int.random(in: 0..<documents.count, using: &random)].words
        guard text.count >= length, Int.random(in: 0..<5, using: &random) > 0 else {
            return .phrase((0..<length).map { _ in word() })
        }
        let start = Int.random(in: 0...text.count - length, using: &random)
        return .phrase(Array(text[start..<start + length]))
    }

    private mutating func words(_ count: Int) -> [PlainLeaf] {
        var words: Set<Int> = []
        while words.count < count { words.insert(word()) }
        return words.sorted().map { .word($0) }
    }

    private mutating func prefix() -> PlainLeaf { .beginning(word() / PlainWords.groupSize) }

    /// What all messages have, beside what few have: their bounds are far apart.
    private mutating func unequal() -> [PlainLeaf] { [.word(0), .word(rareWord())] }

    /// Of fifteen kinds, in turn.
    mutating func query(_ number: Int) -> PlainQuery {
        var query =
            switch number % 15 {
            case 0, 1: PlainQuery(leaves: words(1))
            case 2: PlainQuery(leaves: words(2), isAny: true)
            case 3: PlainQuery(leaves: words(3), isAny: true)
            case 4: PlainQuery(leaves: words(4), isAny: true)
            case 5: PlainQuery(leaves: words(2))
            case 6: PlainQuery(leaves: words(3))
            case 7: PlainQuery(leaves: [phrase(2)])
            case 8: PlainQuery(leaves: [phrase(3)])
            case 9: PlainQuery(leaves: [prefix()])
            case 10: PlainQuery(leaves: words(1) + [phrase(2)])
            case 11: PlainQuery(leaves: unequal(), isAny: true)
            case 12: PlainQuery(leaves: unequal())
            case 13: PlainQuery(leaves: unequal() + words(1) + [phrase(2)], isAny: true)
            default: PlainQuery(leaves: [prefix()] + words(1) + [phrase(2)], isAny: true)
            }
        if Int.random(in: 0..<4, using: &random) == 0 {
            let start = Int64.random(in: 1_500_000_000_000...1_690_000_000_000, using: &random)
            query.times = start..<(start + 40_000_000_000)
        }
        if Int.random(in: 0..<6, using: &random) == 0 { query.role = 1 }
        return query
    }
}

struct PruningShape: Sendable, CustomTestStringConvertible {
    var segments: Int
    var removesOneIn: Int

    var testDescription: String { "\(segments) segments, one in \(removesOneIn) removed" }
}

@Suite("Early termination")
struct SearchPruningTests {
    private static let environment = ProcessInfo.processInfo.environment
    /// Queries of all shapes together; `tools/test --full` asks for 20,000, of larger segments.
    private static let asked = environment["COFFER_RANKING_QUERIES"].flatMap { Int($0) }
    private static let shapes = [
        PruningShape(segments: 1, removesOneIn: 0), PruningShape(segments: 8, removesOneIn: 5),
        PruningShape(segments: 32, removesOneIn: 4), PruningShape(segments: 1, removesOneIn: 3),
    ]

    @Test("The ten best are those that scoring every message finds", arguments: shapes)
    func tenBest(_ shape: PruningShape) throws {
        var index = try PruningIndex(shape, size: Self.asked == nil ? 3200 : 6400)
        let scorer = ExhaustiveScorer(index.documents)
        let state = IndexState()
        var hits = 0
        for number in 0..<(Self.asked ?? 600) / Self.shapes.count {
            let query = index.query(number)
            let prefersNewer = Int.random(in: 0...1, using: &index.random) == 0
            let found = try index.vault.queue.read { database in
                var search = try IndexSearch(state, in: database)
                search.prefersNewer = prefersNewer
                return try search.best(query.indexQuery, limit: 10)
            }
            let scores = scorer.scores(query, prefersNewer: prefersNewer)
            let areBest = Self.areBest(found, of: scores)
            #expect(areBest, "query \(number): \(query) \(found)")
            hits += found.count
        }
        #expect(hits > (Self.asked ?? 600) / Self.shapes.count * 5)
    }

    /// Whether the hits are different messages, have their true scores, and these are the highest.
    ///
    /// Which of several messages with the same score is the last hit is left open.
    private static func areBest(_ found: [IndexMatch], of scores: [Int64: Double]) -> Bool {
        let highest = scores.values.sorted(by: >).prefix(10)
        guard found.count == highest.count, Set(found.map(\.message)).count == found.count else {
            return false
        }
        return zip(found, highest).allSatisfy { hit, score in
            guard let own = scores[hit.message] else { return false }
            return abs(hit.score - own) <= 1e-5 * own && abs(own - score) <= 1e-5 * score
        }
    }
}
