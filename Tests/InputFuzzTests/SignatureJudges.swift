import VaultCrypto

@testable import Vault
@testable import VaultCrypto

/// Signatures hold for what was signed and nothing else; keys are read as they are written.
enum SignatureJudges {
    static let targets = [
        FuzzTarget(
            name: "note", judge: judgeNote, seeds: noteSeeds,
            words: ["— ", "\n\n", "\n— coffer/", "\n\n— ", Base64.string(Made.bytes(1))]),
        FuzzTarget(
            name: "minisign", judge: judgeMinisign, seeds: minisignSeeds,
            words: ["untrusted comment: ", "\ntrusted comment: ", "RWQ", "RUQ", "\r\n"]),
        FuzzTarget(
            name: "sshsig", judge: judgeSSH, seeds: sshSeeds,
            words: [
                begin + "\n", "\n" + end, "SSHSIG", "sha512", "sha256", "ssh-ed25519", "ssh-rsa",
                "\u{0}\u{0}\u{0}\u{20}", "\u{0}\u{0}\u{0}\u{0}",
            ]),
        FuzzTarget(
            name: "keys", judge: judgeKeys, seeds: keySeeds,
            words: [
                "ssh-ed25519 ", "ssh-rsa ", "age1", "age1pq1", "+", "untrusted comment: ", "RWQ",
            ]),
    ]

    private static let content = Array("what is signed\n".utf8)
    private static let vault = Made.record
    private static let origin = AuditCheckpoint.origin(of: Made.record)
    private static let begin = "-----BEGIN SSH SIGNATURE-----"
    private static let end = "-----END SSH SIGNATURE-----"
    private static let key = Made.signer(5).publicKey

    private static func made<Value>(_ body: () throws(VaultError) -> Value) -> Value {
        do {
            return try body()
        } catch {
            fatalError("nothing could be signed: \(error)")
        }
    }

    // MARK: Notes

    /// A note over a text, signed by the key that is known.
    private static func note(_ text: String) -> SignedNote? {
        guard var note = try? SignedNote(text: text),
            (try? note.sign(with: Made.signer(5), name: origin)) != nil
        else { return nil }
        return note
    }

    private static let checkpoint = "\(origin)\n12\n\(Base64.string(Made.bytes(1)))\n"

    private static func noteSeeds() -> [[UInt8]] {
        let facts = #"{"v":1}"#
        let digest = Base64.string(SHA256Digest.hash(utf8: facts))
        let statement = "\(origin)/destruction\n\(digest)\nAll is gone.\n"
        var two = note(checkpoint)
        _ = try? two?.sign(with: Made.signer(6), name: "example.org/witness")
        return [
            [0] + (note(checkpoint)?.file ?? []), [0] + (two?.file ?? []),
            .seed(1, checkpoint), .seed(1, "a\n\nb\n"), .seed(1, "\(origin)\n0\n\n"),
            [2] + (note(statement)?.file ?? []),
        ]
    }

