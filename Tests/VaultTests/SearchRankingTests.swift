import GRDB
import Testing

@testable import Vault

/// An index of random messages whose words are as unequal as those of people.
private struct RandomIndex {
    let vault: SearchTestVault
    var random: SeededRandom
    private let words = (0..<400).map { "w\($0)" }
    private(set) var count: Int64 = 0

    init(seed: UInt64) throws {
        vault = try SearchTestVault()
        random = SeededRandom(seed: seed)
    }

    /// About one in r for the word of rank r.
    mutating func word() -> String {
        let uniform = Double.random(in: 0..<1, using: &random)
        return words[min(399, Int(400 * uniform * uniform * uniform * uniform))]
    }

    /// Adds messages as one segment; a third have no time.
    mutating func addSegment(_ size: Int) throws {
        var documents: [IndexedDocument] = []
        for _ in 0..<size {
            count += 1
            let length = Int.random(in: 1...60, using: &random)
            let text = (0..<length).map { _ in word() }.joined(separator: " ")
            let fields = SearchFields(message: count, title: nil, parts: [text])
            let time =
                Int.random(in: 0..<3, using: &random) == 0
                ? 0 : Int64.random(in: 1_500_000_000_000...1_700_000_000_000, using: &random)
            let facts = MessageFacts(
                conversation: count / 7, role: count % 2, model: nil, provider: nil, source: 1,
                custodian: 1, hasAttachment: false)
            documents.append(
                IndexedDocument(text: AnalysedDocument(fields), time: time, facts: facts.terms))
        }
        try vault.queue.write { try InvertedIndex.live(in: $0).add(documents) }
    }

    /// Removes one in so many messages.
    mutating func remove(oneIn share: Int64) throws {
        var messages: [Int64: Set<Int64>] = [:]
        for message in stride(from: 1, through: count, by: Int(share)) {
            messages[message / 7, default: []].insert(message)
        }
        try vault.queue.write { _ = try InvertedIndex.live(in: $0).remove(messages) }
    }

    mutating func query() -> IndexQuery {
        func term(_ word: String) -> IndexQuery { .term(Array(word.utf8)) }
        switch Int.random(in: 0..<9, using: &random) {
        case 0...1: return term(word())
        case 2: return .all([term(word()), term(word())])
        case 3: return .all([term(word()), term(word()), term(word())])
        case 4: return .any([term(word()), term(word() + "0"), term("w1"), term(word())])
        case 5: return .any([term("w3"), term(word())])
        case 6: return .phrase([Array(word().utf8), Array(word().utf8)])
        case 7:
            return .all([
                .phrase([Array("w0".utf8), Array(word().utf8)]), term(word()),
                .times(1_550_000_000_000..<1_650_000_000_000),
            ])
        default:
            return .all([
                term(word()), .facts([IndexFact.role(1).term]), .not(term(word())),
            ])
        }
    }
}

@Suite("Ranking")
struct SearchRankingTests {
    @Test(
        "Early termination finds what scoring every match finds",
        arguments: [(1, 4000, 0), (7, 900, 0), (7, 900, 5), (1, 4000, 3)])
    func earlyTermination(segments: Int, size: Int, removed: Int64) throws {
        var index = try RandomIndex(seed: UInt64(segments * 10 + Int(removed)))
        for _ in 0..<segments { try index.addSegment(size) }
        if removed > 0 { try index.remove(oneIn: removed) }
        var hits = 0
        for round in 0..<400 {
            let query = index.query()
            let prefersNewer = round % 2 == 0
            let (quick, all) = try index.vault.queue.read { database in
                let state = IndexState()
                var search = try IndexSearch(state, in: database)
                search.prefersNewer = prefersNewer
                let quick = try search.best(query, limit: 10)
                search.isExhaustive = true
                return (quick, try search.best(query, limit: 10))
            }
            #expect(isSame(quick, all), "\(query): \(quick) \(all)")
            hits += quick.count
        }
        #expect(hits > 1000)
    }

