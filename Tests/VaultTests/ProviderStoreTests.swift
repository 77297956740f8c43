import Foundation
import GRDB
import JSONText
import Testing
import VaultCrypto

@testable import Vault

@Suite("Providers of a vault")
struct ProviderStoreTests {
    private static let work = ProviderSettings(
        name: "work", kind: "gateway",
        settings: [
            "baseAddress": .string("llm.example.org"),
            "models": .array([.object(["id": .string("made-up-1"), "maximumTokens": .integer(9)])]),
        ])

    private func secret(_ text: String) -> SecretBytes { TestVault.passphrase(text) }

    private func text(_ secret: borrowing SecretBytes) -> String {
        secret.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `settings are kept by name, changed and removed, and the log says so`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        try vault.setProvider(Self.work)
        var other = Self.work
        other.kind = "another"
        try vault.setProvider(other)
        #expect(try vault.providers() == [other] && vault.provider("work") == other)
        try vault.setSecret("key", of: "work", secret("sesame"))
        try vault.removeProvider("work")
        #expect(try vault.providers() == [])
        #expect(throws: VaultError.self) { try vault.provider("work") }
        #expect(throws: VaultError.self) { try vault.removeProvider("work") }
        var events: [String] = []
        try vault.forEachAuditEntry { entry, _ in events.append(entry.event.rawValue) }
        #expect(
            events.suffix(4) == [
                "provider.set", "provider.set", "provider.secret", "provider.remove",
            ])
        #expect(try vault.verifyAudit().faults == [] && vault.examine(repairs: false).isClean)
    }

    @Test func `a provider and its secret are stored together or not at all`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        #expect(throws: VaultError.self) {
            try vault.setProvider(Self.work, with: "key", secret(""))
        }
        #expect(try vault.providers() == [])
        try vault.setProvider(Self.work, with: "key", secret("sesame"))
        #expect(try vault.providers() == [Self.work])
        #expect(try text(vault.secret("key", of: "work")) == "sesame")
        #expect(try vault.verifyAudit().faults == [])
    }

    @Test func `a secret is given back, and is in no log and after its removal nowhere`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        let word = "canarysecretofours"
        try vault.setProvider(Self.work)
        try vault.setSecret("key", of: "work", secret("earlier"))
        try vault.setSecret("key", of: "work", secret(word))
        #expect(try text(vault.secret("key", of: "work")) == word)
        #expect(try vault.secretNames(of: "work") == ["key"])
        // Settings that are set anew keep it.
        try vault.setProvider(Self.work)
        #expect(try text(vault.secret("key", of: "work")) == word)
        try vault.forEachAuditEntry { entry, document in
            #expect(!entry.line.contains(word) && document?.contains(word) != true)
        }
        #expect(try DecryptedPages(of: vault).words(of: [word]) == [word])
        try vault.removeProvider("work")
        try vault.store.foldLog()
        #expect(try DecryptedPages(of: vault).words(of: [word]).isEmpty)
        #expect(throws: VaultError.self) { _ = try vault.secret("key", of: "work") }
        #expect(throws: VaultError.self) { try vault.setSecret("key", of: "none", secret("a")) }
    }

    @Test(arguments: ["apiKey", "client_secret", "Token", "PASSWORD"])
    func `a secret among the settings is refused`(member: String) throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        var provider = Self.work
        provider.settings["deep"] = .array([.object([member: .string("sesame")])])
        let error = #expect(throws: VaultError.self) { try vault.setProvider(provider) }
        #expect(error?.code == .badInput && error?.message.contains("sesame") == false)
        #expect(try vault.providers() == [])
    }
}
