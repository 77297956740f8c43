/// Reads the escapes of HTML, of addresses, of JSON and of mails, whatever the text is.
///
/// - `%C3%A4`, and `\xC3\xA4`: bytes of UTF-8, or of ISO 8859-1 where they are none;
/// - `=C3=A4` and `=` at the end of a line: quoted-printable (RFC 2045, 6.7), in capitals, and in
///   small letters when told so;
/// - `=?utf-8?Q?…?=`, with `B` too: words of a mail's head (RFC 2047, 2);
/// - `&#228;`, `&#xE4;`, `&auml;`: references of HTML, without the `;` too;
/// - `\n`, `\u00e4`, `\"`: JSON; `\n` is a blank, and the end of a line behind a hyphen;
/// - `Ã¤`: UTF-8 that was taken for ISO 8859-1 or Windows-1252.
struct EscapeReader {
    private let text: [TextScalar]
    private var place = 0
    private var result: [TextScalar] = []
    private let withSmallBytes: Bool
    /// Where in the result the last word of a mail's head ended.
    private var lastWordEnd: Int?

    /// Texts that were escaped this often are read.
    private static let rounds = 3

    /// The text as it is read; `nil` where there is nothing to read.
    static func read(_ text: [TextScalar], withSmallBytes: Bool = false) -> [TextScalar]? {
        var read: [TextScalar]?
        for _ in 0..<rounds {
            var reader = EscapeReader(text: read ?? text, withSmallBytes: withSmallBytes)
            guard reader.run() else { break }
            read = reader.result
        }
        return read
    }

    private init(text: [TextScalar], withSmallBytes: Bool) {
        self.text = text
        self.withSmallBytes = withSmallBytes
    }

    /// Whether there is a byte of quoted-printable in small letters.
    static func hasSmallBytes(_ text: [TextScalar]) -> Bool {
        text.indices.contains { place in
            text[place].value == UInt32(ascii: "=") && place + 2 < text.count
                && isSmall([text[place + 1].ascii, text[place + 2].ascii])
        }
    }

    private static func isSmall(_ digits: [UInt8]) -> Bool {
        digits.allSatisfy { $0.hexDigit != nil }
            && digits.contains { $0 >= UInt8(ascii: "a") }
    }

    /// Reads all; whether there was an escape.
    private mutating func run() -> Bool {
        result.reserveCapacity(text.count)
        var hasEscape = false
        while place < text.count {
            if escape() {
                hasEscape = true
            } else {
                result.append(text[place])
                place += 1
            }
        }
        return hasEscape
    }

    private mutating func escape() -> Bool {
        switch text[place].value {
        case UInt32(ascii: "%"): bytes(after: "%")
        case UInt32(ascii: "&"): reference()
        case UInt32(ascii: "="): mailWord() || softBreak() || bytes(after: "=")
        case UInt32(ascii: "\\"): bytes(after: "\\x") || backslash()
        case 0xC2...0xF4: mojibake()
        default: false
        }
    }

    private func ascii(_ offset: Int) -> UInt8 {
        place + offset < text.count ? text[place + offset].ascii : 0
    }

    private mutating func emit(_ values: some Sequence<UInt32>, length: Int) -> Bool {
        let source = text[place..<place + length]
        for value in values { result.append(TextScalar(value, of: source)) }
        place += length
        return true
    }

    // MARK: Bytes

    /// A run of bytes in hexadecimal, each behind a mark.
    private mutating func bytes(after mark: StaticString) -> Bool {
        let length = mark.utf8CodeUnitCount + 2
        var bytes: [UInt8] = []
        while let byte = byte(after: mark, at: bytes.count * length) { bytes.append(byte) }
        guard !bytes.isEmpty else { return false }
        // Each scalar has its own escapes.
        let isUTF8 = String(validating: bytes, as: UTF8.self) != nil
        for value in bytes.lenientScalars {
            let width = isUTF8 ? Unicode.Scalar(value).map(UTF8.width) ?? 1 : 1
            _ = emit(CollectionOfOne(value), length: width * length)
        }
        return true
    }

    private func byte(after mark: StaticString, at offset: Int) -> UInt8? {
        let width = mark.utf8CodeUnitCount
        let isMark = mark.description.utf8.enumerated().allSatisfy {
            ascii(offset + $0.offset) == $0.element
        }
        let digits = [ascii(offset + width), ascii(offset + width + 1)]
        guard isMark, let high = digits[0].hexDigit, let low = digits[1].hexDigit,
            // A text such as a=beard would lose letters.
            mark.description != "=" || withSmallBytes || !Self.isSmall(digits)
        else { return nil }
        return high << 4 | low
    }

    /// UTF-8 of two or three bytes, each of which became a character.
    private mutating func mojibake() -> Bool {
        let lead = text[place].value
        let count = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard place + count <= text.count else { return false }
        var bytes: [UInt8] = [UInt8(lead)]
        for scalar in text[place + 1..<place + count] {
            guard let byte = Self.byte(scalar.value), byte & 0xC0 == 0x80 else {
                return false
            }
            bytes.append(byte)
        }
        guard let read = String(validating: bytes, as: UTF8.self)?.unicodeScalars.first else {
            return false
        }
        return emit(CollectionOfOne(read.value), length: count)
    }

