import Testing
import VaultCrypto

@testable import Vault

/// Whose archives may be restored.
@Suite struct TrustTests {
    let place: TestVault
    let vault: Vault

    init() throws {
        place = try TestVault()
        vault = try place.create()
    }

    private static func fingerprint(_ seed: UInt8) throws -> String {
        SSHPublicKey.fingerprint(
            try VerifyingKey(
                bytes: SigningKey(
                    seed: SecretBytes(count: 32) { bytes in
                        for index in bytes.indices { bytes[index] = seed }
                    }
                ).publicKey.bytes))
    }

    @Test func `A key is trusted from its adding to its removal, and the log says both`() throws {
        let (first, second) = (try Self.fingerprint(1), try Self.fingerprint(2))
        #expect(try vault.trusts(vault.ownFingerprint()))
        #expect(try !vault.trusts(first))
        #expect(try vault.trust(first, name: "Büro"))
        #expect(try vault.trust(second, name: "laptop"))
        #expect(try !vault.trust(first, name: "another"))
        #expect(try !vault.trust(vault.ownFingerprint(), name: "own"))
        #expect(try vault.trustedKeys().map(\.name) == ["Büro", "laptop"])
        try vault.distrust(first)
        #expect(try !vault.trusts(first))
        #expect(try vault.trusts(second))
        #expect(throws: VaultError.self) { try vault.distrust(first) }
        var said: [String] = []
        try vault.forEachAuditEntry { entry, _ in
            if [.trustAdded, .trustRemoved].contains(entry.event) {
                said.append("\(entry.event.rawValue) \(entry.object ?? "")")
            }
        }
        #expect(said == ["trust.add \(first)", "trust.add \(second)", "trust.remove \(first)"])
        #expect(try vault.verifyAudit().faults.isEmpty)
    }

    @Test func `The list is recomputed from the log behind a state entry`() throws {
        let key = try Self.fingerprint(3)
        #expect(try vault.trust(key, name: "office"))
        for _ in 0..<(AuditState.stretch + 10) { _ = try vault.anchor() }
        try vault.close()
        let again = try place.open()
        #expect(try again.trusts(key))
        #expect(try again.trustedKeys().map(\.fingerprint) == [key])
        #expect(try again.verifyAudit().faults.isEmpty)
        try again.close()
    }

    @Test(arguments: ["SHA256:short", "MD5:x", "", "SHA256:" + String(repeating: "=", count: 43)])
    func `What is no fingerprint is refused`(_ text: String) throws {
        #expect(throws: VaultError.self) { try vault.trust(text, name: "x") }
    }
}
