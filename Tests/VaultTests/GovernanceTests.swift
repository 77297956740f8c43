import Foundation
import GRDB
import JSONText
import Policy
import Synchronization
import Testing
import VaultCrypto

@testable import Vault

/// A vault with a clock that tests turn and a place for a managed policy.
final class GovernedVault: Sendable {
    static let start = Instant("2030-01-01T00:00:00Z") ?? Instant(milliseconds: 0)
    let test: TestVault
    let place: PolicyPlace
    private let clock = Mutex(GovernedVault.start)

    init() throws {
        test = try TestVault()
        place = PolicyPlace(path: test.folder + "/etc/policy.json", owner: getuid())
        try FileManager.default.createDirectory(
            atPath: test.folder + "/etc", withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755])
    }

    func now() -> Instant {
        clock.withLock { time in
            time.milliseconds += 1
            return time
        }
    }

    /// The time without a tick.
    func peek() -> Instant { clock.withLock { $0 } }

    func advance(days: Int) { clock.withLock { $0.milliseconds += Int64(days) * 86_400_000 } }

    func turn(to text: String) { clock.withLock { $0 = Instant(text) ?? $0 } }

    func create() throws -> Vault {
        var creation = VaultCreation(custodian: "ada")
        creation.passphrase = TestVault.passphrase()
        creation.workFactor = 4
        creation.allowsWeakWorkFactor = true
        try Vault.create(at: test.directory, creation, now: { self.now() }).close()
        return try open()
    }

    func open() throws -> Vault {
        try Vault.open(
            at: test.directory, by: .passphrase(TestVault.passphrase()), policyPlace: place,
            now: { self.now() })
    }

    /// The managed policy; its folder and file are as they have to be.
    func manage(_ text: String, mode: Int = 0o644) throws {
        try Data(text.utf8).write(to: URL(filePath: place.path))
        try FileManager.default.setAttributes(
            [.posixPermissions: mode], ofItemAtPath: place.path)
    }
}

/// A policy of rules that are written as `id kind period start class [labels]`.
func policy(_ rules: String..., grace: String = "P30D") throws -> PolicyDocument {
    try PolicyDocument.read(
        Array(policyText(rules, grace: grace).utf8), timeZoneFile: TimeZoneFolder.file)
}

