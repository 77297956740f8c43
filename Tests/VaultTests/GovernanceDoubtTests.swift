import Foundation
import GRDB
import JSONText
import Policy
import Testing
import VaultCrypto

@testable import Vault

/// Changes in the middle of things: graces that run, policies that cannot be read or are gone, and
/// what comes between a plan and its purge.
@Suite("Governance in doubt")
struct GovernanceDoubtTests {
    private let time: Int64 = 1_600_000_000_000
    private let governed: GovernedVault
    private let vault: Vault

    init() throws {
        governed = try GovernedVault()
        vault = try governed.create()
    }

    private func id(_ name: String = "a") throws -> RecordID { try #require(try vault.ids()[name]) }

    private func ingest(_ names: String...) throws {
        try vault.ingest(names.map { conversation($0, texts: ["harbour \($0)"], at: time) })
    }

    private func code(_ body: () throws -> Void) -> VaultError.Code? {
        #expect(throws: VaultError.self) { try body() }?.code
    }

    @Test("The first event that is said does not end a grace that runs")
    func eventInGrace() throws {
        try ingest("a")
        try vault.setPolicy(policy("ev retain+delete P1Y event org"))
        try vault.removePolicy()
        #expect(try vault.outcomes() == ["a": "KEEP_GRACE"])
        _ = try vault.setEvent(Instant("2000-01-01T00:00:00Z"), of: [id()])
        #expect(try vault.purge(.conversations([id()])).conversations == 0)
        governed.advance(days: 31)
        #expect(try vault.purge(.conversations([id()])).conversations == 1)
    }

    @Test("A label by which a policy may keep stays while the policy cannot be read")
    func labelInDoubt() throws {
        try ingest("a")
        _ = try vault.addLabel("deal", to: [id()])
        let text = policyText(["deal retain P50Y created label deal"])
        try governed.manage(text)
        #expect(try vault.outcomes() == ["a": "KEEP_RETAIN"])
        try governed.manage(text, mode: 0o666)
        #expect(code { _ = try vault.removeLabel("deal", from: [id()]) } == .refused)
        #expect(try vault.conversation(id()).labels == ["deal"])
    }

    @Test("A grace is the longest of the policy that was replaced and those since")
    func longestGrace() throws {
        try ingest("a")
        try vault.setPolicy(policy("ten retain P50Y created org", grace: "P90D"))
        try vault.setPolicy(policy("one delete P1Y created org", grace: "P1D"))
        governed.advance(days: 80)
        #expect(try vault.outcomes() == ["a": "KEEP_GRACE"])
        governed.advance(days: 20)
        #expect(try vault.outcomes() == ["a": "DESTROY"])
    }

    @Test("A managed policy with a locked rule that is gone destroys nothing until it is back")
    func lockedPolicyGone() throws {
        let text = policyText(["ev retain P10Y event org +locked"])
        try governed.manage(text)
        try ingest("a")
        #expect(try vault.outcomes() == ["a": "KEEP_RETAIN"])
        try FileManager.default.removeItem(atPath: governed.place.path)
        governed.advance(days: 400)
        #expect(code { _ = try vault.purge(.conversations([id()])) } == .refused)
        #expect(code { try vault.setPolicy(policy("one delete P1Y created org")) } == .refused)
        #expect(try vault.policy().source == .managed && vault.policy().faults.count == 1)
        try governed.manage(text)
        #expect(try vault.outcomes() == ["a": "KEEP_RETAIN"])
        #expect(try vault.verifyAudit().faults == [])
    }

    @Test(
        "A managed policy that changes between plan and purge begins its grace, and the plan knows")
    func changeBeforePurge() throws {
        try governed.manage(policyText(["ten retain P50Y created org"]))
        try ingest("a")
        try FileManager.default.removeItem(atPath: governed.place.path)
        let request = DisposalRequest(.conversations([try id()]), reason: "a test")
        let plan = try vault.planDisposal(request)
        #expect(plan.destroyed.isEmpty && plan.kept.map(\.decision.outcome) == [.keepGrace])
        #expect(try vault.dispose(plan, of: request).conversations == 0)
    }

    @Test("An erasure request that something bars only behind its plan waits, and so in doubt")
    func lateDeferral() throws {
        try ingest("a", "b")
        let request = DisposalRequest(.subject("ada"), reason: "a test")
        let plan = try vault.planDisposal(request)
        #expect(plan.destroyed.count == 2)
        _ = try vault.placeHold(matter: "M", scope: HoldScope())
        let report = try vault.dispose(plan, of: request)
        let everything = Set(try vault.ids().values)
        #expect(report.conversations == 0 && Set(report.deferred) == everything)
        #expect(try vault.conversation(id()).isHidden)
        // Later it goes with a sweep, and that is explained beforehand.
        _ = try vault.releaseHold("m", reason: "over")
        governed.advance(days: 31)
        #expect(try vault.explain(id()).decision.outcome == .destroy)
        #expect(try vault.purge().conversations == 2)
        try ingest("c")
        try governed.manage("{")
        #expect(code { _ = try vault.purge(.subject("ada")) } == .refused)
        #expect(try vault.conversation(id("c")).isHidden)
    }

    @Test("An approval from before it was due is none of the sweep that comes when it is")
    func earlyApproval() throws {
        try ingest("a")
        try vault.setPolicy(policy("fifty delete P50Y created org +review"))
        try vault.approve([id()], reason: "seen")
        #expect(try vault.explain(id(), .purge).decision.outcome == .destroy)
        governed.advance(days: 50 * 366)
        #expect(try vault.outcomes() == ["a": "PENDING_REVIEW"])
        try vault.approve([id()], reason: "seen again")
        #expect(try vault.outcomes() == ["a": "DESTROY"])
    }

    @Test("A simulation knows the grace that the change would begin")
    func simulatedGrace() throws {
        try ingest("a")
        try vault.setPolicy(policy("ten retain P50Y created org"))
        let next = try policy("one delete P1Y created org")
        let now = try vault.simulate(next)
        #expect(now.counts == [.init(before: .keepRetain, after: .keepGrace): 1])
        let later = try vault.simulate(next, at: Instant("2031-01-01T00:00:00Z"))
        #expect(later.counts == [.init(before: .keepRetain, after: .destroy): 1])
    }

    @Test("A hold on a custodian holds what was imported for that one too, though others had it")
    func otherCustodian() throws {
        _ = try vault.placeHold(matter: "B", scope: HoldScope.custodians("ben"))
        for custodian in ["anna", "ben"] {
            let ingestion = try vault.beginIngestion(custodian: custodian)
            try ingestion.add(conversation("a", texts: ["harbour"], at: time))
            _ = try ingestion.finish()
            let held = try vault.explain(id()).item.holds
            #expect(held == (custodian == "ben" ? ["b"] : []))
        }
        #expect(try vault.conversation(id()).custodian == "anna")
        let again = try vault.beginIngestion(custodian: "ben")
        try again.add(conversation("a", texts: ["harbour"], at: time))
        #expect(try again.finish().conversations.unchanged == 1)
    }

    @Test("A name is the same however its characters are composed, also for an erasure request")
    func composedNames() throws {
        for (place, name) in ["Zo\u{EB}", "Zoe\u{308}"].enumerated() {
            let ingestion = try vault.beginIngestion(custodian: name)
            try ingestion.add(conversation("c\(place)", texts: ["harbour"], at: time))
            _ = try ingestion.finish()
        }
        let stored = try vault.ids().values.map { Array(try vault.conversation($0).custodian.utf8) }
        #expect(Set(stored).count == 2)
        let request = DisposalRequest(.subject("Zo\u{EB}"), reason: "a test")
        #expect(try vault.planDisposal(request).destroyed.count == 2)
    }

    @Test("What was destroyed and is put back is named, and gets no certificate")
    func putBack() throws {
        try ingest("a", "b")
        let row = try vault.store.read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM conversation WHERE source_id = 'a'")
        }
        let a = try id()
        try vault.purge(.conversations([a]))
        try vault.store.write { db in
            let names = try #require(row).columnNames.joined(separator: ", ")
            let marks = Array(repeating: "?", count: try #require(row).count).joined(
                separator: ", ")
            try db.execute(
                sql: "INSERT INTO conversation (\(names)) VALUES (\(marks))",
                arguments: StatementArguments(try #require(row).databaseValues))
        }
        #expect(try vault.verifyAudit().faults.contains { $0.fault.contains("destroyed it") })
        #expect(code { _ = try vault.erase(tool: "Test 1") } == .damaged)
        try vault.store.write { db in
            try db.execute(
                sql: "DELETE FROM conversation WHERE id = ?", arguments: [a.bytes.databaseValue])
            try db.execute(sql: "DELETE FROM trace")
        }
        #expect(code { _ = try vault.erase(tool: "Test 1") } == .damaged)
    }

    @Test("An earlier version that is lost or another one is named")
    func lostVersion() throws {
        var entry = conversation("a", texts: ["harbour"], at: time)
        entry.modified = Instant(milliseconds: time)
        try vault.ingest([entry])
        entry.messages[0].parts = [ImportedPart(Part(.text, text: "ledger"))]
        entry.modified = Instant(milliseconds: time + 1000)
        try vault.ingest([entry])
        #expect(try vault.verifyAudit().faults == [])
        try vault.store.write { db in try db.execute(sql: "DELETE FROM version") }
        #expect(
            try vault.verifyAudit().faults.map(\.fault) == [
                "has lost its version 1, or has another one"
            ])
    }
}

extension HoldScope {
    fileprivate static func custodians(_ names: String...) -> HoldScope {
        var scope = HoldScope()
        scope.custodians = Set(names)
        return scope
    }
}
