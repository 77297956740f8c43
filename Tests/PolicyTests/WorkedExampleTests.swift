import Policy
import Testing

/// The worked examples of the rules by their names: M, H, N, D, E and F.
///
/// Years count from the record's creation. `TableTests` has S, `LockTests` has K.
@Suite struct WorkedExampleTests {
    /// Expects a record to be kept for so many years and destroyed after so many; `nil` is never.
    private func expect(
        _ rules: [RetentionRule], retain: Int64?, purge: Int64?, modifiedYear: Int64 = 0,
        _ location: SourceLocation = #_sourceLocation
    ) {
        var item = Sample.item
        item.modified = Sample.year(modifiedYear)
        let evaluator = RetentionEvaluator(Sample.policy(rules))
        let dates = evaluator.dates(of: item)
        #expect(
            dates.retainUntil == retain.map { .at(Sample.year($0)) }, sourceLocation: location)
        #expect(
            dates.purgeAt?.milliseconds == purge.map(Sample.year), sourceLocation: location)
        // The schedule destroys at that time and not a millisecond before.
        guard let purge else {
            let late = Circumstances(now: Sample.year(900), operation: .sweep)
            #expect(evaluator.decide(item, late).outcome != .destroy, sourceLocation: location)
            return
        }
        let due = Sample.year(purge)
        let outcomes = [due - 1, due].map {
            evaluator.decide(item, Circumstances(now: $0, operation: .sweep)).outcome
        }
        #expect(outcomes[0] != .destroy, sourceLocation: location)
        #expect(outcomes[1] == .destroy, sourceLocation: location)
    }

    private let org = RuleScope(.org)
    private let label = Sample.label
    private let scoped = Sample.scoped

    @Test func `M1: retention wins over deletion`() {
        expect(
            [Sample.rule("delete", "P3Y", org), Sample.rule("retain", "P5Y", label)],
            retain: 5, purge: 5)
    }

    @Test func `M2: the longest retention wins, and without a deletion nothing is purged`() {
        expect(
            [Sample.rule("retain", "P5Y", org), Sample.rule("retain", "P10Y", scoped)],
            retain: 10, purge: nil)
    }

    @Test func `M3: a label's deletion wins over those of policies`() {
        expect(
            [
                Sample.rule("delete", "P5Y", org), Sample.rule("delete", "P10Y", org),
                Sample.rule("delete", "P7Y", label),
            ], retain: nil, purge: 7)
    }

    @Test func `M4: a scoped deletion wins over that of the organisation`() {
        expect(
            [Sample.rule("delete", "P10Y", org), Sample.rule("delete", "P5Y", scoped)],
            retain: nil, purge: 5)
    }

    @Test func `M4b: a scoped deletion wins also when it is later`() {
        expect(
            [Sample.rule("delete", "P5Y", org), Sample.rule("delete", "P10Y", scoped)],
            retain: nil, purge: 10)
    }

    @Test func `M5: of two scoped deletions the earlier wins`() {
        expect(
            [Sample.rule("delete", "P10Y", scoped), Sample.rule("delete", "P7Y", scoped)],
            retain: nil, purge: 7)
    }

    @Test func `M6: a deletion that was suspended fires when retention ends`() {
        expect(
            [
                Sample.rule("delete", "P5Y", org), Sample.rule("retain+delete", "P3Y", org),
                Sample.rule("retain", "P7Y", label),
            ], retain: 7, purge: 7)
    }

    @Test func `M7: retention and deletion are found separately`() {
        expect(
            [
                Sample.rule("delete", "P10Y", org), Sample.rule("retain+delete", "P5Y", scoped),
                Sample.rule("retain+delete", "P3Y", label),
            ], retain: 5, purge: 5)
    }

    @Test func `M8: the latest end wins and not the longest period`() {
        expect(
            [
                Sample.rule("retain", "P7Y", org),
                Sample.rule("retain", "P5Y", org, start: .modified),
            ], retain: 9, purge: nil, modifiedYear: 4)
    }

    @Test func `M9: the earliest end deletes and not the shortest period`() {
        expect(
            [
                Sample.rule("delete", "P7Y", org),
                Sample.rule("delete", "P5Y", org, start: .modified),
            ], retain: nil, purge: 7, modifiedYear: 4)
    }

    @Test func `N1: without rules nothing is purged`() { expect([], retain: nil, purge: nil) }

    @Test func `N2: retention alone purges nothing`() {
        expect([Sample.rule("retain", "P5Y", org)], retain: 5, purge: nil)
    }

    @Test func `D1: a default rule applies where no other does`() {
        expect([Sample.rule("delete", "P2Y", RuleScope(.default))], retain: nil, purge: 2)
    }

    @Test func `D2: any other rule takes a default rule's place`() {
        expect(
            [
                Sample.rule("delete", "P10Y", RuleScope(.default)),
                Sample.rule("delete", "P1Y", scoped),
            ], retain: nil, purge: 1)
    }

    @Test func `E1: a rule whose event has not happened never ends`() {
        expect(
            [
                Sample.rule("delete", "P1Y", label, start: .event),
                Sample.rule("delete", "P1Y", org),
            ],
            retain: nil, purge: nil)
    }

    @Test func `F1: what is kept for ever is never purged`() {
        var item = Sample.item
        item.created = Sample.year(0)
        let policy = Sample.policy(
            Sample.rule("delete", "P1Y", org), Sample.rule("retain", "forever", label))
        let dates = RetentionEvaluator(policy).dates(of: item)
        #expect(dates.retainUntil == .never && dates.purgeAt == .never)
        #expect(dates.deleteAt == .at(Sample.year(1)))
    }

    // MARK: Holds

    private let deletion = Sample.policy(Sample.rule("delete", "P1Y", RuleScope(.org)))

    private func outcome(_ holds: [Hold], _ policy: PolicyDocument, at now: Int64) -> Decision {
        let evaluator = RetentionEvaluator(policy)
        var item = Sample.item
        item.apply(holds, evaluator)
        return evaluator.decide(item, Circumstances(now: now, operation: .sweep))
    }

    private func hold(_ id: String) -> Hold {
        Hold(id: id, matter: "M", scope: HoldScope(), state: .placed(at: Sample.year(0)))
    }

    @Test func `H1: a hold keeps what a rule would delete`() {
        let decision = outcome([hold("h1")], deletion, at: Sample.year(9))
        #expect(decision.outcome == .keepHeld)
        #expect(decision.why == ["h1"])
    }

    @Test func `H2: of two holds one is released, and the other one keeps`() {
        let released = hold("h1").released(at: Sample.year(4))
        let decision = outcome([released, hold("h2")], deletion, at: Sample.year(9))
        #expect(decision.outcome == .keepHeld)
        #expect(decision.why == ["h2"])
    }

    @Test func `H3: after the last release there is a grace`() {
        let holds = [hold("h1").released(at: Sample.year(4))]
        let end = Sample.year(4) + 30 * 86_400_000
        #expect(outcome(holds, deletion, at: end - 1).outcome == .keepGrace)
        #expect(outcome(holds, deletion, at: end).outcome == .destroy)
        #expect(outcome(holds, deletion, at: end).dates.purgeAt == .at(end))
    }

    @Test func `H4: after the grace the rules go on as before`() {
        let policy = Sample.policy(Sample.rule("retain+delete", "P7Y", RuleScope(.org)))
        let holds = [hold("h1").released(at: Sample.year(4))]
        #expect(outcome(holds, policy, at: Sample.year(7) - 1).outcome == .keepRetain)
        #expect(outcome(holds, policy, at: Sample.year(7)).outcome == .destroy)
    }
}
