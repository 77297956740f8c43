import Testing
import Vault
import VaultCrypto

@Suite struct IngestTests {
    @Test func `what goes in comes out`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        let report = try vault.ingest([conversation("a", texts: ["question", "answer", "thanks"])])
        #expect(report.conversations.added == 1)
        #expect(report.messages.added == 3)
        var found: [Conversation] = []
        try vault.forEachConversation { found.append($0) }
        #expect(found.map(\.title) == ["A title"])
        #expect(found.first?.custodian == "ada")
        let messages = try vault.messages(of: #require(found.first).id)
        #expect(messages.map { $0.parts.first?.text } == ["question", "answer", "thanks"])
        #expect(messages[1].parent == messages[0].id)
        #expect(messages[0].parent == nil)
    }

    @Test func `a second import of the same changes nothing`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        let all = (0..<20).map { conversation("c\($0)", texts: ["one \($0)", "two"]) }
        try vault.ingest(all)
        let again = try vault.ingest(all)
        #expect(again.conversations.added == 0 && again.conversations.unchanged == 20)
        #expect(again.messages.added == 0 && again.messages.unchanged == 40)
    }

    @Test func `a newer export adds what is new and keeps what it replaces`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        try vault.ingest([conversation("a", texts: ["question", "half an ans"])])
        let report = try vault.ingest([
            conversation("a", title: "New title", texts: ["question", "half an answer", "thanks"])
        ])
        #expect(report.conversations.updated == 1)
        #expect(report.messages.added == 1)
        #expect(report.messages.updated == 1)
        #expect(report.messages.unchanged == 1)
        var records: [String] = []
        try vault.forEachRecord(ConversationFilter()) { conversation, messages, versions in
            #expect(conversation.title == "New title")
            #expect(conversation.messageCount == 3)
            #expect(messages.map(\.version) == [1, 2, 1])
            #expect(messages[2].parent == messages[1].id)
            records = versions
        }
        #expect(records.count == 1 && records[0].contains("half an ans\""))
        #expect(try vault.examine(repairs: false).faults == [])
    }

    @Test func `two exports that contradict each other settle, whatever their order`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        let one = conversation("a", title: "One", texts: ["question", "answer"])
        let two = conversation("a", title: "Two", texts: ["question", "another answer"])
        try vault.ingest([one, two])
        let again = try vault.ingest([one, two, one])
        #expect(again.conversations.updated == 0 && again.conversations.unchanged == 3)
        #expect(again.messages.updated == 0 && again.messages.added == 0)
    }

    @Test func `an older export adds what is missing and replaces nothing`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        var newer = conversation("a", title: "New", texts: ["question", "whole answer"])
        newer.modified = Instant(milliseconds: 1_800_000_000_000)
        var older = conversation("a", title: "Old", texts: ["question", "half", "a side remark"])
        older.modified = Instant(milliseconds: 1_750_000_000_000)
        try vault.ingest([newer])
        let report = try vault.ingest([older])
        #expect(report.messages.added == 1 && report.messages.updated == 0)
        #expect(report.skipped.map(\.reason) == ["the vault has a newer text of it"])
        try vault.forEachRecord(ConversationFilter()) { conversation, messages, _ in
            #expect(conversation.title == "New")
            let texts = messages.map { $0.parts.first?.text }
            #expect(texts == ["question", "whole answer", "a side remark"])
        }
    }

    @Test func `U+0000 in ids and names cuts nothing short and merges nothing`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        var one = conversation("x\0one", title: "before\0after", texts: ["first", "sec\0ond"])
        one.labels = ["la\0bel"]
        one.messages[0].model = "mo\0del"
        let report = try vault.ingest([one, conversation("x\0two", texts: ["other"])])
        #expect(report.conversations.added == 2)
        var titles: Set<String?> = []
        try vault.forEachConversation { titles.insert($0.title) }
        #expect(titles == ["before\u{FFFD}after", "A title"])
        #expect(try vault.examine(repairs: false).faults == [])
    }

    @Test func `a conversation without any time gets none`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        var imported = conversation("a", texts: ["undated words"])
        imported.created = nil
        imported.messages[0].created = nil
        try vault.ingest([imported])
        try vault.forEachConversation { conversation in
            #expect(conversation.created == nil && conversation.modified == nil)
        }
        #expect(try vault.search(SearchRequest("undated")).hits.map(\.created) == [nil])
        #expect(try vault.search(SearchRequest("undated after:1990")).hits.isEmpty)
    }

    @Test func `ids keep the order of the source where times do not`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        var imported = conversation("a", texts: (0..<5000).map { "text \($0)" })
        for index in imported.messages.indices where index % 7 != 3 {
            imported.messages[index].created = index % 7 == 5 ? Instant("2020-01-01") : nil
        }
        try vault.ingest([imported])
        try vault.forEachRecord(ConversationFilter()) { _, messages, _ in
            let texts = messages.sorted { $0.id < $1.id }.map { $0.parts.first?.text }
            #expect(texts == (0..<5000).map { "text \($0)" })
        }
    }

    @Test func `a message of too many parts is left out and named`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        var imported = conversation("a", texts: ["question", "answer", "thanks"])
        let part = ImportedPart(Part(.text, text: "x"))
        imported.messages[1].parts = Array(repeating: part, count: 65_537)
        let report = try vault.ingest([imported])
        #expect(report.messages.added == 2 && report.messages.skipped == 1)
        #expect(report.skipped.first?.place == "conversation a, message m1")
        #expect(try vault.examine(repairs: false).faults == [])
    }

    @Test func `attachments are stored once and come back whole`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var imported = conversation("a", texts: ["look", "nice"])
        for index in imported.messages.indices {
            let file = ImportedFile(name: "a.bin", mediaType: nil) { () throws(VaultError) in
                BytesSource(content)
            }
            imported.messages[index].parts.append(
                ImportedPart(Part(.document, name: "a.bin"), file: file))
        }
        let report = try vault.ingest([imported])
        #expect(report.attachmentsAdded == 1)
        let sink = BytesSink()
        try vault.readAttachment(SHA256Digest.hash(content), into: sink)
        #expect(sink.bytes == content)
    }

    @Test func `a cycle of parents is cut and loses no message`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        var imported = conversation("a", texts: ["1", "2", "3"])
        imported.messages[0].parent = "m2"
        let report = try vault.ingest([imported])
        #expect(report.messages.added == 3)
        #expect(try vault.examine(repairs: false).faults == [])
    }

    @Test func `labels are added and removed`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        try vault.ingest([conversation("a", texts: ["1"]), conversation("b", texts: ["2"])])
        var ids: [RecordID] = []
        try vault.forEachConversation { ids.append($0.id) }
        #expect(try vault.addLabel("matter 7", to: ids) == 2)
        #expect(try vault.addLabel("matter 7", to: ids) == 0)
        #expect(try vault.labels().map(\.conversations) == [2])
        #expect(try vault.removeLabel("matter 7", from: [ids[0]]) == 1)
        var filter = ConversationFilter()
        filter.labels = ["matter 7"]
        var count = 0
        try vault.forEachConversation(filter) { _ in count += 1 }
        #expect(count == 1)
    }
}
