import JSONText
import Testing

@Suite struct JSONTests {
    @Test(arguments: [
        (#"{"b":1,"a":[true,false,null]}"#, #"{"a":[true,false,null],"b":1}"#),
        (#" [ 1.50 , -0 , 1e+9 , 12345678901234567890 ] "#, "[1.50,-0,1e+9,12345678901234567890]"),
        (
            #""tab\t quote\" slash\/ line\n nul\u0000 é \u00e9""#,
            #""tab\t quote\" slash/ line\n nul\u0000 é é""#
        ),
        (#""\ud83d\ude00 and \ud83d alone""#, "\"😀 and \u{FFFD} alone\""),
        (#"{"é":1,"z":2,"e":3}"#, #"{"e":3,"z":2,"é":1}"#),
        ("{}", "{}"), ("[]", "[]"), (#""""#, #""""#), ("0", "0"),
    ])
    func `canonical form of`(text: String, canonical: String) throws {
        let value = try JSONReader.parse(text)
        #expect(String(decoding: JSONWriter.canonical(value), as: UTF8.self) == canonical)
        #expect(JSONWriter.canonical(try JSONReader.parse(canonical)) == Array(canonical.utf8))
    }

    @Test(arguments: [
        ("", JSONFault.Reason.truncated), ("[1,", .truncated), (#"{"a""#, .truncated),
        (#""abc"#, .truncated), ("tru", .truncated), ("-", .truncated),
        ("[1 2]", .syntax), ("{1:2}", .syntax), ("[1,]", .syntax), (#"{"a":1,}"#, .syntax),
        ("01", .syntax), ("-01", .syntax), ("1.", .truncated), ("+1", .syntax), ("nul!", .syntax),
        ("\"a\nb\"", .syntax), (#""\x""#, .syntax), (#""\u12g4""#, .syntax),
        ("1 2", .trailingBytes), ("{} x", .trailingBytes),
        (#"{"a":1,"a":2}"#, .duplicateKey), (#"{"a":1,"\u0061":2}"#, .duplicateKey),
    ])
    func `refuses`(text: String, reason: JSONFault.Reason) {
        #expect(
            #expect(throws: JSONFault.self) { _ = try JSONReader.parse(text) }?.reason == reason)
    }

    @Test func `refuses invalid UTF-8, in plain and in escaped strings`() {
        for tail in [[0xC3, 0x28], [0xED, 0xA0, 0x80], [0xFF], [0xF4, 0x90, 0x80, 0x80]]
            as [[UInt8]]
        {
            for head in ["\"", "\"\\n"] {
                let bytes = Array(head.utf8) + tail + Array("\"".utf8)
                let fault = #expect(throws: JSONFault.self) { _ = try JSONReader.parse(bytes) }
                #expect(fault?.reason == .notUTF8)
            }
        }
    }

    @Test func `refuses a hundred thousand levels and reads two hundred`() throws {
        let deep = String(repeating: "[", count: 100_000)
        #expect(
            #expect(throws: JSONFault.self) { _ = try JSONReader.parse(deep) }?.reason == .tooDeep)
        let fair = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
        _ = try JSONReader.parse(fair)
    }

    @Test func `large objects refuse duplicate keys too`() {
        let members = (0..<50).map { "\"k\($0)\":0" }.joined(separator: ",")
        let fault = #expect(throws: JSONFault.self) {
            _ = try JSONReader.parse("{\(members),\"k17\":1}")
        }
        #expect(fault?.reason == .duplicateKey)
    }

    @Test func `every cut of a document is refused`() throws {
        let text = #"{"a":[1,{"b":"x\u00e9y"},null],"c":{"d":true,"e":-1.5e3}}"#
        let bytes = Array(text.utf8)
        _ = try JSONReader.parse(bytes)
        for end in bytes.indices {
            #expect(throws: JSONFault.self) { _ = try JSONReader.parse(Array(bytes[..<end])) }
        }
    }

    @Test func `objects keep their order and change by key`() {
        var object: JSONObject = ["b": .integer(1), "a": .null]
        object["c"] = .bool(true)
        object["b"] = nil
        #expect(JSONWriter.line(.object(object)) == #"{"a":null,"c":true}"#)
        #expect(object.without(["a"]) == ["c": .bool(true)])
    }
}
