import Foundation
import Testing
import Vault
@testable import VaultArchive

@Suite("Pages")
struct PageTests {
    private func page(_ builder: ConversationBuilder) -> String {
        let versions = Dictionary(grouping: builder.earlier, by: \.message).mapValues {
            $0.map(\.record)
        }
        let archived = builder.archived
        return String(
            decoding: ConversationPage.render(
                archived, versions: versions),
            as: UTF8.self)
    }

    private func count(_ needle: String, in text: String) -> Int {
        text.split(separator: needle, omittingEmptySubsequences: false).count - 1
    }

    @Test("A page shows every message once, has one h1 and no script but the search")
    func structure() {
        let html = page(Samples.merger)
        for number in 1...10 { #expect(count("id=\"m\(number)\"", in: html) == 1) }
        #expect(count("<h1", in: html) == 1)
        #expect(count("<main", in: html) == 1)
        #expect(count("<script", in: html) == 1)
        #expect(html.contains("<script>\(SearchScript.source)</script>\n</div>\n</body>"))
        #expect(html.contains("default-src &#39;none&#39;; style-src &#39;sha256-"))
        #expect(html.contains("<details class=\"branch\"><summary>1 other answer</summary>"))
        #expect(html.contains("Stopped before its end"))
        #expect(html.contains("alt=\"chart &quot;Q1&quot;.png\""))
    }

    @Test("Earlier versions of an edited message are on the page")
    func versions() {
        let html = page(Samples.edited)
        #expect(html.contains("Earlier version 1</summary>"))
        #expect(html.contains("Teh first text"))
        #expect(html.contains("The second text"))
    }

    @Test("Circles, missing parents and repeated branches lose no message")
    func trees() {
        var builder = ConversationBuilder(1, title: "x")
        for index in 0..<40 {
            // Each message names one that is missing, itself, a later or an earlier one as its
            // parent.
            let parent = [
                testID(5), builder.messageID(index), builder.messageID((index * 7 + 3) % 40),
            ]
            builder.add(.user, "message number \(index)", parent: parent[index % 3])
        }
        for current in [nil, builder.messageID(3), builder.messageID(17), testID(8)] {
            builder.conversation.current = current
            let html = page(builder)
            for number in 1...40 { #expect(count("id=\"m\(number)\"", in: html) == 1, "\(number)") }
            #expect(MarkupChecker.fault(in: html) == nil)
        }
    }

    @Test("Deeply nested branches move to the end of the page")
    func depth() {
        var builder = ConversationBuilder(1, title: "x")
        var parent = builder.add(.user, "start", isRoot: true)
        for _ in 0..<3000 {
            // The newest child is the main line, so every older one nests the rest.
            let next = builder.add(.assistant, "a", parent: parent)
            builder.add(.assistant, "b", parent: parent)
            parent = next
        }
        let html = page(builder)
        #expect(count("<article ", in: html) == 6001)
        #expect(html.contains("Further branches"))
        #expect(MarkupChecker.fault(in: html) == nil)
    }

    @Test("Without a current leaf, roots stand one after another")
    func roots() {
        var builder = ConversationBuilder(1, title: "x")
        for index in 0..<5 { builder.add(.user, "m\(index)", isRoot: true) }
        #expect(!page(builder).contains("class=\"branch\""))
        builder.conversation.current = builder.messageID(2)
        #expect(page(builder).contains("4 other versions of this message"))
    }
}
