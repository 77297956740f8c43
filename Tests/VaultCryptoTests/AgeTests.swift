import Foundation
import Testing
import VaultCrypto

@Suite("age files")
struct AgeTests {
    @Test("A file comes back whole, whatever its size", arguments: [false, true])
    func roundTrip(armored: Bool) throws {
        let identity = AgeIdentity.generate()
        for size in [0, 1, 15, 16, 17, 47, 48, 49, 65_535, 65_536, 65_537, 131_072, 131_073] {
            let content = Pattern.bytes(size)
            let file = try Age.encrypt(content, to: [identity.recipient], armored: armored)
            #expect(try Pattern.decrypt(file, [identity]) == content, "size \(size)")
            let secret = try Age.decrypt(file, with: [identity])
            #expect(secret.withBytes { Array($0) } == content)
        }
    }

    @Test("Every one of several recipients opens the file, and nobody else")
    func severalRecipients() throws {
        let identities = (0..<5).map { _ in AgeIdentity.generate() }
        let file = try Age.encrypt([1, 2, 3], to: identities.map(\.recipient))
        for identity in identities {
            #expect(try Pattern.decrypt(file, [AgeIdentity.generate(), identity]) == [1, 2, 3])
        }
        expectFault(.noMatch, .wrongKey) { () throws(VaultError) in
            _ = try Age.decrypt(file, with: [.generate()])
        }
    }

    @Test("A passphrase opens its file, another one does not")
    func passphrase() throws {
        let secret = Pattern.secret("the content")
        let phrase = Pattern.secret("correct horse")
        let file = try Age.encrypt(secret, passphrase: phrase, log2N: 10)
        #expect(try Age.decrypt(file, passphrase: phrase).matches(secret))
        expectFault(.noMatch, .wrongKey) { () throws(VaultError) in
            _ = try Age.decrypt(file, passphrase: Pattern.secret("wrong horse"))
        }
    }
}
