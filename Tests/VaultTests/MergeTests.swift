import GRDB
import JSONText
import Testing
import VaultCrypto

@testable import Vault

/// A second import of a conversation that says less, more or something else.
@Suite struct MergeTests {
    private let test: TestVault
    private let vault: Vault

    init() throws {
        test = try TestVault()
        vault = try test.create()
    }

    /// Two messages, the second with a picture; `nil` when the export lacks its file.
    private func pictured(_ content: String?, caption: String = "nice") -> ImportedConversation {
        var imported = conversation("a", texts: ["look", caption])
        let data = JSON.object(["asset_pointer": .string("sediment://file_1")])
        let file = content.map { content in
            ImportedFile(name: "plan.png", mediaType: "image/png") { () throws(VaultError) in
                BytesSource(Array(content.utf8))
            }
        }
        // An importer knows name and kind of a picture from its file.
        let part = Part(
            file == nil ? .document : .image, name: file == nil ? nil : "plan.png", data: data)
        imported.messages[1].parts.append(ImportedPart(part, file: file))
        return imported
    }

    private struct Stored {
        var conversation: Conversation
        var messages: [Message]
        var versions: [String]

        var files: [[UInt8]] { messages.flatMap(\.parts).compactMap(\.attachment?.sha256) }
    }

    private func stored(_ id: String = "a") throws -> Stored {
        var found: Stored?
        try vault.forEachRecord(ConversationFilter()) { conversation, messages, versions in
            guard conversation.origin.id == id else { return }
            found = Stored(conversation: conversation, messages: messages, versions: versions)
        }
        #expect(try vault.examine(repairs: false).faults == [])
        return try #require(found)
    }

    private func sha256(_ text: String) -> [UInt8] { SHA256Digest.hash(Array(text.utf8)) }

    /// How many messages the search finds to have a file.
    private func found(_ query: String = "has:attachment") throws -> Int {
        try vault.search(SearchRequest(query)).hits.count
    }

    // MARK: Files

    @Test func `an export without its files takes none away`() throws {
        defer { try? vault.close() }
        try vault.ingest([pictured("PNG")])
        let bare = try vault.ingest([pictured(nil)])
        #expect(bare.messages.updated == 0 && bare.messages.unchanged == 2)
        #expect(bare.conversations.updated == 0 && bare.conversations.unchanged == 1)
        let again = try vault.ingest([pictured("PNG"), pictured(nil), pictured("PNG")])
        #expect(again.messages.updated == 0 && again.attachmentsAdded == 0)
        let stored = try stored()
        #expect(stored.files == [sha256("PNG")])
        #expect(stored.messages[1].parts[1].kind == .image)
        #expect(stored.messages[1].parts[1].name == "plan.png")
        #expect(stored.versions.isEmpty)
        #expect(try found() == 1)
    }

    @Test func `a message that changed keeps the file that its new export lacks`() throws {
        defer { try? vault.close() }
        try vault.ingest([pictured("PNG")])
        let report = try vault.ingest([pictured(nil, caption: "very nice")])
        #expect(report.messages.updated == 1)
        let stored = try stored()
        #expect(stored.files == [sha256("PNG")])
        #expect(stored.messages[1].parts.map(\.text) == ["very nice", nil])
        #expect(try found() == 1)
    }

    @Test func `an export that has a missing file brings it, however old it is`() throws {
        defer { try? vault.close() }
        var newer = pictured(nil, caption: "very nice")
        newer.modified = Instant(milliseconds: 1_800_000_000_000)
        var older = pictured("PNG")
        older.modified = Instant(milliseconds: 1_750_000_000_000)
        try vault.ingest([newer])
        #expect(try found() == 0)
        let report = try vault.ingest([older])
        #expect(report.messages.updated == 1 && report.attachmentsAdded == 1)
        let stored = try stored()
        #expect(stored.messages[1].parts.map(\.text) == ["very nice", nil])
        #expect(stored.messages[1].version == 2 && stored.versions.count == 1)
        #expect(stored.files == [sha256("PNG")])
        #expect(try found() == 1)
        let again = try vault.ingest([newer, older, newer])
        #expect(again.messages.updated == 0 && again.conversations.unchanged == 3)
    }

