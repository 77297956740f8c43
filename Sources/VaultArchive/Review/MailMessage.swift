import Vault
import VaultCrypto

/// A mail message of several parts (RFC 5322, RFC 2045 and 2046), all of it in ASCII.
///
/// Every part is in Base64, so that the message's size is known before it is written and no line of
/// a text can be taken for a boundary.
struct MailMessage {
    struct Part {
        /// The value of Content-Type.
        var type: String
        /// Shown as the part's name; `nil` for a text that is the message itself.
        var fileName: String?
        var content: ReviewContent
    }

    /// Names and values in the form in which they are written.
    var headers: [(name: String, value: String)]
    /// Differs for different messages; letters and digits.
    var boundary: String
    var parts: [Part]

    var sizeBytes: Int64 {
        parts.reduce(Int64(head.count + foot.count)) { sum, part in
            sum + Int64(self.head(of: part).count) + Base64Lines.encodedSize(part.content.sizeBytes)
        }
    }

    func write(from source: any ArchiveSource, to sink: any ByteSink) throws(VaultError) {
        try sink.write(head)
        for part in parts {
            try sink.write(head(of: part))
            let lines = Base64Lines(sink)
            try part.content.write(from: source, to: lines)
            try lines.finish()
        }
        try sink.write(foot)
    }

    private var head: [UInt8] {
        let own = [
            ("MIME-Version", "1.0"),
            ("Content-Type", "multipart/mixed;\r\n boundary=\"=_\(boundary)\""),
        ]
        return Array(Self.lines(headers + own).utf8)
    }

    private func head(of part: Part) -> [UInt8] {
        var headers = [("Content-Type", part.type), ("Content-Transfer-Encoding", "base64")]
        if let name = part.fileName {
            headers.append(
                ("Content-Disposition", "attachment;\r\n \(MailText.parameter("filename", name))"))
        }
        return Array("\r\n--=_\(boundary)\r\n\(Self.lines(headers))\r\n".utf8)
    }

    private var foot: [UInt8] { Array("\r\n--=_\(boundary)--\r\n".utf8) }

    private static func lines(_ headers: [(String, String)]) -> String {
        headers.reduce(into: "") { $0 += "\($1.0): \($1.1)\r\n" }
    }
}

/// Turns bytes into lines of Base64 on their way into another sink (RFC 2045, section 6.8).
final class Base64Lines: ByteSink {
    private static let lineBytes = 57
    private static let lineCharacters = 76
    /// Whole lines that are encoded together.
    private static let pieceBytes = 1000 * lineBytes

    private let sink: any ByteSink
    private var pending: [UInt8] = []

    init(_ sink: any ByteSink) { self.sink = sink }

    /// How much the lines of so many bytes have, line ends included.
    static func encodedSize(_ bytes: Int64) -> Int64 {
        let characters = (bytes + 2) / 3 * 4
        let lines = (characters + Int64(lineCharacters) - 1) / Int64(lineCharacters)
        return characters + 2 * lines
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError) {
        var start = 0
        while start < bytes.count {
            let count = min(Self.pieceBytes - pending.count, bytes.count - start)
            unsafe pending.append(contentsOf: bytes[start..<start + count])
            start += count
            if pending.count == Self.pieceBytes { try flush() }
        }
    }

    /// Writes what is left.
    func finish() throws(VaultError) { try flush() }

    private func flush() throws(VaultError) {
        let text = Base64.encode(pending)
        pending.removeAll(keepingCapacity: true)
        var lines: [UInt8] = []
        lines.reserveCapacity(text.count + text.count / 38 + 2)
        for start in stride(from: 0, to: text.count, by: Self.lineCharacters) {
            lines += text[start..<min(start + Self.lineCharacters, text.count)]
            lines += [0x0D, 0x0A]
        }
        try sink.write(lines)
    }
}

/// Text in mail headers.
enum MailText {
    /// A text as a header's value: as it is where it is plain ASCII, else in encoded words (RFC
    /// 2047).
    static func value(_ text: String) -> String {
        let line = text.singleLine(maximumBytes: 2000)
        let isPlain = line.utf8.allSatisfy { (0x20..<0x7F).contains($0) } && !line.contains("=?")
        if isPlain, line.utf8.count <= 900, line.first != " ", line.last != " " { return line }
        return words(line)
    }

    /// Encoded words of at most 75 characters, each with whole characters.
    private static func words(_ line: String) -> String {
        var words: [[UInt8]] = [[]]
        for scalar in line.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if words[words.count - 1].count + bytes.count > 45 { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { "=?UTF-8?B?\(Base64.string($0))?=" }.joined(separator: "\r\n ")
    }

    /// A person's name and address.
    static func mailbox(_ name: String, _ address: String) -> String {
        let line = name.singleLine(maximumBytes: 200)
        let isPlain = line.utf8.allSatisfy { (0x20..<0x7F).contains($0) } && !line.contains("=?")
        let escaped = line.reduce(into: "") { text, character in
            if character == "\"" || character == "\\" { text.append("\\") }
            text.append(character)
        }
        return "\(isPlain ? "\"\(escaped)\"" : words(line))\r\n <\(address)>"
    }

    /// A parameter of a header: quoted where it is plain, else encoded (RFC 2231).
    static func parameter(_ name: String, _ value: String) -> String {
        let isPlain = value.utf8.allSatisfy {
            (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        if isPlain { return "\(name)=\"\(value)\"" }
        let encoded = value.utf8.reduce(into: "") { text, byte in
            let isSafe =
                byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || ".-_".utf8.contains(byte)
            text += isSafe ? String(UnicodeScalar(byte)) : "%" + [byte].hex.uppercased()
        }
        return "\(name)*=UTF-8''\(encoded)"
    }

    /// A time as RFC 5322, section 3.3, writes it: `Sun, 01 Mar 2026 09:00:00 +0000`.
    static func date(_ instant: Instant) -> String {
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let reading = ZoneClock.utc.reading(at: instant)
        let date = reading.date.split(separator: "-")
        let month = months[(Int(date[1]) ?? 1) - 1]
        return "\(days[reading.weekday]), \(date[2]) \(month) \(date[0]) \(reading.time) +0000"
    }
}

/// Mail addresses in names.
enum MailAddress {
    /// The address in `Ada <ada@example.org>`, or a text that is one.
    static func find(in text: String) -> String? {
        let inner = text.split(separator: "<").last?.split(separator: ">").first ?? ""
        let candidate = text.contains("<") ? String(inner) : text
        let halves = candidate.split(separator: "@", omittingEmptySubsequences: false)
        guard halves.count == 2, candidate.utf8.count <= 254, isName(halves[0]),
            isName(halves[1]), halves[1].contains(".")
        else { return nil }
        return candidate
    }

    private static func isName(_ text: Substring) -> Bool {
        let isPlain = text.utf8.allSatisfy {
            $0 &- 0x30 < 10 || ($0 | 0x20) &- 0x61 < 26 || "._%+-".utf8.contains($0)
        }
        return isPlain && !text.isEmpty && !text.hasPrefix(".") && !text.hasSuffix(".")
    }
}
