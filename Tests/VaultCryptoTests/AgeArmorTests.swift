import Testing
import VaultCrypto

@Suite("age armour")
struct AgeArmorTests {
    private let identity = AgeIdentity.generate()

    private func armored(_ size: Int = 101) throws -> String {
        let file = try Age.encrypt(Pattern.bytes(size), to: [identity.recipient], armored: true)
        return String(decoding: file, as: UTF8.self)
    }

    private func expectRefused(_ text: String, _ name: String) {
        expectFault(.armor, .damaged, "\(name)") { () throws(VaultError) in
            let input = BytesSource(Array(text.utf8))
            _ = try Pattern.drain(
                AgeDecryptor(input: input, identities: [identity], armored: true))
        }
    }

    @Test("White space around the armour and CRLF line ends are accepted")
    func tolerated() throws {
        let text = try armored()
        let variants = [
            text, text.replacing("\n", with: "\r\n"), "\n \t\r\n" + text, text + "\n\n \t\r\n",
            String(text.dropLast()), String(repeating: " ", count: 1_000) + "\n" + text,
        ]
        for variant in variants {
            let content = try Pattern.decrypt(Array(variant.utf8), [identity])
            #expect(content == Pattern.bytes(101))
        }
    }

    @Test("Every other departure from strict PEM is refused as armour")
    func refused() throws {
        let text = try armored()
        let begin = "-----BEGIN AGE ENCRYPTED FILE-----\n"
        let end = "-----END AGE ENCRYPTED FILE-----\n"
        let body = text.replacing(begin, with: "").replacing(end, with: "")
        let lines = body.split(separator: "\n").map(String.init)
        let short = lines[0].dropLast(4) + "\n" + lines.dropFirst().joined(separator: "\n")
        let cases: [(String, String)] = [
            ("text before", "hello\n" + text),
            ("text after", text + "hello\n"),
            ("much space before", String(repeating: " \n", count: 600) + text),
            ("much space after", text + String(repeating: " \n", count: 600)),
            ("space before the begin", " " + text),
            ("another label", text.replacing("AGE ENCRYPTED FILE", with: "AGE")),
            ("lower case", text.replacing("BEGIN", with: "begin")),
            ("no end", begin + body),
            ("cut end", String(text.dropLast(5))),
            ("headers", begin + "Name: value\n\n" + body + end),
            ("empty line first", begin + "\n" + body + end),
            ("empty line last", begin + body + "\n" + end),
            ("space at a line's end", begin + body.replacing(lines[0], with: lines[0] + " ") + end),
            ("space at a line's start", begin + " " + body + end),
            ("short line inside", begin + short + "\n" + end),
            ("long lines", begin + lines.joined() + "\n" + end),
            ("no padding", begin + body.replacing("=", with: "") + end),
            ("checksum", begin + body + "=abcd\n" + end),
            ("two files", text + text),
        ]
        for (name, bad) in cases { expectRefused(bad, name) }
        expectRefused(begin + lines[0].dropLast() + "!\n" + end, "a character outside Base64")
        expectRefused(begin + lines[0] + "\nAB==\n" + end, "not canonical")
    }
}
