import Foundation
import Testing
import VaultCrypto

@Suite("minisign")
struct MinisignTests {
    private let content = Pattern.bytes(100_000)

    private func digest(_ content: [UInt8]) -> [UInt8] {
        var digest = BLAKE2bDigest()
        digest.update(content)
        return digest.finalize()
    }

    private func verify(
        _ file: [UInt8], _ content: [UInt8], _ key: MinisignPublicKey
    ) throws(VaultError) {
        try MinisignSignature(parsing: file).verify(BytesSource(content), by: key)
    }

    @Test("A signature verifies with its key and content, and with no other")
    func roundTrip() throws {
        let key = SigningKey.generate()
        let publicKey = MinisignPublicKey(key.publicKey)
        let file = try Minisign.sign(digest: digest(content), with: key, trustedComment: "é 1")
        try verify(file, content, publicKey)
        try MinisignSignature(parsing: file).verify(digest: digest(content), by: publicKey)
        #expect(try MinisignSignature(parsing: file).trustedComment == "é 1")
        #expect(try MinisignPublicKey(parsing: publicKey.file()) == publicKey)
        #expect(try MinisignPublicKey(parsing: Array(publicKey.base64.utf8)) == publicKey)
        expectSignatureFault(.mismatch) { () throws(VaultError) in
            try verify(file, content + [0], publicKey)
        }
        expectSignatureFault(.otherKey) { () throws(VaultError) in
            try verify(file, content, MinisignPublicKey(SigningKey.generate().publicKey))
        }
    }

    @Test("Whatever is changed in or cut off a signature file, it is refused")
    func tampering() throws {
        let key = SigningKey.generate()
        let publicKey = MinisignPublicKey(key.publicKey)
        let file = try Minisign.sign(digest: digest([1]), with: key, trustedComment: "text")
        // The untrusted comment is what its name says.
        let comment = "untrusted comment: ".utf8.count..<(file.firstIndex(of: 10) ?? 0)
        for bad in tampered(file, except: comment) {
            #expect(throws: VaultError.self) { try verify(bad, [1], publicKey) }
        }
        let text = String(decoding: file, as: UTF8.self)
        for bad in [
            text + "\n", text + "x", "\n" + text, text.replacing("\n", with: "\r\n"),
            text.replacing("trusted comment: text", with: "trusted comment: te\u{1}xt"),
        ] {
            #expect(throws: VaultError.self) { try verify(Array(bad.utf8), [1], publicKey) }
        }
    }

    @Test("Comments of two lines or too long are not written")
    func comments() {
        for comment in ["a\nb", "a\rb", String(repeating: "x", count: 8_192)] {
            let error = #expect(throws: VaultError.self) {
                try Minisign.sign(
                    digest: digest([1]), with: SigningKey.generate(), trustedComment: comment)
            }
            #expect(error?.code == .badInput)
        }
    }

    @Test(
        "minisign verifies what we sign, and refuses it altered", .enabled(if: Tool.has("minisign"))
    )
    func weSign() throws {
        let folder = try TemporaryFolder()
        let key = SigningKey.generate()
        try folder.write("content", content)
        try folder.write("key.pub", MinisignPublicKey(key.publicKey).file())
        let file = try Minisign.sign(
            digest: digest(content), with: key, trustedComment: "matter 7")
        try folder.write("content.minisig", file)
        let arguments = ["-V", "-p", "key.pub", "-m", "content"]
        let good = try Tool.run("minisign", arguments, in: folder)
        #expect(good.status == 0, "\(good.standardError)")
        #expect(String(decoding: good.standardOutput, as: UTF8.self).contains("matter 7"))
        let forced = try Tool.run("minisign", arguments + ["-H"], in: folder)
        #expect(forced.status == 0)
        let text = String(decoding: file, as: UTF8.self).replacing("matter 7", with: "matter 8")
        try folder.write("content.minisig", Array(text.utf8))
        #expect(try Tool.run("minisign", arguments, in: folder).status != 0)
        try folder.write("content.minisig", file)
        try folder.write("content", content + [0])
        #expect(try Tool.run("minisign", arguments, in: folder).status != 0)
    }

    @Test(
        "We verify what minisign signs, prehashed and legacy, and refuse it altered",
        .enabled(if: Tool.has("minisign")), arguments: [["-S"], ["-S", "-l"]])
    func minisignSigns(mode: [String]) throws {
        let folder = try TemporaryFolder()
        try folder.write("content", content)
        let made = try Tool.run(
            "minisign", ["-G", "-W", "-f", "-p", "key.pub", "-s", "key.sec"], in: folder)
        try #require(made.status == 0, "\(made.standardError)")
        let arguments = mode + ["-s", "key.sec", "-m", "content", "-t", "the comment"]
        let signed = try Tool.run("minisign", arguments, in: folder)
        try #require(signed.status == 0, "\(signed.standardError)")
        let publicKey = try MinisignPublicKey(parsing: folder.read("key.pub"))
        let file = try folder.read("content.minisig")
        try verify(file, content, publicKey)
        let signature = try MinisignSignature(parsing: file)
        #expect(signature.trustedComment == "the comment")
        #expect(signature.isPrehashed == !mode.contains("-l"))
        expectSignatureFault(.mismatch) { () throws(VaultError) in
            try verify(file, content.dropLast(), publicKey)
        }
    }
}
