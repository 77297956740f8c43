import Foundation
import GRDB
import JSONText
import Policy
import Testing
import VaultCrypto

@testable import Vault

/// Acts that change no record, and what governs, as the audit log and short answers have them.
@Suite struct AuditedActTests {
    private func events(_ vault: Vault) throws -> [AuditEntry] {
        var entries: [AuditEntry] = []
        try vault.forEachAuditEntry { entry, _ in entries.append(entry) }
        return entries
    }

    @Test func `Changes of slots are entries, and a removal's is in the new generation`() throws {
        let test = try TestVault()
        let vault = try test.create()
        try vault.addPassphraseSlot(
            name: "office", passphrase: TestVault.passphrase("x"), workFactor: 4, allowsWeak: true)
        try vault.rotatePassphraseSlot(
            name: "office", passphrase: TestVault.passphrase("y"), workFactor: 4, allowsWeak: true)
        try vault.removeSlot(name: "office")
        try vault.close()
        let reopened = try test.open()
        defer { try? reopened.close() }
        #expect(try reopened.status().generation == 2)
        let entries = try events(reopened).suffix(3)
        #expect(entries.map(\.event) == [.slotAdded, .slotRotated, .slotRemoved])
        #expect(entries.allSatisfy { $0.object == "office" })
        #expect(try reopened.verifyAudit().faults == [])
    }

