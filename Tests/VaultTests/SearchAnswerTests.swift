import GRDB
import Testing
import VaultCrypto

@testable import Vault

@Suite("Search answers")
struct SearchAnswerTests {
    private static let january: Int64 = 1_704_067_200_000
    private static let day: Int64 = 86_400_000

    private func vault() throws -> SearchTestVault {
        let vault = try SearchTestVault()
        var merger = TestConversation(
            title: "Lindqvist merger", project: "M&A", labels: ["Legal"], created: Self.january,
            messages: [
                TestMessage("draft the term sheet", role: 0),
                TestMessage("here is the draft", role: 1, created: Self.january + 40 * Self.day),
            ])
        merger.messages[1].model = "claude-3-opus"
        merger.messages[1].provider = "bedrock"
        merger.messages[1].hasAttachment = true
        try vault.add(merger)
        var other = TestConversation(
            source: "chatgpt", custodian: "José Pérez", created: Self.january + 10 * Self.day,
            messages: [TestMessage("a draft of a poem, a draft, a draft", role: 0)])
        try vault.add(other)
        other.isHidden = true
        other.messages = [TestMessage("hidden draft")]
        try vault.add(other)
        return vault
    }

    @Test(
        "Filters select by the record",
        arguments: [
            ("draft", [1, 2, 3]), ("draft role:assistant", [2]), ("role:user", [1, 3]),
            ("model:claude*", [2]), ("model:claude", []), ("-model:claude*", [1, 3]),
            ("provider:BEDROCK", [2]), ("label:legal", [1, 2]), ("project:m&a draft", [1, 2]),
            ("project:\"M&A\"", [1, 2]), ("custodian:\"jose perez\"", [3]), ("custodian:jos*", [3]),
            ("from:chatgpt", [3]), ("after:2024-02", [2]), ("before:2024-01-11", [1]),
            ("after:2024-01-11 before:2024-02", [3]), ("after:2024-01-11T00:00:01Z", [2]),
            ("has:attachment", [2]), ("is:held", []), ("-is:held poem", [3]),
            ("(role:assistant OR poem)", [2, 3]), ("lindqvist", [1]), ("lindqvist draft", [1]),
            ("in:0190163d-8694-7e4c-93d6-2d2b1f2d2f4c", []),
        ] as [(String, Set<Int64>)])
    func filters(query: String, expected: Set<Int64>) throws {
        #expect(try vault().matches(query) == expected)
    }

    @Test("in: selects a conversation by its id")
    func conversation() throws {
        let vault = try vault()
        let hit = try #require(try vault.answer(SearchRequest("poem")).hits.first)
        #expect(try vault.matches("in:\(hit.conversation)") == [3])
    }

    @Test("Newest first goes by the message's time, then the conversation's")
    func newest() throws {
        let vault = try vault()
        #expect(try vault.hits(SearchRequest("draft", order: .newest)) == [2, 3, 1])
        #expect(try vault.hits(SearchRequest("-zeta")) == [2, 3, 1])
        #expect(try vault.hits(SearchRequest("draft", limit: 1)) == [3])
        let mixed = SearchRequest("(poem OR role:assistant)")
        #expect(try vault.hits(mixed) == [3, 2])
    }

    @Test("Hidden conversations are found only when asked for")
    func hidden() throws {
        let vault = try vault()
        #expect(try vault.matches("hidden").isEmpty)
        #expect(try vault.matches("hidden", includeHidden: true) == [4])
        #expect(try vault.answer(SearchRequest("hidden", includeHidden: true)).hits.count == 1)
    }