    @Test func `a file that could not be read comes with the next import`() throws {
        defer { try? vault.close() }
        var broken = pictured("PNG")
        broken.messages[1].parts[1].file?.open = { () throws(VaultError) in
            throw VaultError(.inputOutput, "It cannot be read.")
        }
        #expect(try vault.ingest([broken]).skipped.count == 1)
        #expect(try vault.ingest([pictured("PNG")]).messages.updated == 1)
        #expect(try stored().files == [sha256("PNG")])
    }

    @Test func `a file with other bytes is a change`() throws {
        defer { try? vault.close() }
        try vault.ingest([pictured("AAAA")])
        let report = try vault.ingest([pictured("BBBBBB")])
        #expect(report.messages.updated == 1 && report.attachmentsAdded == 1)
        let stored = try stored()
        #expect(stored.files == [sha256("BBBBBB")])
        #expect(stored.versions.count == 1)
        let uses = try vault.store.read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM attachment_use")
        }
        #expect(uses == 1)
    }

    @Test func `a message that has lost a part with a file is not found by it`() throws {
        defer { try? vault.close() }
        try vault.ingest([pictured("PNG")])
        try vault.ingest([conversation("a", texts: ["look", "no picture"])])
        #expect(try stored().files == [])
        #expect(try found() == 0)
    }

    @Test func `fingerprints of an earlier Coffer make no new versions`() throws {
        defer { try? vault.close() }
        try vault.ingest([pictured("PNG")])
        try vault.store.write { db in
            try db.execute(
                sql: """
                    UPDATE message SET fingerprint = x'00112233445566778899aabbccddeeff';
                    UPDATE conversation SET fingerprints = x'';
                    """)
        }
        let report = try vault.ingest([pictured("PNG")])
        #expect(report.messages.unchanged == 2 && report.messages.updated == 0)
        #expect(report.conversations.unchanged == 1)
        #expect(try stored().versions.isEmpty)
    }

    @Test func `text that differs in its Unicode form only is a change`() throws {
        defer { try? vault.close() }
        try vault.ingest([conversation("a", texts: ["caf\u{e9}"])])
        let report = try vault.ingest([conversation("a", texts: ["cafe\u{301}"])])
        #expect(report.messages.updated == 1)
    }

    @Test func `metadata and files in memory count for the size of a batch`() {
        var imported = conversation("a", texts: ["x"])
        let long = JSON.string(String(repeating: "m", count: 100_000))
        imported.extra = ["a": long]
        imported.messages[0].extra = ["b": long]
        imported.messages[0].usage = ["c": long]
        let file = ImportedFile(name: nil, mediaType: nil, heldBytes: 100_000) {
            () throws(VaultError) in BytesSource([])
        }
        imported.messages[0].parts.append(ImportedPart(Part(.image), file: file))
        let prepared = PreparedConversation(
            imported, now: .now, TextAnalyser(), into: AnalysedBatch())
        #expect(prepared.textBytes > 400_000)
    }

    // MARK: What is said of a conversation

    /// The list of values that were set aside.
    private func earlier() throws -> [JSON] {
        try stored().conversation.extra["earlier"]?.array ?? []
    }

    @Test func `a title that came without messages is found with the first one`() throws {
        defer { try? vault.close() }
        try vault.ingest([conversation("a", title: "harbour plan", texts: [])])
        try vault.ingest([conversation("a", title: nil, texts: ["question", "answer"])])
        #expect(try vault.search(SearchRequest("harbour")).hits.count == 1)
        #expect(try vault.examine(repairs: false).faults == [])
    }

    private func dated(_ title: String?, _ extra: JSONObject, modified: Int64)
        -> ImportedConversation
    {
        var imported = conversation("a", title: title, texts: ["question"])
        imported.extra = extra
        imported.modified = Instant(milliseconds: modified)
        return imported
    }

    @Test func `a newer export adds to what is said of a conversation and drops nothing`() throws {
        defer { try? vault.close() }
        try vault.ingest([
            dated("One", ["a": .integer(1), "b": .integer(2)], modified: 1_750_000_000_000)
        ])
        let report = try vault.ingest([
            dated("Two", ["b": .integer(3), "c": .integer(4)], modified: 1_760_000_000_000)
        ])
        #expect(report.conversations.updated == 1)
        let found = try stored().conversation
        #expect(found.title == "Two")
        #expect(found.extra["a"] == .integer(1))
        #expect(found.extra["b"] == .integer(3))
        #expect(found.extra["c"] == .integer(4))
        let set = try #require(try earlier().first)
        #expect(set["title"]?.string == "One")
        #expect(set["extra"] == .object(["b": .integer(2)]))
        #expect(set["modified"]?.string == "2025-06-15T15:06:40Z")
        #expect(set["imported"]?.string != nil)
    }

    @Test func `a title is not replaced by none, and a renamed chat is found by its new one`()
        throws
    {
        defer { try? vault.close() }
        try vault.ingest([conversation("a", title: "Harbour", texts: ["x"])])
        try vault.ingest([conversation("a", title: nil, texts: ["x", "y"])])
        #expect(try stored().conversation.title == "Harbour")
        try vault.ingest([conversation("a", title: "Lighthouse", texts: ["x", "y"])])
        #expect(try found("lighthouse") == 1)
        #expect(try stored().conversation.title == "Lighthouse")
    }

    @Test func `an older export adds what is missing to what is said of a conversation`() throws {
        defer { try? vault.close() }
        try vault.ingest([dated("New", ["b": .integer(3)], modified: 1_760_000_000_000)])
        let old = dated("Old", ["a": .integer(1), "b": .integer(2)], modified: 1_750_000_000_000)
        #expect(try vault.ingest([old]).conversations.updated == 1)
        let found = try stored().conversation
        #expect(found.title == "New")
        #expect(found.extra["a"] == .integer(1))
        #expect(found.extra["b"] == .integer(3))
        #expect(try earlier().first?["title"]?.string == "Old")
        #expect(try earlier().first?["extra"] == .object(["b": .integer(2)]))
    }

    @Test func `values that were set aside are not set aside again`() throws {
        defer { try? vault.close() }
        for count in 1...6 {
            var imported = conversation(
                "a", title: count.isMultiple(of: 2) ? "Two" : "One", texts: ["question"])
            imported.extra = ["n": .integer(count % 2), "more": .integer(7)]
            imported.labels = ["\(count)"]
            try vault.ingest([imported])
        }
        #expect(try earlier().compactMap { $0["title"]?.string } == ["One", "Two"])
        #expect(
            try earlier().compactMap { $0["extra"]?["n"] } == [.integer(1), .integer(0)])
    }

    @Test func `lines of two files of one session are all kept, each once`() throws {
        defer { try? vault.close() }
        func session(_ lines: [String], text: String) -> ImportedConversation {
            var imported = conversation("a", title: nil, texts: [text])
            imported.messages[0].originID = text
            imported.extra = ["lines": .array(lines.map(JSON.string))]
            imported.modified = Instant(milliseconds: 1_800_000_000_000)
            return imported
        }
        try vault.ingest([
            session(["S", "S", "A"], text: "one"), session(["S", "B"], text: "two"),
            session(["S", "S", "A"], text: "one"), session(["S", "S", "A", "C"], text: "one"),
        ])
        let found = try stored().conversation
        #expect(found.extra["lines"] == .array(["S", "S", "A", "B", "C"].map(JSON.string)))
        #expect(found.extra["earlier"] == nil)
        var older = session(["B", "A"], text: "one")
        older.modified = Instant(milliseconds: 1_750_000_000_000)
        #expect(try vault.ingest([older]).conversations.unchanged == 1)
    }

    @Test func `another custodian or time of creation is kept beside the first`() throws {
        defer { try? vault.close() }
        var imported = conversation("a", texts: ["question"])
        imported.custodian = "ada"
        try vault.ingest([imported])
        imported.custodian = "bob"
        imported.created = Instant(milliseconds: 1_600_000_000_000)
        #expect(try vault.ingest([imported]).conversations.updated == 1)
        let found = try stored().conversation
        #expect(found.custodian == "ada")
        #expect(found.created == Instant(milliseconds: 1_700_000_000_000))
        #expect(try earlier().first?["custodian"]?.string == "bob")
        #expect(try earlier().first?["created"]?.string == "2020-09-13T12:26:40Z")
        imported.labels = ["again"]
        try vault.ingest([imported])
        #expect(try earlier().count == 1)
    }

    @Test func `a time of creation is taken where there was none`() throws {
        defer { try? vault.close() }
        var imported = conversation("a", texts: ["undated"])
        imported.created = nil
        imported.messages[0].created = nil
        try vault.ingest([imported])
        imported.created = Instant(milliseconds: 1_700_000_000_000)
        try vault.ingest([imported])
        #expect(try stored().conversation.created == imported.created)
        #expect(try found("undated after:2020") == 1)
    }

    @Test func `the same messages in another order change nothing`() throws {
        defer { try? vault.close() }
        var imported = conversation("a", texts: ["1", "2", "3"])
        imported.current = "m2"
        try vault.ingest([imported])
        imported.messages.reverse()
        // An importer that takes the last message for the current one now takes the first.
        imported.current = "m0"
        let report = try vault.ingest([imported])
        #expect(report.conversations.updated == 0 && report.conversations.unchanged == 1)
        #expect(report.messages.unchanged == 3)
    }

    @Test func `an export that begins later leaves the title with the first message`() throws {
        defer { try? vault.close() }
        try vault.ingest([conversation("a", title: "Harbour", texts: ["x"])])
        var later = conversation("a", title: "Harbour", texts: ["y"])
        later.messages[0].originID = "later"
        try vault.ingest([later])
        #expect(try stored().messages.count == 2)
        #expect(try found("harbour") == 1)
    }

    @Test func `the current message moves on and to another branch`() throws {
        defer { try? vault.close() }
        var imported = conversation("a", texts: ["1", "2", "3"])
        for (current, expected) in [("m1", "2"), ("m2", "3"), ("m0", "3"), ("x", "branch")] {
            if current == "x" {
                imported.messages[2].originID = "x"
                imported.messages[2].parts[0].part.text = "branch"
            }
            imported.current = current
            try vault.ingest([imported])
            let stored = try stored()
            let shown = stored.messages.first { $0.id == stored.conversation.current }
            #expect(shown?.parts.first?.text == expected)
        }
    }

    @Test func `another file of a session says nothing of its creation`() throws {
        defer { try? vault.close() }
        try vault.ingest([conversation("a", texts: ["x"])])
        var later = conversation("a", texts: ["y"], at: 1_700_000_100_000)
        later.messages[0].originID = "later"
        try vault.ingest([later])
        #expect(try stored().conversation.extra["earlier"] == nil)
    }

    @Test func `a changed message keeps the parent that its new export lacks`() throws {
        defer { try? vault.close() }
        try vault.ingest([conversation("a", texts: ["1", "2"])])
        var part = conversation("a", texts: ["1", "other"])
        part.messages.removeFirst()
        try vault.ingest([part])
        let stored = try stored()
        #expect(stored.messages[1].parts.first?.text == "other")
        #expect(stored.messages[1].parent == stored.messages[0].id)
    }
}
