import JSONText

/// Checks in one pass that bytes are the canonical form of a JSON value, as `JSONWriter` makes it.
///
/// It allocates nothing. That the text is valid UTF-8 is checked elsewhere, for a whole line at
/// once.
@safe struct CanonicalScanner {
    private static let maximumDepth = 256

    private let bytes: UnsafeBufferPointer<UInt8>
    private(set) var position: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int = 0) {
        unsafe self.bytes = bytes
        self.position = position
    }

    var isAtEnd: Bool { unsafe position == bytes.count }

    private var byte: UInt8 { unsafe position < bytes.count ? bytes[position] : 0 }

    /// Skips exactly this text.
    mutating func skip(_ text: StaticString) -> Bool {
        guard unsafe bytes.count - position >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount {
            guard unsafe bytes[position + index] == text.utf8Start[index] else { return false }
        }
        position += text.utf8CodeUnitCount
        return true
    }

    /// Skips a number of bytes and returns where they are.
    mutating func take(_ count: Int) -> Range<Int>? {
        guard unsafe bytes.count - position >= count else { return nil }
        position += count
        return position - count..<position
    }

    /// Skips one canonical value and returns where it is.
    mutating func value() -> Range<Int>? {
        let start = position
        return value(depth: 0) ? start..<position : nil
    }

    private mutating func value(depth: Int) -> Bool {
        guard depth <= Self.maximumDepth else { return false }
        switch byte {
        case UInt8(ascii: "\""): return string() != nil
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "["): return array(depth: depth)
        case UInt8(ascii: "t"): return skip("true")
        case UInt8(ascii: "f"): return skip("false")
        case UInt8(ascii: "n"): return skip("null")
        default: return number()
        }
    }

    private mutating func array(depth: Int) -> Bool {
        position += 1
        if skip("]") { return true }
        while value(depth: depth + 1) {
            if skip("]") { return true }
            guard skip(",") else { return false }
        }
        return false
    }

    private mutating func object(depth: Int) -> Bool {
        position += 1
        if skip("}") { return true }
        var previous: (range: Range<Int>, hasEscapes: Bool)?
        while let key = string() {
            if let previous, !precedes(previous, key) { return false }
            previous = key
            guard skip(":"), value(depth: depth + 1) else { return false }
            if skip("}") { return true }
            guard skip(",") else { return false }
        }
        return false
    }

    /// Whether one key stands before another in canonical order, which is that of the keys' own
    /// bytes, not of their escaped form.
    private func precedes(
        _ left: (range: Range<Int>, hasEscapes: Bool),
        _ right: (range: Range<Int>, hasEscapes: Bool)
    ) -> Bool {
        if left.hasEscapes || right.hasEscapes {
            return unescaped(left.range).lexicographicallyPrecedes(unescaped(right.range))
        }
        return unsafe bytes[left.range].lexicographicallyPrecedes(bytes[right.range])
    }

    /// Undoes the escapes of a string that was found canonical.
    private func unescaped(_ range: Range<Int>) -> [UInt8] {
        var result: [UInt8] = []
        var index = range.lowerBound
        while index < range.upperBound {
            guard unsafe bytes[index] == UInt8(ascii: "\\") else {
                unsafe result.append(bytes[index])
                index += 1
                continue
            }
            let kind = unsafe bytes[index + 1]
            if kind == UInt8(ascii: "u") {
                let digits = unsafe Array(bytes[index + 4..<index + 6])
                result.append(digits.fromHex?.first ?? 0)
                index += 6
            } else {
                result.append(Self.controls[kind] ?? kind)
                index += 2
            }
        }
        return result
    }

    /// The controls that have a short escape.
    private static let controls: [UInt8: UInt8] = [
        UInt8(ascii: "b"): 0x08, UInt8(ascii: "t"): 0x09, UInt8(ascii: "n"): 0x0A,
        UInt8(ascii: "f"): 0x0C, UInt8(ascii: "r"): 0x0D,
    ]

    /// Skips a string; the range is what stands between its quotes.
    private mutating func string() -> (range: Range<Int>, hasEscapes: Bool)? {
        guard skip("\"") else { return nil }
        let start = position
        var hasEscapes = false
        while true {
            position = unsafe ByteRun.endOfPlainJSON(in: bytes, from: position)
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return (start..<position - 1, hasEscapes)
            case UInt8(ascii: "\\"):
                position += 1
                hasEscapes = true
                guard escape() else { return nil }
            default: return nil
            }
        }
    }

    /// Skips what follows a backslash: only escapes that are required, in their shortest form.
    private mutating func escape() -> Bool {
        let kind = byte
        position += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): return true
        case UInt8(ascii: "u"): break
        default: return Self.controls[kind] != nil
        }
        guard skip("00"), let digits = take(2),
            let code = unsafe Array(bytes[digits]).fromHex?.first
        else { return false }
        return code < 0x20 && !Self.controls.values.contains(code)
    }

    private mutating func number() -> Bool {
        _ = skip("-")
        let first = byte
        guard let whole = digits(), whole == 1 || first != UInt8(ascii: "0") else { return false }
        if skip("."), digits() == nil { return false }
        if byte | 0x20 == UInt8(ascii: "e") {
            position += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { position += 1 }
            return digits() != nil
        }
        return true
    }

    private mutating func digits() -> Int? {
        let start = position
        while byte &- 0x30 < 10 { position += 1 }
        return position > start ? position - start : nil
    }
}
