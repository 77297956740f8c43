import Foundation
import GRDB
import JSONText
import Synchronization
import Testing
import VaultCrypto

@testable import Vault

/// A vault whose log is looked at, with a clock that tests move and a memory of its own.
private final class AuditedVault: Sendable {
    let test: TestVault
    let memory: String
    let clock = Mutex(Instant(milliseconds: 1_900_000_000_000))

    init() throws {
        test = try TestVault()
        memory = test.directory + ".memory"
    }

    func now() -> Instant {
        clock.withLock { time in
            time.milliseconds += 1000
            return time
        }
    }

    func turn(by days: Int64) { clock.withLock { $0.milliseconds += days * 86_400_000 } }

    func create() throws -> Vault {
        try test.create().close()
        return try open()
    }

    func open(remembers: Bool = true) throws -> Vault {
        try Vault.open(
            at: test.directory, by: .passphrase(TestVault.passphrase("correct horse")),
            auditor: Auditor(name: "anna", memory: remembers ? memory : nil), now: { self.now() })
    }
}

extension Vault {
    fileprivate func entries() throws -> [AuditEntry] {
        var entries: [AuditEntry] = []
        try forEachAuditEntry { entry, _ in entries.append(entry) }
        return entries
    }

    fileprivate func faults() throws -> [String] {
        try verifyAudit().faults.map { "\($0.path): \($0.fault)" }
    }

    fileprivate func ingest(_ name: String, _ texts: [String]) throws {
        try ingest([VaultTests.conversation(name, texts: texts)])
    }

    fileprivate func change(_ sql: String) throws {
        try store.write { try $0.execute(sql: sql) }
    }
}

@Suite("The audit log")
struct AuditTests {
    @Test("Imports, changes and purges are entries that commit to their messages")
    func commits() throws {
        let audited = try AuditedVault()
        let vault = try audited.create()
        defer { try? vault.close() }
        try vault.ingest("a", ["one", "two", "three"])
        try vault.ingest("a", ["one", "TWO", "three", "four"])
        try vault.ingest("a", ["one", "TWO", "three", "four"])
        try vault.ingest("b", ["five"])
        let entries = try vault.entries()
        #expect(entries.map(\.event) == [.begin, .ingest, .ingest, .ingest])
        #expect(entries.map { $0.messages?.count ?? 0 } == [0, 3, 2, 1])
        #expect(entries[2].figures["messagesUpdated"] == 1)
        #expect(entries[1].actor.hasSuffix(":anna") && entries[1].session.count == 8)
        #expect(try vault.faults() == [])
        var gone: [RecordID] = []
        try vault.forEachConversation { if $0.origin.id == "a" { gone.append($0.id) } }
        _ = try vault.purgeAskingNoRule(gone)
        #expect(try vault.faults() == [])
        try vault.ingest("c", ["six", "seven"])
        #expect(try vault.faults() == [])
        #expect(try vault.verifyAudit().messages == 3)
    }

    @Test("A message that changes twice in one import is committed to in each version")
    func twice() throws {
        let audited = try AuditedVault()
        let vault = try audited.create()
        defer { try? vault.close() }
        try vault.ingest([
            conversation("a", texts: ["one", "two"]), conversation("a", texts: ["one", "TWO"]),
            conversation("a", texts: ["ONE", "TOO"]),
        ])
        // Each state of the conversation is a batch.
        #expect(try vault.entries().compactMap(\.messages?.count).suffix(3) == [2, 1, 2])
        #expect(try vault.faults() == [])
    }

    @Test("A number of a purged message is never given again")
    func numbers() throws {
        let audited = try AuditedVault()
        let vault = try audited.create()
        defer { try? vault.close() }
        try vault.ingest("a", ["one", "two"])
        var gone: [RecordID] = []
        try vault.forEachConversation { gone.append($0.id) }
        _ = try vault.purgeAskingNoRule(gone)
        try vault.ingest("b", ["three"])
        let lowest = try vault.store.read { try Int.fetchOne($0, sql: "SELECT num FROM message") }
        #expect(lowest == 3)
        #expect(try vault.faults() == [])
    }

    @Test("A vault from before there was a log gets one that commits to what is there")
    func adoption() throws {
        let fixture = try FixtureVault("format-1")
        let vault = try fixture.open()
        let entries = try vault.entries()
        #expect(entries.map(\.event) == [.begin] && entries[0].messages?.count == 35)
        #expect(try vault.faults() == [])
        try vault.close()
        withExtendedLifetime(fixture) {}
    }

