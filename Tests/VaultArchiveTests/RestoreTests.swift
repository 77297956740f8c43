import Foundation
import JSONText
import Policy
import Testing
import VaultCrypto

@testable import Vault
@testable import VaultArchive

/// An archive into an empty vault, and archives that are not taken.
@Suite("Restoring an archive")
struct RestoreTests {
    let world: RestoreWorld
    let ada: Vault
    let office: Vault

    init() throws {
        world = try RestoreWorld()
        ada = try world.vault("ada")
        office = try world.vault("office", trusting: [ada])
        try ada.ingest(
            "c1", title: "Terms", project: "Nord", labels: ["deal", "é", "e\u{301}"],
            [("a", "What are the terms?"), ("b", "file of terms"), ("c", "Thanks")])
        try ada.ingest(
            "c1", title: "Terms, agreed", modified: 5, labels: ["later"],
            [("a", "What are the final terms?"), ("b", "file of terms"), ("d", "Another branch")])
        try ada.ingest("c1", modified: 6, [("a", "What are the last terms?"), ("b", "file anew")])
        try ada.ingest("c2", title: "Secret", [("a", "file of terms"), ("b", "hidden words")])
        try ada.ingest("c3", [])
        for id in try ada.conversationIDs() where try ada.conversation(id).title == "Secret" {
            #expect(try ada.hide([id]) == 1)
        }
    }

    @Test(
        "Exported, restored and exported again, every byte of the payload is the same",
        arguments: ["bag", "bag.tar", "bag.tar.zst"])
    func roundTrip(name: String) throws {
        try world.export(ada, "first")
        let path = try world.export(ada, name)
        let report = try world.restore(path, into: office)
        #expect(report.conversations.added == 3)
        #expect(report.messages.added == 6)
        #expect(report.attachmentsAdded == 2)
        try world.export(office, "second")
        let (before, after) = (try world.payload("first"), try world.payload("second"))
        #expect(before.keys.sorted() == after.keys.sorted())
        for (file, content) in before where after[file] != content {
            Issue.record("\(file) differs")
        }
        #expect(try world.place.verify("second").faults == [])
        #expect(try office.verifyAudit().faults == [])
        #expect(try office.found("hidden words") == 1)
        #expect(try office.found("last terms") == 1)
        #expect(try office.found("agreed") == 1)
    }

    @Test("Names that look the same and are written otherwise stay as they are")
    func forms() throws {
        try ada.ingest("f1", project: "\u{e9}", labels: ["\u{e9}"], [("a", "one")])
        try ada.ingest("f2", project: "e\u{301}", labels: ["e\u{301}"], [("a", "two")])
        try world.restore(world.export(ada, "first"), into: office)
        try world.export(office, "second")
        #expect(try world.payload("first") == world.payload("second"))
        let projects = try office.conversationIDs().compactMap {
            try office.conversation($0).project.map { Array($0.utf8).count }
        }
        #expect(projects.sorted() == [2, 3, 4])
    }

    @Test("What is there already changes nothing, and the log only says that it was tried")
    func again() throws {
        let path = try world.export(ada, "bag")
        try world.restore(path, into: office)
        let texts = try office.texts()
        for vault in [office, ada] {
            let report = try world.restore(path, into: vault)
            #expect(report.conversations.unchanged == 3 && report.messages.unchanged == 6)
            #expect(report.conversations.stored == 3 && report.messages.stored == 6)
            #expect(try vault.texts() == texts)
            #expect(try vault.verifyAudit().faults == [])
        }
    }

    @Test("A dry run says the same and leaves no trace")
    func dryRun() throws {
        let path = try world.export(ada, "bag")
        let before = try office.checkpoint()
        let tried = try world.restore(path, into: office, isDryRun: true)
        #expect(try office.checkpoint() == before)
        #expect(try office.conversationIDs().isEmpty)
        #expect(try world.restore(path, into: office) == tried)
    }

