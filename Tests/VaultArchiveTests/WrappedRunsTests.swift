import Foundation
import Testing

@testable import VaultArchive

/// Words over the line ends of wrapped Base64, of hexadecimal digits and of dumps.
@Suite struct WrappedRunsTests {
    private func masked(_ text: String, asPattern: Bool = false) throws -> String {
        var rules = RedactionRules()
        try rules.add(
            asPattern ? [] : [WordPattern("Falconbrick")],
            asPattern ? [TextPattern("(?i)falconbrick")] : [],
            .span, because: "x", named: "Rule 1")
        return try TextSearch(rules: rules.texts).masked(text)
    }

    /// Bytes with the word over the end of the first line of so many.
    private func content(_ count: Int) -> Data {
        let (front, behind) = (count - 7, count * 2)
        return Data(
            (String(repeating: "x", count: front) + " Falconbrick "
                + String(repeating: "y", count: behind)).utf8)
    }

    private func lines(_ text: String, of length: Int) -> [String] {
        let letters = Array(text)
        return stride(from: 0, to: letters.count, by: length).map {
            String(letters[$0..<min(letters.count, $0 + length)])
        }
    }

    private func digits(_ data: Data) -> String {
        data.map { String(format: "%02x", $0) }.joined()
    }

    @Test(
        "A word over the end of a line is found, whatever is between the lines",
        arguments: [
            "\n", "\r\n", "\n> ", "\n    ", "\\n", "\\r\\n", "<br>\n", "<br />", " ",
        ])
    func wrapped(_ separator: String) throws {
        for length in [16, 20, 28, 40, 64, 76] {
            let base64 = content(length * 3 / 4).base64EncodedString()
            let text = "F. \(lines(base64, of: length).joined(separator: separator)) ."
            #expect(try masked(text) == "F. [withheld] .", "\(text)")
            #expect(try masked(text, asPattern: true) == "F. [withheld] .", "\(text)")
        }
        for length in [32, 60, 80] {
            let hex = digits(content(length / 2))
            let text = "F. \(lines(hex, of: length).joined(separator: separator)) ."
            #expect(try masked(text) == "F. [withheld] .", "\(text)")
        }
    }

    @Test("Digits in groups and dumps are read, and a dump goes with its text")
    func dumps() throws {
        let hex = digits(content(16))
        for separator in [" ", ":"] {
            let text = "F. \(lines(hex, of: 2).joined(separator: separator)) ."
            #expect(try masked(text) == "F. [withheld] .")
        }
        for (mark, group, text) in [(": ", 4, "  .....Falcon"), ("  ", 2, "  |..Falcon..|")] {
            let dump = lines(hex, of: 32).enumerated().map { number, line in
                String(format: "%08x", number * 16) + mark
                    + lines(line, of: group).joined(separator: " ") + text
            }
            let result = try masked("F.\n\(dump.joined(separator: "\n"))\n.")
            #expect(result == "F.\n[withheld]\n.")
        }
    }

    @Test("Words and times are no digits in groups")
    func kept() {
        for text in ["be ad fa de 20 24", "add 20 bad 10:20:30 2024-05-06", "a 00000000: b"] {
            #expect(HexDump.find(in: TextScalar.all(of: text)).isEmpty, "\(text)")
        }
    }
}
