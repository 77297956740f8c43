import Testing

@testable import Vault

/// Writes tokens as `word`, `[compound: fragment fragment]`, `pair+`, `pairEnd.`.
private struct Transcript: TokenSink {
    var line: [String] = []
    var ranges: [Range<Int>] = []

    mutating func take(
        _ kind: TokenKind, _ bytes: UnsafeBufferPointer<UInt8>, at source: Range<Int>
    ) {
        let text = unsafe String(decoding: bytes, as: UTF8.self)
        ranges.append(source)
        switch kind {
        case .word: line.append(text)
        case .compound: line.append("[\(text):")
        case .fragment, .stem: line.append(text)
        case .pair: line.append(text + "+")
        case .pairEnd: line.append(text + ".")
        }
    }

    mutating func endFragments() { line.append("]") }
}

private func tokens(_ text: String) -> String {
    var sink = Transcript()
    TextAnalyser().analyse(text, into: &sink)
    return sink.line.joined(separator: " ")
}

@Suite("Analysis of text")
struct SearchAnalysisTests {
    @Test(
        "Words are cut and folded in every script",
        arguments: [
            ("", ""),
            ("Hello, World!", "hello world"),
            ("don't stop", "don t stop"),
            ("3.14 1,000 12:30", "3 14 1 000 12 30"),
            ("https://example.org/?q=a", "https example org q a"),
            ("std::vector<int> C++", "std vector int c"),
            ("a—b “quoted” c…", "a b quoted c"),
            ("Café CAFÉ cafe\u{301}", "cafe cafe cafe"),
            ("Łódź Søren Ærø straße ẞ ﬁne", "lodz soren aero strasse ss fine"),
            ("İstanbul ısı naïve", "istanbul isi naive"),
            ("Tiếng Việt", "tieng viet"),
            ("Ελληνικά ΛΌΓΟΣ λόγος", "ελληνικα λογοσ λογοσ"),
            ("Ещё ёлка ЙОД йод и\u{306}од", "еще елка йод йод йод"),
            ("Київ їжак і\u{308}жак", "київ їжак їжак"),
            ("за\u{301}мок", "замок"),
            ("ＡＢＣ１２３ ｆｕｌｌ", "[abc123: abc 123 ] full"),
            ("𝐁𝐨𝐥𝐝 x² ①", "bold [x2: x 2 ] 1"),
            ("مُحَمَّد كـــتاب", "محمد كتاب"),
            ("שָׁלוֹם", "שלום"),
            ("हिन्दी क़लम", "हिन्दी क\u{93C}लम"),
            ("so\u{AD}ft zero\u{200B}width a\u{200D}b", "soft zero width ab"),
            ("👍🏽 done 🎉", "done"),
            ("x\u{0}y", "x y"),
        ])
    func folds(text: String, expected: String) {
        #expect(tokens(text) == expected)
    }

    @Test(
        "Identifiers come whole and in fragments",
        arguments: [
            ("readFileSync", "[readfilesync: read file sync ]"),
            ("HTTPServer", "[httpserver: http server ]"),
            ("parseHTTPRequest2", "[parsehttprequest2: parse http request 2 ]"),
            ("snake_case_name", "[snakecasename: snake case name ]"),
            ("SCREAMING_SNAKE", "[screamingsnake: screaming snake ]"),
            ("__init__ _x foo_", "init x foo"),
            ("GitHub iPhone", "[github: git hub ] [iphone: i phone ]"),
            ("APIs IDs URLs", "apis ids urls"),
            ("listAPIsAndIDs", "[listapisandids: list apis and ids ]"),
            ("Hello HELLO 3D v2", "hello hello [3d: 3 d ] [v2: v 2 ]"),
            ("SHA256 sha256 2024", "[sha256: sha 256 ] [sha256: sha 256 ] 2024"),
            ("v2Beta sha256Sum", "[v2beta: v 2 beta ] [sha256sum: sha 256 sum ]"),
            ("parseXML2JSON v2API", "[parsexml2json: parse xml 2 json ] [v2api: v 2 api ]"),
            ("HTTPServer2 sha256sum", "[httpserver2: http server 2 ] [sha256sum: sha 256 sum ]"),
            ("utf8decode HTML5Parser", "[utf8decode: utf 8 decode ] [html5parser: html 5 parser ]"),
            ("ISO8601Date x86_64", "[iso8601date: iso 8601 date ] [x8664: x 86 64 ]"),
            ("APIs2 2Json", "[apis2: apis 2 ] [2json: 2 json ]"),
            ("9b1deb4d3bad run_9b1deb4d3bad", "9b1deb4d3bad [run9b1deb4d3bad: run 9b1deb4d3bad ]"),
            ("é2ü ж5", "[e2u: e 2 u ] [ж5: ж 5 ]"),
            ("caféBar ÉtéChaud", "[cafebar: cafe bar ] [etechaud: ete chaud ]"),
            ("мояФункция", "[мояфункция: моя функция ]"),
            ("foo.barBaz", "foo [barbaz: bar baz ]"),
            ("_", ""), ("___", ""), ("a__b", "[ab: a b ]"),
        ])
    func identifiers(text: String, expected: String) {
        #expect(tokens(text) == expected)
    }

