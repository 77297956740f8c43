import Foundation
import Synchronization
import Testing
import VaultCrypto

@testable import Vault

@Suite struct LifecycleTests {
    @Test func `a new vault opens with its passphrase and not with another`() throws {
        let test = try TestVault()
        let id = try {
            let vault = try test.create()
            defer { try? vault.close() }
            return vault.id
        }()
        let vault = try test.open()
        #expect(vault.id == id)
        try vault.close()
        let error = #expect(throws: VaultError.self) { _ = try test.open("wrong") }
        #expect(error?.code == .wrongKey)
    }

    @Test func `a closed vault has no key, whoever goes on holding it`() throws {
        let test = try TestVault()
        let made = try test.create()
        try made.close()
        #expect(made.state.withLock { $0.key.count } == 0)
        let opened = try test.open()
        #expect(opened.state.withLock { $0.key.count } == 32)
        try opened.close()
        #expect(opened.state.withLock { $0.key.count } == 0)
    }

    @Test func `nothing is initialised over`() throws {
        let test = try TestVault()
        try test.create().close()
        let error = #expect(throws: VaultError.self) { _ = try test.create() }
        #expect(error?.code == .exists)
    }

    @Test func `absent, damaged and newer vaults are told apart`() throws {
        let test = try TestVault()
        #expect(throws: VaultError.self) { _ = try test.open() }
        try test.create().close()
        let header = test.directory + "/coffer.json"
        let good = try Data(contentsOf: URL(filePath: header))

        var damaged = good
        damaged[20] ^= 1
        try damaged.write(to: URL(filePath: header))
        #expect(#expect(throws: VaultError.self) { _ = try test.open() }?.code == .damaged)

        let newer = String(decoding: good, as: UTF8.self)
            .replacingOccurrences(of: "\"format\":1", with: "\"format\":2")
        try Data(newer.utf8).write(to: URL(filePath: header))
        #expect(#expect(throws: VaultError.self) { _ = try test.open() }?.code == .newerFormat)

        try FileManager.default.removeItem(atPath: header)
        #expect(#expect(throws: VaultError.self) { _ = try test.open() }?.code == .damaged)
    }

    @Test func `a recovery identity opens the vault and so does a passphrase`() throws {
        let test = try TestVault()
        let identity = AgeIdentity.generate()
        try test.create(recovery: identity.recipient).close()
        let path = try test.write(identity)
        try Vault.open(at: test.directory, by: .identityFile(path)).close()
        try test.open().close()
    }

    @Test func `a removed slot opens nothing and the vault moves to a new generation`() throws {
        let test = try TestVault()
        let identity = AgeIdentity.generate()
        let path = try test.write(identity)
        let vault = try test.create(recovery: identity.recipient)
        try vault.ingest([conversation("a", texts: ["hello", "there"])])
        try vault.removeSlot(name: "office")
        #expect(try vault.status().generation == 2)
        try vault.close()
        let error = #expect(throws: VaultError.self) {
            _ = try Vault.open(at: test.directory, by: .identityFile(path))
        }
        #expect(error?.code == .wrongKey)
        let again = try test.open()
        #expect(try again.examine(repairs: false).faults == [])
        #expect(try again.status().conversations == 1)
        try again.close()
    }

    @Test func `a rotated passphrase slot opens with the new passphrase only`() throws {
        let test = try TestVault()
        let vault = try test.create()
        try vault.rotatePassphraseSlot(
            name: "passphrase", passphrase: TestVault.passphrase("new one"), workFactor: 4,
            allowsWeak: true)
        try vault.close()
        #expect(throws: VaultError.self) { _ = try test.open() }
        let again = try test.open("new one")
        #expect(try again.examine(repairs: false).faults == [])
        try again.close()
    }
}
