import Foundation
import Testing
import Vault
@testable import VaultArchive

/// Names from records on a page: as long and as odd as anybody likes, and never the page's masters.
@Suite("Labels on pages")
struct LabelTests {
    private static let controls =
        "\u{202A}\u{202B}\u{202C}\u{202D}\u{202E}\u{2066}\u{2067}\u{2068}\u{2069}"

    private func page(_ builder: ConversationBuilder) -> String {
        let archived = builder.archived
        return String(
            decoding: ConversationPage.render(
                archived),
            as: UTF8.self)
    }

    private func row(_ builder: ConversationBuilder) -> [UInt8] {
        var html = HTMLBuffer()
        ListPages.row(builder.archived.conversation, messages: 1, folder: "", into: &html)
        return html.bytes
    }

    @Test("A title of 100,000 letters is cut in the list and whole on its page")
    func longTitle() {
        let title = String(repeating: "L", count: 100_000)
        var builder = ConversationBuilder(1, title: title)
        builder.add(.user, "x")
        let row = String(decoding: self.row(builder), as: UTF8.self)
        #expect(row.utf8.count < 1000)
        #expect(row.contains(String(repeating: "L", count: 200) + "…</a>"))
        let html = page(builder)
        #expect(html.contains("<h1 dir=\"auto\" class=\"long\">\(title)</h1>"))
        #expect(html.contains("<title>" + String(repeating: "L", count: 200) + "…</title>"))
    }

    @Test("A title of one letter with 100,000 marks on it is cut too")
    func markedTitle() {
        let title = "x" + String(repeating: "\u{301}", count: 100_000)
        let builder = ConversationBuilder(1, title: title)
        let row = self.row(builder)
        #expect(row.count < 3000)
    }

    @Test("The list of an archive breaks words that are wider than the window")
    func wideWords() {
        #expect(
            PageStyle.css.description.contains(".list td{overflow-wrap:anywhere"))
    }

    @Test("Controls that reorder text are visible in every name, and names stand apart")
    func reordered() {
        let odd = "a\(Self.controls)b"
        var builder = ConversationBuilder(1, title: odd, custodian: odd)
        builder.conversation.labels = [odd, "plain"]
        builder.conversation.project = odd
        let file = Samples.reference([1, 2], "gpj\(Self.controls).exe", odd)
        builder.add(.user, [Part(.document, name: odd, attachment: file)])
        builder.add(.user, [Part(.document, name: odd)])
        builder.add(.assistant, [Part(.toolUse, name: odd)]) {
            $0.model = odd
            $0.provider = odd
            $0.region = odd
        }
        let html = page(builder) + String(decoding: row(builder), as: UTF8.self)
        let isAnyLeft = html.unicodeScalars.contains { scalar in
            (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
        }
        #expect(!isAnyLeft)
        let marks = String(repeating: "\u{FFFD}", count: 9)
        #expect(html.contains("<bdi>gpj\(marks).exe</bdi></a>"))
        #expect(html.contains("download=\"gpj\(marks).exe\""))
        #expect(html.contains("<bdi>a\(marks)b</bdi>, <bdi>plain</bdi>"))
        #expect(html.contains("Tool call: <code><bdi>a\(marks)b</bdi></code>"))
        #expect(MarkupChecker.fault(in: page(builder)) == nil)
    }

    @Test("A picture's description and download name have no controls that reorder")
    func pictures() {
        var builder = ConversationBuilder(1, title: nil)
        let picture = Samples.reference(Samples.picture, "\u{202E}gnp.exe", "image/png")
        builder.add(.user, [Part(.image, attachment: picture)])
        let html = page(builder)
        #expect(html.contains("alt=\"\u{FFFD}gnp.exe\""))
        #expect(html.contains("download=\"\u{FFFD}gnp.exe\""))
    }

    @Test("On paper records are left out and headings stay with what follows")
    func paper() throws {
        let css = PageStyle.css.description
        let paper = css[try #require(css.firstRange(of: "@media print")).lowerBound...]
        #expect(paper.contains(".record{display:none}"))
        #expect(paper.contains("header+div>:first-child{break-before:avoid}"))
        #expect(paper.contains("h1,h2,h3,h4,h5,h6,article>header,summary{break-after:avoid"))
    }
}