    /// Equal scores but for rounding, and equal messages where no other has about the same score.
    private func isSame(_ first: [IndexMatch], _ second: [IndexMatch]) -> Bool {
        guard first.count == second.count else { return false }
        for (index, pair) in zip(first, second).enumerated() {
            guard abs(pair.0.score - pair.1.score) < 1e-4 else { return false }
            let isTied = second.indices.contains {
                $0 != index && abs(second[$0].score - pair.1.score) < 1e-4
            }
            let isLast = index == first.count - 1
            if pair.0.message != pair.1.message, !isTied, !isLast { return false }
        }
        return true
    }

    @Test("A word in every message and one in two of them are not rounded away")
    func unequalWeights() throws {
        let vault = try SearchTestVault()
        let texts = (0..<700).map { $0 == 300 || $0 == 697 ? "alpha beta" : "beta word" }
        var conversation = TestConversation(messages: texts.map { TestMessage($0) })
        for number in texts.indices {
            conversation.messages[number].created = 1_600_000_000_000 + Int64(number) * 600_000
        }
        try vault.add(conversation)
        try vault.queue.read { database in
            var search = try IndexSearch(IndexState(), in: database)
            let query = IndexQuery.any([.term(Array("alpha".utf8)), .term(Array("beta".utf8))])
            let found = try search.best(query, limit: 10)
            search.isExhaustive = true
            #expect(try search.best(query, limit: 10) == found)
        }
    }

    /// Two messages that say the same, a year apart, and what was said on other days.
    private func twoAlike(days: [Int64], in vault: SearchTestVault) throws -> [Int64] {
        let day: Int64 = 86_400_000
        return try days.map { number in
            let message = TestMessage("the same words", created: 1_700_000_000_000 + number * day)
            return try vault.add(TestConversation(messages: [message]))[0]
        }
    }

    private func best(
        _ vault: SearchTestVault, now: Int64 = 1_800_000_000_000
    ) throws -> [IndexMatch] {
        try vault.queue.read { database in
            let state = IndexState(now: { Instant(milliseconds: now) })
            return try IndexSearch(state, in: database).best(.term(Array("same".utf8)), limit: 10)
        }
    }

    @Test("Of two messages that say the same the newer one is first in the smallest vault")
    func newerFirst() throws {
        let vault = try SearchTestVault()
        let messages = try twoAlike(days: [0, 365], in: vault)
        let found = try best(vault)
        #expect(found.map(\.message) == messages.reversed())
        #expect(abs(found[0].score / found[1].score - 1.1 / 1.05) < 1e-5)
        while try vault.queue.write({ try vault.upkeep.merge(.atMost(1), in: $0) }) {}
        #expect(try best(vault) == found)
    }

    @Test("A message with a date in the future does not make all others look old")
    func futureDate() throws {
        let vault = try SearchTestVault()
        let messages = try twoAlike(days: [0, 365, 36500], in: vault)
        let now = 1_700_000_000_000 + 365 * Int64(86_400_000)
        for _ in 0..<2 {
            let found = try best(vault, now: now)
            #expect(found.last?.message == messages[0])
            #expect(abs(found[0].score / found[2].score - 1.1 / 1.05) < 1e-5)
            #expect(abs(found[0].score / found[1].score - 1) < 1e-5)
            while try vault.queue.write({ try vault.upkeep.merge(.atMost(1), in: $0) }) {}
        }
    }

