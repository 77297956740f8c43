import Testing
import VaultCrypto

@Suite("Ed25519 keys")
struct SigningKeyTests {
    @Test("Keys and signatures are those of RFC 8032, section 7.1")
    func vectors() throws {
        let key = try SigningKey(
            seed: Pattern.secret(
                Pattern.bytes(
                    hex: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")))
        let publicKey = key.publicKey
        #expect(
            Pattern.hex(publicKey.bytes)
                == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
        let signature = key.sign([0x72])
        #expect(
            Pattern.hex(signature)
                == "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
        #expect(publicKey.isValid(signature, for: [0x72]))
        #expect(!publicKey.isValid(signature, for: [0x73]))
        #expect(!publicKey.isValid(signature.dropLast(), for: [0x72]))
    }

    @Test("A key made again from its seed is the same")
    func seed() throws {
        let key = SigningKey.generate()
        let again = try SigningKey(seed: key.seed())
        let (first, second) = (key.publicKey, again.publicKey)
        #expect(first == second)
        #expect(throws: VaultError.self) {
            _ = try SigningKey(seed: Pattern.secret([1, 2, 3]))
        }
        #expect(throws: VaultError.self) { try VerifyingKey(bytes: [1]) }
    }

    @Test("A public key of low order verifies nothing")
    func lowOrder() throws {
        let identity = try VerifyingKey(bytes: [1] + [UInt8](repeating: 0, count: 31))
        let forged = [1] + [UInt8](repeating: 0, count: 63)
        #expect(!identity.isValid(forged, for: [1, 2, 3]))
    }
}

/// Expects a signature file to be refused for the given reason.
func expectSignatureFault(
    _ fault: SignatureFault, _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws(VaultError) -> Void
) {
    do {
        try body()
        Issue.record(comment ?? "was accepted", sourceLocation: sourceLocation)
    } catch {
        #expect(
            error.underlying as? SignatureFault == fault, comment, sourceLocation: sourceLocation)
    }
}

/// Every file that differs from a good one in one bit or is cut, but for a last line feed.
func tampered(_ file: [UInt8], except skipped: Range<Int> = 0..<0) -> [[UInt8]] {
    var variants = (0..<file.count - 1).map { Array(file[..<$0]) }
    for position in file.indices where !skipped.contains(position) {
        var bad = file
        bad[position] ^= 1 << UInt8(position % 7)
        variants.append(bad)
    }
    return variants
}
