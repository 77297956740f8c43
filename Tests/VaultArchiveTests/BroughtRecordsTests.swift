import Policy
import Testing
import VaultCrypto

@testable import Vault
@testable import VaultArchive

/// What an archive of another vault brought moves no date of disposal and keeps no import's text
/// out, wherever it goes from there.
@Suite("What came from another vault")
struct BroughtRecordsTests {
    let world: RestoreWorld
    let ada: Vault
    let bob: Vault
    /// Has what Bob's vault had before anything came from Ada's: a backup of it.
    let backup: Vault

    private static let texts = [("a", "first words"), ("b", "second words")]

    init() throws {
        world = try RestoreWorld()
        ada = try world.vault("ada")
        bob = try world.vault("bob", trusting: [ada])
        backup = try world.vault("backup")
    }

    private func item(_ vault: Vault) throws -> RetentionItem {
        let id = try #require(try vault.conversationIDs().first)
        return try #require(
            try vault.store.read { db in try FactsReader(db: db).conversation(id)?.item })
    }

    private func expectSound(_ vaults: [Vault]) throws {
        for vault in vaults {
            #expect(try vault.verifyAudit().faults == [])
            let index = try vault.searchCompleteness()
            #expect(index.indexed == index.total && index.unreadable == 0)
        }
    }

    /// Ada's archive adds a message to Bob's conversation, its record changed.
    private func add(_ change: (RestoredRecord) -> [RestoredRecord]) throws {
        try bob.ingest("c1", modified: 5, Self.texts)
        _ = try world.restore(
            world.export(bob, "early"), into: backup, by: backup.ownFingerprint())
        try ada.ingest("c1", modified: 5, Self.texts + [("c", "added words")])
        let report = try world.restore(
            world.export(ada, "bag"), into: bob, by: ada.ownFingerprint()
        ) { records in
            guard let place = records.firstIndex(where: { $0.envelope.originID == "c" }) else {
                return
            }
            records.replaceSubrange(place...place, with: change(records[place]))
        }
        #expect(report.messages.added == 1 && report.messages.conflicts == 0)
    }

    private func addOfFarDate() throws {
        let far = try #require(Instant("2199-01-01T00:00:00Z"))
        try add { [$0.sealed { $0.created = far }] }
    }

    @Test("An archive of the vault itself, into a backup of it, puts off no deletion either")
    func ownArchive() throws {
        try addOfFarDate()
        let before = try item(backup)
        let report = try world.restore(
            world.export(bob, "own"), into: backup, by: backup.ownFingerprint())
        #expect(report.messages.added == 1)
        let after = try item(backup)
        #expect(after.created == before.created && after.modified == before.modified)
        #expect(after.added == testTime(0).milliseconds && before.added == nil)
        try expectSound([bob, backup])
    }

    @Test("Nor does one that a new vault restores, which exports the same payload and marks again")
    func newVault() throws {
        try addOfFarDate()
        let other = try world.vault("other", trusting: [bob])
        try world.restore(world.export(bob, "own"), into: other)
        let (old, new) = (try item(bob), try item(other))
        #expect(old.created == testTime(1).milliseconds && new.created == old.created)
        #expect(new.modified == old.modified && new.added == old.added && new.added != nil)
        try world.export(other, "again")
        #expect(try world.payload("own") == world.payload("again"))
        let said = try ["own", "again"].map { try #require(try world.brought($0).first) }
        #expect(said[0].messages.count == 1 && said[1].messages == said[0].messages)
        #expect(!said[0].isWhole && said[1].isWhole)
        #expect(try world.place.verify("again").faults == [])
        try expectSound([other])
    }

    @Test("An archive without anything from another vault says nothing of it")
    func nothingBrought() throws {
        try bob.ingest("c1", Self.texts)
        try world.export(bob, "own")
        #expect(try !world.place.files("own").contains("meta/restored.jsonl"))
    }

    @Test("What an import said of such a message since counts, in the next vault too")
    func importedSince() throws {
        try addOfFarDate()
        try bob.ingest("c1", modified: 6, Self.texts + [("c", "genuine words")])
        #expect(try item(bob).created == testTime(2).milliseconds)
        let other = try world.vault("other", trusting: [bob])
        try world.restore(world.export(bob, "own"), into: other)
        #expect(try item(other).created == testTime(2).milliseconds)
        #expect(try world.brought("own").first?.messages.values.map(\.version) == [1])
    }

    @Test("An archive cannot mark what comes later, neither versions nor moments")
    func beyond() throws {
        try addOfFarDate()
        let path = try world.export(bob, "own")
        let other = try world.vault("other", trusting: [bob])
        var brought = try #require(try world.brought("own").first)
        let far = try #require(Instant("2199-01-01T00:00:00Z"))
        for id in brought.messages.keys {
            brought.messages[id] = .init(version: 99, restored: far)
        }
        _ = try world.restore(path, into: other, by: bob.ownFingerprint(), brought: brought)
        #expect(try item(other).added == testTime(0).milliseconds)
        try other.ingest("c1", modified: 7, Self.texts + [("c", "genuine words")])
        #expect(try item(other).created == testTime(2).milliseconds)
    }

    @Test("An older import without dates makes no foreign date count, and its text is shown")
    func undatedImport() throws {
        try addOfFarDate()
        let before = try item(bob)
        let genuine = Self.texts + [("c", "genuine words")]
        for _ in 0..<2 { try bob.ingest("c1", modified: 2, isDated: false, genuine) }
        let after = try item(bob)
        #expect(after.created == before.created && after.modified == before.modified)
        #expect(try bob.texts() == ["first words", "genuine words", "second words"])
        let id = try #require(try bob.conversationIDs().first)
        #expect(try bob.withSnapshot { try $0.earlierVersions(of: id) }.count == 1)
        try expectSound([bob])
    }

    @Test("An import of the last of several versions makes no date of an earlier one count")
    func earlierVersion() throws {
        let far = try #require(Instant("2199-01-01T00:00:00Z"))
        try add { [$0.sealed { $0.created = far }, $0.sealed { $0.version = 2 }] }
        #expect(try item(bob).created == testTime(1).milliseconds)
        try bob.ingest("c1", modified: 6, Self.texts + [("c", "added words")])
        #expect(try item(bob).created == testTime(2).milliseconds)
        #expect(try item(bob).added != nil)
        try expectSound([bob])
    }

    @Test("An archive's date of a conversation keeps no import's texts out, however late it is")
    func firstBrought() throws {
        try ada.ingest("c9", modified: 90_000_000, [("a", "forged"), ("b", "forged too")])
        try world.restore(world.export(ada, "bag"), into: bob)
        try bob.ingest("c9", modified: 1, [("a", "genuine"), ("b", "genuine too")])
        #expect(try bob.texts() == ["genuine", "genuine too"])
        let id = try #require(try bob.conversationIDs().first)
        #expect(try bob.withSnapshot { try $0.earlierVersions(of: id) }.count == 2)
        // Of imports, the newer one counts as ever.
        try bob.ingest("c9", modified: 3, [("a", "genuine, edited"), ("b", "genuine too")])
        try bob.ingest("c9", modified: 2, [("a", "out of date"), ("b", "genuine too")])
        #expect(try bob.texts() == ["genuine too", "genuine, edited"])
        // The vault's own archive knows of it.
        _ = try world.restore(
            world.export(bob, "own"), into: backup, by: backup.ownFingerprint())
        #expect(try world.brought("own").first?.modified == testTime(3))
        try backup.ingest("c9", modified: 4, [("a", "newest"), ("b", "genuine too")])
        #expect(try backup.texts() == ["genuine too", "newest"])
        try expectSound([bob, backup])
    }

    @Test("A conversation that an archive brought goes whole")
    func purged() throws {
        try ada.ingest("c1", Self.texts)
        try world.restore(world.export(ada, "bag"), into: bob)
        let request = DisposalRequest(.conversations(try bob.conversationIDs()), reason: "a test")
        _ = try bob.dispose(try bob.planDisposal(request), of: request)
        // A mark that stayed would refer to what is gone, which the database refuses.
        #expect(try bob.conversationIDs().isEmpty)
        try expectSound([bob])
    }

    @Test("An archive that says it in a way that is not known is not restored")
    func unreadable() throws {
        try addOfFarDate()
        let path = try world.export(bob, "own", isResigned: true)
        try world.place.write("own/meta/restored.jsonl", "{}\n")
        try world.place.reseal("own")
        let other = try world.vault("other")
        _ = try other.trust(SSHPublicKey.fingerprint(testKey(7).publicKey), name: "test")
        let error = #expect(throws: VaultError.self) { try world.restore(path, into: other) }
        #expect(error?.code == .unsupported)
        #expect(try other.conversationIDs().isEmpty)
    }

    @Test("A line is read back as it is written, and nothing else is")
    func lines() throws {
        var records = BroughtRecords(testID(1), isWhole: true, modified: testTime(1))
        records.messages[testID(2)] = .init(version: 3, restored: testTime(4))
        let line = String(decoding: BroughtLine.text(records).dropLast(), as: UTF8.self)
        #expect(BroughtLine.parse(line.utf8) == records)
        for (old, new) in [
            ("\"version\":3", "\"version\":0"), (",\"whole\":true", ""), ("{\"c", "{ \"c"),
            ("\"whole\"", "\"unknown\":1,\"whole\""),
        ] {
            let other = line.replacing(old, with: new)
            #expect(other != line && BroughtLine.parse(other.utf8) == nil, "\(other)")
        }
    }
}