    @Test("A key that is not trusted is refused, and the log says so")
    func untrusted() throws {
        let stranger = try world.vault("stranger")
        let path = try world.export(ada, "bag")
        let error = #expect(throws: VaultError.self) {
            try world.restore(path, into: stranger)
        }
        #expect(error?.code == .refused)
        #expect(error?.message.contains(try ada.ownFingerprint()) == true)
        #expect(try stranger.conversationIDs().isEmpty)
        var refusals = 0
        try stranger.forEachAuditEntry { entry, _ in
            if entry.event == .refused { refusals += 1 }
        }
        #expect(refusals == 1)
        #expect(try stranger.trust(ada.ownFingerprint(), name: "Ada"))
        try world.restore(path, into: stranger)
        try stranger.distrust(ada.ownFingerprint())
        #expect(throws: VaultError.self) { try world.restore(path, into: stranger) }
    }

    @Test("An archive with a fault is named, and nothing is written")
    func faults() throws {
        let path = try world.export(ada, "bag")
        let before = try office.checkpoint()
        let files = try world.place.files("bag")
        for file in files where !file.hasSuffix("html") {
            let content = try world.place.read("bag/\(file)")
            guard !content.isEmpty else { continue }
            var changed = content
            changed[content.count / 2] ^= 0x01
            try world.place.write("bag/\(file)", changed)
            #expect(throws: RestoreWorld.Faults.self, "\(file)") {
                try world.restore(path, into: office)
            }
            try world.place.write("bag/\(file)", content)
        }
        #expect(try office.checkpoint() == before)
        try world.restore(path, into: office)
    }

    @Test("A file that is not what its name says is a fault, whoever signed it")
    func misnamed() throws {
        let path = try world.export(ada, "bag", isResigned: true)
        let file = try #require(try world.place.files("bag/data/attachments").first)
        var content = try world.place.read("bag/data/attachments/\(file)")
        content[0] ^= 1
        try world.place.write("bag/data/attachments/\(file)", content)
        try world.place.reseal("bag")
        _ = try office.trust(SSHPublicKey.fingerprint(testKey(7).publicKey), name: "test")
        let error = #expect(throws: RestoreWorld.Faults.self) {
            try world.restore(path, into: office)
        }
        #expect(error?.faults.map(\.path) == ["data/attachments/\(file)"])
    }

    @Test("Records in a form that this vault does not write are refused before the first write")
    func foreign() throws {
        try world.place.export(Samples.source, "bag")
        _ = try office.trust(SSHPublicKey.fingerprint(testKey(7).publicKey), name: "test")
        let before = try office.checkpoint()
        let error = #expect(throws: VaultError.self) {
            try world.restore("\(world.place.path)/bag", into: office)
        }
        #expect(error?.code == .unsupported)
        #expect(try office.checkpoint() == before)
    }

    @Test(
        "A record of a redacted archive is refused",
        arguments: [
            #"{"commitment":"00","withheld":{"reason":"privilege"}}"#,
            #"{"commitment":"00","envelope":{},"parts":[{"withheld":{"reason":"x"}}]}"#,
        ])
    func redacted(line: String) throws {
        let error = #expect(throws: VaultError.self) { try RestoredRecord(parsing: line) }
        #expect(error?.code == .refused)
    }

    @Test("A restoration that is stopped keeps whole conversations, and the next one finishes it")
    func stopped() throws {
        let path = try world.export(ada, "bag")
        var asked = 0
        let request = ArchiveRestore.Request(path)
        // Three questions while everything is read, then one before each conversation.
        let hooks = ArchiveExport.Hooks(isCancelled: {
            asked += 1
            return asked > 5
        })
        guard
            case .restored(let restored) = try ArchiveRestore.run(
                request, into: office, hooks: hooks)
        else { throw VaultError(.internalFault, "The archive has no faults.") }
        #expect(restored.isStopped)
        #expect(restored.report.conversations.added == 2)
        #expect(try office.conversationIDs().count == 2)
        #expect(try office.verifyAudit().faults == [])
        let rest = try world.restore(path, into: office)
        #expect(rest.conversations.added == 1 && rest.conversations.unchanged == 2)
        try world.export(office, "second")
        #expect(try world.payload("bag") == world.payload("second"))
    }
}