    /// The first byte: 0 a note; 1 a text, which gets a good signature; 2 the note of a statement.
    private static func judgeNote(_ input: [UInt8]) -> String? {
        let (mode, rest) = input.split(3)
        if mode == 2 {
            guard let text = String(validating: rest, as: UTF8.self) else { return nil }
            let statement = SignedStatement(kind: .destruction, facts: #"{"v":1}"#, note: text)
            let sentence = statement.sentence(vault: vault, key: key)
            return sentence == nil || sentence == "All is gone." ? nil : "a sentence of nobody's"
        }
        guard mode == 1 else { return judge(note: rest, signs: nil) }
        guard let text = String(validating: rest, as: UTF8.self) else { return nil }
        guard let file = note(text)?.file else { return nil }
        return judge(note: file, signs: text)
    }

    private static func judge(note file: [UInt8], signs text: String?) -> String? {
        do throws(VaultError) {
            let note = try SignedNote(parsing: file)
            guard note.file == file else { return "a note is written otherwise" }
            let name = try NoteKey(name: origin, key: key)
            let verified = try note.verify(by: [name])
            let isKnown = verified.text == (text ?? checkpoint)
            guard isKnown, verified.signers == [name] else { return "a text that nobody signed" }
        } catch {
            if text != nil { return "a note that was signed is refused: \(error)" }
            if let flaw = Refused.flaw(error, [.damaged, .wrongKey]) { return flaw }
        }
        return judge(checkpoint: file, says: text ?? checkpoint)
    }

    private static func judge(checkpoint file: [UInt8], says text: String) -> String? {
        do throws(VaultError) {
            let read = try AuditCheckpoint(verifying: file, vault: vault, key: key)
            let said = "\(origin)\n\(read.size)\n\(Base64.string(read.root))\n"
            return said == text && read.size >= 0 ? nil : "a checkpoint says something else"
        } catch {
            return Refused.flaw(error, [.damaged, .badInput])
        }
    }

    // MARK: minisign

    private static let signed: [UInt8] = {
        var digest = BLAKE2bDigest(sizeBytes: Minisign.digestBytes)
        digest.update(content)
        let whole = digest.finalize()
        return made { () throws(VaultError) in
            try Minisign.sign(digest: whole, with: Made.signer(5), trustedComment: "time:1 é")
        }
    }()

    private static func minisignSeeds() -> [[UInt8]] {
        [
            signed, Array(signed.dropLast()),
            Array(
                String(decoding: signed, as: UTF8.self)
                    .replacing("RUQ", with: "RWQ").utf8),
        ]
    }

    private static func judgeMinisign(_ file: [UInt8]) -> String? {
        do throws(VaultError) {
            let signature = try MinisignSignature(parsing: file)
            let lines = file.split(separator: 0x0A, omittingEmptySubsequences: false)
            guard lines.count == 4 || lines.count == 5 && lines[4].isEmpty,
                lines[0].elementsEqual("untrusted comment: \(signature.untrustedComment)".utf8),
                lines[2].elementsEqual("trusted comment: \(signature.trustedComment)".utf8)
            else { return "another reader sees other comments" }
            try signature.verify(BytesSource(content), by: MinisignPublicKey(key))
            let original = signed.split(separator: 0x0A, omittingEmptySubsequences: false)
            return lines[1...3] == original[1...3] ? nil : "a changed signature holds"
        } catch {
            return Refused.flaw(error, [.damaged, .unsupported, .wrongKey])
        }
    }

    // MARK: SSH

    private static let sshSignature = made { () throws(VaultError) in
        try SSHSignature(
            signing: SHA512Digest.hash(content), with: Made.signer(5), namespace: "export@coffer")
    }

    /// The bytes inside an armour.
    private static func blob(_ file: [UInt8]) -> [UInt8] {
        let lines = file.split(separator: 0x0A)
        return Base64.decode(lines.dropFirst().dropLast().joined()) ?? []
    }

    private static func sshSeeds() -> [[UInt8]] {
        let file = sshSignature.file
        let lines = String(decoding: file, as: UTF8.self).split(separator: "\n").dropFirst()
            .dropLast().joined().map(String.init)
        let wide = stride(from: 0, to: lines.count, by: 76).map {
            lines[$0..<min($0 + 76, lines.count)].joined()
        }
        let other = ([begin] + wide + [end]).joined(separator: "\n") + "\n"
        return [[0] + file, .seed(0, other), [1] + blob(file)]
    }

    /// The first byte: 0 a file; 1 what is inside, which gets its armour.
    private static func judgeSSH(_ input: [UInt8]) -> String? {
        var (mode, file) = input.split(2)
        if mode == 1 {
            var text = begin + "\n"
            var rest = Base64.encode(file)[...]
            while !rest.isEmpty {
                text += String(decoding: rest.prefix(70), as: UTF8.self) + "\n"
                rest = rest.dropFirst(70)
            }
            file = Array((text + end + "\n").utf8)
        }
        do throws(VaultError) {
            let signature = try SSHSignature(parsing: file)
            guard blob(signature.file) == blob(file) else { return "it is written otherwise" }
            guard try SSHSignature(parsing: signature.file).file == signature.file else {
                return "it has two forms"
            }
            try signature.verify(BytesSource(content), by: key, namespace: "export@coffer")
            return signature.file == sshSignature.file ? nil : "a changed signature holds"
        } catch {
            return Refused.flaw(error, [.damaged, .unsupported, .wrongKey, .badInput])
        }
    }

    // MARK: Keys

    private static func keySeeds() -> [[UInt8]] {
        let named = try? NoteKey(name: "example.org/log", key: key)
        let line = (try? SSHPublicKey.line(key, comment: "anna@example")) ?? ""
        return [
            .seed(0, line), .seed(1, Made.identity.recipient.description), .seed(1, line),
            .seed(2, named?.description ?? ""), .seed(3, MinisignPublicKey(key).base64),
            [3] + ((try? MinisignPublicKey(key).file()) ?? []),
        ]
    }

    /// The first byte: 0 an SSH key; 1 a recipient; 2 a verifier key; 3 a key of minisign.
    private static func judgeKeys(_ input: [UInt8]) -> String? {
        let (mode, rest) = input.split(4)
        guard let text = String(validating: rest, as: UTF8.self) else { return nil }
        do throws(VaultError) {
            let isSame: Bool
            switch mode {
            case 0:
                let key = try SSHPublicKey.parse(line: text)
                let line = try SSHPublicKey.line(key, comment: "")
                isSame =
                    try SSHPublicKey.parse(line: line) == key && text.contains(line.dropFirst(12))
            case 1:
                let addressee = try AgeAddressee(text)
                isSame = try AgeAddressee(addressee.description) == addressee
            case 2: isSame = try NoteKey(parsing: text).description == text
            default:
                let key = try MinisignPublicKey(parsing: rest)
                let again = try MinisignPublicKey(parsing: key.file())
                isSame = again == key && text.contains(key.base64)
            }
            return isSame ? nil : "a key is written otherwise"
        } catch {
            return Refused.flaw(error, [.badInput, .unsupported, .damaged])
        }
    }
}
