import JSONText

@testable import VaultArchive

/// JSON is read as a reader of a few lines reads it, and written so that it is read back the same.
enum JSONJudge {
    static let target = FuzzTarget(name: "json", judge: judge, seeds: seeds, words: words)

    private static let words = [
        "\\u00e9", "\\ud83d\\ude00", "\\udc00", "\\n", "e-1", "E+", "-0.", "1e400", "null", "true",
        "false", "{\"", "\":", "[[", "]]", "\u{FEFF}", "{\"a\":1,\"a\":2}",
    ]

    private static func seeds() -> [[UInt8]] {
        [
            "{}", "[]", "null", "[1,2.5,-3e-7,1E+9]", #"{"a":{"b":[true,false,null]},"c":"d"}"#,
            #"["\u00e9\ud83d\ude00\n\"\\\/\b\f\r\t","é"]"#, #"{"b":1,"a":2,"aa":3,"B":4}"#,
            #" [ { "key" : "text" } , [ ] ] "#,
            #"{"1":1,"2":2,"3":3,"4":4,"5":5,"6":6,"7":7,"8":8,"9":9}"#,
            String(repeating: "[", count: 250) + String(repeating: "]", count: 250),
        ].map { Array($0.utf8) }
    }

    static func judge(_ input: [UInt8]) -> String? {
        let isPlain = PlainJSON.isValue(input)
        do throws(JSONFault) {
            let value = try JSONReader.parse(input)
            return isPlain ? flaw(value, of: input) : "another reader sees no JSON"
        } catch {
            guard (0...input.count).contains(error.offset) else { return "the fault is nowhere" }
            // A key twice is the one thing that JSON allows and Coffer does not.
            return isPlain && error.reason != .duplicateKey ? "another reader sees JSON" : nil
        }
    }

    /// What is wrong with a value that was read from a text.
    static func flaw(_ value: JSON, of input: [UInt8]) -> String? {
        let canonical = JSONWriter.canonical(value)
        guard let again = try? JSONReader.parse(canonical),
            JSONWriter.canonical(again) == canonical
        else { return "the canonical form is not read back as itself" }
        let line = JSONWriter.line(value)
        guard let same = try? JSONReader.parse(line), same == value, JSONWriter.line(same) == line
        else { return "what was written is not read back as itself" }
        let isCanonical = input.withUnsafeBufferPointer { bytes in
            var scanner = CanonicalScanner(bytes)
            return scanner.value() != nil && scanner.isAtEnd
        }
        guard isCanonical == (canonical == input) else {
            return "what is canonical is told wrongly"
        }
        let places = JSONPlaces(input)
        guard places.repetitions.isEmpty else { return "a key is said to stand twice" }
        let lines = input.count { $0 == 0x0A } + 1
        guard (1...lines).contains(places.line(of: "a[0].b")) else { return "a line is nowhere" }
        return flaw(strings: value, PlainJSON.strings(input))
    }

    /// Compares the texts of a value with those that another reader found, in their order.
    private static func flaw(strings value: JSON, _ expected: [[UInt8]]) -> String? {
        var found: [[UInt8]] = []
        collect(value, into: &found)
        return found == expected ? nil : "a text or a number is not what stands there"
    }

    private static func collect(_ value: JSON, into found: inout [[UInt8]]) {
        switch value {
        case .null, .bool: break
        case .number(let text), .string(let text): found.append(Array(text.utf8))
        case .array(let elements): for element in elements { collect(element, into: &found) }
        case .object(let object):
            for member in object.members {
                found.append(Array(member.key.utf8))
                collect(member.value, into: &found)
            }
        }
    }
}

/// JSON (RFC 8259) as a reader of a few lines sees it: whether bytes are some, and its texts.
struct PlainJSON {
    private var rest: ArraySlice<UInt8>
    private var strings: [[UInt8]] = []

    private init(_ bytes: [UInt8]) { rest = bytes[...] }

    static func isValue(_ bytes: [UInt8]) -> Bool {
        guard String(validating: bytes, as: UTF8.self) != nil else { return false }
        var reader = PlainJSON(bytes)
        return reader.value(256) && reader.space().rest.isEmpty
    }

    /// Texts, keys and numbers in their order.
    static func strings(_ bytes: [UInt8]) -> [[UInt8]] {
        var reader = PlainJSON(bytes)
        _ = reader.value(256)
        return reader.strings
    }

    private mutating func space() -> Self {
        rest = rest.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        return self
    }

    private mutating func skip(_ text: String) -> Bool {
        guard rest.starts(with: text.utf8) else { return false }
        rest = rest.dropFirst(text.utf8.count)
        return true
    }

    private mutating func value(_ levels: Int) -> Bool {
        guard levels >= 0 else { return false }
        _ = space()
        if skip("null") || skip("true") || skip("false") { return true }
        if rest.first == UInt8(ascii: "\"") { return string() }
        if skip("[") { return list("]") { $0.value(levels - 1) } }
        if skip("{") {
            return list("}") { reader in
                _ = reader.space()
                guard reader.string() else { return false }
                _ = reader.space()
                return reader.skip(":") && reader.value(levels - 1)
            }
        }
        return number()
    }

    private mutating func list(_ end: String, _ element: (inout Self) -> Bool) -> Bool {
        _ = space()
        if skip(end) { return true }
        repeat {
            guard element(&self) else { return false }
            _ = space()
        } while skip(",")
        return skip(end)
    }

    private mutating func number() -> Bool {
        let start = rest
        _ = skip("-")
        if !skip("0"), !digits() { return false }
        if skip("."), !digits() { return false }
        if skip("e") || skip("E") {
            if !skip("+") { _ = skip("-") }
            guard digits() else { return false }
        }
        strings.append(Array(start.prefix(start.count - rest.count)))
        return true
    }

    private mutating func digits() -> Bool {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest.dropFirst(digits.count)
        return !digits.isEmpty
    }

    private mutating func string() -> Bool {
        guard skip("\"") else { return false }
        var units: [UInt16] = []
        var text: [UInt8] = []
        /// Escapes beside each other may be halves of one character.
        func flush() {
            text += Array(String(decoding: units, as: UTF16.self).utf8)
            units = []
        }
        while let byte = rest.first, byte >= 0x20 {
            rest = rest.dropFirst()
            if byte == UInt8(ascii: "\"") {
                flush()
                strings.append(text)
                return true
            }
            if byte != UInt8(ascii: "\\") {
                flush()
                text.append(byte)
                continue
            }
            guard let kind = rest.popFirst() else { return false }
            if kind == UInt8(ascii: "u") {
                let digits = rest.prefix(4)
                guard digits.count == 4,
                    digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                    let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
                else { return false }
                rest = rest.dropFirst(4)
                units.append(unit)
                continue
            }
            let names = Array("\"\\/bfnrt".utf8)
            guard let place = names.firstIndex(of: kind) else { return false }
            flush()
            text.append([0x22, 0x5C, 0x2F, 0x08, 0x0C, 0x0A, 0x0D, 0x09][place])
        }
        return false
    }
}