    /// The byte that was shown as a character of Windows-1252 or ISO 8859-1.
    private static func byte(_ value: UInt32) -> UInt8? {
        if (0x80..<0xA0).contains(value) { return UInt8(value) }
        return Unicode.Scalar(value).flatMap(Windows1252.byte)
    }

    // MARK: Mails

    /// A line that goes on below.
    private mutating func softBreak() -> Bool {
        let hasReturn = ascii(1) == 0x0D
        guard ascii(hasReturn ? 2 : 1) == 0x0A else { return false }
        place += hasReturn ? 3 : 2
        return true
    }

    private static let longestWord = 512

    /// A word of a mail's head.
    private mutating func mailWord() -> Bool {
        guard ascii(1) == UInt8(ascii: "?") else { return false }
        let window = text[place..<min(text.count, place + Self.longestWord)]
        let fields = window.dropFirst(2).split(
            maxSplits: 3, omittingEmptySubsequences: false
        ) { $0.ascii == UInt8(ascii: "?") }
        guard fields.count == 4, fields[0].count > 1, fields[1].count == 1,
            fields[3].first?.ascii == UInt8(ascii: "="),
            let encoding = fields[1].first?.ascii
        else { return false }
        let content = fields[2].map(\.ascii)
        let bytes: [UInt8]
        switch encoding | 0x20 {
        case UInt8(ascii: "b"): bytes = EncodedRuns.base64(content[...])
        case UInt8(ascii: "q"): bytes = Self.quoted(content)
        default: return false
        }
        // Blanks between two words of this kind are none.
        if let end = lastWordEnd, result[end...].allSatisfy({ [9, 10, 13, 32].contains($0.value) })
        {
            result.removeSubrange(end...)
        }
        let isRead = emit(bytes.lenientScalars, length: fields[3].startIndex + 1 - place)
        lastWordEnd = result.count
        return isRead
    }

    private static func quoted(_ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = content[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "="), let high = rest.first?.hexDigit,
                let low = rest.dropFirst().first?.hexDigit
            {
                bytes.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "_") ? 0x20 : byte)
            }
        }
        return bytes
    }

    // MARK: HTML

    private mutating func reference() -> Bool {
        if ascii(1) == UInt8(ascii: "#") { return number() }
        var name = ""
        while name.utf8.count < 24, ascii(name.utf8.count + 1).isASCIILetterOrDigit {
            name.unicodeScalars.append(Unicode.Scalar(ascii(name.utf8.count + 1)))
        }
        let isClosed = ascii(name.utf8.count + 1) == UInt8(ascii: ";")
        if isClosed, let values = NamedReferences.values(of: name) {
            return emit(values, length: name.utf8.count + 2)
        }
        // HTML reads what is in ISO 8859-1 without the semicolon too.
        while name.utf8.count > 1 {
            if let values = NamedReferences.values(of: name), values.allSatisfy({ $0 < 0x100 }) {
                return emit(values, length: name.utf8.count + 1)
            }
            name.removeLast()
        }
        return false
    }

    private mutating func number() -> Bool {
        let isHex = ascii(2) | 0x20 == UInt8(ascii: "x")
        var length = isHex ? 3 : 2
        var value: UInt32 = 0
        while ascii(length) == UInt8(ascii: "0"), ascii(length + 1).hexDigit != nil { length += 1 }
        let first = length
        while let digit = ascii(length).hexDigit, isHex || digit < 10, length < first + 8 {
            value = value &* (isHex ? 16 : 10) &+ UInt32(digit)
            length += 1
        }
        guard length > first, Unicode.Scalar(value) != nil else { return false }
        if ascii(length) == UInt8(ascii: ";") { length += 1 }
        return emit(CollectionOfOne(value), length: length)
    }

    // MARK: JSON

    private mutating func backslash() -> Bool {
        switch ascii(1) {
        case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            // Hyphens, soft ones too, or the other half of the end.
            let isSplit = [0x0A, 0x0D, 0x2D, 0xAD, 0x2010].contains(result.last?.value ?? 0)
            return emit(CollectionOfOne(isSplit ? 0x0A : 0x20), length: 2)
        case UInt8(ascii: "u"): return unit()
        case 0: return false
        case let kind:
            let character = Character(Unicode.Scalar(kind))
            guard character.isPunctuation || character.isSymbol else { return false }
            return emit(CollectionOfOne(UInt32(kind)), length: 2)
        }
    }

    private mutating func unit() -> Bool {
        guard let high = digits(at: 2) else { return false }
        if high & 0xFC00 != 0xD800 {
            guard Unicode.Scalar(high) != nil else { return false }
            return emit(CollectionOfOne(high), length: 6)
        }
        guard ascii(6) == UInt8(ascii: "\\"), ascii(7) == UInt8(ascii: "u"),
            let low = digits(at: 8), low & 0xFC00 == 0xDC00
        else { return false }
        return emit(
            CollectionOfOne(0x10000 + (high & 0x3FF) << 10 + low & 0x3FF), length: 12)
    }

    private func digits(at offset: Int) -> UInt32? {
        var value: UInt32 = 0
        for place in offset..<offset + 4 {
            guard let digit = ascii(place).hexDigit else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}

extension UInt32 {
    fileprivate init(ascii scalar: Unicode.Scalar) { self = scalar.value }
}
