import Foundation
import Testing
import VaultCrypto

@Suite("age keys")
struct AgeKeyTests {
    // The example keys of C2SP age.md.
    private let identity =
        "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
    private let recipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

    private func text(_ identity: AgeIdentity) -> String {
        identity.text().withBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test("The format's example identity has the example recipient")
    func example() throws {
        let parsed = try AgeIdentity.parse(file: Pattern.secret(identity))
        #expect(parsed.map(\.recipient.description) == [recipient])
        #expect(parsed.map(text) == [identity])
        #expect(try AgeRecipient(recipient) == parsed[0].recipient)
    }

    @Test("An identity file may hold comments, empty lines and several identities")
    func identityFile() throws {
        let keys = (0..<3).map { _ in AgeIdentity.generate() }
        let file =
            "# created: now\r\n\n" + keys.map(text).joined(separator: "\r\n# next\n") + "\n\n"
        let parsed = try AgeIdentity.parse(file: Pattern.secret(file))
        #expect(parsed.map(\.recipient) == keys.map(\.recipient))
        let sink = BytesSink()
        try keys[0].write(to: sink)
        #expect(String(decoding: sink.bytes, as: UTF8.self) == text(keys[0]) + "\n")
    }

    @Test("An identity prints as its type's name, never as its key")
    func printing() {
        let key = AgeIdentity.generate()
        var dumped = ""
        dump(key, to: &dumped)
        let shown = "\(key) \(String(reflecting: key)) \(dumped)"
        #expect(!shown.contains("AGE-SECRET-KEY"))
        let bytes = key.text().withBytes { Array($0) }
        #expect(!shown.utf8.contains(bytes))
    }

    @Test("Texts that are no recipients are refused")
    func badRecipients() {
        let upper = recipient.uppercased()
        let changed = String(recipient.dropLast()) + "q"
        let mixed = recipient.replacing("zvky", with: "ZVKY")
        for text in [
            "", "age1", upper, changed, mixed, recipient + " ", identity, "age" + recipient,
        ] {
            #expect(throws: VaultError.self, "\(text)") { try AgeRecipient(text) }
        }
        for text in ["ssh-ed25519 AAAA", "age1pq1x34nzs", "age1tag1qt8lw0", "age1yubikey1qqq"] {
            let error = #expect(throws: VaultError.self) { try AgeRecipient(text) }
            #expect(error?.code == .unsupported, "\(text)")
        }
    }

    @Test("Lines that are no identities are refused by number, without their text")
    func badIdentities() {
        let lower = identity.lowercased()
        let changed = String(identity.dropLast()) + "Q"
        for text in ["hello", lower, String(changed), identity + "\nx", " " + identity, recipient] {
            let error = #expect(throws: VaultError.self, "\(text)") {
                try AgeIdentity.parse(file: Pattern.secret("# key\n" + text))
            }
            #expect(error?.code == .badInput)
            #expect(error?.message.contains("Line ") == true)
            #expect(error?.message.contains(text.prefix(20)) == false)
        }
        let none = #expect(throws: VaultError.self) {
            try AgeIdentity.parse(file: Pattern.secret("# nothing\n\n"))
        }
        #expect(none?.code == .badInput)
        let plugin = #expect(throws: VaultError.self) {
            try AgeIdentity.parse(file: Pattern.secret("AGE-PLUGIN-YUBIKEY-1QQQ"))
        }
        #expect(plugin?.code == .unsupported)
    }

    @Test("Every change of one character of a recipient is noticed")
    func checksum() {
        for index in recipient.indices {
            var changed = recipient
            let other: Character = recipient[index] == "q" ? "p" : "q"
            changed.replaceSubrange(index...index, with: [other])
            #expect(throws: VaultError.self) { try AgeRecipient(changed) }
        }
    }
}

extension Sequence where Element == UInt8 {
    fileprivate func contains(_ part: [UInt8]) -> Bool { Data(self).range(of: Data(part)) != nil }
}