    @Test(
        "Scripts without spaces come as pairs and a last character",
        arguments: [
            ("中", "中."),
            ("你好世界", "你好+ 好世+ 世界+ 界."),
            ("你好，世界", "你好+ 好. 世界+ 界."),
            ("使用Swift语言", "使用+ 用. swift 语言+ 言."),
            ("カタカナ ｶﾞｷﾞ か\u{3099}", "カタ+ タカ+ カナ+ ナ. ガギ+ ギ. が."),
            ("한국어 \u{1112}\u{1161}\u{11AB}", "한국+ 국어+ 어. 한."),
            ("ไทย", "ไท+ ทย+ ย."),
            ("𠀀𠀁", "𠀀𠀁+ 𠀁."),
        ])
    func pairs(text: String, expected: String) {
        #expect(tokens(text) == expected)
    }

    @Test("Source ranges name the bytes that each token came from")
    func sourceRanges() {
        let text = "Ça, readFile_ 你好！e\u{301}"
        var sink = Transcript()
        TextAnalyser().analyse(text, into: &sink)
        let bytes = Array(text.utf8)
        let sources = sink.ranges.map { String(decoding: bytes[$0], as: UTF8.self) }
        #expect(sources == ["Ça", "readFile", "read", "File", "你好", "好", "e\u{301}"])
    }

    @Test("Long tokens are cut at 80 bytes and at a scalar")
    func longTokens() {
        #expect(tokens(String(repeating: "x", count: 5000)) == String(repeating: "x", count: 80))
        let cyrillic = tokens("й" + String(repeating: "a", count: 78) + "йй")
        #expect(cyrillic == "й" + String(repeating: "a", count: 78))
        let blob = String(repeating: "aGVsbG8gd29ybGQ", count: 50)
        #expect(tokens(blob).utf8.count == 80)
    }

    @Test("Malformed UTF-8 separates and nothing is read outside the text")
    func malformed() {
        for bytes: [UInt8] in [
            [0x61, 0xFF, 0x62], [0xC3], [0x61, 0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC0, 0x80],
            [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80, 0x61],
        ] {
            var sink = Transcript()
            bytes.withUnsafeBufferPointer { unsafe TextAnalyser().analyse($0, into: &sink) }
            #expect(
                sink.line
                    == (bytes.contains(0x62) ? ["a", "b"] : bytes.contains(0x61) ? ["a"] : []))
        }
    }

    @Test("Analysing folded text again changes nothing")
    func idempotent() {
        for scalar in (0x20...0x2FFFF).compactMap(Unicode.Scalar.init) {
            var sink = Transcript()
            TextAnalyser().analyse(String(scalar), into: &sink)
            let once = sink.line.joined(separator: " ")
            // An identifier and a digraph of kana come in pieces.
            guard !once.isEmpty, !once.contains("["), !once.contains("+") else { continue }
            let again = tokens(once.replacing(".", with: ""))
            #expect(once == again, "U+\(String(scalar.value, radix: 16))")
        }
    }
}
