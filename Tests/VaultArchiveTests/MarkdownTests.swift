import Foundation
import JSONText
import Testing
import Vault
@testable import VaultArchive

@Suite("Markdown")
struct MarkdownTests {
    private func render(_ text: String) -> String {
        var html = HTMLBuffer()
        Markdown.render(text, into: &html)
        return String(decoding: html.bytes, as: UTF8.self)
    }

    private func check(
        _ text: String, _ expected: String, _ place: SourceLocation = #_sourceLocation
    ) {
        let html = render(text).replacing(" dir=\"auto\"", with: "").replacing(
            " tabindex=\"0\"", with: ""
        )
        .replacing(" rel=\"noopener noreferrer nofollow\"", with: "")
        #expect(html == expected, sourceLocation: place)
    }

    @Test("Paragraphs keep their line ends")
    func paragraphs() {
        check("", "")
        check("one\ntwo\n\nthree", "<p>one<br>\ntwo</p>\n<p>three</p>\n")
        check("one\r\ntwo\r\n\r\n\r\nthree\r\n", "<p>one<br>\ntwo</p>\n<p>three</p>\n")
    }

    @Test("Headings stand below the page's own")
    func headings() {
        check("# A\n###### B #", "<h3>A</h3>\n<h6>B</h6>\n")
        check("#tag and # no", "<p>#tag and # no</p>\n")
        check("Title\n=====\ntext", "<h3>Title</h3>\n<p>text</p>\n")
        check("one\ntwo\n---\nthree", "<p>one<br>\ntwo</p>\n<hr>\n<p>three</p>\n")
    }

    @Test("Emphasis follows CommonMark")
    func emphasis() {
        check(
            "*a* **b** ***c*** ~~d~~",
            "<p><em>a</em> <strong>b</strong> <em><strong>c</strong></em> <del>d</del></p>\n")
        check("snake_case_name and 2*3*4", "<p>snake_case_name and 2<em>3</em>4</p>\n")
        check("**open and *nested* text", "<p>**open and <em>nested</em> text</p>\n")
        check("**a *b** c*", "<p><em><em>a <em>b</em></em> c</em></p>\n")
        check("* a* **", "<ul>\n<li>a* **\n</li>\n</ul>\n")
        check("\\*not\\* \\_", "<p>*not* _</p>\n")
        check("**强调**文字", "<p><strong>强调</strong>文字</p>\n")
    }

    @Test("Code is shown as it is")
    func code() {
        check(
            "a `<b>` ``x ` y`` `open", "<p>a <code>&lt;b&gt;</code> <code>x ` y</code> `open</p>\n")
        check(
            "```swift extra\nlet a = \"<\"\n\n*x*\n```\nafter",
            "<pre data-language=\"swift\"><code>let a = &quot;&lt;&quot;\n\n*x*\n</code></pre>\n<p>after</p>\n"
        )
        check("~~~\nunclosed", "<pre><code>unclosed\n</code></pre>\n")
        check("    four\n\n    more\ntext", "<pre><code>four\n\nmore\n</code></pre>\n<p>text</p>\n")
    }

    @Test("Lists nest, number and stay tight")
    func lists() {
        check(
            "- a\n- b\n  - c\n- d",
            "<ul>\n<li>a\n</li>\n<li>b\n<ul>\n<li>c\n</li>\n</ul>\n</li>\n<li>d\n</li>\n</ul>\n")
        check(
            "3. a\n4. b\n\ntext",
            "<ol start=\"3\">\n<li>a\n</li>\n<li>b\n</li>\n</ol>\n<p>text</p>\n")
        check("- a\n\n- b", "<ul>\n<li><p>a</p>\n</li>\n<li><p>b</p>\n</li>\n</ul>\n")
        check(
            "1. a\n   ```\n   x\n   ```\n2. b",
            "<ol>\n<li>a\n<pre><code>x\n</code></pre>\n</li>\n<li>b\n</li>\n</ol>\n")
        check("- [ ] a\n- [x] b", "<ul>\n<li>\u{2610} a\n</li>\n<li>\u{2611} b\n</li>\n</ul>\n")
        check("In\n1999. A year", "<p>In<br>\n1999. A year</p>\n")
    }

    @Test("Quotes, rules and tables")
    func blocks() {
        check(
            "> a\n> > b\n\n***",
            "<blockquote>\n<p>a</p>\n<blockquote>\n<p>b</p>\n</blockquote>\n</blockquote>\n<hr>\n")
        check(
            "| a | b |\n|--|:-:|\n| 1 | `x` |\n| 2 |\nend",
            "<div class=\"table\" role=\"region\" aria-label=\"Table\"><table>\n<thead><tr><th scope=\"col\">a</th>"
                + "<th scope=\"col\" class=\"center\">b</th></tr>\n</thead>\n<tbody>\n<tr><td>1</td>"
                + "<td class=\"center\"><code>x</code></td></tr>\n<tr><td>2</td><td class=\"center\"></td></tr>\n"
                + "</tbody>\n</table></div>\n<p>end</p>\n")
        check("a | b\nc", "<p>a | b<br>\nc</p>\n")
    }

