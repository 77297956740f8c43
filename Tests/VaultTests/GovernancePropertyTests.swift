import Foundation
import JSONText
import Policy
import Testing
import VaultCrypto

@testable import Vault

/// A conversation as the model knows it.
private struct ModelConversation {
    var time: Int64
    var label: String
    var commitments: Set<String>
}

private struct ModelHold {
    var id: String
    /// Labels, or conversations by their ids in the source.
    var labels: Set<String>
    var conversations: Set<String>
    /// What it matched when it was placed.
    var matched: Set<String>
    var released: Int64?

    func matches(_ name: String, _ conversation: ModelConversation) -> Bool {
        matched.contains(name) || labels.contains(conversation.label)
            || conversations.contains(name)
    }
}

private struct ModelPolicy {
    /// Years for which everything is kept, and after which it goes.
    var retain: Int?
    var delete: Int?
    var from: Int64
}

/// A second judge of what may be destroyed: simpler, and written without looking at the engine.
///
/// Policies have at most one rule that retains and one that deletes, in whole years from the
/// creation, in UTC, with a grace of 30 days.
private struct Model {
    static let grace: Int64 = 30 * 86_400_000
    var conversations: [String: ModelConversation] = [:]
    var holds: [ModelHold] = []
    var policies: [ModelPolicy] = []

    static func end(_ time: Int64, _ years: Int) -> Int64 {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let date = Date(timeIntervalSince1970: Double(time) / 1000)
        let end = calendar.date(byAdding: .year, value: years, to: date) ?? date
        return Int64((end.timeIntervalSince1970 * 1000).rounded())
    }

    private func isGoverned(_ name: String, _ now: Int64) -> Bool {
        guard let conversation = conversations[name] else { return false }
        return holds.contains { hold in
            hold.matches(name, conversation)
                && (hold.released.map { now < $0 + Self.grace } ?? true)
        }
    }

    private func retainedUntil(_ policy: ModelPolicy?, _ time: Int64) -> Int64 {
        policy?.retain.map { Self.end(time, $0) } ?? .min
    }

    /// Whether a policy before the present one kept it, and its end is not long ago.
    private func isInLostCoverage(_ time: Int64, _ now: Int64) -> Bool {
        zip(policies, policies.dropFirst()).contains { earlier, later in
            let kept = retainedUntil(earlier, time)
            return now < later.from + Self.grace && kept > later.from
                && kept > retainedUntil(policies.last, time)
        }
    }

    /// Whether nothing bars its destruction; for a sweep it must be due as well.
    func mayGo(_ name: String, _ now: Int64, isSweep: Bool) -> Bool {
        guard let conversation = conversations[name], !isGoverned(name, now) else { return false }
        let time = conversation.time
        if now < retainedUntil(policies.last, time) || isInLostCoverage(time, now) { return false }
        guard isSweep else { return true }
        return policies.last?.delete.map { Self.end(time, $0) <= now } ?? false
    }
}

/// Runs random steps on a vault and on the model.
private struct RandomGovernance {
    let governed: GovernedVault
    var vault: Vault
    var model = Model()
    var random: SeededRandom
    private var serial = 0
    private(set) var destroyed = 0
    /// Destroyed conversations with what they were committed as.
    private var gone: [RecordID: Set<String>] = [:]
    private var ids: [String: RecordID] = [:]

