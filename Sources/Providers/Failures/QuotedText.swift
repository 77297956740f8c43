/// A server's text in which places are covered.
///
/// It is looked at as it stands and as it is without escapes, up to a few times over: `%41`,
/// `\u0041`, `\x41`, `\"`, `&#65;`. Each byte that is seen knows the place that it comes from.
struct QuotedText {
    private struct Sign {
        var byte: UInt8
        var place: Range<Int>
    }

    private static let mask = Array("[masked]".utf8)
    /// So often escapes are taken away; nobody escapes more often by mistake.
    private static let mostViews = 4

    private let bytes: [UInt8]
    private var isCovered: [Bool]
    private let views: [[Sign]]
    /// Whether the text was cut short, as `ProviderError` does.
    private let isCut: Bool

    init(_ text: String) {
        bytes = Array(text.utf8)
        isCovered = Array(repeating: false, count: bytes.count)
        isCut = text.unicodeScalars.count >= ProviderError.longestMessage
        var view = bytes.enumerated().map { Sign(byte: $1.lowered, place: $0..<$0 + 1) }
        var views = [view]
        while views.count < Self.mostViews {
            let next = Self.unescaped(view)
            if next.count == view.count { break }
            view = next
            views.append(view)
        }
        self.views = views
    }

    /// The text with a mask in each covered place.
    var text: String {
        guard isCovered.contains(true) else { return String(decoding: bytes, as: UTF8.self) }
        var result: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if !isCovered[index] {
                result.append(byte)
            } else if index == 0 || !isCovered[index - 1] {
                result += Self.mask
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private mutating func cover(_ signs: ArraySlice<Sign>) {
        // The blank between a scheme and its token stays.
        guard let first = signs.first(where: { !$0.byte.isBlank }),
            let last = signs.last(where: { !$0.byte.isBlank })
        else { return }
        for index in first.place.lowerBound..<last.place.upperBound { isCovered[index] = true }
    }

    // MARK: Secrets

    /// Covers what is a secret, or a run of one; also where it was broken into lines.
    mutating func cover(_ secrets: SecretRuns) {
        for view in views {
            for signs in [view, view.filter { !$0.byte.isBlank }] {
                for place in secrets.places(in: signs.map(\.byte), isCut: isCut) {
                    cover(signs[place])
                }
            }
        }
    }

    // MARK: Headers

    /// Covers what stands behind the names of headers, and behind `Bearer`.
    mutating func cover(valuesOf names: Set<String>) {
        for view in views {
            let text = view.map { $0.byte == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0.byte }
            for name in names {
                let isLine = name.hasSuffix("authorization") || name == "cookie"
                for end in Self.ends(of: Array(name.utf8), in: text) {
                    guard let start = Self.value(in: text, after: end, isScheme: isLine) else {
                        continue
                    }
                    cover(view[start..<Self.end(in: text, from: start, isLine: isLine)])
                }
            }
            for end in Self.ends(of: Array("bearer".utf8), in: text) {
                let start = Self.skipping(text, from: end) { $0.isBlank || $0 == 0x3A }
                let stop = Self.end(in: text, from: start, isLine: false)
                if start > end, Self.looksSecret(text[start..<stop]) { cover(view[start..<stop]) }
            }
        }
    }

    /// The ends of a word that no letter or digit stands before.
    private static func ends(of word: [UInt8], in text: [UInt8]) -> [Int] {
        guard text.count > word.count else { return [] }
        return (0..<(text.count - word.count)).compactMap { start in
            guard text[start] == word[0], text[start..<start + word.count].elementsEqual(word),
                start == 0 || !text[start - 1].isLetterOrDigit
            else { return nil }
            return start + word.count
        }
    }

    /// Where the value begins that a header's name is followed by; nil where none is.
    private static func value(in text: [UInt8], after end: Int, isScheme: Bool) -> Int? {
        let quotes = Set("\"'\\`[(".utf8)
        let mark = skipping(text, from: end) { $0.isBlank || quotes.contains($0) || $0 == 0x5D }
        guard mark < text.count else { return nil }
        if text[mark] == UInt8(ascii: ":") || text[mark] == UInt8(ascii: "=") {
            let start = skipping(text, from: mark) {
                $0.isBlank || quotes.contains($0) || Set(":=>,".utf8).contains($0)
            }
            return start < text.count ? start : nil
        }
        let schemes = ["bearer ", "basic ", "aws4-hmac"]
        let rest = text[mark...]
        return isScheme && schemes.contains { rest.starts(with: $0.utf8) } ? mark : nil
    }

    private static func skipping(
        _ text: [UInt8], from start: Int, _ isSkipped: (UInt8) -> Bool
    ) -> Int {
        text[start...].firstIndex { !isSkipped($0) } ?? text.count
    }

    private static func end(in text: [UInt8], from start: Int, isLine: Bool) -> Int {
        text[start...].firstIndex { isLine ? $0 == 0x0A || $0 == 0x0D : $0.isBlank } ?? text.count
    }

    /// Whether a word is rather a token than a word of a sentence.
    private static func looksSecret(_ word: ArraySlice<UInt8>) -> Bool {
        word.count >= 20 || (word.count >= 8 && word.contains { (0x30...0x39).contains($0) })
    }

    // MARK: Escapes

    private static func unescaped(_ view: [Sign]) -> [Sign] {
        var result: [Sign] = []
        var index = 0
        while index < view.count {
            let (byte, length) = escape(view[index...]) ?? (view[index].byte, 1)
            let place = view[index].place.lowerBound..<view[index + length - 1].place.upperBound
            result.append(Sign(byte: byte.lowered, place: place))
            index += length
        }
        return result
    }

    /// The byte of ASCII that an escape at the beginning stands for, and how long that is.
    private static func escape(_ view: ArraySlice<Sign>) -> (UInt8, Int)? {
        let text = view.prefix(10).map(\.byte)
        let number = { (digits: ArraySlice<UInt8>, radix: Int) -> UInt8? in
            UInt32(String(decoding: digits, as: UTF8.self), radix: radix)
                .flatMap { $0 < 0x80 ? UInt8($0) : nil }
        }
        switch (text.first, text.count > 1 ? text[1] : 0) {
        case (UInt8(ascii: "%"), _) where text.count >= 3:
            return number(text[1..<3], 16).map { ($0, 3) }
        case (UInt8(ascii: "\\"), UInt8(ascii: "u")) where text.count >= 6:
            return number(text[2..<6], 16).map { ($0, 6) }
        case (UInt8(ascii: "\\"), UInt8(ascii: "x")) where text.count >= 4:
            return number(text[2..<4], 16).map { ($0, 4) }
        case (UInt8(ascii: "\\"), let next) where Set("\"'/\\".utf8).contains(next):
            return (next, 2)
        case (UInt8(ascii: "&"), UInt8(ascii: "#")):
            guard let end = text.firstIndex(of: UInt8(ascii: ";")), end > 2 else { return nil }
            let isHexadecimal = text[2] == UInt8(ascii: "x")
            return number(text[(isHexadecimal ? 3 : 2)..<end], isHexadecimal ? 16 : 10)
                .map { ($0, end + 1) }
        default: return nil
        }
    }
}

extension UInt8 {
    /// Whether it is white space or another control character of ASCII.
    fileprivate var isBlank: Bool { self <= 0x20 || self == 0x7F }
}
