import Foundation
import Importers
import Testing
import Vault
import VaultCrypto

/// Documents that are wrong in one place: that record is skipped with its place, nothing more.
@Suite struct MalformedDocuments {
    static let good =
        #"{"uuid":"c","name":"n","chat_messages":[{"uuid":"m","text":"hi","sender":"human"}]}"#

    /// Imports an array of two good records around a bad one.
    func around(_ bad: [UInt8]) throws -> Outcome {
        let scratch = try Scratch()
        let second = Self.good.replacing("\"c\"", with: "\"d\"")
        let bytes = Array("[\(Self.good),\n".utf8) + bad + Array(",\(second)]".utf8)
        return try Outcome(try scratch.write("conversations.json", bytes))
    }

    func expectSkip(_ bad: [UInt8], _ word: String) throws {
        let outcome = try around(bad)
        #expect(outcome.conversations.map(\.origin.id) == ["c", "d"])
        #expect(outcome.skipped.map(\.place) == ["conversations.json, conversation 2"])
        #expect(outcome.skipped.first?.reason.contains(word) == true, "\(outcome.skipped)")
        #expect(outcome.skipped.first?.isConversation == true)
    }

    @Test("100,000 nested levels are skipped")
    func nesting() throws {
        let text = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        try expectSkip(Array(text.utf8), "nested")
    }

