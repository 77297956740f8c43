import GRDB
import Testing
import VaultCrypto

@testable import Vault

@Suite("Stemming")
struct SearchStemmingTests {
    private func vault(_ stemming: Stemming) throws -> SearchTestVault {
        let vault = try SearchTestVault()
        try vault.queue.write { try vault.upkeep.setStemming(stemming, in: $0) }
        try vault.add(
            TestConversation(
                title: "Merging", created: 1,
                messages: [
                    TestMessage("she runs the connections"), TestMessage("running a connection"),
                    TestMessage("die Häuser am See"), TestMessage("ein Haus, zwei Bäume"),
                    TestMessage("call runMigrations twice"), TestMessage("日本語のテスト 42"),
                ]))
        return vault
    }

    private func found(_ query: String, _ vault: SearchTestVault) throws -> [Int64] {
        try vault.queue.read { database in
            try vault.search.rank(SearchRequest(query, limit: 100), in: database)
        }.map(\.message).sorted()
    }

    @Test(
        "A word finds its forms; quotes and stars find words as written",
        arguments: [
            ("run", [1, 2, 5]), ("connected", [1, 2]), ("\"runs\"", [1]), ("\"run\"", [5]),
            ("connection*", [1, 2]), ("connecti*", [1, 2]), ("migration", [5]), ("merge", [1]),
            ("haus", [3, 4]), ("HÄUSER", [3, 4]), ("\"haus\"", [4]), ("baum", [4]),
            ("runs -running", []), ("本語", [6]), ("42", [6]),
        ] as [(String, [Int64])])
    func forms(_ query: String, _ expected: [Int64]) throws {
        #expect(try found(query, vault([.english, .german])) == expected)
    }

    @Test("Without it a word is found as it is written")
    func off() throws {
        let vault = try vault([])
        #expect(try found("run", vault) == [5])
        #expect(try found("haus", vault) == [4])
        #expect(try found("häuser", vault) == [3])
    }

    @Test("One language does not bring another's stems")
    func oneLanguage() throws {
        let vault = try vault(.english)
        #expect(try found("run", vault) == [1, 2, 5])
        #expect(try found("haus", vault) == [4])
    }

    @Test("A snippet marks the form that was found")
    func marks() throws {
        let vault = try vault(.english)
        let answer = try vault.queue.read { database in
            try vault.search.search(SearchRequest("connected", limit: 1), in: database)
        }
        let snippet = try #require(answer.hits.first?.snippet)
        let bytes = Array(snippet.text.utf8)
        let marked = snippet.matches.map { String(decoding: bytes[$0], as: UTF8.self) }
        #expect(marked == ["connection"] || marked == ["connections"])
    }

    @Test("Other stems are brought in step by step, and the index is what its text says")
    func change() throws {
        let vault = try vault([])
        try vault.queue.write { try vault.upkeep.setStemming(.english, in: $0) }
        #expect(try found("run", vault) == [])
        var left = 1
        while left > 0 {
            left = try vault.queue.write { try vault.upkeep.indexPending(textBytes: 40, in: $0) }
        }
        #expect(try found("run", vault) == [1, 2, 5])
        let check = try vault.queue.read { try vault.upkeep.check(isFull: true, in: $0) }
        #expect(check.isSound)
    }

    @Test("Names of languages are read as people write them")
    func names() {
        #expect(Stemming(name: "English") == .english)
        #expect(Stemming(name: "klingon") == nil)
        #expect(([.english, .german] as Stemming).names == ["english", "german"])
    }
}
