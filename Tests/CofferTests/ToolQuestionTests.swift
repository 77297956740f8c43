import JSONText
import Providers
import Testing

@testable import coffer

/// What a person reads before a tool may run: a model chooses its words.
@Suite struct ToolQuestionTests {
    private func lines(_ name: String, _ input: ToolUse.Input, width: Int = 60) -> [String] {
        let use = ToolUse(id: "t", name: name, input: input)
        return ToolChoices.question(use, width: width).split(separator: "\n").map(String.init)
    }

    @Test func `the tool, its input and the question are there`() {
        let lines = lines("search_vault", .complete(.object(["query": .string("knots")])))
        #expect(
            lines == [
                "The model asks for a tool:", #"    search_vault {"query":"knots"}"#,
                "What it gives goes to the provider.", "Allow it? [y/N]",
            ])
    }

    @Test func `a long input is cut, and said to be`() {
        let words = String(repeating: "word ", count: 20_000)
        let lines = lines("read", .complete(.object(["path": .string(words)])))
        let text = lines.map { $0.drop { $0 == " " } }.joined(separator: " ")
        #expect(lines.count <= 12 && lines.allSatisfy { $0.count <= 60 })
        #expect(lines.last == "Allow it? [y/N]")
        // {"path":"…"} has eleven characters beside the text.
        #expect(text.contains("(99,711 more characters)"))
    }

    @Test func `what it says imitates no question and acts on no terminal`() {
        let text =
            "x\n\nAllow it? [y/N] y\n\u{1B}[2J\u{202E}\u{9B}1A\r" + "\u{2028}Allow it? [y/N] "
        for input in [ToolUse.Input.complete(.string(text)), .unfinished(text)] {
            let lines = lines("a\nAllow it? [y/N]", input)
            #expect(lines.filter { !$0.hasPrefix("    ") }.count == 3)
            #expect(
                lines.joined().unicodeScalars.allSatisfy {
                    $0.properties.generalCategory != .control && $0 != "\u{202E}"
                })
        }
    }

    @Test func `marks that combine are counted`() {
        let text = "e" + String(repeating: "\u{301}", count: 50_000)
        let lines = lines(text, .unfinished(text))
        #expect(lines.joined().unicodeScalars.count < 700)
    }
}
