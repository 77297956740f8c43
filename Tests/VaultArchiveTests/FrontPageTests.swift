import Foundation
import JSONText
import Testing
import Vault
@testable import VaultArchive
import VaultCrypto

@Suite("First page")
struct FrontPageTests {
    /// Exports, and gives the text of the archive's first page.
    private func front(
        _ source: MemorySource, change: (inout ArchiveExport.Request) -> Void = { _ in }
    ) throws -> String {
        let place = try TemporaryFolder()
        try place.export(source, "out", change: change)
        return String(decoding: try place.read("out/index.html"), as: UTF8.self)
    }

    @Test func `the first page says what the archive is, and is the same for the same request`()
        throws
    {
        let html = try front(Samples.source)
        #expect(try html == front(Samples.source))
        #expect(MarkupChecker.fault(in: html) == nil)
        for words in [
            "<h1 dir=\"auto\">Lindqvist merger</h1>", "Eva Officer, Example AB",
            "Demand of 27 February", "2026-03-01 09:00 UTC",
            "3 conversations, 14 messages, 2 attachments",
            "query <bdi>lindqvist after:2026-01-01</bdi>", "href=\"data/html/index.html\"",
            "<a href=\"data/html/018f3a10-0000-7000-8000-000000030000.html\">Lindqvist merger: open",
        ] {
            #expect(html.contains(words), "\(words)")
        }
    }

    @Test func `the commands and fingerprints of the first page are those of README.txt`() throws {
        let place = try TemporaryFolder()
        let result = try place.export(Samples.source, "out")
        let html = String(decoding: try place.read("out/index.html"), as: UTF8.self)
        let readme = String(decoding: try place.read("out/README.txt"), as: UTF8.self)
            .replacing("\\\n", with: "").split(separator: " ").joined(separator: " ")
        #expect(html.contains("<code>\(result.signer)</code>"))
        for command in FrontPage.fileCommands + FrontPage.signatureCommands {
            #expect(readme.contains(command), "\(command)")
            #expect(html.contains(command.replacing("<", with: "&lt;")), "\(command)")
        }
    }

    @Test func `what is left out is said`() throws {
        var source = Samples.source
        source.attachments[SHA256Digest.hash(Samples.document)] = nil
        let html = try front(source) { $0.scope["undatedLeftOut"] = .integer(21) }
        #expect(html.contains("<li>1 attachment that the vault did not hold; <a href="))
        #expect(html.contains("what has no date: 21 conversations."))
        let unfinished = try front(source) { $0.scope["unfinishedLeftOut"] = .integer(2) }
        #expect(unfinished.contains("being written during the export: 2 answers."))
        #expect(html.contains("<li>Conversations that their user had hidden.</li>"))
        source.conversations[0].conversation.isHidden = true
        #expect(try front(source).contains("1 conversation hidden by the user"))
    }

