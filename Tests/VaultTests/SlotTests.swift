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
}