    @Test func `A change of slots that is refused leaves no entry`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        let before = try events(vault).count
        #expect(throws: VaultError.self) { try vault.removeSlot(name: "passphrase") }
        #expect(throws: VaultError.self) {
            try vault.addSlot(
                name: "passphrase", kind: .recovery, recipient: AgeIdentity.generate().recipient)
        }
        #expect(try events(vault).count == before)
    }

    @Test func `An export is begun and ended in the log, which has its figures`() throws {
        let test = try TestVault()
        let vault = try test.create()
        defer { try? vault.close() }
        let begun = try vault.logExportBegin(
            "case.tar", of: ["labels": .array([.string("merger")])], reason: "asked for")
        try vault.logExportEnd(
            .written(
                conversations: 2, messages: 5, attachments: 1,
                tagManifests: [SHA256Digest.hash(utf8: "manifest")]), of: begun)
        let ended = try #require(try events(vault).last)
        #expect(ended.event == .exportEnded && ended.ends == begun)
        #expect(ended.figures == ["attachments": 1, "conversations": 2, "messages": 5])
        let lines = try events(vault).map(\.line).joined()
        #expect(!lines.contains("merger") && !lines.contains("case.tar"))
        #expect(try vault.verifyAudit().faults == [])
    }

    @Test func `Only what others than the owner read and search is logged`() throws {
        let test = try TestVault()
        try test.create().close()
        for (user, expected) in [(getuid(), []), (getuid() + 1, [AuditEvent.read, .search])] {
            let vault = try Vault.open(
                at: test.directory, by: .passphrase(TestVault.passphrase()),
                auditor: Auditor(name: "bo", user: user))
            defer { try? vault.close() }
            let id = RecordID(at: .now)
            try vault.logRead(of: id)
            try vault.logSearch("secret words")
            let entries = try events(vault).filter { $0.event == .read || $0.event == .search }
            #expect(entries.map(\.event) == expected)
            #expect(entries.allSatisfy { $0.actor == "\(user):bo" })
            #expect(entries.first.map { $0.object == id.description } ?? true)
            #expect(!entries.contains { $0.line.contains("secret") })
        }
    }

    @Test func `What the owner reads is counted, and the next entry says how often`() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        let before = try events(vault).count
        for _ in 0..<3 { try vault.logRead(of: RecordID(at: .now)) }
        try vault.logSearch("harbour")
        #expect(try events(vault).count == before)
        _ = try vault.anchor()
        _ = try vault.anchor()
        let other = try governed.open()
        defer { try? other.close() }
        try other.logSearch("harbour")
        try other.logVerification(other.verifyAudit())
        let figures = try events(vault).dropFirst(before).map(\.figures)
        #expect(try vault.examine(repairs: false).faults == [])
        #expect(figures[0] == ["ownerReads": 3, "ownerSearches": 1] && figures[1] == [:])
        #expect(figures[2]["ownerSearches"] == 2 && figures[2]["entries"] == Int64(before) + 2)
        // What is no such file counts from the beginning, and keeps nobody from reading.
        try FileManager.default.removeItem(atPath: vault.layout.uses)
        try Data("something else".utf8).write(to: URL(filePath: vault.layout.uses))
        try vault.logRead(of: RecordID(at: .now))
        _ = try vault.anchor()
        #expect(try events(vault).last?.figures == ["ownerReads": 1, "ownerSearches": 0])
        // Nor does a pipe, at which an opening would wait.
        try FileManager.default.removeItem(atPath: vault.layout.uses)
        #expect(unsafe mkfifo(vault.layout.uses, 0o600) == 0)
        try vault.logRead(of: RecordID(at: .now))
        _ = try vault.anchor()
        try FileManager.default.removeItem(atPath: vault.layout.uses)
        #expect(try vault.verifyAudit().faults == [])
    }

    @Test func `What governs is told in short, as it changes`() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        #expect(try vault.governanceStatus() == GovernanceStatus(source: .none, rules: 0, holds: 0))
        try vault.setPolicy(policy("five delete P5Y created org"))
        let hold = try vault.placeHold(matter: "M", scope: HoldScope())
        #expect(
            try vault.governanceStatus() == GovernanceStatus(source: .vault, rules: 1, holds: 1))
        _ = try vault.releaseHold(hold.id, reason: "over")
        try governed.manage("{", mode: 0o644)
        #expect(
            try vault.governanceStatus() == GovernanceStatus(source: .managed, rules: nil, holds: 0)
        )
    }

    @Test func `A released hold still says what it matches, and holds nothing`() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.ingest([conversation("other", texts: ["elsewhere"])])
        var scope = HoldScope()
        scope.query = "harbour"
        let hold = try vault.placeHold(matter: "M", scope: scope)
        let held = try vault.heldConversations()
        #expect(held.count == 3)
        let all = try vault.store.read { db in
            try Row.fetchAll(db, sql: "SELECT id FROM conversation").compactMap { $0.id("id") }
        }
        #expect(try all.count > 3 && vault.held(among: all) == held)
        for id in all { #expect(try vault.held(among: [id]).isEmpty != held.contains(id)) }
        _ = try vault.releaseHold(hold.id, reason: "over")
        #expect(try vault.heldConversations().isEmpty && vault.held(among: all).isEmpty)
        #expect(try vault.heldConversations(by: hold.id).isEmpty)
        #expect(try vault.conversations(under: hold.id).count == 3)
    }

    @Test func `A decision of the past is explained without blaming the clock`() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.setPolicy(policy("five delete P5Y created org"))
        let old = try #require(try vault.ids()["old"])
        let before = try vault.explain(old, .sweep, at: Instant("2024-01-01"))
        #expect(before.decision.outcome == .keepNotDue && before.faults == [])
        governed.turn(to: "2029-01-01T00:00:00Z")
        #expect(try vault.explain(old).decision.outcome == .refuseFailClosed)
    }

    @Test func `A change of policy is checked without being made`() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        let locked = try policy("keep retain P5Y created org +locked")
        try vault.checkPolicyChange(to: locked)
        #expect(try vault.policy().source == .none)
        let none = #expect(throws: VaultError.self) { try vault.checkPolicyChange(to: nil) }
        #expect(none?.code == .notFound)
        try vault.setPolicy(locked)
        let loosened = try policy("keep retain P4Y created org +locked")
        let error = #expect(throws: VaultError.self) { try vault.checkPolicyChange(to: loosened) }
        #expect(error?.code == .refused)
    }

    @Test func `A selection that is kept whole is a refusal in the log`() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        _ = try vault.placeHold(matter: "M", scope: HoldScope())
        let old = try #require(try vault.ids()["old"])
        #expect(try vault.purge(.conversations([old])).conversations == 0)
        let refused = try #require(try events(vault).last)
        #expect(refused.event == .refused && refused.figures == ["conversations": 1])
    }

    @Test func `Hidden conversations are found again by themselves`() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        let old = try #require(try vault.ids()["old"])
        #expect(try vault.hide([old]) == 1)
        var filter = ConversationFilter()
        filter.isHiddenOnly = true
        var found: [RecordID] = []
        try vault.forEachConversation(filter) { found.append($0.id) }
        #expect(found == [old])
    }

    @Test func `A purge that is stopped between its steps has destroyed, and the next goes on`()
        throws
    {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        // In one part of the search index, which is rewritten for the one that stays.
        try vault.ingest([
            conversation("old", texts: ["harbour", "ledger"]),
            conversation("new", texts: ["amber"]),
        ])
        let old = try #require(try vault.ids()["old"])
        let request = DisposalRequest(.conversations([old]), reason: "a test")
        let report = try vault.dispose(try vault.planDisposal(request), of: request) { false }
        #expect(report.conversations == 1)
        #expect(try vault.ids()["old"] == nil)
        #expect(try vault.verifyAudit().faults == [])
        func removed() throws -> Int? {
            try vault.store.read {
                try Int.fetchOne($0, sql: "SELECT count(*) FROM search_removed")
            }
        }
        #expect(try removed() ?? 0 > 0)
        try vault.forgetPurged { true }
        #expect(try removed() == 0)
        #expect(try vault.examine(repairs: false).faults == [])
    }
}