    @Test("an object with the same key twice is skipped")
    func duplicateKeys() throws {
        try expectSkip(Array(#"{"uuid":"x","chat_messages":[],"uuid":"y"}"#.utf8), "twice")
    }

    @Test("text that is not UTF-8 is skipped")
    func invalidText() throws {
        try expectSkip(
            Array(#"{"uuid":"x","name":""#.utf8) + [0xC3, 0x28] + Array("\"}".utf8), "UTF-8")
    }

    @Test("a malformed value is skipped")
    func malformed() throws {
        try expectSkip(Array(#"{"uuid":nope}"#.utf8), "malformed")
        try expectSkip(Array(#"{"uuid":"x"]"#.utf8), "malformed")
        try expectSkip(Array("17".utf8), "not a conversation")
    }

    @Test(
        "dates of 1970 and 9999 are skipped, absent ones are not",
        arguments: [
            "\"1970-01-01T00:00:00Z\"", "\"9999-12-31T23:59:59Z\"", "0",
        ])
    func dates(date: String) throws {
        let bad = #"{"uuid":"x","created_at":\#(date),"chat_messages":[]}"#
        try expectSkip(Array(bad.utf8), "cannot be true")
        let inside = #"""
            {"uuid":"x","chat_messages":[{"uuid":"1","sender":"human","text":"a"},
            {"uuid":"2","sender":"human","text":"b","parent_message_uuid":"1","created_at":\#(date)},
            {"uuid":"3","sender":"human","text":"c","parent_message_uuid":"2","created_at":null}]}
            """#
        let outcome = try around(Array(inside.utf8))
        let conversation = try outcome.conversation("x")
        #expect(conversation.messages.map(\.originID) == ["1", "3"])
        #expect(conversation.messages.last?.parent == "1")
        #expect(outcome.skipped.map(\.place) == ["conversations.json, conversation 2, message 2"])
    }

    @Test("parents in a circle are cut open")
    func circle() throws {
        let bad = #"""
            {"uuid":"x","chat_messages":[
            {"uuid":"1","sender":"human","text":"a","parent_message_uuid":"2"},
            {"uuid":"2","sender":"human","text":"b","parent_message_uuid":"1"},
            {"uuid":"2","sender":"human","text":"b again","parent_message_uuid":"2"}]}
            """#
        let messages = try around(Array(bad.utf8)).conversation("x").messages
        #expect(messages.map(\.originID) == ["1", "2", "2#2"])
        #expect(messages.filter { $0.parent == nil }.count == 1)
    }

    @Test("values that an archive could not show are skipped, and the levels below them are not")
    func deepValues() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        let own = #"{"uuid":"x","chat_messages":[],"more":\#(nested(230))}"#
        try expectSkip(Array(own.utf8), "nested")
        let inside = #"""
            {"uuid":"x","chat_messages":[{"uuid":"1","sender":"human","text":"a"},
            {"uuid":"2","sender":"human","text":"b","parent_message_uuid":"1",
            "more":\#(nested(230))},
            {"uuid":"3","sender":"human","text":"c","parent_message_uuid":"2",
            "more":\#(nested(190))}]}
            """#
        let outcome = try around(Array(inside.utf8))
        let conversation = try outcome.conversation("x")
        #expect(conversation.messages.map(\.originID) == ["1", "3"])
        #expect(conversation.messages.last?.parent == "1")
        #expect(outcome.skipped.map(\.place) == ["conversations.json, conversation 2, message 2"])
    }

    @Test("many messages under one id take no longer than others", .timeLimit(.minutes(1)))
    func sameIDs() throws {
        let scratch = try Scratch()
        let messages = Array(
            repeating: #"{"id":"a","role":"user","text":"b"}"#, count: 60_000
        ).joined(separator: ",")
        let path = try scratch.write("a.jsonl", #"{"id":"x","messages":[\#(messages)]}"#)
        let ids = try Outcome(path).conversation("x").messages.map(\.originID)
        #expect(Set(ids).count == 60_000 && ids[1] == "a#2" && ids.last == "a#60000")
    }

    @Test("a byte order mark and white space are no fault")
    func mark() throws {
        let scratch = try Scratch()
        let bytes: [UInt8] = [0xEF, 0xBB, 0xBF] + Array(" \n[ \(Self.good) ] \n".utf8)
        #expect(try Outcome(try scratch.write("x", bytes)).conversations.count == 1)
    }

    @Test("an array wrapped in an object is read")
    func wrapped() throws {
        let scratch = try Scratch()
        let text =
            #"{"version":"1","notes":[{"a":"]}"}],"conversations":[\#(Self.good)],"count":1}"#
        #expect(try Outcome(try scratch.write("x", text)).conversations.count == 1)
    }

    @Test(
        "a file that nothing recognises is refused with what is understood",
        arguments: [
            "hello", "[]", "{}", "[1,2,3]", #"{"invalid":"no"}"#,
            "PK\u{3}\u{4}nonsense",
        ])
    func unknown(text: String) throws {
        let scratch = try Scratch()
        let file = try scratch.write("x", text)
        do throws(VaultError) {
            _ = try Outcome(file)
            Issue.record("nothing was refused")
        } catch {
            #expect(error.code == .badInput)
            #expect(error.message.contains("Claude.ai export") || error.message.contains("zip"))
        }
    }

    @Test(
        "a file without any JSON is told from one of a format that is not known",
        arguments: [
            ("", "is empty"), ("   \n", "white space"), ("null", "“null”"),
            (String(repeating: " ", count: 5000), "white space"),
        ])
    func nothing(text: String, says: String) throws {
        let scratch = try Scratch()
        try expectRefusal(try scratch.write("x.json", text), says)
    }

    @Test("UTF-16 text is named, alone and in a folder", arguments: ["utf-16", "utf-16-le"])
    func utf16(encoding: String) throws {
        let scratch = try Scratch()
        try scratch.python(
            "import os, sys; os.mkdir('in'); "
                + "open('in/x.json', 'wb').write(sys.argv[1].encode(sys.argv[2]))",
            "[\(Self.good)]", encoding)
        try expectRefusal(scratch.path + "/in/x.json", "UTF-16")
        try expectRefusal(scratch.path + "/in", "UTF-16")
    }

    private func expectRefusal(_ path: String, _ word: String) throws {
        do throws(VaultError) {
            _ = try Outcome(path)
            Issue.record("nothing was refused")
        } catch {
            #expect(error.code == .badInput)
            #expect(error.message.contains(word), "\(error.message)")
            #expect(!error.message.contains("Understood"))
            #expect(error.message.count < 150)
        }
    }

    @Test("the year 9999 as a number of seconds is not reported as 1978")
    func farYear() throws {
        let bad = #"{"uuid":"x","created_at":253402300799,"chat_messages":[]}"#
        try expectSkip(Array(bad.utf8), "9999-12-31")
    }

    @Test("members beside a wrapped array are read or named, never dropped")
    func siblings() throws {
        let scratch = try Scratch()
        let text =
            #"{"projects":[{"uuid":"P","name":"p","prompt_template":"be brief","docs":[]}],"#
            + #""notes":[{"a":"]"},{"b":1}],"void":[],"nothing":null,"#
            + #""conversations":[\#(Self.good)],"user":{"n":1},"memories":"#
            + #"[{"conversations_memory":"likes boats","account_uuid":"A"},nope]}"#
        let path = try scratch.write("wrap.json", text)
        let outcome = try Outcome(path)
        #expect(
            outcome.conversations.map(\.origin.id) == ["project:P", "c", "memories:A"])
        #expect(outcome.skipped.map(\.place) == ["wrap.json, memories 2"])
        #expect(
            try ImportJob.open(path).unreadMembers == [
                "wrap.json, member “notes”", "wrap.json, member “user”",
            ])
    }

    @Test(
        "text after the array, or a missing bracket, refuses the file",
        arguments: [
            "[\(good)] x", "[\(good)", "[\(good),]", "[\(good) \(good)]", "[\(good)],",
            "[,\(good)]",
            #"{"conversations":[\#(good)]"#, #"{"conversations":[\#(good)]} {}"#,
        ])
    func frame(text: String) throws {
        let scratch = try Scratch()
        let file = try scratch.write("x.json", text)
        do throws(VaultError) {
            _ = try Outcome(file)
            Issue.record("nothing was refused")
        } catch {
            #expect(error.code == .badInput)
            #expect(error.message.contains("x.json"))
        }
    }

    @Test("an unknown format name is refused with the known ones")
    func formatName() throws {
        do throws(VaultError) {
            _ = try Outcome(FixtureCase.all[0].path, format: "whatsapp")
            Issue.record("nothing was refused")
        } catch {
            #expect(error.message.contains("open-webui"))
        }
    }

    @Test("a folder of other things is not searched in vain")
    func strangers() throws {
        let scratch = try Scratch()
        _ = try scratch.write("a/tsconfig.json", "{ // comment\n \"a\": 1 }")
        _ = try scratch.write("a/data.json", "[1, 2, {\"x\": []}]")
        _ = try scratch.write("a/photo.png", "no image")
        _ = try scratch.write("a/broken/conversations.json", "[\(Self.good),")
        _ = try scratch.write("a/conversations.json", "[\(Self.good)]")
        let outcome = try Outcome(scratch.path + "/a")
        #expect(outcome.conversations.count == 1)
        #expect(outcome.passedOver.sorted() == ["data.json", "photo.png", "tsconfig.json"])
        #expect(outcome.skipped.map(\.place) == ["broken/conversations.json"])
    }

    @Test("several formats in one folder are one job")
    func home() throws {
        let outcome = try Outcome(FixtureCase.root)
        #expect(outcome.format.split(separator: ", ").count >= 8)
        #expect(outcome.conversations.count == 24)
    }
}
