import Testing
import VaultCrypto

@testable import Vault

private func word(_ text: String) -> SearchQuery { .text(text, .word) }

@Suite("Query grammar")
struct SearchGrammarTests {
    static let id = "0190163d-8694-7e4c-93d6-2d2b1f2d2f4c"

    static let good: [(String, SearchQuery)] = [
        ("merger", word("merger")),
        ("  two  words ", .all([word("two"), word("words")])),
        ("two AND words", .all([word("two"), word("words")])),
        ("\"exact phrase\"", .text("exact phrase", .phrase)),
        ("“curly quotes”", .text("curly quotes", .phrase)),
        ("pre*", .text("pre", .prefix)),
        ("*", word("*")),
        ("a OR b", .any([word("a"), word("b")])),
        ("a b OR c", .any([.all([word("a"), word("b")]), word("c")])),
        ("a (b OR c)", .all([word("a"), .any([word("b"), word("c")])])),
        ("((a))", word("a")),
        ("-a", .not(word("a"))),
        ("NOT a b", .all([.not(word("a")), word("b")])),
        (
            "a -\"b c\" -(d OR e)",
            .all([
                word("a"), .not(.text("b c", .phrase)), .not(.any([word("d"), word("e")])),
            ])
        ),
        ("or and not", .all([word("or"), word("and"), word("not")])),
        ("a - b", .all([word("a"), word("-"), word("b")])),
        ("a --flag", .all([word("a"), word("--flag")])),
        ("std::vector", word("std::vector")),
        ("https://example.org/?q=(a)", word("https://example.org/?q=(a)")),
        (
            "12:30 localhost:8080 C:\\Users",
            .all([
                word("12:30"), word("localhost:8080"), word("C:\\Users"),
            ])
        ),
        ("note: x", .all([word("note:"), word("x")])),
        ("From: Anna", .all([word("From:"), word("Anna")])),
        ("mailto:x@example.org", word("mailto:x@example.org")),
        ("f(x) well-known C++", .all([word("f(x)"), word("well-known"), word("C++")])),
        ("role:user", .filter(.role(.user))),
        ("ROLE:Tool", .filter(.role(.tool))),
        ("model:claude*", .filter(.model(NamePattern("claude", isPrefix: true)))),
        ("project:\"Q3 plan\"", .filter(.project(NamePattern("Q3 plan")))),
        ("label:\"Q3 p\"*", .filter(.label(NamePattern("Q3 p", isPrefix: true)))),
        ("-custodian:anna", .not(.filter(.custodian(NamePattern("anna"))))),
        ("from:chatgpt", .filter(.origin(NamePattern("chatgpt")))),
        ("has:attachment is:held", .all([.filter(.hasAttachment), .filter(.isHeld)])),
        ("(role:user OR x)", .any([.filter(.role(.user)), word("x")])),
        ("after:2024", .filter(.after(Instant(milliseconds: 1_704_067_200_000)))),
        ("before:2024-03", .filter(.before(Instant(milliseconds: 1_709_251_200_000)))),
        ("after:2024-03-01", .filter(.after(Instant(milliseconds: 1_709_251_200_000)))),
        (
            "after:2024-03-01T01:00:00+01:00",
            .filter(.after(Instant(milliseconds: 1_709_251_200_000)))
        ),
    ]

    @Test("Queries are read", arguments: good.indices)
    func reads(index: Int) throws {
        let (text, expected) = Self.good[index]
        #expect(try SearchQuery(text) == expected, "\(text)")
    }

    @Test("in: takes a conversation's id or its beginning", arguments: [id, "01a22137", "01A2"])
    func conversation(text: String) throws {
        #expect(try SearchQuery("in:" + text) == .filter(.conversation(text)))
    }

    static let bad: [(String, String)] = [
        ("", "The query is empty; give a word, a \"phrase\" or a filter such as after:2024-03."),
        ("  ", "The query is empty"),
        ("a \"b", "at character 3: a quote is opened and never closed"),
        ("(a", "at character 1: this ( is never closed; add a )"),
        ("a)", "at character 2: this ) closes nothing"),
        ("a OR", "at character 5: something is missing at the end"),
        ("OR a", "at character 1: a word or a filter is missing before this"),
        ("()", "at character 2: a word or a filter is missing"),
        ("a OR OR b", "at character 6: a word or a filter is missing"),
        (
            "rolle:user",
            "at character 1: there is no filter “rolle:”; the filters are role: model: "
                + "provider: label: project: custodian: from: in: after: before: has: is:"
        ),
        (
            "role:",
            "at character 1: role: needs a value right behind the colon, for instance role:user"
        ),
        ("role:boss", "role: takes one of user, assistant, system, tool"),
        ("after:yesterday", "after: takes a year, a month, a day or a time in RFC 3339"),
        ("after:2024-13", "after: takes a year"),
        ("before:2023-02-29", "before: takes a year"),
        ("has:image", "has: knows only has:attachment"),
        ("is:open", "is: knows only is:held"),
        ("in:42", "in: takes the id of a conversation"),
        (String(repeating: "(", count: 40) + "a", "more than 32 levels of nesting"),
        (String(repeating: "-", count: 1) + String(repeating: "NOT ", count: 50) + "a", "nesting"),
        (Array(repeating: "a", count: 201).joined(separator: " "), "more than 200 words"),
    ]

    @Test("Queries that cannot be read say where and what to do", arguments: bad.indices)
    func refuses(index: Int) {
        let (text, expected) = Self.bad[index]
        do {
            let query = try SearchQuery(text)
            Issue.record("\(text) was read as \(query)")
        } catch {
            #expect(error.code == .badInput)
            #expect(error.message.contains(expected), "\(error.message)")
        }
    }

    @Test("A word becomes a phrase of its tokens, an identifier either form")
    func terms() {
        func shown(_ text: String, isPrefix: Bool = false) -> [String] {
            TextTerm(text, isPrefix ? .prefix : .word, TextAnalyser()).phrases.map { phrase in
                phrase.tokens.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
                    + (phrase.isPrefix ? "*" : "")
            }
        }
        #expect(shown("well-known") == ["well known"])
        #expect(shown("GitHub") == ["github", "git hub"])
        #expect(shown("call readFile", isPrefix: true) == ["call readfile*", "call read file*"])
        #expect(shown("foo.", isPrefix: true) == ["foo"])
        #expect(shown("中") == ["中*"])
        #expect(shown("中国人") == ["中国 国人"])
        #expect(shown("用Swift语") == ["用 swift 语*"])
        #expect(shown("使用Swift") == ["使用 用 swift"])
        #expect(shown("***") == [])
    }
}
