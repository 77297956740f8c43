/// Classes of the 128 ASCII characters as bits, so that a word's classes can be joined.
enum ASCIIClass {
    static let lower: UInt8 = 1
    static let digit: UInt8 = 2
    static let upper: UInt8 = 4
    static let underscore: UInt8 = 8
    /// Not ASCII.
    static let beyond: UInt8 = 0x80

    /// 256 classes by byte; allocated once, never written again, never freed.
    nonisolated(unsafe) static let table: UnsafePointer<UInt8> = {
        let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        for byte in 0...255 { unsafe table[byte] = classify(UInt8(byte)) }
        return unsafe UnsafePointer(table)
    }()

    private static func classify(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): lower
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): upper
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit
        case UInt8(ascii: "_"): underscore
        case 0x80...: beyond
        default: 0
        }
    }

    static func scalarClass(_ bits: UInt8) -> ScalarClass {
        switch bits {
        case lower: .lower
        case upper: .upper
        case digit: .plain
        case underscore: .underscore
        default: .separator
        }
    }
}

/// Strict decoding of one scalar (RFC 3629).
enum UTF8Decoder {
    /// Reads the scalar at `position`, which must be inside, and moves behind it.
    ///
    /// - Returns: `nil` for a malformed sequence; `position` is then one byte further.
    @inline(__always)
    static func next(_ text: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> UInt32? {
        let lead = unsafe text[position]
        position += 1
        if lead < 0x80 { return UInt32(lead) }
        let length = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1
        guard lead >= 0xC2, lead < 0xF5, position + length <= text.count else { return nil }
        var scalar = UInt32(lead) & (0x3F >> UInt32(length))
        for index in 0..<length {
            let byte = unsafe text[position + index]
            guard byte & 0xC0 == 0x80 else { return nil }
            scalar = scalar << 6 | UInt32(byte & 0x3F)
        }
        let least: UInt32 = length == 3 ? 0x10000 : length == 2 ? 0x800 : 0x80
        guard scalar >= least, scalar < 0x110000, scalar & 0xFFFF_F800 != 0xD800 else { return nil }
        position += length
        return scalar
    }

    /// Writes a scalar and returns how many bytes it took; the buffer has room for four.
    @inline(__always)
    static func write(_ scalar: UInt32, to out: UnsafeMutablePointer<UInt8>) -> Int {
        if scalar < 0x80 {
            unsafe out[0] = UInt8(scalar)
            return 1
        }
        let length = scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4
        var rest = scalar
        for index in stride(from: length - 1, to: 0, by: -1) {
            unsafe out[index] = UInt8(0x80 | rest & 0x3F)
            rest >>= 6
        }
        let leads: UInt32 = length == 2 ? 0xC0 : length == 3 ? 0xE0 : 0xF0
        unsafe out[0] = UInt8(leads | rest)
        return length
    }
}
