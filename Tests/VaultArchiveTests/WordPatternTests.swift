import Foundation
import Testing

@testable import VaultArchive

/// What rules with words find, and what they leave.
@Suite struct WordPatternTests {
    private static let sought = "Zebra Bäckerxq"

    private func masked(_ text: String, _ words: String...) throws -> TextSearch.Masked {
        var rules = RedactionRules()
        try rules.add(
            try words.map { try WordPattern($0) }, [], .span, because: "x", named: "Rule 1")
        return try TextSearch(rules: rules.texts).mask(text)
    }

    @Test(
        "Words are found however they are separated",
        arguments: [
            "zebra-bäckerxq", "ZebraBäckerxq", "zebra_bäckerxq", "Zebra\u{1}Bäckerxq",
            #"Zebra\ Bäckerxq"#, "Zebra, Bäckerxq", "> Zebra\n> Bäckerxq", "Zebra<br>Bäckerxq",
            "Zebra ½ Bäckerxq", "[Zebra](Bäckerxq)", "Zebra<Bäckerxq>", "Zebra <!-- Bäckerxq -->",
            "Zebra&ensp;Bäckerxq", "Zebra&#32;Bäckerxq", "q=Zebra+B%C3%A4ckerxq",
            "[Zebra](http://x.example/1) Bäckerxq", "| Zebra | Bäckerxq |", "**Zebra** _Bäckerxq_",
        ])
    func separated(_ text: String) throws {
        guard case .marked(let marked) = try masked("so \(text) it is", Self.sought) else {
            Issue.record("not found")
            return
        }
        #expect(marked.hasPrefix("so ") && marked.hasSuffix(" it is"))
        #expect(!marked.lowercased().contains("zebra"))
        #expect(!marked.lowercased().contains("kerxq"))
    }

    @Test(
        "Words are found however their letters are written",
        arguments: [
            "Zebra B&auml;ckerxq", "Zebra B&#228ckerxq", "Zebra B=C3=A4ckerxq",
            "Zebra B%E4ckerxq", "=?utf-8?Q?Zebra_B=C3=A4ckerxq?=",
            "=?utf-8?B?WmVicmE=?=\n =?utf-8?B?IELDpGNrZXJ4cQ==?=", "Zebra <b>Bä</b>ckerxq",
            "Zebra Bäcker-\nxq", "> Zebra Bäcker-\n> xq", "Zеbra Bäckerxq", "ΖΕbra Bäckerxq",
            "Zebra Bäckerxq2024", "Zebra BÃ¤ckerxq", "Z e b r a B ä c k e r x q",
            "Ze~~b~~ra Bäckerxq", #"Zebra B\\u00e4ckerxq"#, "Zebra Bä=\nckerxq",
            "Zebra%2520B%25C3%25A4ckerxq", "Ⓩⓔⓑⓡⓐ Bäckerxq",
        ])
    func written(_ text: String) throws {
        #expect(try masked("so \(text) it is", Self.sought) != .unchanged)
    }

    @Test(
        "What runs of Base64 and hexadecimal digits stand for is searched, and the run goes",
        arguments: [
            Data("see Zebra Bäckerxq".utf8).base64EncodedString(),
            Data([1, 0xFF] + Array("Zebra Bäckerxq".utf8) + [0xFE]).base64EncodedString(),
            (Data("Zebra Bäckerxq".data(using: .utf16LittleEndian) ?? Data()))
                .base64EncodedString(),
            (Data("Zebra Bäckerxq".data(using: .utf16BigEndian) ?? Data())).base64EncodedString(),
            Data("Zebra Bäckerxq".utf8).map { String(format: "%02x", $0) }.joined(),
            Data(Data("Zebra Bäckerxq".utf8).base64EncodedString().utf8).base64EncodedString(),
            "home/" + Data("Zebra Bäckerxq".utf8).base64EncodedString(),
            Data(String(repeating: "x ", count: 40).utf8 + Data("Zebra Bäckerxq".utf8))
                .base64EncodedString(options: [.lineLength76Characters, .endLineWithLineFeed]),
        ])
    func encoded(_ run: String) throws {
        #expect(try masked("data: \(run) !", Self.sought) == .marked("data: [withheld] !"))
    }

    @Test(
        "Scripts that put nothing between words need no end of a word",
        arguments: [
            ("猎鹰项目", "这是猎鹰项目的合同草案。"), ("猎鹰项目", "プロジェクトは猎鹰项目です"),
            ("เหยี่ยวแดง", "โครงการเหยี่ยวแดงของเรา"), ("山田太郎", "山田太郎が来た"),
            ("김철수", "어제 김철수가 왔다"), ("Falcon", "计划Falcon计划"), ("カタカナ", "ｶﾀｶﾅです"),
            ("ຄຳລາວ", "ພາສາຄຳລາວນີ້"),
        ])
    func unspaced(_ words: String, _ text: String) throws {
        #expect(try masked(text, words) != .unchanged)
    }

    @Test(
        "What is another word stays",
        arguments: [
            ("Ann", "Annual"), ("Ann", "Joann"), ("Ste", "Sté"), ("김철수", "김철숙"), ("5", "15 5a"),
            ("a.b", "axb"), ("Zebra Bäckerxq", "Zebra and Bäckerxq"), ("Иван", "Ивановна"),
            ("Zebra Bäckerxq", "dGhpcyBpcyBub3RoaW5nIGF0IGFsbA=="), ("علي", "عليها"),
        ])
    func other(_ words: String, _ text: String) throws {
        #expect(try masked(text, words) == .unchanged)
    }

    @Test("A mark stands for what was found alone, and no word goes over it")
    func marks() throws {
        #expect(
            try masked("a Zebra B&auml;ckerxq &amp; b", Self.sought)
                == .marked("a [withheld] &amp; b"))
        #expect(
            try masked("Zebra and Falcon, then Bäckerxq", "and Falcon", Self.sought)
                == .marked("Zebra [withheld], then Bäckerxq"))
        #expect(throws: (any Error).self) { try WordPattern("\u{200B}") }
    }

    @Test("A regular expression finds what a tag, a plus or a line of a mail parts")
    func expressions() throws {
        var rules = RedactionRules()
        try rules.add(
            [], [TextPattern("[A-Z]{2}[0-9]{6}|deal\\sof\\s\\w+")], .span, because: "x", named: "R")
        let search = TextSearch(rules: rules.texts)
        for (text, wanted) in [
            ("no A<b>B</b>123456.", "no [withheld]."), ("q=deal+of+9", "q=[withheld]"),
            ("> a deal\n> of 9", "> a [withheld]"), ("QUIxMjM0NTYgaXMgaXQ=", "[withheld]"),
            ("AB123%34%35%36", "[withheld]"),
        ] {
            #expect(try search.masked(text) == wanted)
        }
    }
}
