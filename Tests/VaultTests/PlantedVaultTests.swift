import Foundation
import Synchronization
import Testing
import VaultCrypto

@testable import Vault

/// A stranger who can write to the vault's folder knows its public recipients, its header and the
/// wrapped identity, and can make a vault under a key of their own that all of these fit.
@Suite struct PlantedVaultTests {
    /// Turns a stranger's vault into one that the victim's passphrase would open.
    private func plant(_ theirs: TestVault, as ours: TestVault, logKey: [UInt8]?) throws {
        let victim = try VaultHeader.read(VaultLayout(directory: ours.directory))
        let slot = try Data(contentsOf: URL(filePath: ours.directory + "/slots/passphrase.age"))
        let vault = try theirs.open()
        let layout = vault.layout
        try vault.state.withLock { state in
            var header = state.header
            header.vault = victim.vault
            header.slots = victim.slots
            header.logKey = logKey ?? header.logKey
            let file = try KeyFiles.wrap(state.key, to: victim.slots.map(\.recipient))
            header.keyFileDigest = SHA256Digest.hash(file)
            header.authenticate(with: state.key)
            try DurableFile.replace(layout.keyFile(1), with: file)
            try DurableFile.replace(layout.slot("passphrase"), with: [UInt8](slot))
            try DurableFile.replace(layout.header, with: header.bytes)
        }
        try vault.close()
    }

    @Test(arguments: [false, true])
    func `a planted vault is refused`(claimsOurLogKey: Bool) throws {
        let ours = try TestVault()
        try ours.create().close()
        let theirs = try TestVault()
        try theirs.create().close()
        let logKey = try VaultHeader.read(VaultLayout(directory: ours.directory)).logKey
        try plant(theirs, as: ours, logKey: claimsOurLogKey ? logKey : nil)
        let error = #expect(throws: VaultError.self) { _ = try theirs.open() }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("another vault") == !claimsOurLogKey)
    }
}
