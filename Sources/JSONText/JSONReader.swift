/// Why bytes are not the JSON that Coffer accepts, and where.
package struct JSONFault: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        case truncated, syntax, notUTF8, tooDeep
        case duplicateKey
        case trailingBytes
    }
    package let reason: Reason
    /// Offset in bytes from the start of the value.
    package let offset: Int

    package var description: String {
        let what =
            switch reason {
            case .truncated: "the JSON text ends too early"
            case .syntax: "the JSON text is malformed"
            case .notUTF8: "the text is not valid UTF-8"
            case .tooDeep: "values are nested more than \(JSONReader.maximumDepth) levels deep"
            case .duplicateKey: "an object has the same key twice"
            case .trailingBytes: "there is more text after the JSON value"
            }
        return "\(what) (at byte \(offset))"
    }
}

/// A strict JSON parser (RFC 8259) over bytes in memory.
///
/// It accepts one value with white space around it. It refuses duplicate keys (two readers of one
/// file must not see two different records), nesting beyond `maximumDepth` and invalid UTF-8. An
/// escaped lone surrogate, which JavaScript writes, becomes U+FFFD.
@safe package struct JSONReader {
    /// Deepest nesting that is read; real exports stay below 40.
    package static let maximumDepth = 256

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var scratch: [UInt8] = []

    private init(_ bytes: UnsafeBufferPointer<UInt8>) { unsafe self.bytes = bytes }

    /// Parses one value.
    ///
    /// - Parameter bytes: UTF-8 text of exactly one JSON value.
    /// - Returns: The value.
    /// - Throws: `JSONFault` with the offset of the first fault.
    package static func parse(_ bytes: [UInt8]) throws(JSONFault) -> JSON {
        try unsafe bytes.withUnsafeBufferPointer { (buffer) throws(JSONFault) in
            try unsafe parse(buffer)
        }
    }

    /// Parses one value from text.
    package static func parse(_ text: String) throws(JSONFault) -> JSON {
        try parse(Array(text.utf8))
    }

    /// Parses one value that is lent for the call.
    package static func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONFault) -> JSON {
        var reader = unsafe JSONReader(bytes)
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        if unsafe reader.position < reader.bytes.count { throw reader.fault(.trailingBytes) }
        return value
    }

    private func fault(_ reason: JSONFault.Reason) -> JSONFault {
        JSONFault(reason: reason, offset: position)
    }

    private func peek() throws(JSONFault) -> UInt8 {
        guard unsafe position < bytes.count else { throw fault(.truncated) }
        return unsafe bytes[position]
    }

    private mutating func skipSpace() {
        while unsafe position < bytes.count {
            switch unsafe bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func value(depth: Int) throws(JSONFault) -> JSON {
        if depth > Self.maximumDepth { throw fault(.tooDeep) }
        skipSpace()
        switch try peek() {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func literal(_ word: StaticString, _ value: JSON) throws(JSONFault) -> JSON {
        for index in 0..<word.utf8CodeUnitCount {
            guard try unsafe peek() == word.utf8Start[index] else { throw fault(.syntax) }
            position += 1
        }
        return value
    }

    private mutating func array(depth: Int) throws(JSONFault) -> [JSON] {
        var elements: [JSON] = []
        position += 1
        skipSpace()
        if try peek() == UInt8(ascii: "]") {
            position += 1
            return elements
        }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            let separator = try peek()
            if separator != UInt8(ascii: ","), separator != UInt8(ascii: "]") {
                throw fault(.syntax)
            }
            position += 1
            if separator == UInt8(ascii: "]") { return elements }
        }
    }

    private mutating func object(depth: Int) throws(JSONFault) -> JSONObject {
        var members: [JSONObject.Member] = []
        position += 1
        skipSpace()
        if try peek() == UInt8(ascii: "}") {
            position += 1
            return JSONObject()
        }
        while true {
            skipSpace()
            guard try peek() == UInt8(ascii: "\"") else { throw fault(.syntax) }
            let key = try string()
            skipSpace()
            guard try peek() == UInt8(ascii: ":") else { throw fault(.syntax) }
            position += 1
            members.append(.init(key: key, value: try value(depth: depth + 1)))
            skipSpace()
            let separator = try peek()
            if separator != UInt8(ascii: ","), separator != UInt8(ascii: "}") {
                throw fault(.syntax)
            }
            position += 1
            if separator == UInt8(ascii: "}") { break }
        }
        if hasDuplicates(members) { throw fault(.duplicateKey) }
        return JSONObject(uncheckedMembers: members)
    }

    private func hasDuplicates(_ members: [JSONObject.Member]) -> Bool {
        guard members.count > 8 else {
            for index in members.indices.dropFirst() {
                for earlier in 0..<index where members[earlier].key == members[index].key {
                    return true
                }
            }
            return false
        }
        // Canonical text has its keys in ascending order.
        let isAscending = members.indices.dropFirst().allSatisfy {
            members[$0 - 1].key < members[$0].key
        }
        return !isAscending && Set(members.lazy.map(\.key)).count != members.count
    }

    private mutating func number() throws(JSONFault) -> String {
        let start = position
        if try peek() == UInt8(ascii: "-") { position += 1 }
        let first = position
        try digits()
        if position > first + 1, unsafe bytes[first] == UInt8(ascii: "0") { throw fault(.syntax) }
        if unsafe position < bytes.count, unsafe bytes[position] == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if unsafe position < bytes.count, unsafe bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            let sign = try peek()
            if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        return unsafe String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(JSONFault) {
        let start = position
        while unsafe position < bytes.count, unsafe bytes[position] &- 0x30 < 10 { position += 1 }
        if start == position {
            throw fault(unsafe position < bytes.count ? .syntax : .truncated)
        }
    }

    private mutating func string() throws(JSONFault) -> String {
        position += 1
        let start = position
        position = unsafe ByteRun.endOfPlainJSON(in: bytes, from: start)
        switch try peek() {
        case UInt8(ascii: "\""): break
        case UInt8(ascii: "\\"): return try escapedString(from: start)
        default: throw fault(.syntax)
        }
        let text = unsafe UnsafeBufferPointer(rebasing: bytes[start..<position])
        guard let value = unsafe String(validating: text, as: UTF8.self) else {
            throw JSONFault(reason: .notUTF8, offset: start)
        }
        position += 1
        return value
    }

    /// The slow path: copies runs between escapes into the scratch buffer.
    private mutating func escapedString(from start: Int) throws(JSONFault) -> String {
        scratch.removeAll(keepingCapacity: true)
        unsafe scratch.append(contentsOf: bytes[start..<position])
        while true {
            let byte = try peek()
            if byte == UInt8(ascii: "\"") { break }
            if byte < 0x20 { throw fault(.syntax) }
            if byte == UInt8(ascii: "\\") {
                position += 1
                try escape()
            } else {
                let end = unsafe ByteRun.endOfPlainJSON(in: bytes, from: position)
                unsafe scratch.append(contentsOf: bytes[position..<end])
                position = end
            }
        }
        guard let value = String(validating: scratch, as: UTF8.self) else {
            throw JSONFault(reason: .notUTF8, offset: start)
        }
        position += 1
        return value
    }

    private mutating func escape() throws(JSONFault) {
        let kind = try peek()
        position += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scratch.append(kind)
        case UInt8(ascii: "b"): scratch.append(0x08)
        case UInt8(ascii: "f"): scratch.append(0x0C)
        case UInt8(ascii: "n"): scratch.append(0x0A)
        case UInt8(ascii: "r"): scratch.append(0x0D)
        case UInt8(ascii: "t"): scratch.append(0x09)
        case UInt8(ascii: "u"): try unicodeEscape()
        default: throw fault(.syntax)
        }
    }

    private mutating func unicodeEscape() throws(JSONFault) {
        var code = try hexadecimal()
        if code & 0xFC00 == 0xD800, hasLowSurrogate {
            position += 2
            code = 0x10000 + (code - 0xD800) << 10 + (try hexadecimal() - 0xDC00)
        }
        let scalar = Unicode.Scalar(code) ?? "\u{FFFD}"
        scratch.append(contentsOf: String(scalar).utf8)
    }

    /// Whether `\uDC00` to `\uDFFF` follows.
    private var hasLowSurrogate: Bool {
        guard unsafe position + 6 <= bytes.count else { return false }
        guard unsafe bytes[position] == UInt8(ascii: "\\"),
            unsafe bytes[position + 1] == UInt8(ascii: "u"),
            unsafe bytes[position + 2] | 0x20 == UInt8(ascii: "d")
        else { return false }
        return switch unsafe bytes[position + 3] | 0x20 {
        case UInt8(ascii: "c"), UInt8(ascii: "d"), UInt8(ascii: "e"), UInt8(ascii: "f"): true
        default: false
        }
    }

    private mutating func hexadecimal() throws(JSONFault) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(try peek())).hexDigitValue else {
                throw fault(.syntax)
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}
