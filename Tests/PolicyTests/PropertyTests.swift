import Policy
import Testing

/// What must be true of all policies and records, tried on random ones.
@Suite struct PropertyTests {
    /// SplitMix64: the same seed gives the same values on every machine.
    struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }

        mutating func pick<Value>(_ values: [Value]) -> Value {
            values[Int.random(in: 0..<values.count, using: &self)]
        }

        mutating func chance(_ percent: Int) -> Bool {
            Int.random(in: 0..<100, using: &self) < percent
        }

        mutating func time() -> Int64 {
            let day = Int64.random(in: 0..<3650, using: &self) * 86_400_000
            return Sample.time("2015-01-01") + day + pick([0, 1, 3_600_000, 5_400_000, 86_399_999])
        }

        mutating func rule(_ id: String) -> RetentionRule {
            let scope = pick([
                RuleScope(.org), RuleScope(.default), RuleScope(.label, [.labels: ["L"]]),
                RuleScope(.label, [.labels: ["M", "L"]]), RuleScope(.scoped, [.projects: ["P"]]),
                RuleScope(.scoped, [.custodians: ["ada", "bob"], .labels: ["M"]]),
            ])
            return Sample.rule(
                pick(["retain", "delete", "retain+delete"]),
                pick(["P1D", "P30D", "P1M", "P1Y", "P365D", "P5Y", "P1Y6M", "forever"]), scope,
                id: id, start: pick(RetentionRule.Start.allCases),
                basis: pick([.legal, .business]), review: chance(20), locked: chance(30))
        }

        mutating func policy() -> PolicyDocument {
            let count = Int.random(in: 0...6, using: &self)
            let zone = pick([Sample.utc, Sample.zurich])
            return Sample.policy((0..<count).map { rule("r\($0)") }, zone: zone)
        }

        mutating func item() -> RetentionItem {
            var item = RetentionItem(id: "i")
            if chance(90) { item.created = time() }
            if chance(90) { item.modified = time() }
            if chance(30) { item.event = time() }
            item.labels = pick([[], ["L"], ["M"], ["L", "M"], ["N"]])
            item.labelled = pick([.unknown, .at(time()), .each(["L": time(), "M": time()])])
            if chance(60) { item.project = pick(["P", "Q"]) }
            if chance(60) { item.custodian = pick(["ada", "bob", "eve"]) }
            if chance(15) { item.holds = ["h"] }
            if chance(20) { item.graceUntil = time() }
            if chance(10) { item.retainFloor = chance(20) ? .never : .at(time()) }
            item.isApproved = chance(50)
            return item
        }

        mutating func circumstances() -> Circumstances {
            Circumstances(now: time(), operation: pick(RetentionOperation.allCases))
        }
    }

    /// What counts as never where nothing is due.
    private func purge(_ decision: Decision) -> Deadline { decision.dates.purgeAt ?? .never }

    /// Policies are adding up (R9): a rule of retention takes a default rule's place, and else
    /// never brings the end nearer.
    @Test func `Adding a rule that retains never makes destruction earlier`() {
        var dice = Dice(state: 1)
        for _ in 0..<5_000 {
            var policy = dice.policy()
            policy.retention.removeAll { $0.scope.scopeClass == .default }
            let item = dice.item()
            let before = RetentionEvaluator(policy).dates(of: item)
            var rule = dice.rule("added")
            rule.kind = .retain
            policy.retention.append(rule)
            let after = RetentionEvaluator(policy).dates(of: item)
            #expect(after.purgeAt ?? .never >= before.purgeAt ?? .never)
            #expect((after.purgeAt == nil) == (before.purgeAt == nil))
        }
    }

    @Test func `Nothing that is held, in grace or in doubt is destroyed`() {
        var dice = Dice(state: 2)
        for _ in 0..<5_000 {
            let evaluator = RetentionEvaluator(dice.policy())
            var circumstances = dice.circumstances()
            var item = dice.item()
            item.holds = ["h"]
            #expect(evaluator.decide(item, circumstances).outcome != .destroy)
            item.holds = []
            item.graceUntil = circumstances.now + 1
            #expect(evaluator.decide(item, circumstances).outcome != .destroy)
            item.graceUntil = nil
            circumstances.doubts = [dice.pick(Circumstances.Doubt.allCases)]
            #expect(evaluator.decide(item, circumstances).outcome != .destroy)
        }
    }

    @Test func `What retains is destroyed only by a data subject, and never against a legal basis`()
    {
        var dice = Dice(state: 3)
        var destroyed = 0
        for _ in 0..<5_000 {
            let policy = dice.policy()
            let (item, circumstances) = (dice.item(), dice.circumstances())
            let decision = RetentionEvaluator(policy).decide(item, circumstances)
            guard decision.outcome == .destroy else { continue }
            destroyed += 1
            let isRetained = !(decision.dates.retainUntil ?? .at(.min))
                .hasPassed(at: circumstances.now)
            #expect(!isRetained || circumstances.operation == .erase)
            let legal = policy.retention.filter { !$0.kind.retains || $0.basis == .legal }
            var legalPolicy = policy
            legalPolicy.retention = legal
            guard !policy.retention.contains(where: { $0.scope.scopeClass == .default }) else {
                continue
            }
            let bar = RetentionEvaluator(legalPolicy).dates(of: item).retainUntil
            #expect(bar?.hasPassed(at: circumstances.now) ?? true)
        }
        #expect(destroyed > 300)
    }

    @Test func `A schedule destroys nothing before its date, and everything from then on`() {
        var dice = Dice(state: 4)
        for _ in 0..<5_000 {
            let evaluator = RetentionEvaluator(dice.policy())
            var item = dice.item()
            item.holds = []
            item.isApproved = true
            guard let due = evaluator.dates(of: item).purgeAt?.milliseconds else { continue }
            let outcomes = [due - 1, due].map {
                evaluator.decide(item, Circumstances(now: $0, operation: .sweep)).outcome
            }
            #expect(outcomes[0] != .destroy && outcomes[1] == .destroy)
        }
    }

    @Test func `A change that a lock allows never shortens what locked rules promised`() {
        var dice = Dice(state: 5)
        var allowed = 0
        for _ in 0..<5_000 {
            let old = dice.policy()
            var new = old
            for index in new.retention.indices where dice.chance(40) {
                let other = dice.rule(new.retention[index].id)
                if dice.chance(50) { new.retention[index].period = other.period }
                if dice.chance(30) { new.retention[index].scope = other.scope }
                if dice.chance(30) { new.retention[index].kind = other.kind }
                if dice.chance(20) { new.retention[index].start = other.start }
                if dice.chance(20) { new.retention[index].isLocked = other.isLocked }
            }
            if dice.chance(30) { new.retention.append(dice.rule("new")) }
            if dice.chance(20), !new.retention.isEmpty { new.retention.removeFirst() }
            guard PolicyChange.refusals(from: old, to: new).isEmpty else { continue }
            allowed += 1
            let item = dice.item()
            let before = RetentionEvaluator(old).floor(of: item)
            let after = RetentionEvaluator(new).floor(of: item)
            if let before { #expect(after ?? .at(.min) >= before) }
        }
        #expect(allowed > 300)
    }

    @Test func `Every decision has a reason`() {
        var dice = Dice(state: 6)
        var rows: Set<Int> = []
        for _ in 0..<5_000 {
            let (policy, circumstances) = (dice.policy(), dice.circumstances())
            let decision = RetentionEvaluator(policy).decide(dice.item(), circumstances)
            rows.insert(decision.row)
            #expect(!decision.why.isEmpty)
            #expect(Set(decision.why).count == decision.why.count)
        }
        #expect(rows == Set(2...12))
    }

    @Test func `A simulation counts every record once, with examples of what changes`() {
        var dice = Dice(state: 7)
        let old = Sample.policy(Sample.rule("retain+delete", "P5Y", id: "a"))
        let new = Sample.policy(Sample.rule("retain+delete", "P1Y", id: "a"))
        let circumstances = Circumstances(now: Sample.time("2020-01-01"), operation: .sweep)
        var simulation = PolicySimulation(from: old, to: new, circumstances, mostExamples: 3)
        var expected = 0
        for index in 0..<1_000 {
            var item = RetentionItem(id: "i\(index)")
            item.created = dice.time()
            let created = item.created ?? 0
            if created > Sample.time("2015-01-01"), created <= Sample.time("2019-01-01") {
                expected += 1
            }
            simulation.add(item)
        }
        let change = PolicySimulation.Change(before: .keepRetain, after: .destroy)
        #expect(simulation.counts[change] == expected && expected > 100)
        #expect(simulation.counts.values.reduce(0, +) == 1_000)
        #expect(simulation.examples.keys.map(\.after) == [.destroy])
        #expect(simulation.examples[change]?.count == 3)
        #expect(simulation.examples[change]?.first?.before.outcome == .keepRetain)
        #expect(simulation.purgedEarlier == 1_000 && simulation.purgedLater == 0)
    }
}
