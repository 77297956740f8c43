import Foundation

/// A text as it is compared with words: in small letters and decomposed (NFKD), with one letter for
/// those that look alike, and with what each scalar is.
struct FoldedText {
    struct Element {
        var value: UInt32
        var kind: Kind
        /// Whether the source was a capital letter.
        var isCapital: Bool
        var start: Int32
        var end: Int32
    }

    /// What a scalar is where words begin and end.
    enum Kind: UInt8, Sendable {
        /// A letter of a script that puts something between words.
        case letter
        /// A letter of a script that does not, or that puts endings and particles behind a name
        /// as if they were of it: Han, Hiragana, Katakana, Thai, Lao, Khmer, Myanmar; Hangul.
        case unspaced
        /// Belongs to the letter before it.
        case mark
        case digit
        /// Nobody sees it, or it is emphasis in Markdown.
        case hidden
        case space
        case other
        /// Stands where something was taken out: no word goes over it.
        case gap
    }

    let elements: [Element]
    let hidden: HiddenRuns

    /// - Parameters:
    ///   - scalars: The text.
    ///   - isBare: Whether it is compared with names: without the marks of Latin, Greek, Cyrillic,
    ///     Hebrew and Arabic letters (`BareLetters`). A mark that is left out belongs to the
    ///     element before it.
    init(_ scalars: [TextScalar], isBare: Bool = false) {
        let table = FoldTable.shared
        var elements: [Element] = []
        elements.reserveCapacity(scalars.count)
        for scalar in scalars {
            let (kind, isCapital) = table.kind(of: scalar.value)
            table.fold(scalar.value) { value, isMark in
                let element = Element(
                    value: value, kind: isMark ? .mark : kind, isCapital: isCapital,
                    start: scalar.start, end: scalar.end)
                if isBare {
                    BareLetters.append(element, to: &elements)
                } else {
                    elements.append(element)
                }
            }
        }
        self.elements = elements
        hidden = HiddenRuns(elements)
    }
}

/// How scalars are folded; those of the basic plane are looked up.
struct FoldTable: Sendable {
    static let shared = FoldTable()

    private var values: [UInt32]
    private var kinds: [UInt8]
    /// Scalars that become several.
    private var several: [UInt32: [UInt32]] = [:]

    private static let isSeveral = UInt32.max
    private static let capital: UInt8 = 0x80

    private init() {
        values = Array(repeating: 0, count: 0x10000)
        kinds = Array(repeating: FoldedText.Kind.other.rawValue, count: 0x10000)
        for value in UInt32(0)..<0x10000 {
            values[Int(value)] = value
            // Han, Hangul, surrogates and private use need no look at their properties.
            switch value {
            case 0x3400..<0x4DC0, 0x4E00..<0xA000, 0xAC00..<0xD7A4:
                kinds[Int(value)] = FoldedText.Kind.unspaced.rawValue
            case 0xD800..<0xF900: break
            default: add(value)
            }
        }
    }

    private mutating func add(_ value: UInt32) {
        let (kind, isCapital) = Self.computedKind(of: value)
        kinds[Int(value)] = kind.rawValue | (isCapital ? Self.capital : 0)
        let folded = Self.computedFold(of: value)
        if folded.count == 1 {
            values[Int(value)] = folded[0]
        } else {
            values[Int(value)] = Self.isSeveral
            several[value] = folded
        }
    }

    func kind(of value: UInt32) -> (FoldedText.Kind, isCapital: Bool) {
        guard value < 0x10000 else { return Self.computedKind(of: value) }
        let byte = kinds[Int(value)]
        return (FoldedText.Kind(rawValue: byte & 0x7F) ?? .other, byte & Self.capital != 0)
    }

    /// Hands out what a scalar becomes, and whether that belongs to a letter before it.
    func fold(_ value: UInt32, _ body: (UInt32, _ isMark: Bool) -> Void) {
        guard value >= 0xAC00 else {
            let folded = values[Int(value)]
            if folded != Self.isSeveral { return body(folded, false) }
            return Self.hand(several[value] ?? [], body)
        }
        if value < 0xD7A4 { return Self.jamo(of: value, body) }
        Self.hand(
            value < 0x10000 && values[Int(value)] != Self.isSeveral
                ? [values[Int(value)]] : several[value] ?? Self.computedFold(of: value), body)
    }

    private static func hand(_ values: [UInt32], _ body: (UInt32, Bool) -> Void) {
        for (place, value) in values.enumerated() { body(value, place > 0 && isMark(value)) }
    }