    @Test("Links open the web and mail, nothing else")
    func links() {
        check(
            "[a *b*](https://x.org/?q=1&r=(2) \"t\")",
            "<p><a class=\"named\" href=\"https://x.org/?q=1&amp;r=(2)\">a <em>b</em></a></p>\n")
        check(
            "<mailto:a@b.c> see http://x.org/a_b.",
            "<p><a href=\"mailto:a@b.c\">mailto:a@b.c</a> see <a href=\"http://x.org/a_b\">http://x.org/a_b</a>.</p>\n"
        )
        check(
            "![alt](https://x.org/i.png)",
            "<p><a class=\"named\" href=\"https://x.org/i.png\">alt <span class=\"note\">(image)</span></a></p>\n"
        )
        for bad in [
            "javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "file:///etc/passwd",
            "//x.org", "vbscript:x", " javascript:x", "java\tscript:x",
        ] {
            #expect(!render("[a](\(bad)) <\(bad)> ![b](\(bad))").contains("<a"))
        }
    }

    @Test("Hostile text of every kind stays text")
    func injection() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<3000 {
            let text = Hostile.text(&random)
            let fault = MarkupChecker.fault(in: render(text))
            #expect(fault == nil, "\(fault ?? "") in \(text.debugDescription)")
        }
    }

    @Test("Hostile text in every field of a record stays text")
    func pages() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<150 {
            let page = Hostile.page(&random)
            let fault = MarkupChecker.fault(in: String(decoding: page, as: UTF8.self))
            #expect(fault == nil, "\(fault ?? "")")
        }
    }

    @Test(
        "Long hostile text takes time in proportion to its length",
        arguments: [
            "[", "*a ", "`", "**a_b ", "> ", "- ", "![](", "_a*", "<http://", "|a", "(", "[a](",
            "~~x", "\n", "``` \n", "1. a\n  ", "#",
        ])
    func linear(piece: String) {
        let text = String(repeating: piece, count: 200_000 / piece.utf8.count)
        let clock = ContinuousClock()
        let spent = clock.measure { _ = render(text) }
        #expect(spent < .seconds(8), "\(piece)")
    }
}

/// Text that tries to become markup.
enum Hostile {
    private static let pieces = [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"", "'", "<", ">", "&",
        "&lt;", "](",
        "[", "]", "(", ")", "**", "*", "_", "`", "```", "\n", "\n\n", "> ", "- ", "1. ", "    ",
        "\t", "|",
        "|--|--|", "javascript:alert(1)", "https://a.b/\" onmouseover=\"x", "http://a/<b>",
        "<https://x\">",
        "![", "~~", "\\", "\u{0}", "\u{202E}", "é", "漢", "👩🏽‍⚖️", "</details>", "</p>", "--\u{3E}",
        "<!--", "#", "# ",
        "---", "===", "data:text/html;base64,", "`` ` ``", "word", " ", "\r\n", "\u{FFFD}",
        "<a href=\"",
        "\" class=\"x", "' style='", "]]>", "<svg/onload=x>", "{{x}}", "${x}", "mailto:a@b\"c",
    ]

    static func text(_ random: inout some RandomNumberGenerator) -> String {
        (0..<Int.random(in: 1...40, using: &random)).map { _ in
            pieces[Int.random(in: 0..<pieces.count, using: &random)]
        }.joined()
    }

    /// A page in which every field of every record is hostile.
    static func page(_ random: inout some RandomNumberGenerator) -> [UInt8] {
        var builder = ConversationBuilder(1, title: text(&random), custodian: text(&random))
        builder.conversation.labels = [text(&random)]
        builder.conversation.project = text(&random)
        for (index, kind) in Part.Kind.allCases.enumerated() {
            let part = Part(
                kind, text: text(&random), name: text(&random),
                data: .object([text(&random): .string(text(&random))]),
                attachment: AttachmentReference(
                    sha256: [UInt8](repeating: 1, count: 32), sizeBytes: 1, name: text(&random),
                    mediaType: index.isMultiple(of: 2) ? "image/png" : text(&random)))
            let hostile = [text(&random), text(&random), text(&random)]
            builder.add(Role.allCases[index % 4], [part]) {
                $0.model = hostile[0]
                $0.provider = hostile[1]
                $0.region = hostile[2]
                $0.host = hostile[0]
                $0.stopReason = hostile[1]
                $0.originID = hostile[2]
            }
        }
        builder.edit(0, text(&random))
        let versions = [builder.messages[0].id: builder.earlier.map(\.record)]
        return ConversationPage.render(
            builder.archived, versions: versions)
    }
}
