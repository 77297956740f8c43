import Foundation
import GRDB
import Policy
import Testing
import VaultCrypto

@testable import Vault

/// What the tables say and the log contradicts, beyond the messages.
@Suite("The database against its audit log")
struct AuditComparisonTests {
    private let time: Int64 = 1_600_000_000_000

    private func faults(_ vault: Vault) throws -> [String] {
        try vault.verifyAudit().faults.map { "\($0.path): \($0.fault)" }
    }

    private func change(_ vault: Vault, _ sql: String) throws {
        try vault.store.write { try $0.execute(sql: sql) }
    }

    // MARK: Certificates

    @Test(
        "A certificate that is missing, changed or of no entry is named",
        arguments: [
            ("DELETE FROM certificate", "is missing"),
            ("UPDATE certificate SET facts = replace(facts, 'Test 1', 'Test 2')", "states other"),
            ("UPDATE certificate SET note = replace(note, 'Destroyed', 'Forgotten')", "has a note"),
            ("INSERT INTO certificate SELECT entry + 7, facts, note FROM certificate", "is of no"),
            ("UPDATE certificate SET entry = 0", "is of no"),
        ])
    func certificates(sql: String, fault: String) throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.purge(.conversations([try #require(try vault.ids()["old"])]))
        guard case .done(let certificate) = try vault.erase(tool: "Test 1") else {
            throw VaultError(.internalFault, "not erased")
        }
        #expect(try faults(vault) == [])
        try change(vault, sql)
        let found = try faults(vault)
        #expect(found.contains { $0.hasPrefix("certificate of entry") && $0.contains(fault) })
        let isKept = !["DELETE", "UPDATE certificate SET entry"].contains(where: sql.hasPrefix)
        let missing = "certificate of entry \(certificate.entry): is missing"
        #expect(found.contains { $0.hasPrefix(missing) } == !isKept)
    }

    // MARK: Labels

    @Test("A label that was given and is not there is named, and so is one that was taken away")
    func labels() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        let ids = try vault.ids()
        let (old, new) = (try #require(ids["old"]), try #require(ids["new"]))
        _ = try vault.addLabel("deal", to: [old, new])
        _ = try vault.addLabel("draft", to: [old])
        _ = try vault.removeLabel("draft", from: [old])
        #expect(try faults(vault) == [])
        try change(
            vault,
            """
            DELETE FROM label WHERE conversation =
                (SELECT num FROM conversation WHERE source_id = 'new')
            """)
        #expect(
            try faults(vault) == [
                "conversation \(new): does not have the label deal, which entry 4 gave it"
            ])
        try change(
            vault,
            """
            INSERT OR REPLACE INTO label SELECT name.num, conversation.num, 0
                FROM name, conversation WHERE text IN ('deal', 'draft')
                AND source_id IN ('old', 'new') AND (text = 'deal' OR source_id = 'old')
            """)
        #expect(
            try faults(vault) == [
                "conversation \(old): has the label draft, which entry 6 took away"
            ])
    }

    @Test(
        "A conversation that is hidden or has the time of an event otherwise than said is named",
        arguments: [
            ("UPDATE conversation SET hidden = NULL", "is not hidden"),
            ("UPDATE conversation SET hidden = 1", "is hidden"),
            ("DELETE FROM event", "time of"),
            ("UPDATE event SET time = time - 1", "time of"),
            (
                "INSERT INTO event SELECT num, 5 FROM conversation WHERE num NOT IN "
                    + "(SELECT conversation FROM event)", "time of"
            ),
        ])
    func fields(sql: String, fault: String) throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        let ids = try vault.ids()
        let (old, new) = (try #require(ids["old"]), try #require(ids["new"]))
        _ = try vault.hide([old, new])
        _ = try vault.unhide([new])
        _ = try vault.setEvent(governed.now(), of: [old, new])
        _ = try vault.setEvent(nil, of: [new])
        #expect(try faults(vault) == [])
        try change(vault, sql)
        let found = try faults(vault)
        #expect(!found.isEmpty && found.allSatisfy { $0.contains(fault) })
    }

