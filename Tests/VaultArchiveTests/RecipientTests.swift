import Foundation
import Testing
import VaultCrypto

@testable import VaultArchive

/// Encrypted archives that somebody opened and encrypted anew.
@Suite("Recipients of archives")
struct RecipientTests {
    private let place: TemporaryFolder
    private let alice = AgeIdentity.generate()
    private let mallory = AgeIdentity.generate()

    init() throws {
        place = try TemporaryFolder()
        let recipient = alice.recipient
        try place.export(Samples.source, "out.tar.age") {
            $0.encryption = .recipients([.x25519(recipient)])
        }
    }

    private func verify(
        _ name: String, _ identity: AgeIdentity
    ) throws -> ArchiveVerifier.Result {
        try ArchiveVerifier.verify("\(place.path)/\(name)", key: .identities([identity]))
    }

    private func plain() throws -> [UInt8] {
        let opened = try Age.decrypt(try place.read("out.tar.age"), with: [alice])
        return unsafe opened.withBytes { unsafe Array($0) }
    }

    private func faults(to recipients: [AgeRecipient], _ identity: AgeIdentity) throws -> [String] {
        try place.write("again.tar.age", try Age.encrypt(try plain(), to: recipients))
        return try verify("again.tar.age", identity).faults.map(\.fault)
    }

    @Test("The recipients are told, and whom the signed part does not name is a fault")
    func recipients() throws {
        let result = try verify("out.tar.age", alice)
        #expect(result.faults == [])
        #expect(result.recipients == [alice.recipient.description] && result.isEncrypted)
        #expect(try faults(to: [alice.recipient], alice) == [])
        #expect(
            try faults(to: [mallory.recipient], mallory)
                == ["it is encrypted to somebody whom meta/export.json does not name"])
        #expect(
            try faults(to: [alice.recipient, mallory.recipient], alice)
                == ["it is encrypted to 2 recipients, and meta/export.json names 1"])
    }

    @Test("Another SSH key in the place of one that the signed part names is a fault")
    func sshKeys() throws {
        let (bob, eve) = (try testKey(8).publicKey, try testKey(9).publicKey)
        let recipient = alice.recipient
        try place.export(Samples.source, "two.tar.age") {
            $0.encryption = .recipients([.x25519(recipient), .ssh(bob)])
        }
        #expect(try verify("two.tar.age", alice).faults == [])
        let content = try Age.decrypt(try place.read("two.tar.age"), with: [alice])
        let sink = BytesSink()
        let encryptor = try AgeEncryptor(
            addressees: [.x25519(recipient), .ssh(eve)], output: sink)
        try encryptor.write(content)
        try encryptor.finish()
        try place.write("again.tar.age", sink.bytes)
        #expect(
            try verify("again.tar.age", alice).faults.map(\.fault)
                == ["it is encrypted to other SSH keys than meta/export.json names"])
    }

    @Test("A passphrase in the place of recipients is a fault")
    func passphrase() throws {
        let words = ArchivePassphrase(
            SecretBytes(count: 4) { $0.initializeMemory(as: UInt8.self, repeating: 0x61) },
            log2N: 4)
        func verify(_ name: String) throws -> ArchiveVerifier.Result {
            try ArchiveVerifier.verify("\(place.path)/\(name)", key: .passphrase(words))
        }
        try place.export(Samples.source, "own.tar.age") { $0.encryption = .passphrase(words) }
        let own = try verify("own.tar.age")
        #expect(own.faults == [] && own.recipients == ["passphrase"])
        let content = SecretBytes(count: try plain().count) { room in
            unsafe room.copyBytes(from: (try? plain()) ?? [])
        }
        try place.write(
            "again.tar.age", try Age.encrypt(content, passphrase: words.secret, log2N: 4))
        #expect(
            try verify("again.tar.age").faults.map(\.fault)
                == ["a passphrase opens it, and meta/export.json names recipients"])
    }

    @Test("An archive that somebody decrypted, or encrypted that was in the clear, is whole")
    func others() throws {
        try place.write("out.tar", try plain())
        #expect(try place.verify("out.tar").faults == [])
        try place.export(Samples.source, "clear.tar")
        let clear = try place.read("clear.tar")
        try place.write("clear.tar.age", try Age.encrypt(clear, to: [mallory.recipient]))
        let result = try verify("clear.tar.age", mallory)
        #expect(result.faults == [] && result.recipients == [] && result.isEncrypted)
    }

    @Test("A changed line of the header is a fault, and a wrong key stays one")
    func header() throws {
        let good = try place.read("out.tar.age")
        let end = try #require(good.firstIndex(of: 0x0A))
        for change in [end - 1, end + 2, end + 4] {
            var bad = good
            bad[change] ^= 4
            try place.write("bad.tar.age", bad)
            #expect(try verify("bad.tar.age", alice).faults.count == 1, "\(change)")
        }
        let error = #expect(throws: VaultError.self) { try verify("out.tar.age", mallory) }
        #expect(error?.code == .wrongKey && error?.message.contains("was altered") == true)
    }
}
