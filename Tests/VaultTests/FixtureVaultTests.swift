import Foundation
import GRDB
import Testing
import VaultCrypto

@testable import Vault

/// A copy of a vault from `fixtures/vaults`, with the modes that git does not keep.
struct FixtureVault {
    private let copy: TestVault
    var directory: String { copy.directory }
    var identity: String { copy.folder + "/identity.txt" }

    init(_ name: String) throws {
        copy = try TestVault()
        let files = FileManager.default
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let fixture = root.appending(path: "fixtures/vaults").appending(path: name)
        try files.copyItem(
            at: fixture.appending(path: "vault.coffer"), to: URL(filePath: directory))
        try files.copyItem(
            at: fixture.appending(path: "identity.txt"), to: URL(filePath: identity))
        try files.createDirectory(
            atPath: directory + "/slots", withIntermediateDirectories: true)
        let inside = try files.subpathsOfDirectory(atPath: directory)
        for path in [directory, identity] + inside.map({ directory + "/" + $0 }) {
            var isFolder: ObjCBool = false
            _ = files.fileExists(atPath: path, isDirectory: &isFolder)
            let mode = isFolder.boolValue ? 0o700 : 0o600
            try files.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }
    }

    func open() throws -> Vault {
        try Vault.open(at: directory, by: .identityFile(identity), readers: .one)
    }
}

@Suite("Vaults of earlier formats")
struct FixtureVaultTests {
    @Test("A vault whose search was FTS5 is indexed anew, and says so meanwhile")
    func format1() throws {
        let fixture = try FixtureVault("format-1")
        var vault = try fixture.open()
        let before = try vault.search(SearchRequest("tide"))
        #expect(before.hits.isEmpty && before.indexed == 0 && before.total == 35)
        // Interrupted before the first step: nothing is lost, the next opening goes on.
        var asked = 0
        try vault.completeSearchIndex { left in
            asked = left
            return false
        }
        #expect(asked == 35)
        try vault.close()
        vault = try fixture.open()
        try vault.completeSearchIndex { _ in true }
        let after = try vault.search(SearchRequest("tide"))
        #expect(!after.hits.isEmpty && after.indexed == 35 && after.total == 35)
        let examination = try vault.examine(repairs: false) { (_) throws(VaultError) in }
        #expect(examination.faults.isEmpty, "\(examination.faults)")
        try vault.close()
    }

    @Test("What is imported before the old messages are indexed is found at once")
    func importBeforeIndexing() throws {
        let fixture = try FixtureVault("format-1")
        let vault = try fixture.open()
        let ingestion = try vault.beginIngestion()
        try ingestion.add(conversation("new", texts: ["a zeppelin over the harbour"]))
        _ = try ingestion.finish()
        #expect(try vault.search(SearchRequest("zeppelin")).hits.count == 1)
        try vault.completeSearchIndex { _ in true }
        let answer = try vault.search(SearchRequest("zeppelin OR tide"))
        #expect(answer.hits.count > 1 && answer.indexed == 36)
        #expect(try vault.store.read { try SearchUpkeep().check(isFull: true, in: $0) }.isSound)
        try vault.close()
        withExtendedLifetime(fixture) {}
    }
}
