import Testing

@testable import Vault

/// A snippet with its matches in square brackets.
private func marked(_ texts: [String], _ queries: String...) -> String {
    let terms = queries.map {
        TextTerm(
            $0.replacing("*", with: ""), $0.hasSuffix("*") ? .prefix : .word, TextAnalyser())
    }
    let snippet = Snippet(of: texts, matching: terms, TextAnalyser())
    var bytes = Array(snippet.text.utf8)
    for range in snippet.matches.reversed() {
        bytes.insert(UInt8(ascii: "]"), at: range.upperBound)
        bytes.insert(UInt8(ascii: "["), at: range.lowerBound)
    }
    return String(decoding: bytes, as: UTF8.self)
}

@Suite("Snippets")
struct SearchSnippetTests {
    @Test("Matches are marked as they are written in the message")
    func marks() {
        #expect(marked(["The Café was open."], "cafe") == "The [Café] was open.")
        #expect(marked(["The Cafe\u{301}s"], "caf*") == "The [Cafe\u{301}s]")
        #expect(marked(["call readFileSync(x)"], "file") == "call read[File]Sync(x)")
        #expect(marked(["call readFileSync(x)"], "readFileSync") == "call [readFileSync](x)")
        #expect(marked(["a well - known fact"], "well-known") == "a [well - known] fact")
        #expect(marked(["我们使用人工智能"], "人工智能") == "我们使用[人工智能]")
        #expect(marked(["我们使用人工智能"], "工") == "我们使用人[工]智能")
        #expect(marked(["我们使用人工智能"], "能") == "我们使用人工智[能]")
        #expect(marked(["b a b"], "a", "b") == "[b] [a] [b]")
        #expect(marked(["x", "found here"], "here") == "found [here]")
    }

    @Test("White space becomes one blank and nothing is left out of a short text")
    func whitespace() {
        #expect(marked(["  one\n\n\ttwo   three \n"], "two") == "one [two] three")
        #expect(marked(["new\n\nyork city"], "new york") == "[new york] city")
        #expect(marked(["", "nothing matches"], "zeta") == "nothing matches")
        #expect(marked([], "zeta") == "")
    }

    @Test("The densest place of a long text is shown, cut between words")
    func densest() {
        let filler = String(repeating: "lorem ipsum dolor ", count: 100)
        let text = "alpha " + filler + "alpha beta gamma " + filler + "beta"
        let shown = marked([text], "alpha", "beta", "gamma")
        #expect(shown.hasPrefix("…") && shown.hasSuffix("…"))
        #expect(shown.contains(" [alpha] [beta] [gamma] "))
        #expect((150...215).contains(shown.count))
        let words = Set(shown.filter { !"…[]".contains($0) }.split(separator: " "))
        #expect(words == ["lorem", "ipsum", "dolor", "alpha", "beta", "gamma"])
    }

    @Test("Characters of many scalars are not cut")
    func graphemes() {
        let family = "👨‍👩‍👧‍👦"
        let text =
            String(repeating: family, count: 300) + "x" + String(repeating: family, count: 300)
        let snippet = Snippet(
            of: [text], matching: [TextTerm("x", .word, TextAnalyser())], TextAnalyser())
        #expect(snippet.text.allSatisfy { "…x".contains($0) || String($0) == family })
        #expect(snippet.matches.count == 1)
    }

    @Test(
        "A match is found wherever the pieces end in which a long text is looked through",
        arguments: [
            ("one two ", "alpha beta", " three four"), ("我们", "人工智能", "我们"),
            ("xyz", " alpha beta ", "xyz"), ("a ", "readFileSync", " b"),
        ])
    func pieces(before: String, wanted: String, after: String) {
        let analyser = TextAnalyser()
        let finder = MatchFinder(
            [TextTerm(wanted, .word, analyser)], analyser, pieceBytes: 100, overlapBytes: 40)
        for count in 0..<120 {
            let start = String(repeating: before, count: count)
            let matches = finder.matches(in: start + wanted + String(repeating: after, count: 40))
            let trimmed = wanted.trimmingPrefix(" ")
            let first = start.utf8.count + wanted.utf8.count - trimmed.utf8.count
            let last = first + trimmed.utf8.count - (wanted.hasSuffix(" ") ? 1 : 0)
            #expect(Set(matches.map(\.source)) == [first..<last], "after \(count)")
        }
        #expect(finder.matches(in: String(repeating: before, count: 200)).isEmpty)
    }

    @Test("A match deep in a text of several megabytes is found")
    func large() {
        let filler = String(repeating: "é lorem ipsum ", count: 200_000)
        #expect(marked([filler + "needle"], "needle").hasSuffix("ipsum [needle]"))
    }
}
