import Foundation
import Testing
import Vault
@testable import VaultArchive

@Suite("List of conversations")
struct ListPagesTests {
    private func pages(_ count: Int) -> [ListPages.Page] {
        var list = ListPages(conversations: count)
        var pages: [ListPages.Page] = []
        for number in 0..<count {
            let conversation = ConversationBuilder(number + 1, title: "t\(number).").conversation
            if let page = list.add(conversation, messages: 1) { pages.append(page) }
        }
        if let page = list.finish() { pages.append(page) }
        return pages
    }

    @Test(arguments: [0, 1, 499, 500, 501, 1000, 1250])
    func `every conversation is on one page of 500, and pages link to pages that are there`(
        count: Int
    ) {
        let pages = pages(count)
        #expect(pages.count == max(1, (count + 499) / 500))
        let names = pages.map { String($0.path.dropFirst("data/html/".count)) }
        #expect(names.first == "index.html")
        #expect(names.dropFirst().first ?? "index-2.html" == "index-2.html")
        var rows = 0
        for page in pages {
            let html = String(decoding: page.content, as: UTF8.self)
            #expect(MarkupChecker.fault(in: html) == nil)
            rows += html.split(separator: "<tr><td").count - 1
            for link in html.split(separator: "<li><a href=\"").dropFirst() {
                #expect(names.contains(String(link.prefix { $0 != "\"" })))
            }
        }
        #expect(rows == count)
        let text = pages.map { String(decoding: $0.content, as: UTF8.self) }.joined()
        for number in 0..<count { #expect(text.contains(">t\(number).</a>")) }
    }

    @Test func `an archive lacks no page of its list and has none too many`() throws {
        let place = try TemporaryFolder()
        let source = MemorySource(
            conversations: (1...501).map { number in
                var builder = ConversationBuilder(number, title: nil)
                builder.add(.user, "x")
                return builder.archived
            })
        try place.export(source, "out")
        #expect(try place.verify("out").faults.isEmpty)
        let second = try place.read("out/data/html/index-2.html")
        try place.write("out/data/html/index-3.html", second)
        try place.reseal("out")
        #expect(
            try place.verify("out").faults == [
                ArchiveFault(
                    path: "data/html/index-3.html",
                    fault: "so few conversations have no such page of the list")
            ])
        try place.remove("out/data/html/index-3.html")
        try place.remove("out/data/html/index-2.html")
        try place.reseal("out")
        #expect(
            try place.verify("out").faults == [
                ArchiveFault(path: "data/html/index-2.html", fault: "the file is missing")
            ])
    }

    @Test(arguments: ["index-1", "index-02", "index-0", "index-2x", "index-", "Index-2"])
    func `a page with a name that is not quite a list's is refused`(name: String) throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        try place.write("out/data/html/\(name).html", "x")
        try place.reseal("out")
        #expect(
            try place.verify("out").faults.contains(
                ArchiveFault(
                    path: "data/html/\(name).html",
                    fault: "the file is not named for a conversation")))
    }

    @Test func `an archive has a first page`() throws {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        try place.remove("out/index.html")
        try place.reseal("out")
        #expect(
            try place.verify("out").faults == [
                ArchiveFault(path: "index.html", fault: "the file is missing")
            ])
    }
}