    @Test("A hit says what it is and an answer how complete it is")
    func hit() throws {
        let vault = try vault()
        let answer = try vault.answer(SearchRequest("sheet"))
        let hit = try #require(answer.hits.first)
        #expect(hit.title == "Lindqvist merger")
        #expect(hit.role == .user)
        #expect(hit.created?.description == "2024-01-01T00:00:00Z")
        #expect(hit.score > 0)
        #expect(hit.snippet?.text == "draft the term sheet")
        #expect(hit.snippet?.matches == [15..<20])
        #expect(answer.matched == 1 && !answer.isEstimate)
        #expect(answer.indexed == 4 && answer.total == 4 && answer.unreadable == 0)
        let first = try vault.answer(SearchRequest("draft", limit: 2, idsOnly: true))
        #expect(first.hasMore && first.isEstimate)
        #expect(first.hits.count == 2 && first.matched >= 3)
        let counted = try vault.answer(SearchRequest("draft", limit: 2, countsAll: true))
        #expect(counted.matched == 3 && counted.hasMore && !counted.isEstimate)
        #expect(first.hits.allSatisfy { $0.snippet == nil && $0.title == nil })
    }

    @Test("When nothing matches, words that are spelled almost so are suggested")
    func suggestions() throws {
        let vault = try vault()
        #expect(try vault.answer(SearchRequest("lindqist")).suggestions == ["lindqvist"])
        #expect(try vault.answer(SearchRequest("Drfat poem")).suggestions == ["draft"])
        #expect(try vault.answer(SearchRequest("xylophone")).suggestions.isEmpty)
        #expect(try vault.answer(SearchRequest("draft poem -poem")).suggestions.isEmpty)
    }

    @Test("Stopping the stream of ids stops it")
    func stream() throws {
        let vault = try vault()
        var count = 0
        try vault.queue.read { database in
            try vault.search.forEachID(matching: "draft", in: database) { _ in
                count += 1
                return count < 2
            }
        }
        #expect(count == 2)
    }

    @Test("A query of signs alone is refused, signs beside words are not")
    func signs() throws {
        let vault = try vault()
        #expect(throws: VaultError.self) { try vault.answer(SearchRequest("*** 🎉")) }
        #expect(try vault.matches("poem 🎉 -") == [3])
        #expect(try vault.matches("poem OR ***") == [3])
    }
}

@Suite("Upkeep of the search index")
struct SearchUpkeepTests {
    @Test("What is not indexed yet is counted, then found")
    func pending() throws {
        let vault = try SearchTestVault()
        try vault.store(
            TestConversation(title: "late", messages: [TestMessage("a"), TestMessage("b")]))
        try vault.queue.write { database in
            try database.execute(sql: "UPDATE search_state SET value = 2 WHERE name = 'pendingTo'")
        }
        try vault.add(TestConversation(messages: [TestMessage("c")]))
        let before = try vault.completeness()
        #expect(before.indexed == 1 && before.total == 3 && before.pending == 2)
        #expect(try vault.check().isSound)
        let counts = try (0..<3).map { _ in
            try vault.queue.write { try vault.upkeep.indexPending(textBytes: 1, in: $0) }
        }
        #expect(counts == [1, 0, 0])
        #expect(try vault.matches("late") == [1])
        #expect(try vault.check().isSound)
        #expect(try vault.completeness().pending == 0)
    }

    @Test("A message that cannot be read is counted and becomes found when it can be")
    func unreadable() throws {
        let vault = try SearchTestVault()
        let number = try vault.store(TestConversation(messages: [TestMessage("lost word")]))[0]
        try vault.queue.write { database in
            try database.execute(sql: "UPDATE part SET line = '{'")
            try vault.writer.addStored([number], in: database)
        }
        let broken = try vault.completeness()
        #expect(broken.unreadable == 1 && broken.indexed == 0 && broken.pending == 0)
        #expect(try vault.check().isSound)
        try vault.queue.write { database in
            try vault.setParts(["found word"], of: number, in: database)
            try vault.writer.update([number], in: database)
        }
        let repaired = try vault.completeness()
        #expect(repaired.unreadable == 0 && repaired.indexed == 1)
        #expect(try vault.matches("found") == [number])
    }