    @Test("Labels that imports may have brought, and those of what was purged, are no fault")
    func importedLabels() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        var entry = conversation("a", texts: ["harbour"], at: time)
        entry.labels = ["deal"]
        try vault.ingest([entry])
        let first = try #require(try vault.ids()["a"])
        _ = try vault.addLabel("deal", to: [first])
        _ = try vault.removeLabel("deal", from: [first])
        entry.title = "Another title"
        entry.modified = Instant(milliseconds: time + 1000)
        try vault.ingest([entry])
        #expect(try vault.conversation(first).labels == ["deal"])
        #expect(try faults(vault) == [])
        _ = try vault.addLabel("draft", to: [first])
        try vault.purge(.conversations([first]))
        #expect(try faults(vault) == [])
        entry.labels = []
        try vault.ingest([entry])
        #expect(try faults(vault) == [])
    }

    // MARK: Floors

    @Test("An old note of which policy was seen does not hide a floor that is missing")
    func oldNote() throws {
        let governed = try GovernedVault()
        try governed.manage(policyText(["keep retain P20Y created org +locked"]))
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        #expect(try faults(vault) == [])
        try change(vault, "DELETE FROM setting WHERE key = 'managedPolicy'")
        try change(vault, "DELETE FROM retention_floor WHERE conversation = 1")
        #expect(try faults(vault).count == 1)
    }

    @Test(
        "A conversation that a locked rule keeps longer than is noted is named",
        arguments: [
            ("DELETE FROM retention_floor WHERE conversation = 1", true),
            ("UPDATE retention_floor SET until = until - 864000000 WHERE conversation = 1", true),
            ("UPDATE retention_floor SET until = until + 864000000", false),
        ])
    func floors(sql: String, isFault: Bool) throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.setPolicy(policy("keep retain P20Y created org +locked"))
        try vault.ingest([conversation("late", texts: ["amber"], at: time)])
        #expect(try faults(vault) == [])
        try change(vault, sql)
        let old = try #require(try vault.ids()["old"])
        let fault =
            "conversation \(old): is kept until less than locked rules promised when it came "
            + "under them"
        #expect(try faults(vault) == (isFault ? [fault] : []))
    }

    @Test("What comes while the policy cannot be read gets its floor when it can, and is no fault")
    func unreadablePolicy() throws {
        let governed = try GovernedVault()
        let text = policyText(["keep retain P20Y created org +locked"])
        try governed.manage(text)
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        #expect(try faults(vault) == [])
        try governed.manage("{")
        try vault.ingest([conversation("late", texts: ["amber"], at: time)])
        #expect(try faults(vault) == [])
        try governed.manage(text)
        #expect(try faults(vault) == [])
        try vault.ingest([conversation("later", texts: ["amber"], at: time)])
        let floors = try vault.store.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM retention_floor")
        }
        #expect(floors == 5)
        #expect(try faults(vault) == [])
    }

    @Test("A label that is taken away puts a conversation under a locked default rule at once")
    func removedLabel() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.setPolicy(
            policy(
                "deal delete P50Y created label deal", "rest retain P20Y created default +locked"))
        let old = try #require(try vault.ids()["old"])
        _ = try vault.addLabel("deal", to: [old])
        try change(vault, "DELETE FROM retention_floor")
        _ = try vault.removeLabel("deal", from: [old])
        let floors = try vault.store.read {
            try Int64.fetchAll($0, sql: "SELECT conversation FROM retention_floor")
        }
        #expect(floors == [1])
    }

    // MARK: Versions

    @Test("An earlier version of a message that was put back is named")
    func versions() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.ingest([conversation("a", texts: ["one", "two"], at: time)])
        try vault.store.write {
            try $0.execute(sql: "CREATE TABLE kept AS SELECT * FROM message WHERE num = 1")
        }
        try vault.ingest([conversation("a", texts: ["ONE", "two"], at: time)])
        #expect(try faults(vault) == [])
        try change(vault, "REPLACE INTO message SELECT * FROM kept")
        let found = try faults(vault)
        #expect(found.count == 1 && found[0].hasPrefix("message ") == true)
        #expect(found.first?.contains("earlier version") == true)
    }
}
