/// The part of DER (ITU-T X.690) that time stamps need: definite lengths in their shortest form,
/// tags of one byte.
enum DER {
    static let boolean: UInt8 = 0x01
    static let integer: UInt8 = 0x02
    static let octets: UInt8 = 0x04
    static let null: UInt8 = 0x05
    static let identifier: UInt8 = 0x06
    static let time: UInt8 = 0x18
    static let sequence: UInt8 = 0x30
    static let set: UInt8 = 0x31
    /// `[0]`, constructed.
    static let context: UInt8 = 0xA0

    /// One value: tag, length, content.
    static func value(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        if content.count < 0x80 { return [tag, UInt8(content.count)] + content }
        var length: [UInt8] = []
        var rest = content.count
        while rest > 0 {
            length.insert(UInt8(truncatingIfNeeded: rest), at: 0)
            rest >>= 8
        }
        return [tag, 0x80 | UInt8(length.count)] + length + content
    }
}

/// Takes the values of some DER one after another; `nil` for what is malformed or not there.
struct DERReader {
    private static let maximumLengthBytes = 3

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    /// The tag of the next value.
    var next: UInt8? { rest.first }

    /// The content of the next value, if it has this tag.
    mutating func take(_ tag: UInt8) -> ArraySlice<UInt8>? {
        rest.first == tag ? takeAny() : nil
    }

    /// The content of the next value, as values of its own.
    mutating func enter(_ tag: UInt8) -> DERReader? { take(tag).map { DERReader($0) } }

    /// The content of the next value.
    mutating func takeAny() -> ArraySlice<UInt8>? {
        guard rest.count >= 2, rest[rest.startIndex] & 0x1F != 0x1F else { return nil }
        var content = rest.dropFirst(2)
        var length = Int(rest[rest.startIndex + 1])
        if length >= 0x80 {
            let bytes = content.prefix(length & 0x7F)
            guard (1...Self.maximumLengthBytes).contains(length & 0x7F),
                bytes.count == length & 0x7F, bytes.first != 0
            else { return nil }
            content = content.dropFirst(bytes.count)
            length = bytes.reduce(0) { $0 << 8 | Int($1) }
            guard length >= 0x80 else { return nil }
        }
        guard length <= content.count else { return nil }
        rest = content.dropFirst(length)
        return content.prefix(length)
    }

    /// Passes over all other values.
    ///
    /// - Returns: Whether each is well-formed.
    mutating func skipRest() -> Bool {
        while !rest.isEmpty { if takeAny() == nil { return false } }
        return true
    }
}
