/// Turns JSON values into one line of UTF-8 without white space.
///
/// The canonical form sorts members by the UTF-8 bytes of their keys, escapes only what RFC 8259
/// requires (`"`, `\`, controls; short forms where they exist, else `\u00xx` in lower case) and
/// keeps numbers as they were read. The same value always gives the same bytes: commitments hash
/// them.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    private let isCanonical: Bool

    /// The canonical line of a value, without a line end.
    package static func canonical(_ value: JSON) -> [UInt8] {
        var writer = JSONWriter(isCanonical: true)
        writer.write(value)
        return writer.bytes
    }

    /// The value with members in their own order, for output to people and programs.
    package static func line(_ value: JSON) -> String {
        var writer = JSONWriter(isCanonical: false)
        writer.write(value)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private init(isCanonical: Bool) { self.isCanonical = isCanonical }

    // MARK: Canonical objects, member by member

    /// A canonical object whose members `write` hands over in the order of their keys.
    ///
    /// What is written often is written so, without making values of it first.
    package static func object(capacity: Int, _ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter(isCanonical: true)
        writer.bytes.reserveCapacity(capacity)
        write(&writer)
        if writer.bytes.isEmpty { writer.bytes.append(UInt8(ascii: "{")) }
        writer.bytes.append(UInt8(ascii: "}"))
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private mutating func begin(_ key: StaticString) {
        bytes.append(bytes.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
        bytes.append(UInt8(ascii: "\""))
        unsafe bytes.append(
            contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    /// Nothing without a text.
    package mutating func member(_ key: StaticString, _ text: String?) {
        guard let text else { return }
        begin(key)
        write(text)
    }

    /// Nothing without a value.
    package mutating func member(_ key: StaticString, _ value: JSON?) {
        guard let value else { return }
        begin(key)
        write(value)
    }

    /// A text of bytes that need no escape, such as hexadecimal digits.
    package mutating func member(_ key: StaticString, _ append: (inout [UInt8]) -> Void) {
        begin(key)
        quote(append)
    }

    /// An array of `count` texts of bytes that need no escape.
    package mutating func member(
        _ key: StaticString, count: Int, _ append: (Int, inout [UInt8]) -> Void
    ) {
        begin(key)
        bytes.append(UInt8(ascii: "["))
        for index in 0..<count {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            quote { append(index, &$0) }
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func quote(_ append: (inout [UInt8]) -> Void) {
        bytes.append(UInt8(ascii: "\""))
        append(&bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func write(_ value: JSON) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        case .number(let text): bytes.append(contentsOf: text.utf8)
        case .string(let text): write(text)
        case .array(let elements): write(elements)
        case .object(let object): write(object)
        }
    }

    private mutating func write(_ elements: [JSON]) {
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            write(element)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func write(_ object: JSONObject) {
        let members = isCanonical ? object.canonicalMembers : object.members
        bytes.append(UInt8(ascii: "{"))
        for (index, member) in members.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            write(member.key)
            bytes.append(UInt8(ascii: ":"))
            write(member.value)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            for index in 0..<utf8.count {
                let byte = unsafe utf8[index]
                if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { continue }
                unsafe bytes.append(contentsOf: utf8[start..<index])
                escape(byte)
                start = index + 1
            }
            unsafe bytes.append(contentsOf: utf8[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        let short: UInt8? =
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte
            case 0x08: UInt8(ascii: "b")
            case 0x09: UInt8(ascii: "t")
            case 0x0A: UInt8(ascii: "n")
            case 0x0C: UInt8(ascii: "f")
            case 0x0D: UInt8(ascii: "r")
            default: nil
            }
        bytes.append(UInt8(ascii: "\\"))
        if let short { return bytes.append(short) }
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(contentsOf: "u00".utf8)
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
    }
}

extension JSONObject {
    /// The members in canonical order: by the UTF-8 bytes of their keys.
    package var canonicalMembers: [Member] {
        guard !isCanonical else { return members }
        return members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    private var isCanonical: Bool {
        zip(members, members.dropFirst()).allSatisfy { earlier, later in
            earlier.key.utf8.lexicographicallyPrecedes(later.key.utf8)
        }
    }
}
