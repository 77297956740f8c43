import JSONText
import Testing
import VaultCrypto

@Suite struct `Judges of what comes from outside` {
    /// Numbers from a seed (splitmix64), the same on every run.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
            return value ^ value >> 31
        }
    }

    // One after the other: an import has one file for all inputs.
    @Test(.serialized, arguments: FuzzTarget.all.map(\.name))
    func `Seeds are read soundly, and so are some that were changed`(_ name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let seeds = target.seeds()
        #expect(!seeds.isEmpty)
        var numbers = Numbers(state: UInt64(name.utf8.reduce(0) { $0 &+ UInt64($1) }))
        for seed in seeds {
            #expect(target.judge(seed) == nil, "\(String(decoding: seed, as: UTF8.self))")
            for _ in 0..<20 {
                let changed = Self.changed(seed, target.words, &numbers)
                #expect(target.judge(changed) == nil, "\(changed)")
            }
        }
        #expect(target.judge([]) == nil)
    }

    /// One change of an input: a bit, a piece less, a piece twice, or a word.
    private static func changed(
        _ seed: [UInt8], _ words: [String], _ numbers: inout Numbers
    ) -> [UInt8] {
        guard !seed.isEmpty else { return seed }
        var changed = seed
        let place = Int.random(in: 0..<seed.count, using: &numbers)
        let end = min(seed.count, place + Int.random(in: 1...16, using: &numbers))
        switch Int.random(in: 0..<4, using: &numbers) {
        case 0: changed[place] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
        case 1: changed.removeSubrange(place..<end)
        case 2: changed.insert(contentsOf: seed[place..<end], at: place)
        default:
            let word = words.randomElement(using: &numbers) ?? "\0"
            changed.insert(contentsOf: Array(word.utf8), at: place)
        }
        return changed
    }

    @Test func `A wrong reading of JSON is told from a right one`() throws {
        let text = Array(#"{"b":[1,"\u00e9"],"a":{}}"#.utf8)
        let value = try JSONReader.parse(text)
        #expect(JSONJudge.flaw(value, of: text) == nil)
        let others: [String] = [
            #"{"b":[1,"e"],"a":{}}"#, #"{"b":[2,"é"],"a":{}}"#, #"{"c":[1,"é"],"a":{}}"#,
            #"{"a":{},"b":[1,"é"]}"#,
        ]
        for other in others {
            #expect(try JSONJudge.flaw(JSONReader.parse(other), of: text) != nil, "\(other)")
        }
    }

    @Test(arguments: [Plant.trap, .wrong, .slow])
    func `A planted fault is none for most inputs`(_ plant: Plant) {
        for seed in JSONJudge.target.seeds() {
            #expect(plant.judge(seed, JSONJudge.target) == nil)
        }
    }

    @Test func `A planted wrong reading is seen by the judge`() {
        let rare = Array(#"{"b":2e-1}"#.utf8)
        #expect(Plant.wrong.judge(rare, JSONJudge.target)?.hasPrefix("PLANTED: ") == true)
    }

    @Test(arguments: [
        "01", "+1", "1.", ".5", "1e", "-", "[1,]", "{\"a\":1,}", "\"\\x\"", "\"\u{1}\"", "nul",
        "[1] 2", "\"\\u12\"", "{a:1}", "'a'", "\u{FEFF}[]", "", " ",
    ])
    func `The reader of a few lines sees no JSON where none is`(_ text: String) {
        #expect(!PlainJSON.isValue(Array(text.utf8)))
    }

    @Test func `The reader of a few lines sees unsafe markup`() {
        for html in [
            "<p>a", "a > b", "<script>", "<a href=\"javascript:x\">y</a>", "<a onclick=\"x\">y</a>",
            "<p></em></p>", "<b",
        ] {
            #expect(PlainMarkup.flaw(Array(html.utf8)) != nil, "\(html)")
        }
        #expect(PlainMarkup.flaw(Array("<p><a href=\"https://a\">b</a><br></p>".utf8)) == nil)
    }
}
