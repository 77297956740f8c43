import JSONText
import Testing
import Vault

@testable import coffer

/// What is said at the end of turns.
@Suite struct TurnWordsTests {
    private func lack(_ stopReason: String?, _ parts: Part...) -> String? {
        TurnWords.lack(of: parts, stopReason: stopReason)
    }

    @Test func `an answer without a word is said to be one`() {
        let thoughts = Part(.thinking, text: "Hm.")
        for parts in [[], [Part(.text, text: " \n")], [thoughts]] {
            let sentence = TurnWords.lack(of: parts, stopReason: "end_turn")
            #expect(sentence?.contains("without a word") == true)
        }
        #expect(lack("refusal")?.contains("declined") == true)
        #expect(lack("end_turn", Part(.text, text: "Granite.")) == nil)
        #expect(lack("max_tokens") == nil)
    }

    @Test func `a stop for a tool that nobody asked for is said`() {
        #expect(lack("tool_use")?.contains("asked for none") == true)
        #expect(lack("tool_use", Part(.text, text: "Let me look."))?.contains("none") == true)
        let tool = Part(.toolUse, name: "bell", data: .object(["id": .string("t1")]))
        #expect(lack("tool_use", tool) == nil)
    }

    @Test func `only what came is said to be kept`() {
        #expect(!TurnWords.hasCome([]) && !TurnWords.hasCome([Part(.text, text: "")]))
        #expect(TurnWords.hasCome([Part(.text, text: "a")]))
        let nothing = TurnWords.kept(hasParts: false, next: "/resume")
        #expect(nothing.contains("the question is kept") && !nothing.contains("what came"))
    }

    @Test func `a check without a connection does not say that there is no encryption`() {
        var result = ProviderProbe.Result()
        #expect(result.peerWords == "no connection was made")
        #expect(result.words.hasPrefix("nothing was asked"))
        result.peer["address"] = .string("127.0.0.1")
        #expect(result.peerWords == "without TLS at 127.0.0.1")
    }
}