    init(seed: UInt64) throws {
        governed = try GovernedVault()
        vault = try governed.create()
        random = SeededRandom(seed: seed)
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &random)
    }

    mutating func step() throws {
        switch number(0...12) {
        case 0...3: try importSome()
        case 4: try placeHold()
        case 5: try releaseHold()
        case 6: try changePolicy()
        case 7: try hide()
        case 8: try purge(.due)
        case 9: try purgeSome()
        case 10: governed.advance(days: number(1...900))
        case 11: try reopen()
        default: try cutOff()
        }
    }

    // MARK: Steps

    private mutating func importSome() throws {
        for _ in 0..<number(1...3) {
            serial += 1
            let name = "c\(serial)"
            let time = governed.peek().milliseconds - Int64(number(1...3000)) * 86_400_000
            var entry = conversation(name, texts: ["words of \(name)", "amber"], at: time)
            let label = "l\(number(0...3))"
            entry.labels = [label]
            try vault.ingest([entry])
            let id = try #require(try vault.ids()[name])
            ids[name] = id
            let commitments = Set(try vault.messages(of: id).map { Hex.text($0.commitment) })
            model.conversations[name] = ModelConversation(
                time: time + 1000, label: label, commitments: commitments)
        }
    }

    private mutating func placeHold() throws {
        var scope = HoldScope()
        var hold = ModelHold(id: "", labels: [], conversations: [], matched: [])
        if Bool.random(using: &random), let name = model.conversations.keys.sorted().first {
            hold.conversations = [name]
            scope.conversations = [try #require(ids[name]).description]
        } else {
            hold.labels = ["l\(number(0...3))"]
            scope.labels = hold.labels
        }
        for (name, conversation) in model.conversations where hold.matches(name, conversation) {
            hold.matched.insert(name)
        }
        hold.id = try vault.placeHold(matter: "Matter \(serial)", scope: scope).id
        model.holds.append(hold)
    }

    private mutating func releaseHold() throws {
        let active = model.holds.indices.filter { model.holds[$0].released == nil }
        guard let index = active.randomElement(using: &random) else { return }
        let hold = try vault.releaseHold(model.holds[index].id, reason: "over")
        model.holds[index].released = hold.released?.milliseconds
    }

    private mutating func changePolicy() throws {
        var rules: [String] = []
        var policy = ModelPolicy(from: 0)
        if number(0...2) > 0 {
            policy.retain = number(1...6)
            rules.append("keep retain P\(policy.retain ?? 0)Y created org")
        }
        if number(0...3) > 0 {
            policy.delete = number(1...6)
            rules.append("go delete P\(policy.delete ?? 0)Y created org")
        }
        let text = policyText(rules).replacing("Europe/Zurich", with: "UTC")
        try vault.setPolicy(
            PolicyDocument.read(Array(text.utf8), timeZoneFile: TimeZoneFolder.file))
        var set: Instant?
        try vault.forEachAuditEntry { entry, _ in if entry.event == .policySet { set = entry.time }
        }
        policy.from = try #require(set).milliseconds
        model.policies.append(policy)
    }

    private mutating func hide() throws {
        guard let id = ids.values.sorted().randomElement(using: &random) else { return }
        if gone[id] == nil { _ = try vault.hide([id]) }
    }

    private mutating func purgeSome() throws {
        let names = model.conversations.keys.sorted().filter { _ in
            Bool.random(using: &random)
        }
        try purge(.conversations(names.compactMap { ids[$0] }))
    }

    private mutating func reopen() throws {
        try vault.close()
        vault = try governed.open()
    }

    /// As a crash leaves it behind the first step of a purge.
    private mutating func cutOff() throws {
        var record = AuditLog.Record(.purgeIntended)
        record.document = ["conversations": .array(ids.values.map { .string($0.description) })]
        try vault.log(record)
        try reopen()
        #expect(Set(try vault.ids().keys) == Set(model.conversations.keys))
    }

    // MARK: Judging

    private mutating func purge(_ selection: DisposalRequest.Selection) throws {
        let before = governed.peek().milliseconds
        try vault.purge(selection)
        let after = governed.peek().milliseconds
        let left = Set(try vault.ids().keys)
        var isSweep = true
        var selected: Set<RecordID>?
        if case .conversations(let chosen) = selection {
            isSweep = false
            selected = Set(chosen)
        }
        for (name, conversation) in model.conversations {
            let id = try #require(ids[name])
            if left.contains(name) {
                let isWanted = selected?.contains(id) ?? true
                #expect(!isWanted || !model.mayGo(name, before, isSweep: isSweep), "\(name) stayed")
            } else {
                #expect(model.mayGo(name, after, isSweep: isSweep), "\(name) went")
                gone[id] = conversation.commitments
                destroyed += 1
            }
        }
        model.conversations = model.conversations.filter { left.contains($0.key) }
        #expect(left == Set(model.conversations.keys))
        if Bool.random(using: &random) { _ = try vault.erase(tool: "Test 1") }
    }

    /// All that went has a certificate, and nothing else has.
    func judgeCertificates() throws {
        _ = try vault.erase(tool: "Test 1")
        var stated: [RecordID: Set<String>] = [:]
        for certificate in try vault.certificates() {
            let facts = try JSONReader.parse(certificate.statement.facts)
            for purge in facts["purges"]?.array ?? [] {
                for record in purge["said"]?["records"]?.array ?? [] {
                    let id = try #require(record["conversation"]?.string.flatMap { RecordID($0) })
                    stated[id] = Set(
                        record["messages"]?.array?.compactMap { $0["commitment"]?.string } ?? [])
                }
            }
        }
        #expect(stated == gone)
        #expect(try vault.verifyAudit().faults == [])
        #expect(try vault.examine(repairs: false).faults == [])
    }
}

@Suite("Governance under random steps")
struct GovernancePropertyTests {
    /// `tools/test --full` asks for more.
    private static let rounds =
        ProcessInfo.processInfo.environment["COFFER_GOVERNANCE_ROUNDS"].flatMap { UInt64($0) } ?? 6

    @Test("Nothing held or retained goes, all that goes has a certificate, and the log agrees")
    func random() throws {
        var destroyed = 0
        for seed in 1...Self.rounds {
            var run = try RandomGovernance(seed: seed)
            for _ in 0..<60 { try run.step() }
            try run.judgeCertificates()
            destroyed += run.destroyed
            try run.vault.close()
        }
        #expect(destroyed > 5 * Int(Self.rounds))
    }
}
