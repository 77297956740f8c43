import Testing
import VaultCrypto

@Suite("signed notes")
struct SignedNoteTests {
    // The example of C2SP signed-note.md.
    private let exampleKey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    private let example = """
        This is an example message.

        — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRK\
        uwHjG1Yu72IneyaQM=

        """

    private func note(_ text: String) throws(VaultError) -> SignedNote {
        try SignedNote(parsing: Array(text.utf8))
    }

    @Test("The specification's example verifies, and its key is written as it was")
    func specification() throws {
        let key = try NoteKey(parsing: exampleKey)
        #expect(key.description == exampleKey)
        let verified = try note(example).verify(by: [key])
        #expect(verified.text == "This is an example message.\n")
        #expect(verified.signers == [key])
        #expect(try note(example).file == Array(example.utf8))
    }

    @Test("A note of several signers verifies for each of them; unknown signers are ignored")
    func severalSigners() throws {
        let first = SigningKey.generate()
        let second = SigningKey.generate()
        let keys = [
            try NoteKey(name: "log.example", key: first.publicKey),
            try NoteKey(name: "witness.example", key: second.publicKey),
        ]
        var made = try SignedNote(text: "log.example\n7\n\nroot\n")
        try made.sign(with: first, name: "log.example")
        try made.sign(with: second, name: "witness.example")
        let read = try SignedNote(parsing: made.file)
        for trusted in [[keys[0]], [keys[1]], keys] {
            let verified = try read.verify(by: trusted)
            #expect(verified.text == "log.example\n7\n\nroot\n")
            #expect(verified.signers == trusted)
        }
        let stranger = try NoteKey(name: "log.example", key: SigningKey.generate().publicKey)
        for untrusted in [[], [stranger], [try NoteKey(name: "other", key: first.publicKey)]] {
            expectSignatureFault(.otherKey) { () throws(VaultError) in
                _ = try read.verify(by: untrusted)
            }
        }
    }

    @Test("Whatever is changed in or cut off a note, it is refused")
    func tampering() throws {
        let key = try NoteKey(parsing: exampleKey)
        for bad in tampered(Array(example.utf8)) + [Array(example.utf8).dropLast()] {
            #expect(throws: VaultError.self) { try SignedNote(parsing: bad).verify(by: [key]) }
        }
        let wrong = example.replacing("example message", with: "example massage")
        expectSignatureFault(.mismatch) { () throws(VaultError) in
            _ = try note(wrong).verify(by: [key])
        }
    }

    @Test("Notes of another form are refused")
    func malformed() {
        let line = "— a.b Uw2QOkn8srV1"
        let cases = [
            "", "text\n", "text\n\n", "\n\(line)\n", "text\n\(line)\n", "text\n\n\(line)",
            "te\u{1}xt\n\n\(line)\n", "text\r\n\r\n\(line)\r\n", "text\n\n- a.b Uw2QOkn8srV1\n",
            "text\n\n— a+b Uw2QOkn8srV1\n", "text\n\n— a\u{a0}b Uw2QOkn8srV1\n",
            "text\n\n— a.b Uw2QOg==\n", "text\n\n— a.b !!!!\n", "text\n\n— Uw2QOkn8srV1\n",
            "text\n\n" + String(repeating: line + "\n", count: 101),
        ]
        for text in cases {
            expectSignatureFault(.malformed, "\(text)") { () throws(VaultError) in
                _ = try note(text)
            }
        }
        expectSignatureFault(.malformed) { () throws(VaultError) in
            _ = try SignedNote(parsing: [0xff, 10, 10] + Array("\(line)\n".utf8))
        }
        for text in ["", "no line feed", "tab\t\n"] {
            #expect(throws: VaultError.self) { try SignedNote(text: text) }
        }
    }

    @Test("Verifier keys of another form are refused")
    func badKeys() {
        for text in [
            "", "a+b", exampleKey.replacing("530d903a", with: "530d903b"),
            exampleKey.replacing("530d903a", with: "530D903A"), " " + exampleKey, exampleKey + "A",
            exampleKey.replacing("example.com/foo", with: ""), "a b" + exampleKey,
        ] {
            #expect(throws: VaultError.self, "\(text)") { try NoteKey(parsing: text) }
        }
    }
}
