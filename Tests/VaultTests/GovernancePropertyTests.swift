import Foundation
import JSONText
import Policy
import Testing
import VaultCrypto

@testable import Vault

/// Runs random steps on a vault, through two openings of it, and on the model.
private struct RandomGovernance {
    private static let words = ["amber", "birch", "cedar", "dune"]
    private static let dayMilliseconds: Int64 = 86_400_000

    let governed: GovernedVault
    private var vaults: [Vault]
    private var model = GovernanceModel()
    private var random: SeededRandom
    private let seed: UInt64
    private var steps = 0
    private var serial = 0
    private(set) var destroyed = 0
    /// Destroyed conversations with what they were committed as.
    private var gone: [RecordID: Set<String>] = [:]
    /// What imports said of each conversation, the last one last.
    private var said: [String: [SaidConversation]] = [:]

    init(seed: UInt64) throws {
        governed = try GovernedVault()
        vaults = [try governed.create(), try governed.open()]
        random = SeededRandom(seed: seed)
        self.seed = seed
    }

    // MARK: Chance

    private mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &random)
    }

    private mutating func one<T>(_ values: [T]) -> T { values[number(0...values.count - 1)] }

    /// One of the two, so that each meets what the other one changed.
    private mutating func anyVault() -> Vault { one(vaults) }

    private mutating func time() -> Int64 {
        governed.peek().milliseconds - Int64(number(1...3000)) * Self.dayMilliseconds
    }

    private mutating func scope() -> ModelScope {
        var scope = ModelScope()
        switch number(0...4) {
        case 0: scope.labels = ["l\(number(0...3))"]
        case 1: scope.custodians = ["u\(number(1...2))"]
        case 2:
            scope.projects = ["p\(number(0...2))"]
            scope.custodians = ["ada", "u1"]
        default: scope.projects = ["p\(number(0...2))"]
        }
        return scope
    }

    mutating func step() throws {
        steps += 1
        switch number(0...23) {
        case 0...3: try importNew()
        case 4...8: try importAgain()
        case 9: try placeHold()
        case 10: try releaseHold()
        case 11, 12: try changePolicy()
        case 13: try label()
        case 14: try hide()
        case 15, 16: try purge(.due)
        case 17, 18: try purgeSome()
        case 19: try purge(.subject(one(["ada", "u1", "u2"])))
        case 20, 21: governed.advance(days: number(1...500))
        case 22: try reopen(number(0...1))
        default: try cutOff()
        }
        if number(0...2) == 0 { try judgePlan() }
    }

    // MARK: Imports

    private mutating func messages(_ count: Int, from time: Int64?) -> [SaidConversation.Message] {
        (0..<count).map { place in
            serial += 1
            return SaidConversation.Message(
                time: time.map { $0 + Int64(place) * 1000 },
                text: "\(one(Self.words)) text\(serial)")
        }
    }

    private mutating func importNew() throws {
        for _ in 0..<number(1...3) {
            serial += 1
            // What was destroyed may come again.
            let again = said.keys.sorted().filter { model.conversations[$0] == nil }
            let name = number(0...9) == 0 ? again.first ?? "c\(serial)" : "c\(serial)"
            var entry = SaidConversation(name: name)
            entry.project = one(["p0", "p1", "p2", nil])
            entry.custodian = one(["u1", "u2", nil])
            entry.labels = ["l\(number(0...3))"]
            if number(0...11) > 0 { entry.created = time() }
            entry.messages = messages(2, from: entry.created)
            try ingest([entry])
        }
    }

    /// Another project or custodian, another date, other texts, more messages; or what was said
    /// before, word for word.
    private mutating func importAgain() throws {
        guard let name = model.conversations.keys.sorted().randomElement(using: &random),
            let known = said[name]
        else { return }
        if number(0...7) == 0 { return try ingest([one(known)]) }
        var entries: [SaidConversation] = []
        for _ in 0..<(number(0...4) == 0 ? 2 : 1) {
            var entry = one(known)
            if number(0...1) == 0 { entry.project = one(["p0", "p1", "p2", nil]) }
            if number(0...2) == 0 { entry.custodian = one(["u1", "u2", nil]) }
            if number(0...3) == 0 { entry.labels = ["l\(number(0...3))"] }
            if number(0...2) == 0 { redate(&entry) }
            if number(0...1) == 0 { entry.messages[0] = messages(1, from: entry.created)[0] }
            if number(0...2) == 0 {
                entry.messages += messages(1, from: entry.messages.compactMap(\.time).max())
            }
            entry.modified = entry.created == nil ? nil : time()
            entries.append(entry)
        }
        try ingest(entries)
    }

    private mutating func redate(_ entry: inout SaidConversation) {
        let begins = time()
        entry.created = begins
        for place in entry.messages.indices {
            entry.messages[place].time = begins + Int64(place) * 1000
        }
    }

    private mutating func ingest(_ entries: [SaidConversation]) throws {
        try anyVault().ingest(entries.map(\.imported))
        let vault = anyVault()
        let ids = try vault.ids()
        for entry in entries {
            let id = try #require(ids[entry.name])
            model.take(entry, as: id, at: governed.peek().milliseconds)
            said[entry.name, default: []].append(entry)
            model.conversations[entry.name]?.commitments = Set(
                try vault.messages(of: id).map { Hex.text($0.commitment) })
        }
    }

    // MARK: Holds and policies

    private mutating func placeHold() throws {
        let scope = scope()
        var hold = ModelHold(id: "")
        var wanted = HoldScope()
        switch number(0...5) {
        case 0:
            let some = model.conversations.keys.sorted().randomElement(using: &random)
            guard let id = some.flatMap({ model.conversations[$0]?.id }) else { return }
            hold.conversations = [id]
            wanted.conversations = [id.description]
        case 1:
            hold.word = one(Self.words)
            wanted.query = hold.word
        case 2:
            hold.after = governed.peek().milliseconds - 200 * Self.dayMilliseconds
            wanted.after = hold.after
        default:
            hold.scope = scope
            wanted.projects = scope.projects
            wanted.custodians = scope.custodians
            wanted.labels = scope.labels
        }
        let placed = try anyVault().placeHold(matter: "Matter \(serial)", scope: wanted)
        model.holds.append(
            ModelHold(
                id: placed.id, scope: hold.scope, conversations: hold.conversations,
                word: hold.word, after: hold.after))
        model.noteAll()
    }

    private mutating func releaseHold() throws {
        let active = model.holds.indices.filter { model.holds[$0].released == nil }
        guard let index = active.randomElement(using: &random) else { return }
        let hold = try anyVault().releaseHold(model.holds[index].id, reason: "over")
        model.holds[index].released = hold.released?.milliseconds
    }

    private mutating func rule(_ id: String) -> ModelRule {
        var rule = ModelRule(id: id)
        if number(0...2) > 0 {
            rule.scope = scope()
            let isLabel = !rule.scope.labels.isEmpty
            rule.scopeClass = isLabel ? .label : .scoped
        }
        rule.retains = number(0...1) == 0
        rule.deletes = !rule.retains || number(0...3) == 0
        rule.years = number(1...6)
        rule.isFromModified = number(0...3) == 0
        rule.isLegal = number(0...2) > 0
        return rule
    }

    private mutating func changePolicy() throws {
        let vault = anyVault()
        var policy = ModelPolicy()
        let locked = model.policy.rules.filter(\.isLocked)
        if locked.isEmpty, model.policies.count > 1, !model.policy.rules.isEmpty, number(0...4) == 0
        {
            try vault.removePolicy()
        } else {
            for place in 0..<number(1...4) { policy.rules.append(rule("r\(place)")) }
            policy.graceDays = Int64(one([1, 30, 90]))
            if !locked.isEmpty {
                if try isRefused(policy, in: vault) { policy.rules += locked }
                policy.graceDays = max(policy.graceDays, model.policy.graceDays)
            } else if number(0...3) == 0, policy.rules[0].scopeClass != .org,
                policy.rules[0].retains
            {
                policy.rules[0] = lockedRule(policy.rules[0])
            }
            try vault.setPolicy(policy.document)
        }
        var set: Instant?
        try anyVault().forEachAuditEntry { entry, _ in
            if entry.event == .policySet || entry.event == .policyRemoved { set = entry.time }
        }
        policy.from = try #require(set).milliseconds
        model.policies.append(policy)
        model.noteAll()
    }

    private mutating func lockedRule(_ rule: ModelRule) -> ModelRule {
        serial += 1
        var locked = ModelRule(id: "locked\(serial)")
        locked.scopeClass = rule.scopeClass
        locked.scope = rule.scope
        locked.retains = true
        locked.years = number(1...4)
        locked.isLocked = true
        return locked
    }

    /// A policy that leaves out what is locked.
    private func isRefused(_ policy: ModelPolicy, in vault: Vault) throws -> Bool {
        let error = #expect(throws: VaultError.self) { try vault.setPolicy(policy.document) }
        return error?.code == .refused
    }

    private mutating func label() throws {
        guard let name = model.conversations.keys.sorted().randomElement(using: &random),
            let id = model.conversations[name]?.id
        else { return }
        let label = "l\(number(0...3))"
        _ = try anyVault().addLabel(label, to: [id])
        model.change(name, at: governed.peek().milliseconds) { $0.labels.insert(label) }
    }

    private mutating func hide() throws {
        let ids = model.conversations.values.map(\.id).sorted()
        guard let id = ids.randomElement(using: &random) else { return }
        _ = try anyVault().hide([id])
    }

    // MARK: Openings

    private mutating func reopen(_ place: Int) throws {
        try vaults[place].close()
        vaults[place] = try governed.open()
    }

    /// As a crash leaves it behind the first step of a purge.
    private mutating func cutOff() throws {
        var record = AuditLog.Record(.purgeIntended)
        record.document = [
            "conversations": .array(
                model.conversations.values.map { .string($0.id.description) })
        ]
        try vaults[0].log(record)
        try reopen(0)
        #expect(Set(try anyVault().ids().keys) == Set(model.conversations.keys))
    }

    /// An erasure wants the vault for itself.
    private mutating func erase() throws {
        let place = number(0...1)
        try vaults[1 - place].close()
        _ = try vaults[place].erase(tool: "Test 1")
        vaults[1 - place] = try governed.open()
    }

    // MARK: Judging

    /// Where it happened.
    fileprivate var moment: String { "seed \(seed), step \(steps)" }

    private mutating func purgeSome() throws {
        let names = model.conversations.keys.sorted().filter { _ in
            Bool.random(using: &random)
        }
        try purge(.conversations(names.compactMap { model.conversations[$0]?.id }))
    }

    private func isSelected(
        _ conversation: ModelConversation, _ selection: DisposalRequest.Selection
    ) -> Bool {
        switch selection {
        case .conversations(let ids): ids.contains(conversation.id)
        case .subject(let custodian): conversation.custodian == custodian
        default: true
        }
    }

    /// Plans with one opening; then something else may happen; then the plan is carried out.
    private mutating func purge(_ selection: DisposalRequest.Selection) throws {
        let request = DisposalRequest(selection, reason: "a test")
        let selected = model.conversations.filter { isSelected($0.value, selection) }
        if case .subject = selection, selected.isEmpty { return }
        let vault = anyVault()
        let then = (model: model, time: governed.peek().milliseconds)
        let plan = try vault.planDisposal(request)
        if case .subject = selection {
            for (name, _) in selected where !model.mayGo(name, then.time, .erase) {
                model.conversations[name]?.isDeferred = true
            }
        } else {
            switch number(0...5) {
            case 0: try importAgain()
            case 1: try placeHold()
            case 2: try changePolicy()
            default: break
            }
        }
        let before = governed.peek().milliseconds
        _ = try vault.dispose(plan, of: request)
        let after = governed.peek().milliseconds
        let left = Set(try anyVault().ids().keys)
        for (name, conversation) in model.conversations {
            if left.contains(name) {
                let isWanted =
                    selected[name] != nil && then.model.mayGo(name, then.time, request.operation)
                let mayGo = model.mayGo(name, before, request.operation)
                #expect(
                    !isWanted || !mayGo,
                    "\(name) stayed, \(moment)")
            } else {
                #expect(selected[name] != nil, "\(name) was not selected, \(moment)")
                let mayGo = model.mayGo(name, after, request.operation)
                #expect(mayGo, "\(name) went, \(moment)")
                gone[conversation.id] = conversation.commitments
                destroyed += 1
            }
        }
        model.conversations = model.conversations.filter { left.contains($0.key) }
        #expect(left == Set(model.conversations.keys))
        if Bool.random(using: &random) { try erase() }
    }

    /// What a sweep would destroy now is what the model says.
    private mutating func judgePlan() throws {
        let before = governed.peek().milliseconds
        let plan = try anyVault().planDisposal(DisposalRequest(.due))
        let after = governed.peek().milliseconds
        let planned = Set(plan.destroyed.map(\.conversation))
        for (name, conversation) in model.conversations {
            let (first, last) = (
                model.mayGo(name, before, .sweep), model.mayGo(name, after, .sweep)
            )
            guard first == last else { continue }
            #expect(
                planned.contains(conversation.id) == last, "\(name) is planned otherwise, \(moment)"
            )
        }
    }

    /// All that went has a certificate, and nothing else has.
    mutating func judgeCertificates() throws {
        try erase()
        let vault = anyVault()
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
        for vault in vaults { try vault.close() }
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
            do {
                for _ in 0..<45 { try run.step() }
                try run.judgeCertificates()
            } catch {
                Issue.record("\(run.moment): \(error)")
            }
            destroyed += run.destroyed
        }
        #expect(destroyed > 3 * Int(Self.rounds))
    }
}