    @Test("A message that became unreadable leaves the index like any other")
    func unreadableLeaves() throws {
        let vault = try SearchTestVault()
        let number = try vault.add(TestConversation(messages: [TestMessage("word")]))[0]
        try vault.queue.write { try $0.execute(sql: "UPDATE part SET line = '{'") }
        #expect(try vault.answer(SearchRequest("word")).hits.first?.snippet == nil)
        try vault.delete([number])
        #expect(try vault.matches("word").isEmpty)
        #expect(try vault.check().isSound)
    }

    @Test("Messages change safely while the index is one of an older analyser")
    func olderAnalyser() throws {
        let vault = try SearchTestVault()
        let numbers = try vault.add(
            TestConversation(messages: [TestMessage("one"), TestMessage("two"), TestMessage("six")])
        )
        try vault.queue.write { database in
            try database.execute(sql: "UPDATE search_state SET value = 0 WHERE name = 'analyser'")
            try vault.setParts(["uno"], of: numbers[0], in: database)
            try vault.writer.update([numbers[0]], in: database)
        }
        try vault.delete([numbers[1]])
        #expect(try vault.completeness().needsRebuild)
        #expect(try vault.matches("uno") == [numbers[0]])
        #expect(try vault.matches("two").isEmpty)
        try rebuild(vault)
        #expect(try vault.check().isSound)
        #expect(try vault.matches("one").isEmpty)
        #expect(try !vault.completeness().needsRebuild)
    }

    @Test("The check sees missing, surplus and different entries")
    func check() throws {
        let vault = try SearchTestVault()
        let numbers = try vault.add(
            TestConversation(messages: [TestMessage("one"), TestMessage("two"), TestMessage("six")])
        )
        try vault.queue.write { database in
            try vault.setParts(["uno"], of: numbers[0], in: database)
            let text = AnalysedDocument(SearchFields(message: 99, title: nil, parts: ["x"]))
            let document = IndexedDocument(text: text, time: 0, facts: [])
            try InvertedIndex.live(in: database).add([document])
            try SearchState.add(1, to: .indexed, in: database)
            _ = try InvertedIndex.live(in: database).remove([1: [numbers[2]]])
        }
        let check = try vault.check()
        #expect(check.missing.count == 1 && check.surplus == 1 && check.different.count == 1)
        #expect(check.faults == ["the search index holds 3 messages and counts 4; rebuild it"])
        try rebuild(vault)
        #expect(try vault.check().isSound)
    }

