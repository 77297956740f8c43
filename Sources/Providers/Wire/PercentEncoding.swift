/// Percent-encoding (RFC 3986, section 2): of all bytes but letters, digits and `-._~`.
enum PercentEncoding {
    /// The text with every other byte as `%XX`, in upper case.
    ///
    /// - Parameters:
    ///   - text: Any text.
    ///   - keeping: Further characters that stay as they are, such as `/` of a path.
    /// - Returns: ASCII text.
    static func encode(_ text: some StringProtocol, keeping: String = "") -> String {
        var result: [UInt8] = []
        let kept = Array(keeping.utf8)
        for byte in text.utf8 {
            if isUnreserved(byte) || kept.contains(byte) {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "%"), digit(byte >> 4), digit(byte & 15)]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The bytes that a text stands for; nil where a `%` is not followed by two digits.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var result: [UInt8] = []
        var bytes = Array(text.utf8)[...]
        while let byte = bytes.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            let digits = String(decoding: bytes.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, digits.utf8.allSatisfy(isDigit),
                let value = UInt8(digits, radix: 16)
            else { return nil }
            result.append(value)
            bytes = bytes.dropFirst(2)
        }
        return result
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        byte.isLetterOrDigit || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    private static func isDigit(_ byte: UInt8) -> Bool { Character(UnicodeScalar(byte)).isHexDigit }
}

extension UInt8 {
    /// Whether it is a letter or a digit of ASCII.
    var isLetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
