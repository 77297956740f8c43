import Foundation

/// A mail message as a reader that shares nothing with the writer takes it apart.
struct MailReader {
    struct Part {
        var headers: [String: String]
        var content: [UInt8]
    }

    struct Fault: Error { var text: String }

    let headers: [String: String]
    private(set) var parts: [Part] = []

    init(_ bytes: [UInt8]) throws {
        guard bytes.allSatisfy({ $0 < 0x80 }) else { throw Fault(text: "not 7-bit") }
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = text.components(separatedBy: "\r\n")
        guard lines.allSatisfy({ $0.utf8.count <= 998 && !$0.contains("\n") && !$0.contains("\r") })
        else { throw Fault(text: "a line that is too long, or ends otherwise than with CR LF") }
        let (head, rest) = Self.split(lines[...])
        headers = Self.headers(head)
        guard let type = headers["content-type"], type.hasPrefix("multipart/mixed"),
            let boundary = Self.parameter("boundary", in: type)
        else { throw Fault(text: "no multipart/mixed") }
        var pieces = rest.split(separator: "--\(boundary)", omittingEmptySubsequences: false)
        pieces.removeFirst()
        guard let last = pieces.last,
            let end = last.firstIndex(of: "--\(boundary)--"),
            last[last.index(after: end)...].allSatisfy(\.isEmpty)
        else { throw Fault(text: "no end") }
        pieces[pieces.count - 1] = last[..<end]
        parts = try pieces.map(Self.part)
    }

    private static func part(_ lines: ArraySlice<String>) throws -> Part {
        let (head, body) = split(lines)
        let headers = headers(head)
        guard headers["content-transfer-encoding"] == "base64",
            body.allSatisfy({ $0.utf8.count <= 76 }),
            let content = Data(base64Encoded: body.joined())
        else { throw Fault(text: "a part is not Base64 in lines of 76") }
        return Part(headers: headers, content: Array(content))
    }

    private static func split(
        _ lines: ArraySlice<String>
    ) -> (ArraySlice<String>, ArraySlice<String>) {
        let end = lines.firstIndex(of: "") ?? lines.endIndex
        return (lines[..<end], lines[min(end + 1, lines.endIndex)...])
    }

    private static func headers(_ lines: ArraySlice<String>) -> [String: String] {
        var headers: [String: String] = [:]
        var name = ""
        for line in lines {
            if line.hasPrefix(" ") {
                headers[name, default: ""] += line
                continue
            }
            let halves = line.split(separator: ":", maxSplits: 1).map(String.init)
            name = halves[0].lowercased()
            headers[name] = halves[1].trimmingCharacters(in: .whitespaces)
        }
        return headers
    }

    static func parameter(_ name: String, in value: String) -> String? {
        value.components(separatedBy: "\(name)=\"").dropFirst().first?
            .components(separatedBy: "\"").first
    }

    /// A header's text with its encoded words decoded.
    static func decoded(_ value: String) -> String {
        let words = value.components(separatedBy: " ").filter { !$0.isEmpty }
        guard words.contains(where: { $0.hasPrefix("=?UTF-8?B?") }) else { return value }
        let bytes = words.flatMap { word -> [UInt8] in
            let inner = word.dropFirst(10).dropLast(2)
            return Array(Data(base64Encoded: String(inner)) ?? Data())
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A zip whose files are stored, as its central directory lists them.
struct ZipReader {
    private(set) var files: [String: [UInt8]] = [:]
    private(set) var names: [String] = []

    init(_ bytes: [UInt8]) throws {
        func number(_ offset: Int, _ count: Int) -> Int {
            (0..<count).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
        }
        let end = bytes.count - 22
        guard end >= 0, number(end, 4) == 0x0605_4B50 else {
            throw MailReader.Fault(text: "the zip has no end")
        }
        var place = number(end + 16, 4)
        for _ in 0..<number(end + 10, 2) {
            guard number(place, 4) == 0x0201_4B50, number(place + 10, 2) == 0 else {
                throw MailReader.Fault(text: "the zip's directory is broken")
            }
            let (size, length) = (number(place + 24, 4), number(place + 28, 2))
            let name = String(decoding: bytes[place + 46..<place + 46 + length], as: UTF8.self)
            let local = number(place + 42, 4)
            let start = local + 30 + number(local + 26, 2) + number(local + 28, 2)
            let content = Array(bytes[start..<start + size])
            guard number(local, 4) == 0x0403_4B50, number(local + 14, 4) == number(place + 16, 4),
                Self.crc32(content) == UInt32(number(place + 16, 4)), files[name] == nil
            else { throw MailReader.Fault(text: "\(name) is not what the zip says") }
            files[name] = content
            names.append(name)
            place += 46 + length
        }
    }

    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { value, byte in
            var value = value ^ UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
            return value
        }
    }
}