    @Test("A count of segments that is behind, as in an older page, names none that is there")
    func countBehind() throws {
        let vault = try SearchTestVault()
        try vault.add(TestConversation(messages: [TestMessage("one")]))
        try vault.add(TestConversation(messages: [TestMessage("two")]))
        try vault.queue.write { try SearchState.set(.segments, to: 0, in: $0) }
        try vault.add(TestConversation(messages: [TestMessage("six")]))
        #expect(try vault.check().isSound)
        for word in ["one", "two", "six"] { #expect(try vault.matches(word).count == 1) }
    }

    @Test("A block whose last positions are all 0 is sound")
    func positionsOfNoWidth() throws {
        let vault = try SearchTestVault()
        // 130 positions of the word: two of the first message's come in the second group.
        let texts = ["hello hello hello"] + [String](repeating: "hello", count: 127)
        var conversation = TestConversation(messages: texts.map { TestMessage($0) })
        conversation.created = 1
        try vault.add(conversation)
        #expect(try vault.check().isSound)
        #expect(try vault.matches("\"hello hello\"") == [1])
    }

    @Test("A row that cannot be read does not stop a rebuild")
    func brokenRow() throws {
        let vault = try SearchTestVault()
        try vault.add(TestConversation(messages: [TestMessage("word")]))
        try vault.queue.write { database in
            try database.execute(sql: "UPDATE search_segment SET format = 99")
        }
        #expect(throws: VaultError.self) { try vault.matches("word") }
        try rebuild(vault)
        #expect(try vault.matches("word") == [1])
    }

    @Test("Searches go on during a rebuild, and an interrupted one is continued")
    func interrupted() throws {
        let vault = try SearchTestVault()
        for number in 0..<20 {
            try vault.add(
                TestConversation(title: "t\(number)", messages: [TestMessage("word \(number)")]))
        }
        try vault.queue.write { try vault.upkeep.beginRebuild(in: $0) }
        _ = try vault.queue.write { try vault.upkeep.continueRebuild(textBytes: 300, in: $0) }
        #expect(try vault.matches("word").count == 20)
        try vault.add(TestConversation(messages: [TestMessage("word new")]))
        #expect(try vault.matches("word").count == 21)
        try rebuild(vault)
        #expect(try vault.matches("word").count == 21)
        #expect(try vault.matches("t7") == [8])
        #expect(try vault.check().isSound)
    }

    private func rebuild(_ vault: SearchTestVault) throws {
        try vault.queue.write { try vault.upkeep.beginRebuild(in: $0) }
        while try vault.queue.write({ try vault.upkeep.continueRebuild(in: $0) }) {}
    }

    @Test("After removal and cleaning no word of the message is left in the index")
    func remnants() throws {
        let vault = try SearchTestVault()
        let first = try vault.add(TestConversation(messages: [TestMessage("zanzibarian secret")]))
        try vault.add(TestConversation(messages: [TestMessage("other words")]))
        try vault.delete(first)
        // The dictionary shares the beginnings of neighbouring terms.
        let needle = "anzibarian".utf8.map { String($0, radix: 16) }.joined().uppercased()
        #expect(try blocks(vault).contains(needle))
        while try vault.queue.write({ try vault.upkeep.forgetRemoved(in: $0) }) {}
        #expect(try !blocks(vault).contains(needle))
        #expect(try vault.check().isSound)
    }

    @Test("A flipped bit of a chunk is an error or no matter, never a wrong hit")
    func damaged() throws {
        let vault = try SearchTestVault()
        let messages = (0..<300).map {
            TestMessage("common w\($0 % 40) word\($0) phrase of it")
        }
        try vault.add(TestConversation(messages: messages))
        let queries = ["common", "w7", "\"phrase of it\"", "wor*", "common w3 -word3"]
        let expected = try queries.map { try vault.matches($0) }
        let rows = try vault.queue.read { database in
            try Row.fetchAll(database, sql: "SELECT num, length(bytes) AS size FROM search_chunk")
        }
        var random = SeededRandom(seed: 3)
        for row in rows {
            let place = Int.random(in: 1...(row["size"] as Int), using: &random)
            try flip(row["num"], place, vault)
            #expect(try !vault.check().isSound)
            for (query, right) in zip(queries, expected) {
                let found = try? vault.matches(query)
                #expect(found == nil || found == right, "\(query) at \(place)")
            }
            try flip(row["num"], place, vault)
        }
        #expect(try vault.check().isSound)
    }

    private func flip(_ chunk: Int64, _ place: Int, _ vault: SearchTestVault) throws {
        try vault.queue.write { database in
            var bytes: [UInt8] = try #require(
                try Row.fetchOne(
                    database, sql: "SELECT bytes FROM search_chunk WHERE num = ?",
                    arguments: [chunk])?.bytes("bytes"))
            bytes[place - 1] ^= 0x10
            try database.execute(
                sql: "UPDATE search_chunk SET bytes = ? WHERE num = ?",
                arguments: [bytes.databaseValue, chunk])
        }
    }

    /// Everything that the index stores, in hexadecimal.
    private func blocks(_ vault: SearchTestVault) throws -> String {
        try vault.queue.read { database in
            try String.fetchAll(
                database, sql: "SELECT hex(bytes) || hex(firsts) FROM search_chunk, search_segment"
            ).joined()
        }
    }
}
