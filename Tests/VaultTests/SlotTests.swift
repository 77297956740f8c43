import Foundation
import Testing
import Vault
import VaultCrypto

/// What the ways into a vault must never become.
@Suite struct SlotTests {
    @Test func `One recipient does not get two slots, of which removing one shuts nobody out`()
        throws
    {
        let test = try TestVault()
        let identity = AgeIdentity.generate()
        let vault = try test.create(recovery: identity.recipient)
        defer { try? vault.close() }
        let added = #expect(throws: VaultError.self) {
            try vault.addSlot(name: "second", kind: .recovery, recipient: identity.recipient)
        }
        #expect(added?.code == .exists)
        #expect(added?.message.contains("slot office") == true)
        try vault.addSlot(
            name: "second", kind: .recovery, recipient: AgeIdentity.generate().recipient)
        let rotated = #expect(throws: VaultError.self) {
            try vault.rotateSlot(name: "second", recipient: identity.recipient)
        }
        #expect(rotated?.code == .exists)
        #expect(Set(vault.slots.map(\.recipient)).count == 3)
    }

    @Test func `A vault is not made with one recipient twice`() throws {
        let test = try TestVault()
        let recipient = AgeIdentity.generate().recipient
        let error = #expect(throws: VaultError.self) {
            var creation = VaultCreation(custodian: "ada")
            creation.recipients = [
                ("recovery", .recovery, recipient), ("recovery-2", .recovery, recipient),
            ]
            _ = try Vault.create(at: test.directory, creation)
        }
        #expect(error?.code == .exists)
        #expect(try FileManager.default.contentsOfDirectory(atPath: test.folder).isEmpty)
    }

    @Test func `An older header of the same generation is found by the log`() throws {
        let test = try TestVault()
        try test.create().close()
        let names = ["coffer.json", "slots/passphrase.age", "generations/1/key.age"]
        let files = names.map { URL(filePath: "\(test.directory)/\($0)") }
        let first = try files.map { try Data(contentsOf: $0) }
        let vault = try test.open()
        try vault.addSlot(
            name: "escrow", kind: .recovery, recipient: AgeIdentity.generate().recipient)
        try vault.close()
        let second = try files.map { try Data(contentsOf: $0) }
        let rotating = try test.open()
        try rotating.rotatePassphraseSlot(
            name: "passphrase", passphrase: TestVault.passphrase("a new one"), workFactor: 4,
            allowsWeak: true)
        #expect(try rotating.verifyAudit().faults == [])
        try rotating.close()

        func faults(with older: [Data]) throws -> [String] {
            for (file, content) in zip(files, older) { try content.write(to: file) }
            let vault = try test.open()
            defer { try? vault.close() }
            return try vault.verifyAudit().faults.map { "\($0.path): \($0.fault)" }
        }
        let rotated = try faults(with: second)
        #expect(rotated.count == 1 && rotated[0].contains("slot passphrase as it was before"))
        let added = try faults(with: first)
        #expect(added.count == 2 && added[0].hasPrefix("coffer.json: has no slot escrow"))
    }

    @Test func `A removal, and a slot that comes again, contradict no entry`() throws {
        let test = try TestVault()
        let vault = try test.create()
        for _ in 0..<2 {
            try vault.addSlot(
                name: "escrow", kind: .recovery, recipient: AgeIdentity.generate().recipient)
            try vault.rotateSlot(name: "escrow", recipient: AgeIdentity.generate().recipient)
            #expect(try vault.verifyAudit().faults == [])
            try vault.removeSlot(name: "escrow")
            #expect(try vault.verifyAudit().faults == [])
        }
        try vault.close()
    }
}
