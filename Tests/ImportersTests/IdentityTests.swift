import Foundation
import JSONText
import Testing
import Vault
import VaultCrypto

/// What a record is known by, and what must not get lost when it is unusual.
@Suite struct Identities {
    private func own(_ line: String) throws -> ImportedConversation {
        let scratch = try Scratch()
        let outcome = try Outcome(try scratch.write("own.jsonl", line + "\n"))
        return try #require(outcome.conversations.first)
    }

    @Test("JSON lines: whole numbers as ids and parents keep the tree and the conversation")
    func wholeNumbers() throws {
        let conversation = try own(
            #"{"id":5,"current":3,"messages":[{"id":1,"role":"user","text":"q"},"#
                + #"{"id":2,"parent":1,"role":"assistant","text":"a"},"#
                + #"{"id":3,"parent":1,"role":"assistant","text":"b"}]}"#)
        #expect(conversation.origin.id == "5")
        #expect(conversation.messages.map(\.originID) == ["1", "2", "3"])
        #expect(conversation.messages.map(\.parent) == [nil, "1", "1"])
        #expect(conversation.current == "3")
        #expect(conversation.messages.allSatisfy { $0.extra.isEmpty })
    }

    @Test("JSON lines: a number that is not whole is no id and stays beside the message")
    func fractions() throws {
        let conversation = try own(#"{"id":1.5,"messages":[{"id":2.5,"role":"user","text":"q"}]}"#)
        #expect(conversation.origin.id.hasPrefix("sha256:"))
        #expect(conversation.extra["id"] == .number("1.5"))
        #expect(conversation.messages[0].originID == "1")
        #expect(conversation.messages[0].extra["id"] == .number("2.5"))
    }

    @Test("JSON lines: a parent that is not there is not dropped")
    func absentParent() throws {
        let conversation = try own(
            #"{"id":"a","messages":[{"id":"1","parent":"gone","role":"user","text":"q"},"#
                + #"{"id":"2","parent":7,"role":"assistant","text":"a"}]}"#)
        #expect(conversation.messages.map(\.parent) == [nil, nil])
        #expect(conversation.messages[0].extra["parent"] == .string("gone"))
        #expect(conversation.messages[1].extra["parent"] == .number("7"))
    }

    @Test("JSON lines: a member of the record and one of the same name in its extra are both kept")
    func twoMembersOfOneName() throws {
        let conversation = try own(
            #"{"id":"a","source":"outer","same":1,"extra":{"source":"inner","same":1},"#
                + #""messages":[{"role":"user","text":"q"}]}"#)
        #expect(conversation.extra["source"] == .string("inner"))
        #expect(conversation.extra["same"] == .number("1"))
        #expect(conversation.extra["record"] == .object(["source": .string("outer")]))
    }

    @Test("LM Studio: two chats of the same millisecond are two conversations")
    func sameMillisecond() throws {
        let scratch = try Scratch()
        func chat(_ text: String, versions: [String] = []) -> String {
            let all = ([text] + versions).map {
                #"{"type":"singleStep","role":"user","content":[{"type":"text","text":"\#($0)"}]}"#
            }
            return #"{"name":"c","pinned":false,"createdAt":1750000000000,"#
                + #""messages":[{"versions":["#
                + all.joined(separator: ",") + #"],"currentlySelected":\#(versions.count)}]}"#
        }
        _ = try scratch.write("lm/1.conversation.json", chat("first chat"))
        _ = try scratch.write("lm/2.conversation.json", chat("second chat"))
        let ids = try Outcome(scratch.path + "/lm").conversations.map(\.origin.id)
        #expect(Set(ids).count == 2)
        #expect(ids.allSatisfy { $0.hasPrefix("1750000000000-") })
        let grown = try Outcome(
            try scratch.write("later.json", chat("first chat", versions: ["asked again"])))
        #expect(grown.conversations.first.map { ids.contains($0.origin.id) } == true)
    }

    @Test(
        "image data that is not Base64 is kept as it was found",
        arguments: ["AAA*not base64*", "AAAA=AAA", "QUFB\u{e9}", "QUFBQQ", "AA==AA=="])
    func notBase64(data: String) throws {
        let part = try image(data)
        #expect(part.file == nil)
        #expect(part.part.data?["source"]?["data"]?.string == data)
    }

    @Test("Base64 with line breaks is decoded")
    func brokenLines() throws {
        let part = try image("QUFB\\r\\n QkJC\\t")
        let source = try #require(part.file).open()
        var buffer = [UInt8](repeating: 0, count: 100)
        let count = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
        #expect(Array(buffer[..<count]) == Array("AAABBB".utf8))
        #expect(part.part.data?["source"]?["data"] == nil)
    }

    /// The part of a Claude Code image whose data are the given ones.
    private func image(_ data: String) throws -> ImportedPart {
        let scratch = try Scratch()
        let line =
            #"{"type":"user","uuid":"u","parentUuid":null,"sessionId":"im","message":{"role":"user","#
            + #""content":[{"type":"image","source":{"type":"base64","media_type":"image/png","#
            + #""data":"\#(data)"}}]}}"#
        let outcome = try Outcome(try scratch.write("im.jsonl", line + "\n"))
        return try #require(outcome.conversations.first?.messages.first?.parts.first)
    }
}