func policyText(_ rules: [String], grace: String = "P30D") -> String {
    let members = rules.map { rule -> String in
        let words = rule.split(separator: " ").map(String.init)
        let labels =
            words.count > 5 && !words[5].hasPrefix("+") ? #", "labels": ["\#(words[5])"]"# : ""
        let flags = words.filter { $0.hasPrefix("+") }.map { #", "\#($0.dropFirst())": true"# }
        return #"""
            {"id": "\#(words[0])", "kind": "\#(words[1])", "period": "\#(words[2])",
            "start": "\#(words[3])", "basis": "legal",
            "scope": {"class": "\#(words[4])"\#(labels)}\#(flags.joined())}
            """#
    }
    return #"""
        {"version": 1, "timeZone": "Europe/Zurich", "holdReleaseGrace": "\#(grace)",
        "retention": [\#(members.joined(separator: ", "))]}
        """#
}

extension Vault {
    /// The ids of conversations by their ids in the source.
    func ids() throws -> [String: RecordID] {
        var ids: [String: RecordID] = [:]
        var filter = ConversationFilter()
        filter.includesHidden = true
        try forEachConversation(filter) { ids[$0.origin.id] = $0.id }
        return ids
    }

    /// Plans and destroys.
    @discardableResult
    func purge(_ selection: DisposalRequest.Selection = .due) throws -> DisposalReport {
        let request = DisposalRequest(selection, reason: "a test")
        return try dispose(try planDisposal(request), of: request)
    }

    /// Three conversations of 2020, 2025 and 2029.
    func fill() throws {
        for (name, year) in [("old", "2020"), ("middle", "2025"), ("new", "2029")] {
            let time = Instant("\(year)-06-01T12:00:00Z") ?? Instant(milliseconds: 0)
            try ingest([
                VaultTests.conversation(
                    name, texts: ["\(name) harbour ledger", "amber \(name)"],
                    at: time.milliseconds)
            ])
        }
    }

    func outcomes() throws -> [String: String] {
        try ids().mapValues { try explain($0).decision.outcome.rawValue }
    }
}

@Suite("Governance")
struct GovernanceTests {
    @Test("A policy destroys what is due and nothing else, and says so in the log")
    func sweep() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        #expect(try vault.purge().conversations == 0)
        try vault.setPolicy(policy("five retain+delete P5Y created org"))
        #expect(
            try vault.outcomes() == [
                "old": "DESTROY", "middle": "KEEP_RETAIN", "new": "KEEP_RETAIN",
            ])
        let report = try vault.purge()
        #expect(report.conversations == 1 && report.messages == 2)
        #expect(Set(try vault.ids().keys) == ["middle", "new"])
        governed.turn(to: "2030-06-01T11:00:00Z")
        #expect(try vault.purge().conversations == 0)
        // A message of 2025-06-01T12:00:01Z is the latest of the conversation.
        governed.turn(to: "2030-06-01T12:00:02Z")
        #expect(try vault.purge().conversations == 1)
        #expect(try vault.verifyAudit().faults == [])
        var events: [AuditEvent] = []
        try vault.forEachAuditEntry { entry, _ in events.append(entry.event) }
        #expect(
            events.suffix(5) == [
                .policySet, .purgeIntended, .purgeDone, .purgeIntended, .purgeDone,
            ])
    }

    @Test("A hold keeps what it matches, also what comes later, and its release destroys nothing")
    func hold() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.setPolicy(policy("one delete P1Y created org"))
        var scope = HoldScope()
        scope.query = "ledger"
        scope.before = Instant("2026-01-01")?.milliseconds
        let hold = try vault.placeHold(matter: "Lindqvist merger", scope: scope)
        #expect(hold.id == "lindqvist-merger" && hold.conversations == 2 && hold.messages == 4)
        #expect(try vault.outcomes()["old"] == "KEEP_HELD")
        #expect(try vault.purge().conversations == 0)
        #expect(try vault.search(SearchRequest("is:held", limit: 50)).hits.count == 4)
        try vault.ingest([
            conversation("late", texts: ["the ledger again"], at: 1_600_000_000_000)
        ])
        #expect(try vault.outcomes()["late"] == "KEEP_HELD")
        let late = try #require(try vault.ids()["late"])
        #expect(try vault.purge(.conversations([late])).conversations == 0)
        _ = try vault.releaseHold(hold.id, reason: "settled")
        #expect(try vault.outcomes()["old"] == "KEEP_GRACE")
        #expect(try vault.purge().conversations == 0)
        governed.turn(to: "2030-02-01T00:00:00Z")
        #expect(try vault.purge().conversations == 3)
        #expect(try vault.verifyAudit().faults == [])
    }

    @Test("What a hold matched stays held when what it selects by is changed")
    func sticky() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.setPolicy(policy("one delete P1Y created org"))
        let old = try #require(try vault.ids()["old"])
        _ = try vault.addLabel("deal", to: [old])
        var scope = HoldScope()
        scope.labels = ["deal"]
        let hold = try vault.placeHold(matter: "Deal", scope: scope)
        let error = #expect(throws: VaultError.self) { try vault.removeLabel("deal", from: [old]) }
        #expect(error?.code == .refused)
        try vault.store.write { try $0.execute(sql: "DELETE FROM label") }
        #expect(try vault.outcomes()["old"] == "KEEP_HELD")
        #expect(try vault.heldConversations(by: hold.id) == [old])
        // It survives a new generation.
        try vault.addPassphraseSlot(
            name: "other", passphrase: TestVault.passphrase("other"), workFactor: 4,
            allowsWeak: true)
        try vault.removeSlot(name: "other")
        #expect(try vault.outcomes()["old"] == "KEEP_HELD")
        #expect(try vault.purge().conversations == 1)
    }

    @Test("What came after the placing and matched stays held when another import says otherwise")
    func laterMatch() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.setPolicy(policy("one delete P1Y created org"))
        var scope = HoldScope()
        scope.projects = ["Deal"]
        scope.query = "harbour"
        let hold = try vault.placeHold(matter: "Deal", scope: scope)
        var entry = conversation("a", texts: ["harbour"], at: 1_600_000_000_000)
        entry.project = "Deal"
        entry.modified = Instant(milliseconds: 1_600_000_001_000)
        try vault.ingest([entry, conversation("b", texts: ["harbour"], at: 1_600_000_000_000)])
        #expect(try vault.outcomes() == ["a": "KEEP_HELD", "b": "DESTROY"])
        entry.project = "Other"
        entry.modified = Instant(milliseconds: 1_600_000_002_000)
        try vault.ingest([entry])
        let project = try vault.conversation(try #require(try vault.ids()["a"])).project
        #expect(project == "Other")
        #expect(try vault.outcomes()["a"] == "KEEP_HELD")
        #expect(try vault.heldConversations(by: hold.id).count == 1)
        #expect(try vault.verifyAudit().faults == [])
    }

    @Test("What comes under a hold one by one is said in few documents")
    func arrivalsOneByOne() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        var scope = HoldScope()
        scope.projects = ["Deal"]
        let hold = try vault.placeHold(matter: "Deal", scope: scope)
        func take(_ number: Int, project: String, in vault: Vault) throws {
            var entry = conversation("c\(number)", texts: ["amber \(number)"])
            entry.project = project
            entry.modified = Instant(milliseconds: Int64(number) + (project == "Deal" ? 1 : 1000))
            try vault.ingest([entry])
        }
        for number in 0..<150 { try take(number, project: "Deal", in: vault) }
        let other = try governed.open()
        let later = try vault.store.read { try AuditState(in: $0).governing.holds[0].later }
        #expect(later.map(\.conversations) == [64, 64, 8, 8, 1, 1, 1, 1, 1, 1])
        for number in 0..<150 { try take(number, project: "Other", in: other) }
        for vault in [vault, other] {
            #expect(try vault.heldConversations(by: hold.id).count == 150)
            #expect(try vault.verifyAudit().faults == [])
            try vault.close()
        }
    }

    @Test("What is stated of a hold again and again does not grow with what it matched")
    func stateSize() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.ingest((0..<200).map { conversation("c\($0)", texts: ["amber \($0)"]) })
        let hold = try vault.placeHold(matter: "All", scope: HoldScope())
        try vault.setPolicy(policy("one delete P1Y created org"))
        for _ in 0..<300 { try vault.log(AuditLog.Record(.unlock)) }
        let largest = try vault.store.read { db in
            try Int.fetchOne(
                db, sql: "SELECT length(line) FROM log_document WHERE entry = 256") ?? 0
        }
        #expect(largest > 200 && largest < 2000)
        #expect(try vault.heldConversations(by: hold.id).count == 200)
        #expect(try vault.policy().policy?.retention.count == 1)
        #expect(try vault.verifyAudit().faults == [])
    }

    @Test("What a hold matched can be proved to be there, also after edits, and a loss shows")
    func holdProof() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        var scope = HoldScope()
        scope.query = "harbour"
        let hold = try vault.placeHold(matter: "Harbour", scope: scope)
        // An edit keeps the version of then; what comes later is held and was not matched.
        try vault.ingest([
            conversation(
                "old", texts: ["old harbour ledger", "amber changed", "later"],
                at: 1_591_012_800_000),
            conversation("late", texts: ["harbour"]),
        ])
        let standing = try vault.proveHold(hold.id, tool: "Test 1")
        #expect(standing.isWhole && standing.matched == 6)
        let key = try VerifyingKey(bytes: vault.publicKeys.log)
        let sentence = standing.statement.sentence(vault: vault.id, key: key)
        #expect(sentence?.contains("6 of 6 messages") == true)
        let facts = try JSONReader.parse(standing.statement.facts)
        var frontier = MerkleFrontier()
        for commitment in facts["commitments"]?.array?.compactMap(\.string) ?? [] {
            frontier.append(leafHash: MerkleTree.leafHash(Hex.bytes(commitment) ?? []))
        }
        #expect(facts["root"]?.string == Hex.text(frontier.root))
        #expect(facts["document"]?.string?.contains(Hex.text(frontier.root)) == true)
        // Somebody with the key destroys one behind the engine's back.
        try vault.store.write {
            try $0.execute(sql: "DELETE FROM part WHERE num >> 16 = 3")
        }
        let broken = try vault.proveHold(hold.id, tool: "Test 1")
        #expect(!broken.isWhole && broken.present == 5)
        #expect(try vault.verifyAudit().faults == [])
    }

    @Test("A policy that was taken away still keeps for the grace")
    func lostCoverage() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.setPolicy(policy("keep retain P10Y created org", "one delete P1Y created org"))
        governed.turn(to: "2030-02-01T00:00:00Z")
        try vault.setPolicy(policy("one delete P1Y created org"))
        #expect(try vault.outcomes()["middle"] == "KEEP_GRACE")
        // Nothing kept the one of 2020 any more... but ten years are not over.
        #expect(try vault.outcomes()["old"] == "KEEP_GRACE")
        #expect(try vault.purge().conversations == 0)
        governed.turn(to: "2030-03-04T00:00:00Z")
        #expect(try vault.purge().conversations == 2)
    }

    @Test("A locked rule can be extended, not loosened, and what it promised stays promised")
    func locks() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.setPolicy(policy("keep retain P20Y created org +locked"))
        for loosened in [
            try policy("keep retain P19Y created org +locked"), try policy(),
            try policy("keep retain P20Y created org"),
        ] {
            let error = #expect(throws: VaultError.self) { try vault.setPolicy(loosened) }
            #expect(error?.code == .refused)
        }
        #expect(throws: VaultError.self) { try vault.removePolicy() }
        try vault.setPolicy(policy("keep retain P30Y created org +locked"))
        let floor = try vault.store.read {
            try Int64.fetchOne(
                $0, sql: "SELECT min(until) FROM retention_floor")
        }
        let wanted = Instant("2050-06-01T12:00:01Z")
        #expect(floor == wanted?.milliseconds)
        // What comes later is promised the same.
        try vault.ingest([conversation("late", texts: ["amber"], at: 1_600_000_000_000)])
        let count = try vault.store.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM retention_floor")
        }
        #expect(count == 4)
    }

    @Test("A managed policy prevails; one that others can write destroys nothing")
    func managed() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.setPolicy(policy("keep retain forever created org"))
        let text = policyText(["one delete P1Y created org"])
        for (content, mode) in [
            (text, 0o666), (text.replacing("P1Y", with: "P0D"), 0o644),
            (text.replacing("version", with: "versoin"), 0o644),
            (text.replacing("Zurich", with: "Atlantis"), 0o644), ("{", 0o644),
        ] {
            try governed.manage(content, mode: mode)
            #expect(try vault.policy().faults.count == 1)
            let error = #expect(throws: VaultError.self) { try vault.purge() }
            #expect(error?.code == .refused && error?.message.hasPrefix("Nothing") == true)
        }
        try governed.manage(text)
        #expect(try vault.policy().source == .managed && vault.policy().faults == [])
        #expect(throws: VaultError.self) { try vault.setPolicy(policy()) }
        // The vault's own policy kept everything until now: its coverage counts for the grace.
        #expect(try vault.purge().conversations == 0)
        governed.turn(to: "2030-02-02T00:00:00Z")
        #expect(try vault.purge().conversations == 2)
        #expect(try vault.verifyAudit().faults == [])
    }

    @Test("A clock that went back stops destruction")
    func clock() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.setPolicy(policy("one delete P1Y created org"))
        governed.turn(to: "2029-12-31T00:00:00Z")
        let error = #expect(throws: VaultError.self) { try vault.purge() }
        #expect(error?.code == .refused && error?.message.contains("clock") == true)
        var events: [AuditEvent] = []
        try vault.forEachAuditEntry { entry, _ in events.append(entry.event) }
        #expect(events.suffix(2) == [.clock, .refused])
        governed.turn(to: "2030-01-02T00:00:00Z")
        #expect(try vault.purge().conversations == 2)
    }

    @Test("Review holds destruction up until somebody approves")
    func review() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.setPolicy(policy("five delete P5Y created org +review"))
        #expect(try vault.outcomes()["old"] == "PENDING_REVIEW")
        #expect(try vault.purge().conversations == 0)
        let ids = try vault.ids()
        let old = try #require(ids["old"])
        try vault.approve([old], reason: "looked at")
        // What came since was not looked at.
        try vault.ingest([
            conversation(
                "old", texts: ["old harbour ledger", "amber old", "more"], at: 1_591_012_800_000)
        ])
        #expect(try vault.purge().conversations == 0)
        try vault.approve([old], reason: "looked at again")
        #expect(try vault.purge().conversations == 1)
        let new = try #require(ids["new"])
        #expect(try vault.planDisposal(DisposalRequest(.conversations([new]))).kept.count == 1)
    }

    @Test("A data subject's erasure waits for a hold, and comes when it falls")
    func subject() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        let old = try #require(try vault.ids()["old"])
        var scope = HoldScope()
        scope.conversations = [old.description]
        let hold = try vault.placeHold(matter: "H", scope: scope)
        let report = try vault.purge(.subject("ada"))
        #expect(report.conversations == 2 && report.deferred == [old])
        #expect(try vault.search(SearchRequest("harbour")).hits.isEmpty)
        #expect(throws: VaultError.self) { try vault.unhide([old]) }
        #expect(try vault.purge().conversations == 0)
        _ = try vault.releaseHold(hold.id, reason: "over")
        governed.turn(to: "2030-03-01T00:00:00Z")
        #expect(try vault.purge().conversations == 1)
        #expect(try vault.ids().isEmpty)
        #expect(try vault.verifyAudit().faults == [])
    }

    @Test("A hold that comes between plan and purge keeps, and two purges do not meet")
    func races() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.setPolicy(policy("one delete P1Y created org"))
        let request = DisposalRequest(.due)
        let plan = try vault.planDisposal(request)
        let other = try governed.open()
        defer { try? other.close() }
        var scope = HoldScope()
        scope.conversations = [try #require(try vault.ids()["old"]).description]
        _ = try other.placeHold(matter: "Late", scope: scope)
        let report = try vault.dispose(plan, of: request)
        #expect(report.conversations == 1 && report.kept.count == 1)
        #expect(report.kept.first?.decision.outcome == .keepHeld)
        // The same plan again finds nothing left to do.
        #expect(try other.dispose(plan, of: request).conversations == 0)
        // A result whose intent another purge has ended is not written, nor is what it did.
        try vault.log(AuditLog.Record(.purgeIntended))
        let intent = try vault.store.read { try AuditState(in: $0).governing.intents }[0]
        try other.purge()
        var record = AuditLog.Record(.purgeDone)
        record.ends = intent
        let error = #expect(throws: VaultError.self) { try vault.log(record) }
        #expect(error?.code == .busy)
        #expect(try vault.verifyAudit().faults == [])
    }

    @Test("An intent that was cut off destroys nothing and is ended by the next purge")
    func cutOff() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        defer { try? vault.close() }
        try vault.fill()
        try vault.setPolicy(policy("five delete P5Y created org"))
        var record = AuditLog.Record(.purgeIntended)
        record.document = ["conversations": .array([])]
        try vault.log(record)
        #expect(try vault.ids().count == 3)
        #expect(try vault.purge().conversations == 1)
        let state = try vault.store.read { try AuditState(in: $0).governing }
        #expect(state.intents.isEmpty)
        #expect(try vault.verifyAudit().faults == [])
    }

    @Test("No old page that is put back makes a hold disappear")
    func stalePages() throws {
        let governed = try GovernedVault()
        let vault = try governed.create()
        try vault.fill()
        try vault.setPolicy(policy("one delete P1Y created org"))
        try vault.close()
        let path = governed.test.directory + "/generations/1/vault.db"
        let before = try Data(contentsOf: URL(filePath: path))
        let again = try governed.open()
        _ = try again.placeHold(matter: "Deal", scope: HoldScope())
        try again.close()
        let after = try Data(contentsOf: URL(filePath: path))
        let changed = stride(from: 0, to: before.count, by: 4096).filter { start in
            before[start..<start + 4096] != after[start..<start + 4096]
        }
        #expect(changed.count > 1)
        // One by one, and all of them with the size of then.
        for start in changed.map(Optional.some) + [nil] {
            var mixed = after
            if let start {
                mixed.replaceSubrange(start..<start + 4096, with: before[start..<start + 4096])
            } else {
                mixed = before
            }
            try mixed.write(to: URL(filePath: path))
            #expect(try isRefusedOrHeld(governed), "page at \(start ?? -1)")
        }
        try after.write(to: URL(filePath: path))
        #expect(try isRefusedOrHeld(governed))
    }

    /// Whether the vault does not open, cannot be relied on, or keeps all.
    private func isRefusedOrHeld(_ governed: GovernedVault) throws -> Bool {
        do {
            let vault = try governed.open()
            defer { try? vault.close() }
            let plan = try vault.planDisposal(DisposalRequest(.due))
            return plan.destroyed.isEmpty && (plan.kept.count == 3 || !plan.faults.isEmpty)
        } catch is VaultError {
            return true
        }
    }
}
