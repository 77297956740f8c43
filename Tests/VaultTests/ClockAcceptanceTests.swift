import Foundation
import GRDB
import JSONText
import Policy
import Testing
import VaultCrypto

@testable import Vault

@Suite("A clock that was ahead once")
struct ClockAcceptanceTests {
    /// A vault with the entries that `body` makes in 2099, and the clock of 2030 again.
    private func vault(
        _ governed: GovernedVault, _ policies: PolicyDocument..., ahead body: (Vault) throws -> Void
    ) throws -> Vault {
        let vault = try governed.create()
        try vault.fill()
        for policy in policies { try vault.setPolicy(policy) }
        governed.turn(to: "2099-01-01T00:00:00Z")
        try body(vault)
        governed.turn(to: "2030-01-02T00:00:00Z")
        return vault
    }

    private func hold(_ name: String, _ vault: Vault) throws -> HoldSummary {
        var scope = HoldScope()
        scope.conversations = [try #require(try vault.ids()[name]).description]
        return try vault.placeHold(matter: name, scope: scope)
    }

    @Test("Its owner accepts the present one, and destruction goes on; a hold of then still holds")
    func accepted() throws {
        let governed = try GovernedVault()
        var placed: HoldSummary?
        let vault = try vault(governed, policy("one delete P1Y created org")) {
            placed = try hold("old", $0)
        }
        defer { try? vault.close() }
        let held = try #require(placed)
        let error = #expect(throws: VaultError.self) { try vault.purge() }
        #expect(error?.code == .refused && error?.message.contains("audit clock") == true)
        let late = try #require(try vault.lateClock())
        let accepted = try vault.acceptClock(reason: "a test")
        #expect(accepted.newest == held.placed && accepted.newest == late.newest)
        #expect(try vault.lateClock() == nil)
        var said: [(AuditEntry, String?)] = []
        try vault.forEachAuditEntry { said.append(($0, $1)) }
        let entry = try #require(said.last?.0)
        #expect(entry.event == .clockAccepted && entry.time == accepted.now)
        #expect(entry.figures["newestMilliseconds"] == held.placed.milliseconds)
        #expect(entry.figures["nowMilliseconds"] == accepted.now.milliseconds)
        #expect(said.last?.1?.contains(#""reason":"a test""#) == true)
        #expect(try vault.purge().conversations == 1)
        #expect(Set(try vault.ids().keys) == ["old", "new"])
        #expect(try vault.outcomes()["old"] == "KEEP_HELD")
        // A release now has its grace from now.
        let released = try vault.releaseHold(held.id, reason: "over")
        #expect(released.placed == held.placed)
        #expect(released.graceUntil.map { $0 < Instant(milliseconds: 1_896_400_000_000) } == true)
        #expect(try vault.purge().conversations == 0)
        governed.turn(to: "2030-02-02T00:00:00Z")
        #expect(try vault.purge().conversations == 1)
        #expect(try vault.verifyAudit().faults == [])
    }

    @Test("The log is whole behind it, over stretches, in new sessions, and after another jump")
    func stretches() throws {
        let governed = try GovernedVault()
        let vault = try vault(governed) { try $0.log(AuditLog.Record(.unlock)) }
        for _ in 0..<300 { try vault.log(AuditLog.Record(.unlock)) }
        try vault.acceptClock(reason: "a test")
        for _ in 0..<300 { try vault.log(AuditLog.Record(.unlock)) }
        #expect(try vault.verifyAudit().faults == [])
        try vault.close()
        let again = try governed.open()
        defer { try? again.close() }
        try again.log(AuditLog.Record(.unlock))
        #expect(try again.lateClock() == nil)
        governed.turn(to: "2077-01-01T00:00:00Z")
        try again.log(AuditLog.Record(.unlock))
        governed.turn(to: "2030-01-03T00:00:00Z")
        #expect(try again.lateClock() != nil)
        try again.acceptClock(reason: "a test again")
        #expect(try again.verifyAudit().faults == [])
        try again.store.write {
            try $0.execute(
                sql: "UPDATE log_tree SET newest = newest - 1")
        }
        #expect(try again.verifyAudit().faults.map(\.path) == ["audit log"])
    }

    @Test("Only the owner can, only where it is needed, and of the newest time alone")
    func refused() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        try vault.fill()
        let needless = #expect(throws: VaultError.self) { try vault.acceptClock(reason: "x") }
        #expect(needless?.code == .badInput)
        governed.turn(to: "2029-01-01T00:00:00Z")
        let mistaken = #expect(throws: VaultError.self) {
            var record = AuditLog.Record(.clockAccepted)
            record.figures = ["newestMilliseconds": 1, "nowMilliseconds": 0]
            try vault.log(record)
        }
        #expect(mistaken?.code == .busy)
        try vault.close()
        let other = try Vault.open(
            at: governed.test.directory, by: .passphrase(TestVault.passphrase()),
            auditor: Auditor(user: getuid() + 1), policyPlace: governed.place,
            now: { governed.now() })
        defer { try? other.close() }
        let error = #expect(throws: VaultError.self) { try other.acceptClock(reason: "x") }
        #expect(error?.code == .refused)
        #expect(try other.lateClock() != nil)
        #expect(try other.verifyAudit().faults == [])
    }

    @Test("A policy that was replaced under the later clock still keeps for the grace")
    func replacedPolicy() throws {
        let governed = try GovernedVault()
        let vault = try vault(governed, policy("keep retain P20Y created org")) {
            try $0.setPolicy(policy("one delete P1Y created org"))
        }
        defer { try? vault.close() }
        try vault.acceptClock(reason: "a test")
        #expect(try Set(vault.outcomes().values) == ["KEEP_GRACE"])
        #expect(try vault.purge().conversations == 0)
        governed.turn(to: "2030-06-01T00:00:00Z")
        #expect(try vault.purge().conversations == 0)
    }

    @Test("A release under the later clock has its grace from then, also under a shorter one")
    func release() throws {
        let governed = try GovernedVault()
        let rules = "one delete P1Y created org"
        let vault = try vault(governed, policy(rules, grace: "P90D")) {
            _ = try $0.releaseHold(try hold("old", $0).id, reason: "over")
        }
        defer { try? vault.close() }
        try vault.acceptClock(reason: "a test")
        let old = try #require(try vault.ids()["old"])
        func graceEnd() throws -> Int64 { try vault.explain(old).item.graceUntil ?? 0 }
        let before = try graceEnd()
        #expect(before > Instant("2099-03-01T00:00:00Z")?.milliseconds ?? .max)
        try vault.setPolicy(policy(rules, grace: "P1D"))
        #expect(try graceEnd() == before)
        governed.turn(to: "2030-03-01T00:00:00Z")
        #expect(try vault.purge().conversations == 1)
        #expect(Set(try vault.ids().keys) == ["old", "new"])
    }

    @Test("Floors and labels that were noted under the later clock stay as they are")
    func floors() throws {
        let governed = try GovernedVault()
        let vault = try vault(governed) {
            _ = try $0.addLabel("deal", to: [try #require(try $0.ids()["old"])])
            try $0.setPolicy(policy("deal retain P1Y labelled label deal +locked"))
        }
        defer { try? vault.close() }
        func floors() throws -> [Int64] {
            try vault.store.read {
                try Int64.fetchAll($0, sql: "SELECT until FROM retention_floor")
            }
        }
        let before = try floors()
        #expect(before.count == 1 && before[0] > Instant("2099-12-31")?.milliseconds ?? .max)
        try vault.acceptClock(reason: "a test")
        #expect(try floors() == before)
        #expect(try vault.outcomes()["old"] == "KEEP_RETAIN")
        #expect(try vault.verifyAudit().faults == [])
    }
}
