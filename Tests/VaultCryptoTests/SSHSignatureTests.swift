import Foundation
import Testing
import VaultCrypto

@Suite("SSH signatures")
struct SSHSignatureTests {
    private let content = Pattern.bytes(100_000)
    private let namespace = "coffer-archive"

    private func sign(_ content: [UInt8], _ key: borrowing SigningKey) throws -> [UInt8] {
        try SSHSignature(signing: SHA512Digest.hash(content), with: key, namespace: namespace).file
    }

    private func verify(
        _ file: [UInt8], _ content: [UInt8], _ key: VerifyingKey, _ namespace: String? = nil
    ) throws(VaultError) {
        try SSHSignature(parsing: file).verify(
            BytesSource(content), by: key, namespace: namespace ?? self.namespace)
    }

    @Test("A signature verifies with its key, content and namespace, and with no other")
    func roundTrip() throws {
        let key = SigningKey.generate()
        let publicKey = key.publicKey
        let file = try sign(content, key)
        try verify(file, content, publicKey)
        #expect(try SSHSignature(parsing: file).file == file)
        #expect(try SSHSignature(parsing: file).publicKey == publicKey)
        expectSignatureFault(.mismatch) { () throws(VaultError) in
            try verify(file, content + [0], publicKey)
        }
        expectSignatureFault(.otherKey) { () throws(VaultError) in
            try verify(file, content, SigningKey.generate().publicKey)
        }
        expectSignatureFault(.otherNamespace) { () throws(VaultError) in
            try verify(file, content, publicKey, "file")
        }
        #expect(throws: VaultError.self) {
            try SSHSignature(signing: SHA512Digest.hash([]), with: key, namespace: "")
        }
    }

    @Test("Whatever is changed in or cut off a signature file, it is refused")
    func tampering() throws {
        let key = SigningKey.generate()
        let publicKey = key.publicKey
        let file = try sign([1], key)
        for bad in tampered(file) {
            #expect(throws: VaultError.self) { try verify(bad, [1], publicKey) }
        }
        let text = String(decoding: file, as: UTF8.self)
        for bad in [
            text + "x", "x\n" + text, text.replacing("\n", with: "\r\n"), text + text,
            text.replacing("-----END", with: "\n-----END"), text.replacing("=", with: ""),
        ] where bad != text {
            expectSignatureFault(.malformed, "\(bad)") { () throws(VaultError) in
                try verify(Array(bad.utf8), [1], publicKey)
            }
        }
    }

    /// An SSH string: 4 bytes of length, then the bytes.
    private func string(_ bytes: [UInt8]) -> [UInt8] {
        [0, 0, 0, UInt8(bytes.count)] + bytes
    }

    /// A signature file with every field as given.
    private func file(
        magic: String = "SSHSIG", version: UInt8 = 1, keyType: String = "ssh-ed25519",
        namespace: String = "n", reserved: String = "", hash: String = "sha512",
        signature: Int = 64, rest: [UInt8] = []
    ) -> [UInt8] {
        let key = string(Array(keyType.utf8)) + string([UInt8](repeating: 7, count: 32))
        let value = [UInt8](repeating: 9, count: signature)
        var blob = Array(magic.utf8) + [0, 0, 0, version] + string(key)
        for field in [namespace, reserved, hash] { blob += string(Array(field.utf8)) }
        blob += string(string(Array("ssh-ed25519".utf8)) + string(value)) + rest
        let text = Base64.string(blob)
        var lines = ["-----BEGIN SSH SIGNATURE-----"]
        for start in stride(from: 0, to: text.utf8.count, by: 70) {
            lines.append(String(text.dropFirst(start).prefix(70)))
        }
        return Array((lines + ["-----END SSH SIGNATURE-----", ""]).joined(separator: "\n").utf8)
    }

    @Test("Every field that is wrong, in use or left over is refused for its reason")
    func fields() throws {
        #expect(try SSHSignature(parsing: file()).namespace == "n")
        let cases: [(SignatureFault, [UInt8])] = [
            (.malformed, file(magic: "SSHSIX")), (.unsupported, file(version: 2)),
            (.unsupported, file(keyType: "ssh-rsa")), (.malformed, file(namespace: "")),
            (.malformed, file(namespace: "a\u{1}")), (.malformed, file(reserved: "x")),
            (.unsupported, file(hash: "sha256")), (.malformed, file(signature: 63)),
            (.malformed, file(rest: [0])),
        ]
        for (fault, bad) in cases {
            expectSignatureFault(fault) { () throws(VaultError) in
                _ = try SSHSignature(parsing: bad)
            }
        }
    }

    @Test("Public key lines and fingerprints are read and written; other kinds are refused")
    func publicKeys() throws {
        let key = SigningKey.generate().publicKey
        let line = try SSHPublicKey.line(key, comment: "archive key")
        #expect(try SSHPublicKey.parse(line: line + "\n") == key)
        for bad in ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-ed25519 " + line, "hello AAAA"] {
            #expect(throws: VaultError.self, "\(bad)") { try SSHPublicKey.parse(line: bad) }
        }
        let other = #expect(throws: VaultError.self) {
            try SSHPublicKey.parse(line: "ssh-rsa AAAA")
        }
        #expect(other?.code == .unsupported)
        for bad in ["a b", "a\"b", "", "*", "a,b", "!a", "a\nb"] {
            #expect(throws: VaultError.self, "\(bad)") {
                try SSHPublicKey.allowedSignersLine(principals: [bad], key: key)
            }
        }
        #expect(throws: VaultError.self) { try SSHPublicKey.line(key, comment: "a\nb") }
    }

    @Test("ssh-keygen prints the same fingerprint", .enabled(if: Tool.has("ssh-keygen")))
    func fingerprint() throws {
        let folder = try TemporaryFolder()
        let key = SigningKey.generate().publicKey
        try folder.write("key.pub", Array((SSHPublicKey.line(key, comment: "c") + "\n").utf8))
        let shown = try Tool.run("ssh-keygen", ["-l", "-f", "key.pub"], in: folder)
        let text = String(decoding: shown.standardOutput, as: UTF8.self)
        #expect(text == "256 \(SSHPublicKey.fingerprint(key)) c (ED25519)\n")
    }

    @Test(
        "ssh-keygen verifies what we sign, and refuses it altered",
        .enabled(if: Tool.has("ssh-keygen")))
    func weSign() throws {
        let folder = try TemporaryFolder()
        let key = SigningKey.generate()
        let line = try SSHPublicKey.allowedSignersLine(
            principals: ["officer@example.com"], key: key.publicKey, namespaces: [namespace])
        try folder.write("signers", Array((line + "\n").utf8))
        try folder.write("sig", sign(content, key))
        func status(_ content: [UInt8], _ namespace: String) throws -> Int32 {
            let arguments = [
                "-Y", "verify", "-f", "signers", "-I", "officer@example.com", "-n", namespace, "-s",
                "sig",
            ]
            return try Tool.run("ssh-keygen", arguments, input: content, in: folder).status
        }
        #expect(try status(content, namespace) == 0)
        #expect(try status(content + [0], namespace) != 0)
        #expect(try status(content, "file") != 0)
    }

    @Test(
        "We verify what ssh-keygen signs, and refuse it altered",
        .enabled(if: Tool.has("ssh-keygen")))
    func sshKeygenSigns() throws {
        let folder = try TemporaryFolder()
        let made = try Tool.run(
            "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "x", "-f", "key"], in: folder)
        try #require(made.status == 0, "\(made.standardError)")
        try folder.write("content", content)
        let arguments = ["-Y", "sign", "-f", "key", "-n", namespace, "content"]
        let signed = try Tool.run("ssh-keygen", arguments, in: folder)
        try #require(signed.status == 0, "\(signed.standardError)")
        let line = String(decoding: try folder.read("key.pub"), as: UTF8.self)
        let key = try SSHPublicKey.parse(line: line)
        let file = try folder.read("content.sig")
        try verify(file, content, key)
        expectSignatureFault(.mismatch) { () throws(VaultError) in
            try verify(file, content.dropLast(), key)
        }
    }

    @Test(
        "Signatures by keys and hashes that are not handled are called unsupported",
        .enabled(if: Tool.has("ssh-keygen")))
    func unsupported() throws {
        let folder = try TemporaryFolder()
        try folder.write("content", content)
        for (kind, options) in [("ecdsa", []), ("ed25519", ["-O", "hashalg=sha256"])] {
            let made = try Tool.run(
                "ssh-keygen", ["-q", "-t", kind, "-N", "", "-f", kind], in: folder)
            try #require(made.status == 0, "\(made.standardError)")
            let arguments = ["-Y", "sign", "-f", kind, "-n", namespace] + options + ["content"]
            let signed = try Tool.run("ssh-keygen", arguments, in: folder)
            try #require(signed.status == 0, "\(signed.standardError)")
            let file = try folder.read("content.sig")
            try FileManager.default.removeItem(atPath: folder.path("content.sig"))
            expectSignatureFault(.unsupported) { () throws(VaultError) in
                _ = try SSHSignature(parsing: file)
            }
        }
    }
}
