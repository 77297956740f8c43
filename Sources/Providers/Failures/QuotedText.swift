/// A server's text in which places are covered.
///
/// It is looked at as it stands and as it is without escapes, up to a few times over: `%41`, `=41`
/// (and lines that end with `=`), `\u0041`, `\U00000041`, `\u{41}`, `\x41`, `\101`, `\"`, `\n`,
/// `&#65;`, `&#x41;`, `&amp;`. Each byte that is seen knows the place that it comes from.
struct QuotedText {
    private struct Sign {
        var byte: UInt8
        var place: Range<Int>
    }

    private static let mask = Array("[masked]".utf8)
    /// So often escapes are taken away; nobody escapes more often by mistake.
    private static let mostViews = 4
    /// The longest escape, in bytes.
    private static let longestEscape = 10

    private let bytes: [UInt8]
    private var isCovered: [Bool]
    private let views: [[Sign]]
    private let isCut: Bool

    /// - Parameters:
    ///   - text: What a server says.
    ///   - isCut: Whether it was cut short, perhaps inside a secret.
    init(_ text: String, isCut: Bool) {
        bytes = Array(text.utf8)
        isCovered = Array(repeating: false, count: bytes.count)
        self.isCut = isCut
        var view = bytes.enumerated().map { Sign(byte: $1.lowered, place: $0..<$0 + 1) }
        var views = [view]
        while views.count < Self.mostViews {
            let next = Self.unescaped(view)
            if next.count == view.count { break }
            view = next
            views.append(view)
        }
        // What was cut inside an escape ends, as far as one can tell, in front of it.
        self.views = isCut ? views + views.compactMap(Self.withoutCutEscape) : views
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

    /// Covers what is a secret, or a run of one; also where it was broken into lines, and where
    /// signs stand between its bytes.
    mutating func cover(_ secrets: SecretRuns) {
        for view in views {
            let solid = view.filter { !$0.byte.isBlank }
            for signs in [view, solid] {
                for place in secrets.places(in: signs.map(\.byte), isCut: isCut) {
                    cover(signs[place])
                }
            }
            let joined = Self.withoutSeparators(solid)
            for place in secrets.longPlaces(in: joined.map(\.byte), isCut: isCut) {
                cover(joined[place])
            }
        }
    }

    /// `4b45` of `4b:45`, of `4b-45`, of `4b,45` and of `0x4b,0x45`.
    private static func withoutSeparators(_ view: [Sign]) -> [Sign] {
        let separators = Set(":-,;".utf8)
        let signs = view.filter { !separators.contains($0.byte) }
        var result: [Sign] = []
        for sign in signs {
            if sign.byte == UInt8(ascii: "x"), result.last?.byte == UInt8(ascii: "0") {
                result.removeLast()
            } else {
                result.append(sign)
            }
        }
        return result
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

    /// The view up to an escape that may go on behind its end; nil where none does.
    private static func withoutCutEscape(_ view: [Sign]) -> [Sign]? {
        view.suffix(longestEscape - 1).lastIndex { escapes.contains($0.byte) }
            .map { Array(view[..<$0]) }
    }

    /// What an escape begins with.
    private static let escapes = Set("%=\\&".utf8)

    /// The byte of ASCII that an escape at the beginning stands for, and how long that is.
    private static func escape(_ view: ArraySlice<Sign>) -> (UInt8, Int)? {
        guard let first = view.first?.byte, escapes.contains(first) else { return nil }
        let text = view.prefix(longestEscape).map(\.byte)
        switch first {
        case UInt8(ascii: "%"): return number(text, 1..<3, 16)
        case UInt8(ascii: "="):
            // Quoted-printable; a line that ends so goes on.
            if text.starts(with: "=\r\n".utf8) { return (0x0A, 3) }
            return text.starts(with: "=\n".utf8) ? (0x0A, 2) : number(text, 1..<3, 16)
        case UInt8(ascii: "&"): return entity(text)
        default: return backslash(text)
        }
    }

    private static func backslash(_ text: [UInt8]) -> (UInt8, Int)? {
        guard text.count > 1 else { return nil }
        switch text[1] {
        case UInt8(ascii: "u"):
            if text.starts(with: "\\u{".utf8) {
                guard let end = text.firstIndex(of: UInt8(ascii: "}")) else { return nil }
                return number(text, 3..<end, 16, end: end + 1)
            }
            // `\U` of eight digits, whose letter is small here.
            if text.starts(with: "\\u0000".utf8), let found = number(text, 2..<10, 16) {
                return found
            }
            return number(text, 2..<6, 16)
        case UInt8(ascii: "x"): return number(text, 2..<4, 16)
        case UInt8(ascii: "0"), UInt8(ascii: "1"): return number(text, 1..<4, 8)
        case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"): return (0x0A, 2)
        case let next where Set("\"'/\\".utf8).contains(next): return (next, 2)
        default: return nil
        }
    }

    private static func entity(_ text: [UInt8]) -> (UInt8, Int)? {
        guard let end = text.firstIndex(of: UInt8(ascii: ";")) else { return nil }
        switch String(decoding: text[..<end], as: UTF8.self) {
        case "&amp": return (UInt8(ascii: "&"), end + 1)
        case "&lt": return (UInt8(ascii: "<"), end + 1)
        case "&gt": return (UInt8(ascii: ">"), end + 1)
        case "&quot": return (UInt8(ascii: "\""), end + 1)
        case "&apos": return (UInt8(ascii: "'"), end + 1)
        case let word where word.hasPrefix("&#x"): return number(text, 3..<end, 16, end: end + 1)
        case let word where word.hasPrefix("&#"): return number(text, 2..<end, 10, end: end + 1)
        default: return nil
        }
    }

    /// The byte of ASCII that digits are the number of, and where its escape ends.
    private static func number(
        _ text: [UInt8], _ digits: Range<Int>, _ radix: Int, end: Int? = nil
    ) -> (UInt8, Int)? {
        guard digits.upperBound <= text.count,
            let value = UInt32(String(decoding: text[digits], as: UTF8.self), radix: radix),
            value < 0x80
        else { return nil }
        return (UInt8(value), end ?? digits.upperBound)
    }
}

extension UInt8 {
    /// Whether it is white space or another control character of ASCII.
    fileprivate var isBlank: Bool { self <= 0x20 || self == 0x7F }
}