    @Test("What governs and the tree of every size follow from the last stretch")
    func stretches() throws {
        let audited = try AuditedVault()
        let vault = try audited.create()
        defer { try? vault.close() }
        var checkpoints: [AuditCheckpoint] = []
        for round in 0..<600 {
            try vault.store.write { db in
                let log = AuditLog(db: db, auditor: vault.auditor, now: audited.now())
                var record = AuditLog.Record(
                    round == 3 ? .holdPlaced : .unlock, object: "h\(round)")
                if round == 3 { record.document = ["matter": .string("Lindqvist")] }
                try log.append(record)
            }
            if round % 50 == 0 { checkpoints.append(try vault.checkpoint()) }
        }
        let entries = try vault.entries()
        #expect(entries.filter { $0.event == .state }.map(\.index) == [256, 512])
        #expect(try vault.faults() == [])
        try vault.store.read { db in
            let state = try AuditState(in: db)
            #expect(state.governing.holds.map(\.id) == ["h3"])
            for checkpoint in checkpoints { #expect(try state.extends(checkpoint, in: db)) }
            for size in [0, 1, 255, 256, 257, 511, 512, 513, 600] {
                let part = try AuditState(size: size, in: db)
                var frontier = MerkleFrontier()
                for entry in entries.prefix(size) {
                    frontier.append(leafHash: MerkleTree.leafHash(Array(entry.line.utf8)))
                }
                #expect(part.frontier == frontier)
                #expect(part.governing.holds.count == (size > 4 ? 1 : 0))
            }
        }
    }

    @Test("A state that was proved is used for a log that goes on from it, and for no other")
    func memory() throws {
        let audited = try AuditedVault()
        let other = try AuditedVault()
        let vault = try audited.create()
        let second = try other.create()
        defer {
            try? vault.close()
            try? second.close()
        }
        let memory = AuditMemory()
        func expectSame(_ db: Database) throws {
            #expect(try memory.state(in: db) == AuditState(in: db))
        }
        func place(_ hold: String, _ vault: Vault, in db: Database) throws {
            var record = AuditLog.Record(.holdPlaced, object: hold)
            record.document = ["matter": .string("Lindqvist")]
            try AuditLog(db: db, auditor: vault.auditor, now: audited.now()).append(record)
            try expectSame(db)
        }
        for round in 0..<530 {
            try vault.store.write { db in
                if [3, 250, 260].contains(round) { return try place("h\(round)", vault, in: db) }
                try AuditLog(db: db, auditor: vault.auditor, now: audited.now())
                    .append(AuditLog.Record(.unlock))
                if round % 256 > 250 || round % 256 < 5 { try expectSame(db) }
            }
        }
        // The transaction sees what it wrote, and nobody else ever does.
        for hold in ["undone", "h531"] {
            try? vault.store.write { db in
                try place(hold, vault, in: db)
                if hold == "undone" { throw VaultError(.noSpace, "No.") }
            }
            try vault.store.read(expectSame)
        }
        let holds = try vault.store.read { try memory.state(in: $0).governing.holds.map(\.id) }
        #expect(holds == ["h3", "h250", "h260", "h531"])
        try second.store.write { db in
            try expectSame(db)
            try place("elsewhere", second, in: db)
        }
        try vault.store.read(expectSame)
    }

    @Test("A changed entry is not covered up by what was proved before it")
    func memoryOfDamage() throws {
        let audited = try AuditedVault()
        let vault = try audited.create()
        defer { try? vault.close() }
        try vault.ingest("a", ["one"])
        let memory = AuditMemory()
        _ = try vault.store.read(memory.state)
        try vault.ingest("b", ["two"])
        try vault.change(
            "UPDATE log_entry SET line = replace(line, ':anna', ':otto') WHERE num = 2")
        #expect(throws: VaultError.self) { try vault.store.read(memory.state) }
        try vault.change("DELETE FROM log_entry WHERE num = 2")
        #expect(throws: VaultError.self) { try vault.store.read(memory.state) }
    }

    @Test("A clock that went back is noted once in a session, and nothing is wrong with the log")
    func clock() throws {
        let audited = try AuditedVault()
        let vault = try audited.create()
        defer { try? vault.close() }
        try vault.ingest("a", ["one"])
        audited.turn(by: -3)
        try vault.ingest("b", ["two"])
        try vault.ingest("c", ["three"])
        #expect(try vault.entries().map(\.event) == [.begin, .ingest, .clock, .ingest, .ingest])
        #expect(try vault.faults() == [])
    }

    // MARK: Tampering

    @Test(
        "A changed log is named",
        arguments: [
            (
                "UPDATE log_entry SET line = replace(line, ':anna', ':otto') WHERE num = 2",
                ["audit log, entry 2: is not the one", "audit log: is not the one"]
            ),
            ("DELETE FROM log_entry WHERE num = 2", ["audit log: entry 2 is missing"]),
            ("DELETE FROM log_entry WHERE num = 4", ["audit log: has 4 entries, and 5 were"]),
            (
                """
                UPDATE log_entry SET line = (SELECT line FROM log_entry AS other WHERE other.num =
                    CASE log_entry.num WHEN 2 THEN 3 ELSE 2 END) WHERE num IN (2, 3)
                """, ["audit log, entry 2: is not a line"]
            ),
            (
                "UPDATE log_leaf SET commitment = zeroblob(32)",
                ["audit log, entry 2: commits to 3 messages", "message "]
            ),
            ("UPDATE message SET commitment = zeroblob(32) WHERE num = 1", ["message "]),
            ("DELETE FROM message WHERE num = 4", ["audit log, entry 2: commits to 3 messages"]),
            (
                "INSERT INTO message SELECT num + 90, randomblob(16), conversation, NULL, NULL, 0, 1, "
                    + "1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, salt, commitment FROM message "
                    + "WHERE num = 1", ["message "]
            ),
        ])
    func tampered(sql: String, expected: [String]) throws {
        let audited = try AuditedVault()
        let vault = try audited.create()
        defer { try? vault.close() }
        try vault.ingest("a", ["one", "two"])
        try vault.ingest("a", ["ONE", "two", "three", "four"])
        try vault.ingest("b", ["five"])
        try vault.ingest("c", ["six"])
        #expect(try vault.faults() == [])
        try vault.change(sql)
        let faults = try vault.faults()
        for text in expected { #expect(faults.contains { $0.hasPrefix(text) }, "\(faults)") }
    }

    @Test("Yesterday's vault is refused while a checkpoint of today's is remembered anywhere")
    func rollback() throws {
        let audited = try AuditedVault()
        let files = FileManager.default
        let (place, copy) = (audited.test.directory, audited.test.directory + ".yesterday")
        let vault = try audited.create()
        try vault.ingest("a", ["one"])
        try vault.close()
        try files.copyItem(atPath: place, toPath: copy)
        let today = try audited.open()
        try today.ingest("b", ["two"])
        let anchor = try today.checkpoint().file
        try today.close()
        func putBack(_ name: String) throws {
            try files.removeItem(atPath: place + name)
            try files.copyItem(atPath: copy + name, toPath: place + name)
        }
        // Everything but the checkpoint, then that as well.
        try putBack("/generations")
        for remembers in [false, true] {
            let error = #expect(throws: VaultError.self) {
                try audited.open(remembers: remembers).close()
            }
            #expect(error?.code == .damaged && error?.message.contains("is older") == true)
        }
        try putBack("/checkpoint")
        let error = #expect(throws: VaultError.self) { try audited.open().close() }
        #expect(error?.message.contains(audited.memory) == true)
        // Without any memory it is not detectable, unless a checkpoint left the device.
        let old = try audited.open(remembers: false)
        defer { try? old.close() }
        #expect(try old.verifyAudit().anchor == .unanchored)
        #expect(try old.verifyAudit().faults == [])
        let findings = try old.verifyAudit(anchors: [(name: "today.txt", file: anchor)])
        #expect(findings.faults.map(\.path) == ["today.txt"])
        // A history of its own is no way out.
        for name in ["x", "y", "z"] { try old.ingest(name, [name]) }
        let forked = try old.verifyAudit(anchors: [(name: "today.txt", file: anchor)])
        #expect(forked.faults.map(\.path) == ["today.txt"] && forked.anchor == .unanchored)
    }

    @Test("A checkpoint that left the device anchors the log, and one of another vault does not")
    func anchor() throws {
        let audited = try AuditedVault()
        let vault = try audited.create()
        defer { try? vault.close() }
        try vault.ingest("a", ["one"])
        let anchor = try vault.checkpoint()
        try vault.ingest("b", ["two"])
        let findings = try vault.verifyAudit(anchors: [(name: "anchor", file: anchor.file)])
        #expect(findings.anchor == .anchored(size: 2) && findings.faults == [])
        let other = try AuditedVault()
        let stranger = try other.create()
        defer { try? stranger.close() }
        let foreign = try stranger.checkpoint()
        #expect(throws: VaultError.self) {
            try vault.verifyAudit(anchors: [(name: "anchor", file: foreign.file)])
        }
    }

    @Test("A damaged checkpoint beside the vault is said, and written anew")
    func damagedCheckpoint() throws {
        let audited = try AuditedVault()
        let vault = try audited.create()
        try vault.ingest("a", ["one"])
        try vault.close()
        let path = audited.test.directory + "/checkpoint"
        let good = try #require(FileManager.default.contents(atPath: path))
        for index in good.indices {
            var bad = good
            bad[index] ^= 1 << UInt8(index % 8)
            try bad.write(to: URL(filePath: path))
            let again = try audited.open()
            #expect(again.mended.map(\.path) == ["checkpoint"], "byte \(index)")
            try again.close()
            #expect(FileManager.default.contents(atPath: path) == good)
        }
    }
}
