import Foundation

/// A text with the forms of it in which a person reads the same: without Markdown's emphasis and
/// characters that nobody sees, with entities, percent escapes and the escapes of JSON read, in
/// Unicode's compatibility form (NFKC), and with `_` for nothing or for a blank.
///
/// What a rule finds in a form alone has no place in the text that could be marked.
struct SearchedText {
    let text: String
    /// None where they would be the text.
    let forms: [String]
    /// The form that has its `_`.
    private let bare: String

    /// Texts that were escaped this often are read.
    private static let rounds = 3

    init(_ text: String) {
        self.text = text
        guard text.utf8.contains(where: Self.mayMeanMore) else {
            forms = []
            bare = text
            return
        }
        var read = text
        for _ in 0..<Self.rounds {
            let next = Escapes.read(read)
            if next.utf8.elementsEqual(read.utf8) { break }
            read = next
        }
        var seen = String.UnicodeScalarView()
        for scalar in read.precomposedStringWithCompatibilityMapping.unicodeScalars
        where !scalar.properties.isDefaultIgnorableCodePoint
            && !"*`~".unicodeScalars.contains(scalar)
        { seen.append(scalar) }
        bare = String(seen)
        var forms = [bare]
        if bare.utf8.contains(UInt8(ascii: "_")) {
            forms.append(bare.replacing("_", with: ""))
            forms.append(bare.replacing("_", with: " "))
        }
        self.forms = forms.filter { !$0.utf8.elementsEqual(text.utf8) }
    }

    /// The forms in which a pattern is looked for: its exceptions, which may have a `_`, are left
    /// out where that stands for something else.
    func forms(for pattern: TextPattern) -> [String] {
        guard !pattern.exceptions.isEmpty, bare.utf8.contains(UInt8(ascii: "_")) else {
            return forms
        }
        let rest = pattern.exceptions.reduce(bare) { rest, exception in
            rest.replacingOccurrences(of: exception, with: "\n", options: .caseInsensitive)
        }
        return [bare, rest.replacing("_", with: ""), rest.replacing("_", with: " ")]
    }

    private static func mayMeanMore(_ byte: UInt8) -> Bool {
        byte >= 0x80 || "*_`~&%\\".utf8.contains(byte)
    }
}

/// Reads the escapes of HTML, of addresses and of JSON in a text, whatever the text is.
private enum Escapes {
    private static let entities: [String: String] = [
        "amp": "&", "apos": "'", "commat": "@", "gt": ">", "lowbar": "_", "lt": "<",
        "nbsp": " ", "period": ".", "quot": "\"", "shy": "", "zwj": "", "zwnj": "",
    ]

    static func read(_ text: String) -> String {
        var rest = Array(text.utf8)[...]
        var result: [UInt8] = []
        result.reserveCapacity(rest.count)
        while let byte = rest.first {
            let (bytes, length) = escape(rest) ?? ([byte], 1)
            result += bytes
            rest = rest.dropFirst(length)
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// What an escape at the beginning stands for, and its length.
    private static func escape(_ text: ArraySlice<UInt8>) -> ([UInt8], Int)? {
        switch text.first {
        case UInt8(ascii: "%"):
            hex(text.dropFirst(), digits: 2).map { ([UInt8($0)], 3) }
        case UInt8(ascii: "&"): entity(text)
        case UInt8(ascii: "\\"): backslash(text)
        default: nil
        }
    }

    private static func hex(_ text: ArraySlice<UInt8>, digits: Int) -> UInt32? {
        let word = text.prefix(digits)
        guard word.count == digits, word.first != UInt8(ascii: "+"),
            word.first != UInt8(ascii: "-")
        else { return nil }
        return UInt32(String(decoding: word, as: UTF8.self), radix: 16)
    }

    private static func bytes(_ value: UInt32?) -> [UInt8]? {
        value.flatMap(Unicode.Scalar.init).map { Array(String(Character($0)).utf8) }
    }

    private static func entity(_ text: ArraySlice<UInt8>) -> ([UInt8], Int)? {
        guard let end = text.prefix(12).firstIndex(of: UInt8(ascii: ";")) else { return nil }
        let name = String(decoding: text[text.startIndex + 1..<end], as: UTF8.self)
        let length = end - text.startIndex + 1
        if name.lowercased().hasPrefix("#x") {
            return bytes(UInt32(name.dropFirst(2), radix: 16)).map { ($0, length) }
        }
        if name.hasPrefix("#") { return bytes(UInt32(name.dropFirst())).map { ($0, length) } }
        return entities[name.lowercased()].map { (Array($0.utf8), length) }
    }

    private static func backslash(_ text: ArraySlice<UInt8>) -> ([UInt8], Int)? {
        guard let kind = text.dropFirst().first else { return nil }
        switch kind {
        case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"): return ([0x20], 2)
        case UInt8(ascii: "x"):
            return bytes(hex(text.dropFirst(2), digits: 2)).map { ($0, 4) }
        case UInt8(ascii: "u"):
            guard let high = hex(text.dropFirst(2), digits: 4) else { return nil }
            guard high & 0xFC00 == 0xD800 else { return bytes(high).map { ($0, 6) } }
            let next = text.dropFirst(6)
            guard next.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]),
                let low = hex(next.dropFirst(2), digits: 4), low & 0xFC00 == 0xDC00
            else { return nil }
            return bytes(0x10000 + (high & 0x3FF) << 10 + low & 0x3FF).map { ($0, 12) }
        default:
            let character = Character(Unicode.Scalar(kind))
            return character.isPunctuation || character.isSymbol ? ([kind], 2) : nil
        }
    }
}
