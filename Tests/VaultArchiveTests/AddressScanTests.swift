import Foundation
import Testing

@testable import VaultArchive

/// Addresses and numbers in an archive for one person, and how long it takes to find them.
@Suite struct AddressScanTests {
    private func masked(_ text: String) throws -> String {
        var mask = SubjectMask(subject: "Ada Lindqvist")
        mask.ownAddresses = ["ada_l@example.net"]
        return try TextSearch(rules: mask.rules().texts).masked(text)
    }

    @Test(
        "The name in front of an address goes with it, however it is written",
        arguments: [
            "Smith, Ann <ann@corp.example>", "ann smith <ann@corp.example>",
            "van der Berg, Ann <ann@corp.example>", "Ann Smith (Sales) <ann@corp.example>",
            "Ann Smith | Sales <ann@corp.example>", "Ann Smith [mailto:ann@corp.example]",
            "Dr. Ann M. Smith <ann@corp.example>", "ANN SMITH <ann@corp.example>",
            "Ann Smith via Docs <ann@corp.example>", "山田太郎 <ann@corp.example>",
            "\"Smith, Ann (Ext)\" <ann@corp.example>", "Ann Smith\n<ann@corp.example>",
            "Ann Smith\r\n <ann@corp.example>", "Ann Smith &lt;ann@corp.example&gt;",
            "O'Brien & Smith, Ann <ann@corp.example>", "Ann Smith<ann@corp.example>",
            "Ann-Lena Smith-Jones 2 <ann@corp.example>", "ann Smith <mailto:ann@corp.example>",
            "Ann Smith, Assoc. Prof. <ann@corp.example>", "Ann Smith @ Corp <ann@corp.example>",
            "Ann Smith, Dipl.-Ing. ETH <ann@corp.example>", "Ann 10:30 <ann@corp.example>",
            "Ann Smith <ann at corp dot example>", "Ann Smith <ann[at]corp.example>",
            "Ann Smith <SMTP:ann@corp.example>", "Ann Smith <sip:ann@corp.example>",
            "Ann Smith <<ann@corp.example>>", "Ann Smith (ann@corp.example)",
            "Ann Smith <[ann@corp.example](mailto:ann@corp.example)>",
            #""Ann \"Annie\" Smith" <ann@corp.example>"#, "Ann Smith ‹ann@corp.example›",
        ])
    func named(_ text: String) throws {
        #expect(try masked("From: \(text)") == "From: [withheld]")
    }

    @Test("What goes with an address ends at the line, a colon, a semicolon and another address")
    func names() throws {
        for (text, wanted) in [
            (
                "To: Ann Smith <ann@corp.example>; Joe Black <joe@corp.example>",
                "To: [withheld]; [withheld]"
            ),
            ("It is finished. Ann <ann@corp.example>!", "[withheld]!"),
            ("said \"Ann Smith <ann@corp.example>\"", "[withheld]\""),
            ("<ann@corp.example> wrote", "<[withheld]> wrote"),
            ("Above\n\nAnn <ann@corp.example>", "Above\n\n[withheld]"),
            ("Me: Ada L. <ada_l@example.net>", "Me: Ada L. <ada_l@example.net>"),
            ("> Ann Smith\n> <ann@corp.example>", "> [withheld]"),
            ("one \(String(repeating: "two ", count: 12))<a@b.ch>", "one [withheld]"),
        ] {
            #expect(try masked(text) == wanted)
        }
    }

