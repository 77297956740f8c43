import Foundation
import Testing

@testable import VaultArchive

/// Words that are hidden in what nobody reads, and how long it takes to find them.
@Suite struct HiddenRunsTests {
    private func masked(_ text: String, _ words: String = "Falconbrick") throws -> String {
        var rules = RedactionRules()
        try rules.add([WordPattern(words)], [], .span, because: "x", named: "Rule 1")
        return try TextSearch(rules: rules.texts).masked(text)
    }

    private static func struck(_ mark: Character) -> String {
        "Falconbrick".map { "\($0)\(mark)" }.joined()
    }

    @Test(
        "A word is found over hyphens, tags, marks and in capitals of other languages",
        arguments: [
            "Falcon\u{AD}\nbrick", "Falcon\u{AD}\r\n> brick", "Falcon-\\nbrick",
            "Falcon-\\r\\nbrick", "Falcon‐\nbrick", "FALCONBRİCK", "FALCONBRI\u{307}CK",
            struck("\u{336}"), struck("\u{332}"), struck("\u{338}"), "Falconbrick\u{301}",
            "Falconbrick\u{332}",
            "Fal<span style=\"\(String(repeating: "x", count: 320))\">con</span>brick",
            "Fal<b title=\">\">con</b>brick", "Fal<b title='a > b' x=\"<\">con</b>brick",
            "[Fal](http://x)conbrick", "Fal<!-- x -->conbrick", "F\u{336}a\u{336}lconbrick",
            "Fal<!-- a > b -->conbrick", "Fal<!-->conbrick", "=46alconbric=6b",
            "Fal<!-- \(String(repeating: "x", count: 1200)) -->conbrick",
            "&#000000000070;alconbrick", "Falcon- \n  brick",
        ])
    func hidden(_ text: String) throws {
        let result = try masked("so \(text) it is")
        #expect(result.hasPrefix("so ") && result.hasSuffix("[withheld] it is"))
        #expect(!result.contains("brick") && !result.contains("c\u{336}"))
    }

    @Test("Marks that belong to a letter make it another letter, and words go on behind marks")
    func marks() throws {
        #expect(try masked("Sté", "Ste") == "Sté")
        #expect(try masked("Ste\u{301}phane", "Ste") == "Ste\u{301}phane")
        #expect(try masked("mu\u{336}\u{308}ller", "Müller") == "[withheld]")
        #expect(try masked("a<b", "a<b") == "[withheld]")
    }

    @Test(
        "Base64 is found behind letters, escaped and with a path before it",
        arguments: [
            ("tokenXY" + Data("aaa Falconbrick bbb".utf8).base64EncodedString(), "[withheld]"),
            ("Pz8%2BPn5%2BIEZhbGNvbmJyaWNrID8%2FPj5%2Bfj8%3D", "[withheld]"),
            (#"Pz8\/Pj4+fn5+IEZhbGNvbmJyaWNrID8\/Pz4+Pn5+fj8\/Pw=="#, "[withheld]"),
        ])
    func encoded(_ text: String, _ wanted: String) throws {
        #expect(try masked("so \(text) it is") == "so \(wanted) it is")
    }

    @Test(
        "Regular expressions see over links, comments and control characters, and in Base64",
        arguments: [
            "[Fal](http://x)conbrick", "Fal<!-- x -->conbrick",
            "Falconbrick".map(String.init).joined(separator: "\0"), "Falcon\u{AD}\nbrick",
            "Fal<!-- a > b -->conbrick", "=46alconbric=6b", "Falcon- \n  brick",
            struck("\u{336}"), struck("\u{332}"), struck("\u{338}"),
            "/path/" + Data("aaa Falconbrick bbb".utf8).base64EncodedString(),
            "tokenXY" + Data("aaa Falconbrick bbb".utf8).base64EncodedString(),
        ])
    func expressions(_ text: String) throws {
        var rules = RedactionRules()
        try rules.add([], [TextPattern("(?i)falconbrick")], .span, because: "x", named: "R")
        let result = try TextSearch(rules: rules.texts).masked("so \(text) it is")
        #expect(result.contains("[withheld]") && result.hasSuffix(" it is"))
        #expect(!result.contains("conbrick") && !result.contains("RmFsY29u"))
    }

    @Test("A run of little but padding stands for nothing")
    func padding() throws {
        let text = "so abc=============== it is"
        #expect(try masked(text) == text)
    }

    @Test("Words inside longer ones are not found")
    func inside() throws {
        for text in ["theFalconbrickProject", "XFALCONBRICKX", "Falconbrickbudget.xlsx"] {
            #expect(try masked(text) == text)
        }
        #expect(try masked("the_falconbrick2.xlsx") == "the_[withheld]2.xlsx")
    }

    /// What this thread has used of a processor; other work makes it no longer.
    private func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    @Test(
        "A text that is four times as long takes about four times as long",
        arguments: [
            "K](x)", "K](K", "K*", "Kel-\n> ", "\n", " ", "<b K>", "<a=\"K", "K\u{336}", "Keller_",
            "Bob](Bob](x)", "Bob*_", " bob", "=?a", "a@", "\u{301}\u{316}", "<!-- ", "B<B<B>",
            "<!-- >", "=6b", "&#00", "00 ", "00000000: ",
        ])
    func linear(_ piece: String) throws {
        var mask = SubjectMask(subject: "Ada Lindqvist")
        mask.others = ["Bob Keller", "Kim Li"]
        let search = TextSearch(rules: try mask.rules().texts)
        func cost(_ count: Int) throws -> Double {
            let text = "   " + String(repeating: piece, count: count)
            return try (0..<2).map { _ in
                let start = threadSeconds()
                _ = try search.mask(text)
                return threadSeconds() - start
            }.min() ?? 0
        }
        let short = max(try cost(2000), 0.005)
        // What grew with the square would be at sixteen.
        #expect(try cost(8000) / short < 9)
    }
}
