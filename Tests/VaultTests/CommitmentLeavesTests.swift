import GRDB
import Testing

@testable import Vault

@Suite("Sets of numbers")
struct NumberSetTests {
    private func set(_ numbers: [Int64]) -> NumberSet {
        var set = NumberSet()
        for number in numbers { set.insert(number) }
        return set
    }

    @Test("Numbers come back in order, each once, across the words they are kept in")
    func order() {
        let numbers: [Int64] = [4096, 0, 63, 64, 1, 127, 128, 63, 1_000_003]
        #expect(set(numbers).numbers(atMost: 100) == [0, 1, 63, 64, 127, 128, 4096, 1_000_003])
        #expect(NumberSet().numbers(atMost: 0) == [])
    }

    @Test("As many as the bound come back, and one more are too many")
    func bound() {
        let numbers = set((0..<70).map { $0 * 3 })
        #expect(numbers.numbers(atMost: 70)?.count == 70)
        #expect(numbers.numbers(atMost: 69) == nil)
        #expect(set([5]).numbers(atMost: 0) == nil)
    }

    @Test("It has what was put in and nothing else, beyond its last word and below zero too")
    func contains() {
        let numbers = set([0, 64, 130])
        #expect((-70...300).filter(numbers.contains) == [0, 64, 130])
        #expect(!numbers.contains(.max) && !numbers.contains(.min))
        #expect(!NumberSet().contains(0))
    }
}

@Suite("Entries that commit to conversations")
struct CommitmentLeavesTests {
    private let test: TestVault

    init() throws { test = try TestVault() }

    /// A vault in which conversations came together and alone, grew, were edited and went.
    private func filled() throws -> Vault {
        let vault = try test.create()
        func conversation(_ name: String, _ texts: [String]) -> ImportedConversation {
            VaultTests.conversation(name, texts: texts)
        }
        try vault.ingest([conversation("a", ["1", "2"]), conversation("b", ["1"])])
        try vault.ingest([conversation("c", ["1", "2", "3"])])
        try vault.ingest([conversation("a", ["1", "two"]), conversation("d", ["1"])])
        try vault.ingest([conversation("b", ["1", "2"])])
        try vault.ingest([conversation("a", ["1", "TWO"])])
        try vault.ingest([conversation("e", ["1"])])
        let request = DisposalRequest(
            .conversations([try #require(try vault.ids()["e"])]), reason: "a test")
        _ = try vault.dispose(try vault.planDisposal(request), of: request)
        return vault
    }

    /// The entries by what they commit to, asked one by one.
    private func expected(_ db: Database) throws -> [Int64: Set<Int64>] {
        let leaves = CommitmentLeaves(db: db)
        var entries: [Int64: Set<Int64>] = [:]
        for entry in try leaves.entries() {
            try leaves.forEachPlaced(of: entry) { _, conversation in
                if let conversation { entries[conversation, default: []].insert(entry) }
            }
        }
        return entries
    }

    @Test("Of every choice of conversations, exactly the entries that commit to their messages")
    func chosen() throws {
        let vault = try filled()
        defer { try? vault.close() }
        let expected = try vault.store.read { db in try self.expected(db) }
        let numbers = expected.keys.sorted()
        #expect(numbers.count == 4)
        #expect(Set(expected.values.map(\.count)).count > 1)
        for choice in 0..<(1 << numbers.count) {
            let chosen = numbers.indices.filter { choice >> $0 & 1 == 1 }.map { numbers[$0] }
            let wanted = chosen.reduce(into: Set<Int64>()) { $0.formUnion(expected[$1] ?? []) }
            #expect(try entries(of: chosen, in: vault) == wanted.sorted())
        }
    }

    private func entries(of conversations: [Int64], in vault: Vault) throws -> [Int64] {
        var set = NumberSet()
        for number in conversations { set.insert(number) }
        return try vault.store.read { db in try CommitmentLeaves(db: db).entries(of: set) }
    }

    @Test("Of very many, all entries that commit to anything")
    func many() throws {
        let vault = try filled()
        defer { try? vault.close() }
        let all = try vault.store.read { db in try CommitmentLeaves(db: db).entries() }
        #expect(all.count > 5)
        #expect(try entries(of: Array(0...1000), in: vault) == all)
    }

    @Test("Of a conversation that is not there, none")
    func unknown() throws {
        let vault = try filled()
        defer { try? vault.close() }
        #expect(try entries(of: [999], in: vault) == [])
    }
}