    @Test(
        "Addresses and numbers are found with blanks, in quotes and spelled",
        arguments: [
            "ann @ corp.example", "ann@ corp.example", "ann@\ncorp.example", "ann @corp.example",
            "\"ann smith\"@corp.example", "ann.o'neil@corp.example", "ann@corp dot example",
            "ann(at)corp(dot)example", "ann [ at ] corp [.] example", "ann AT corp DOT example",
            "ann@[10.0.0.1]", "00 41 44 123 45 67", "0041-44-123.45.67", "+41 (0)44 123 45 67",
            "bounce+ann=corp.example@list.example", "ann&bob@corp.example", "ann#1@corp.example",
            "ann/home@corp.example", "ann!x@corp.example", "ann(comment)@corp.example",
            "ann@(comment)corp.example", "ann\n@corp.example", "ann\r\n @corp.example",
            "+49 - 170 - 1234567", "+41 – 44 – 123 45 67", "+41 - (0)44 123 45 67",
            "+41  44   123 45 67", "+41·44·123·45·67", "+41 44\n123 45 67",
            "+41 44\r\n123 45 67", "+ 41 44 123 45 67", "+٩٦٦ ٥٠ ١٢٣ ٤٥٦٧",
            "٠٠٩٦٦ ٥٠ ١٢٣ ٤٥٦٧", "+41 44 123'45'67", "＋41441234567",
            "+41\u{A0}44\u{A0}123\u{A0}45\u{A0}67",
        ])
    func found(_ text: String) throws {
        #expect(try masked("ask: \(text) !") == "ask: [withheld] !")
    }

    @Test(
        "What is no address stays",
        arguments: [
            "at 12.00 41.50 13.75 14.25 or 10:00:00 2024-05-06 12", "lunch @ noon. Then we go",
            #"{"name": "@types/node", "b":"@x"}"#, "look at this dot", "\"chat\"@en",
            "q?from=ada_l@example.net",
            "total 1 000 12 34 56 78", "a foo\n\n@app.route", "a/@types/node", "f(x)@b", "*@x.y",
            "1+2345678",
        ])
    func kept(_ text: String) throws {
        #expect(try masked(text) == text)
    }

    @Test("Of a number with more than 15 digits, groups that may be one go")
    func longNumbers() throws {
        #expect(try masked("+41 44 123 45 67 890123456") == "[withheld] 890123456")
        #expect(try masked("+4144123456789012345") == "+4144123456789012345")
    }

    private static let pieces: [(String, String)] = [
        ("A", " x@y.example"), ("ACGT", "\n@SEQ1"), (" a dot", ""), ("Aa", " x@y.example"),
        ("Aa Bb ", "x@y.example"), ("K-\n> ", "@"), ("a@", ""), ("x(at)", "b"), (" at ", ""),
        ("at dot ", ""), ("x at y dot ", "z"), ("dot at ", ""), ("\"a\" <a@b.ch> ", ""),
        ("\"", "@b.ch"), ("<", "@b.ch"), ("Ann Bo <", "a@b.ch"), ("+1 ", ""), ("00 1", ""),
        ("+12345678901234567890", ""), (" ", "@b.ch"), ("\n", "at b dot c"), ("(", "at)"),
        ("a ", "<a@b.ch>"), ("'", "@b.ch"), ("a'", "@b.ch"), ("mailto:", "a@b.ch"),
        ("x{at}", "b"), ("=", "@b.ch"), ("a (a@b.c ", ""), (">", "<a@b.ch>"), ("<a@b.c", ""),
        ("(a)@", "b.c"), ("a@(", ""), ("+", ""), ("٠", ""), ("+ ", ""), ("{at", "}b"),
        ("x\n@", "b.c"), ("x at y.z ", ""),
    ]

    @Test("A text that is twice as long takes twice as many steps", arguments: pieces)
    func linear(_ piece: String, _ end: String) {
        func steps(_ count: Int) -> Int {
            let text = String(repeating: piece, count: count) + end
            var reader = AddressReader(TextScalar.all(of: text), own: ["ada@example.net"])
            _ = reader.run()
            return reader.steps
        }
        let few = steps(2000)
        #expect(steps(4000) <= few * 2 + 10_000)
        #expect(few <= 2000 * piece.unicodeScalars.count * 120)
    }

    @Test(
        "No text is too costly for the mask",
        arguments: [
            String(repeating: "A", count: 20_000) + " x@y.example",
            "@SEQ1\n" + String(repeating: "GATTACA", count: 3000),
            String(repeating: " a dot", count: 5000),
            String(repeating: String(repeating: "Aa", count: 50) + " ", count: 300)
                + " x@y.example",
            String(repeating: "K-\n> ", count: 5000) + "@",
        ])
    func costly(_ text: String) throws {
        let result = try masked(text)
        #expect(result.hasSuffix("[withheld]") == text.hasSuffix("x@y.example"))
    }
}