    @Test func `hostile words in every field of a request and of records stay text`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<60 {
            var builder = ConversationBuilder(
                1, title: Hostile.text(&random), custodian: Hostile.text(&random))
            let model = Hostile.text(&random)
            builder.add(.assistant, [Part(.text, text: "x")]) { $0.model = model }
            builder.conversation.origin.source = Hostile.text(&random)
            let words = (0..<6).map { _ in Hostile.text(&random) }
            let html = try front(MemorySource(conversations: [builder.archived])) {
                ($0.matter, $0.query, $0.person) = (words[0], words[1], words[2])
                ($0.reason, $0.organization) = (words[3], words[4])
                $0.scope = [words[5]: .array([.string(words[4]), .string(words[5])])]
            }
            let fault = MarkupChecker.fault(in: html)
            #expect(fault == nil, "\(fault ?? "")")
        }
    }

    @Test func `the policy of each page names the hashes of its style sheet and of its script`()
        throws
    {
        let place = try TemporaryFolder()
        try place.export(Samples.source, "out")
        let pages = [
            "index.html", "data/html/index.html",
            "data/html/018f3a10-0000-7000-8000-000000030000.html",
        ]
        for path in pages {
            let html = String(decoding: try place.read("out/\(path)"), as: UTF8.self)
            let policy = html.split(separator: "content=\"")[1].prefix { $0 != "\"" }
                .replacing("&#39;", with: "'")
            for (element, directive) in [("style", "style-src"), ("script", "script-src")] {
                let content = html.split(separator: "<\(element)>").dropFirst().first
                    .flatMap { $0.split(separator: "</\(element)>").first }
                let hash = content.map { Base64.string(SHA256Digest.hash(Array($0.utf8))) }
                #expect((content != nil) == policy.contains(directive), "\(path): \(element)")
                if let hash { #expect(policy.contains("\(directive) 'sha256-\(hash)'")) }
            }
            #expect(policy.hasPrefix("default-src 'none'; "))
            #expect(!policy.contains("unsafe"))
        }
    }

    // MARK: The chart

    /// Conversations with messages at random times, and a count of their days by the calendar of
    /// Foundation.
    private func random(days: Int) -> (MemorySource, [String: Int], undated: Int) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(secondsFromGMT: 0) ?? calendar.timeZone
        var counts: [String: Int] = [:]
        var undated = 0
        let conversations = (1...20).map { number in
            var builder = ConversationBuilder(number, title: "c\(number)")
            for _ in 0..<25 {
                let time = Instant(
                    milliseconds: 1_740_000_000_000
                        + Int64.random(in: 0..<(Int64(days) * 86_400_000)))
                let isDated = Int.random(in: 0..<9) > 0
                builder.add(.user, [Part(.text, text: "x")]) { $0.created = isDated ? time : nil }
                guard isDated else {
                    undated += 1
                    continue
                }
                let date = Date(timeIntervalSince1970: Double(time.milliseconds) / 1000)
                let parts = calendar.dateComponents([.year, .month, .day], from: date)
                let day = [parts.month ?? 0, parts.day ?? 0].map { String(format: "%02d", $0) }
                counts["\(parts.year ?? 0)-\(day[0])-\(day[1])", default: 0] += 1
            }
            return builder.archived
        }
        return (MemorySource(conversations: conversations), counts, undated)
    }

    @Test(arguments: [1, 40, 300, 1100])
    func `bars and table have the numbers of the records`(days: Int) throws {
        let (source, counts, undated) = random(days: days)
        let html = try front(source)
        #expect(MarkupChecker.fault(in: html) == nil)
        var bars: [String: Int] = [:]
        for piece in html.split(separator: "<title>").dropFirst(2) {
            let words = piece.prefix { $0 != "<" }.split(separator: ": ")
            bars[String(words[0])] = words.last.flatMap { Int($0) }
        }
        #expect(bars == counts)
        var rows: [String: Int] = [:]
        for piece in html.split(separator: "<tr class=\"day\"><th scope=\"row\">").dropFirst() {
            let number = piece.split(separator: "<td class=\"end\">")[1].prefix { $0 != "<" }
            rows[String(piece.prefix(10))] = Int(number)
        }
        #expect(rows == counts)
        let dated = counts.values.reduce(0, +)
        #expect(html.contains("\(dated) messages on \(counts.count.counted("day")) (UTC)"))
        if undated > 0 { #expect(html.contains(" \(undated.counted("message")) without a date")) }
        #expect(dated + undated == 500)
    }

    @Test func `bars stand inside their panel and are as high as their numbers say`() throws {
        let first = try #require(Instant("2025-02-01")).day
        let chart = DayChart([first: 3, first + 27: 6])
        #expect(chart.top == 6)
        #expect(chart.panels.map(\.first.description) == ["2025-02"])
        var html = HTMLBuffer()
        chart.draw(chart.panels[0], label: "x", into: &html)
        let text = String(decoding: html.bytes, as: UTF8.self)
        #expect(text.contains("<rect x=\"0.000%\" width=\"2.857%\" y=\"64\" height=\"52\">"))
        #expect(text.contains("<rect x=\"96.428%\" width=\"2.857%\" y=\"12\" height=\"104\">"))
    }

    @Test func `twelve months are one panel, more are a panel for each year that has messages`()
        throws
    {
        func panels(_ first: String, _ last: String) throws -> [String] {
            let days = try [first, last].map { try #require(Instant($0)).day }
            return DayChart(Dictionary(days.map { ($0, 1) }, uniquingKeysWith: +)).panels.map {
                "\($0.first.description)..<\($0.end.description)"
            }
        }
        #expect(try panels("2025-04-30", "2026-03-01") == ["2025-04..<2026-04"])
        #expect(
            try panels("2025-03-31", "2026-03-01") == ["2025-01..<2026-01", "2026-01..<2027-01"])
        #expect(
            try panels("1990-01-01", "2199-12-31") == ["1990-01..<1991-01", "2199-01..<2200-01"])
        #expect(try panels("2024-02-29", "2024-02-29") == ["2024-02..<2024-03"])
        #expect(DayChart([:]).panels.isEmpty)
    }

    @Test func `the scale is the next round number with a whole half`() {
        let tops = [0, 1, 2, 3, 5, 7, 9, 10, 11, 81, 100, 101, 999_999].map(DayChart.scale)
        #expect(tops == [2, 2, 2, 4, 6, 8, 10, 10, 20, 100, 100, 200, 1_000_000])
    }

    @Test func `a date that cannot be true is counted as none`() {
        var overview = ArchiveOverview()
        var builder = ConversationBuilder(1, title: "x")
        for milliseconds in [Int64(-9e15), -1, 0, 631_151_999_999, 7_258_118_400_000, Int64(9e15)] {
            builder.add(.user, [Part(.text, text: "x")]) {
                $0.created = Instant(milliseconds: milliseconds)
            }
        }
        overview.add(builder.archived)
        #expect(overview.days.isEmpty)
        #expect(overview.undatedMessages == 6)
    }

    @Test func `names without number do not fill the memory, and none is lost from the sum`() {
        var names = ArchiveOverview.Names()
        let amount = ArchiveOverview.Amount(conversations: 1, messages: 2)
        for number in 0..<10_050 { names.add("n\(number)", amount) }
        names.add("n7", amount)
        names.add(String(repeating: "x", count: 100_000), amount)
        #expect(names.amounts.count == ArchiveOverview.Names.maximum)
        let (ranked, rest) = names.ranked(most: 15)
        #expect(ranked.first?.name == "n7")
        #expect(rest.messages + ranked.reduce(0) { $0 + $1.amount.messages } == 2 * 10_052)
    }
}