    /// A syllable of Hangul, decomposed (The Unicode Standard, 3.12).
    private static func jamo(of value: UInt32, _ body: (UInt32, Bool) -> Void) {
        let syllable = value - 0xAC00
        body(0x1100 + syllable / 588, false)
        body(0x1161 + syllable % 588 / 28, true)
        if syllable % 28 > 0 { body(0x11A7 + syllable % 28, true) }
    }

    private static func isMark(_ value: UInt32) -> Bool {
        guard let category = Unicode.Scalar(value)?.properties.generalCategory else { return false }
        return [.nonspacingMark, .spacingMark, .enclosingMark].contains(category)
    }

    // MARK: Computed

    private static func computedFold(of value: UInt32) -> [UInt32] {
        guard let scalar = Unicode.Scalar(value) else { return [value] }
        // The capital of Turkish has no dot of its own for who reads it.
        if value == 0x130 { return [0x69] }
        if value < 0x80 { return [UInt32(scalar.properties.lowercaseMapping.utf8.first ?? 0)] }
        let wide = String(Character(scalar)).decomposedStringWithCompatibilityMapping
        let small = wide.lowercased().decomposedStringWithCanonicalMapping
        return small.unicodeScalars.flatMap { lookAlikes[$0.value] ?? [$0.value] }
    }

    private static func computedKind(of value: UInt32) -> (FoldedText.Kind, isCapital: Bool) {
        guard let scalar = Unicode.Scalar(value) else { return (.other, false) }
        let properties = scalar.properties
        if scalar == TextSearch.gap { return (.gap, false) }
        if properties.isWhitespace { return (.space, false) }
        if properties.isDefaultIgnorableCodePoint || "*_~`".unicodeScalars.contains(scalar) {
            return (.hidden, false)
        }
        // Vowels and finals of decomposed Hangul.
        if (0x1160...0x11FF).contains(value) { return (.mark, false) }
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: return (.mark, false)
        case .decimalNumber: return (.digit, false)
        case .control: return (.hidden, false)
        case .uppercaseLetter, .titlecaseLetter: return (.letter, true)
        case .lowercaseLetter: return (.letter, false)
        case .otherLetter, .modifierLetter, .letterNumber:
            return (isUnspaced(value) ? .unspaced : .letter, false)
        default: return (.other, false)
        }
    }

    /// Scripts by their blocks (Unicode 17, Blocks.txt).
    private static func isUnspaced(_ value: UInt32) -> Bool {
        switch value {
        // Thai, Lao; Myanmar; Hangul; Khmer; Tai Le, New Tai Lue; Tai Tham.
        case 0x0E00..<0x0F00, 0x1000..<0x10A0, 0x1100..<0x1200, 0x1780..<0x1800,
            0x1950..<0x19E0, 0x1A20..<0x1AB0,
            // From the radicals to the ideographs, without the letters of circles.
            0x2E80..<0x3000, 0x3005..<0x3008, 0x3021..<0x3100, 0x3100..<0xA000,
            // Yi; extended Hangul and Myanmar; Tai Viet.
            0xA000..<0xA4D0, 0xA960..<0xA980, 0xA9E0..<0xAA00, 0xAA60..<0xAAE0, 0xAC00..<0xD800,
            // Compatibility ideographs; halfwidth Katakana and Hangul; kana; planes 2 and 3.
            0xF900..<0xFB00, 0xFF66..<0xFFE0, 0x1AFF0..<0x1B170, 0x20000..<0x40000:
            true
        default: false
        }
    }

    /// Letters that look like Latin ones in small or in capitals, and letters of several.
    ///
    /// Both the words and the text are folded, so that Cyrillic and Greek words stay themselves.
    private static let lookAlikes: [UInt32: [UInt32]] = {
        var table: [UInt32: [UInt32]] = [:]
        for (letters, latin) in [
            ("аαɑ", "a"), ("вβ", "b"), ("сϲᴄ", "c"), ("ԁ", "d"), ("еєε℮", "e"), ("ɡ", "g"),
            ("нηһ", "h"), ("іιıɩ", "i"), ("јϳ", "j"), ("кκ", "k"), ("ӏ", "l"), ("мμ", "m"),
            ("ν", "n"), ("оοσςօ", "o"), ("рρ", "p"), ("ԛ", "q"), ("ѕ", "s"), ("тτ", "t"),
            ("ѵ", "v"), ("ԝѡ", "w"), ("хχ", "x"), ("уυү", "y"), ("ζ", "z"), ("ß", "ss"),
            ("’‘ʼʹ′‛", "'"), ("‐‑‒–—―−", "-"),
        ] {
            for letter in letters.unicodeScalars {
                table[letter.value] = latin.unicodeScalars.map(\.value)
            }
        }
        return table
    }()
}
