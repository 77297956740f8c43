import Foundation
import JSONText
import Providers
import Testing
import VaultCrypto

@testable import Chat
@testable import Vault

/// What a model is told of what is stored.
@Suite("Context of a turn")
struct ContextTests {
    private func message(
        _ role: Role, _ parts: [Part], state: MessageState = .complete, parent: RecordID? = nil
    ) -> Message {
        Message(
            id: RecordID(at: .now), conversation: RecordID(at: .now), parent: parent, role: role,
            state: state, version: 1, extra: [:], parts: parts, partLines: [], envelopeLine: "",
            commitment: [])
    }

    private func context(_ messages: [(Role, [Part])]) throws -> TurnContext {
        var all: [Message] = []
        for (role, parts) in messages {
            all.append(message(role, parts, parent: all.last?.id))
        }
        return try TurnContext(Path(all, to: all.last?.id)) { _ in [7] }
    }

    private let use = StoredPart.tool(
        ToolUse(id: "t", name: "look", input: .complete(.object([:]))), .object([:]))
    private let result = StoredPart.result(
        of: ToolUse(id: "t", name: "look", input: .complete(.null)),
        ToolResult(toolUseID: "t", content: [.text("seen")]))

    @Test func `a tool's use goes with its result, and neither without the other`() throws {
        let both = try context([
            (.user, [Part(.text, text: "a")]), (.assistant, [use]),
            (.tool, [result]),
        ])
        #expect(both.messages.count == 3)
        let noResult = try context([
            (.user, [Part(.text, text: "a")]), (.assistant, [Part(.text, text: "b"), use]),
            (.user, [Part(.text, text: "c")]),
        ])
        #expect(noResult.messages.map { $0.parts } == [[.text("a")], [.text("b")], [.text("c")]])
        let noUse = try context([(.user, [Part(.text, text: "a")]), (.tool, [result])])
        #expect(noUse.messages.map { $0.parts } == [[.text("a")]])
    }

    @Test func `thoughts are told with their signature alone, and empty messages not at all`()
        throws
    {
        let signed = Part(.thinking, text: "hm", data: StoredPart.signature("s"))
        let told = try context([
            (.user, [Part(.text, text: "a")]), (.assistant, [Part(.thinking, text: "hm")]),
            (.user, [Part(.text, text: "b")]),
            (.assistant, [signed, StoredPart.redacted("r"), Part(.text, text: "")]),
        ])
        #expect(told.messages.map(\.role) == [.user, .assistant])
        #expect(told.messages[0].parts == [.text("a"), .text("b")])
        #expect(
            told.messages[1].parts.map(\.content) == [
                .thinking("hm", signature: "s"), .redactedThinking("r"),
            ])
    }

    @Test func `a file that no model takes is named`() throws {
        let file = AttachmentReference(
            sha256: [], sizeBytes: 12, name: "a.zip", mediaType: "application/zip")
        let told = try context([(.user, [Part(.document, attachment: file)])])
        #expect(told.messages[0].parts == [.text("[Attached file: a.zip, 12 bytes]")])
    }

    @Test func `a path ends at its root, in a circle too`() throws {
        var first = message(.user, [])
        let second = message(.assistant, [], parent: first.id)
        first.parent = second.id
        #expect(try Path([first, second], to: second.id).messages.count <= 3)
        #expect(throws: VaultError.self) { try Path([], to: second.id) }
        #expect(try Path([second], to: nil).leaf == nil)
    }

    @Test func `tokens are counted, and cost where there are prices`() throws {
        var counted = message(.assistant, [])
        counted.model = "m"
        counted.usage = [
            "inputTokens": .integer(1000), "outputTokens": .integer(500),
            "cacheReadTokens": .integer(2000),
        ]
        let usage = ConversationUsage([counted, message(.assistant, []), message(.user, [])])
        #expect(usage.inputTokens == 1000 && usage.outputTokens == 500 && usage.uncounted == 1)
        #expect(usage.cost == nil)
        let prices = ["m": TokenPrices(input: 3, output: 15, cacheRead: Decimal(string: "0.3"))]
        #expect(
            ConversationUsage([counted], prices: prices).cost == Decimal(string: "0.0111"))
        #expect(ConversationUsage([]).cost == 0)
    }

    @Test(arguments: [Int64.max, Int64.min, -5, 1_000_000_000_001])
    func `what a server cannot have counted is not counted`(number: Int64) {
        for name in ["inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens"] {
            var answer = message(.assistant, [])
            answer.usage = ["inputTokens": .integer(7), "outputTokens": .integer(3)]
            let sound = answer
            answer.usage?[name] = .integer(number)
            let usage = ConversationUsage([answer, sound, answer])
            #expect(usage.inputTokens == 7 && usage.outputTokens == 3 && usage.uncounted == 2)
        }
    }

    @Test(arguments: [
        ("", ""), ("One two", "One two"), ("  \n\n a   b \nc", "a b"),
        (String(repeating: "x", count: 99), String(repeating: "x", count: 60)),
    ])
    func `a title is made of the first words`(text: String, title: String) {
        #expect(Question(text).title == title)
        #expect(Question(String(repeating: "word ", count: 40)).title.count < 60)
    }
}