    @Test(
        "Estimates of single conditions are near their counts",
        arguments: [
            (.term(Array("w0".utf8)), 0), (.prefix([Array("w1".utf8)]), 0.1),
            (.prefix([Array("w0".utf8), Array("w1".utf8)]), .infinity),
            (.facts([IndexFact.role(1).term]), 0), (.facts([IndexFact.role(7).term]), 0),
            (.conversations(Array(3..<9)), 0), (.conversations(Array(1..<150)), 0.1),
            (.times(1_550_000_000_000..<1_650_000_000_000), 0), (.everything, 0),
            (.not(.facts([IndexFact.role(1).term])), 0),
            (.all([.facts([IndexFact.role(1).term]), .term(Array("w0".utf8))]), 0.1),
        ] as [(IndexQuery, Double)])
    func estimates(query: IndexQuery, tolerance: Double) throws {
        var index = try RandomIndex(seed: 3)
        for size in [900, 30, 400] { try index.addSegment(size) }
        let (estimate, count, total) = try index.vault.queue.read { database in
            let search = try IndexSearch(IndexState(), in: database)
            return (
                try search.estimate(query), try search.count(query), search.state.documents
            )
        }
        #expect(estimate <= total)
        #expect(Double(abs(estimate - count)) <= tolerance * Double(count), "\(count)")
    }

    @Test("The newest matches are the same however they are found")
    func newest() throws {
        var index = try RandomIndex(seed: 5)
        for _ in 0..<4 { try index.addSegment(700) }
        try index.remove(oneIn: 6)
        for _ in 0..<300 {
            let query = index.query()
            let (quick, all) = try index.vault.queue.read { database in
                var search = try IndexSearch(IndexState(), in: database)
                let quick = try search.newest(query, limit: 7)
                search.isExhaustive = true
                return (quick, try search.newest(query, limit: 7))
            }
            #expect(quick == all, "\(query)")
        }
    }

    @Test("The cache of chunks keeps its limit, and what is asked for again")
    func cache() throws {
        let cache = ChunkCache(limitBytes: 1000)
        for row in Int64(0)..<40 {
            _ = cache.chunk(0)
            let bytes = [UInt8](repeating: 7, count: row % 3 == 0 ? 300 : 20)
            bytes.withUnsafeBytes { cache.keep(Chunk(copying: $0), row) }
            #expect(cache.sizeBytes <= 1000)
        }
        let kept = (Int64(0)..<40).compactMap { cache.chunk($0)?.count }
        #expect(kept.reduce(0, +) == cache.sizeBytes && kept.count > 5)
        #expect(cache.chunk(0) != nil && cache.chunk(39) != nil && cache.chunk(3) == nil)
    }

    @Test("A merge in many small steps gives what one step gives, without what was removed")
    func merging() throws {
        var index = try RandomIndex(seed: 9)
        for _ in 0..<9 { try index.addSegment(300) }
        try index.remove(oneIn: 4)
        let before = try index.vault.queue.read { try InvertedIndex.live(in: $0).fingerprints() }
        var steps = 0
        while try index.vault.queue.write({ database in
            try InvertedIndex.live(in: database).maintenance.step(postings: 700, aim: .atMost(1))
        }) { steps += 1 }
        #expect(steps > 20)
        let (after, rows) = try index.vault.queue.read { database in
            let live = try InvertedIndex.live(in: database)
            return (try live.fingerprints(), try SegmentTable(database).rows(of: live.family))
        }
        #expect(after == before)
        #expect(rows.count == 1 && rows[0].removed == 0)
    }

    @Test("A merge whose inputs lose a message in the middle begins anew without it")
    func removalDuringMerge() throws {
        var index = try RandomIndex(seed: 10)
        for _ in 0..<8 { try index.addSegment(200) }
        func step() throws -> Bool {
            try index.vault.queue.write {
                try InvertedIndex.live(in: $0).maintenance.step(postings: 900, aim: .atMost(1))
            }
        }
        #expect(try step())
        #expect(try step())
        try index.remove(oneIn: 3)
        while try step() {}
        let (messages, chunks) = try index.vault.queue.read { database in
            let live = try InvertedIndex.live(in: database)
            let owners = try Int64.fetchSet(
                database, sql: "SELECT DISTINCT num >> 24 FROM search_chunk")
            return (try live.fingerprints().keys.sorted(), owners)
        }
        #expect(messages == (1...index.count).filter { $0 % 3 != 1 })
        #expect(chunks.count == 1, "chunks of a merge that was given up are left")
    }
}
