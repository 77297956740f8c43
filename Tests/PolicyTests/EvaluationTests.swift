import Policy
import Testing

/// What the worked examples leave open: equal times, unknown times, labels, floors, zones.
@Suite struct EvaluationTests {
    private func decide(
        _ item: RetentionItem, _ rules: RetentionRule..., at now: Int64,
        _ operation: RetentionOperation = .sweep
    ) -> Decision {
        RetentionEvaluator(Sample.policy(rules)).decide(
            item, Circumstances(now: now, operation: operation))
    }

    @Test func `An end belongs to what comes after it`() {
        var item = Sample.item
        let both = Sample.rule("retain+delete", "P1Y")
        #expect(decide(item, both, at: Sample.year(1) - 1).outcome == .keepRetain)
        #expect(decide(item, both, at: Sample.year(1)).outcome == .destroy)
        item.graceUntil = Sample.year(1)
        #expect(decide(item, both, at: Sample.year(1) - 1).outcome == .keepGrace)
        #expect(decide(item, both, at: Sample.year(1)).outcome == .destroy)
        #expect(decide(item, both, at: Sample.year(1)).dates.purgeAt == .at(Sample.year(1)))
    }

    @Test func `Rules that end at the same time are all named, in the order of the policy`() {
        let rules = [
            Sample.rule("retain", "P1Y", id: "b"), Sample.rule("retain", "P12M", id: "a"),
            Sample.rule("retain", "P6M", id: "c"),
        ]
        let policy = Sample.policy(rules)
        let decision = RetentionEvaluator(policy).decide(
            Sample.item, Circumstances(now: Sample.year(0), operation: .sweep))
        #expect(decision.why == ["b", "a"])
    }

    @Test func `A policy applies to records that are older than itself`() {
        var item = Sample.item
        item.created = Sample.time("1991-05-06T07:08:09Z")
        let decision = decide(item, Sample.rule("delete", "P1Y"), at: Sample.year(0))
        #expect(decision.outcome == .destroy)
        #expect(decision.dates.purgeAt == .at(Sample.time("1992-05-06T07:08:09Z")))
    }

    @Test func `A record without a date is kept, and says so`() {
        var item = Sample.item
        item.created = nil
        let retained = decide(item, Sample.rule("retain+delete", "P1Y"), at: Sample.year(900))
        #expect(retained.outcome == .keepRetain)
        #expect(retained.dates.retainUntil == .never && retained.dates.purgeAt == .never)
        #expect(retained.why == ["org-retain+delete-P1Y", "undated"])
        let deleted = decide(item, Sample.rule("delete", "P1Y"), at: Sample.year(900))
        #expect(deleted.outcome == .keepNotDue)
        #expect(deleted.why == ["org-delete-P1Y", "undated"])
        // One rule that knows its time deletes all the same.
        let both = decide(
            item, Sample.rule("delete", "P1Y"), Sample.rule("delete", "P2Y", start: .modified),
            at: Sample.year(2))
        #expect(both.outcome == .destroy)
        #expect(both.why == ["org-delete-P2Y"])
    }

    @Test func `A rule waits for its event`() {
        var item = Sample.item
        let rule = Sample.rule("retain+delete", "P1Y", Sample.label, start: .event)
        let waiting = decide(item, rule, at: Sample.year(50))
        #expect(waiting.outcome == .keepRetain)
        #expect(waiting.why == ["label-retain+delete-P1Y", "no-event"])
        item.event = Sample.year(3)
        #expect(decide(item, rule, at: Sample.year(4)).outcome == .destroy)
    }

    @Test func `Without a rule that deletes the reason says so`() {
        #expect(decide(Sample.item, at: Sample.year(50)).why == ["no-delete"])
        let past = decide(Sample.item, Sample.rule("retain", "P1Y"), at: Sample.year(50))
        #expect(past.outcome == .keepNotDue && past.why == ["no-delete"])
    }

    @Test func `A label's rule ends last of all that the labels it names give`() {
        var item = Sample.item
        item.labels = ["a", "b", "c"]
        item.labelled = .each(["a": Sample.year(1), "b": Sample.year(2), "c": Sample.year(8)])
        let scope = RuleScope(.label, [.labels: ["a", "b", "x"]])
        let rule = Sample.rule("delete", "P1Y", scope, start: .labelled)
        let evaluator = RetentionEvaluator(Sample.policy(rule))
        #expect(evaluator.dates(of: item).deleteAt == .at(Sample.year(3)))
        // One of them whose time is not known may be the latest.
        item.labelled = .each(["a": Sample.year(1)])
        #expect(evaluator.dates(of: item).deleteAt == .never)
        // Of two that are clamped to the same day, the later time of day.
        item.labelled = .each([
            "a": Sample.time("2023-01-30T20:00:00Z"), "b": Sample.time("2023-01-31T08:00:00Z"),
        ])
        let month = Sample.rule("delete", "P1M", scope, start: .labelled)
        #expect(
            RetentionEvaluator(Sample.policy(month)).dates(of: item).deleteAt
                == .at(Sample.time("2023-02-28T20:00:00Z")))
        item.labelled = .unknown
        #expect(evaluator.dates(of: item).deleteAt == .never)
        item.labelled = .at(Sample.year(5))
        #expect(evaluator.dates(of: item).deleteAt == .at(Sample.year(6)))
        item.labels = ["c"]
        #expect(evaluator.dates(of: item).deleteAt == nil)
    }

    @Test func `A rule of the organisation that starts with a label needs one`() {
        var item = Sample.item
        let rule = Sample.rule("delete", "P1Y", start: .labelled)
        let evaluator = RetentionEvaluator(Sample.policy(rule))
        #expect(evaluator.dates(of: item).deleteAt == .at(Sample.year(1)))
        item.labels = []
        #expect(evaluator.dates(of: item).deleteAt == .never)
    }

    @Test func `All lists of a scope have to fit, and of each one value`() {
        let scope = RuleScope(
            .scoped,
            [.projects: ["P", "Q"], .custodians: ["ada"], .origins: ["chatgpt"], .labels: ["L"]])
        let evaluator = RetentionEvaluator(Sample.policy(Sample.rule("delete", "P1Y", scope)))
        #expect(evaluator.dates(of: Sample.item).deleteAt != nil)
        for change: (inout RetentionItem) -> Void in [
            { $0.project = "R" }, { $0.custodian = nil }, { $0.origin = "claude" },
            { $0.labels = ["l"] }, { $0.labels = [] }, { $0.project = nil },
        ] {
            var item = Sample.item
            change(&item)
            #expect(evaluator.dates(of: item).deleteAt == nil)
        }
        // The same characters, composed otherwise.
        let composed = RuleScope(.scoped, [.projects: ["Zu\u{308}rich"]])
        var item = Sample.item
        item.project = "Z\u{FC}rich"
        let other = RetentionEvaluator(Sample.policy(Sample.rule("delete", "P1Y", composed)))
        #expect(other.dates(of: item).deleteAt != nil)
    }

    @Test func `What was added is kept as long as a rule retains it, and puts off no deletion`() {
        var item = Sample.item
        let deletion = Sample.rule("delete", "P1Y")
        let before = RetentionEvaluator(Sample.policy(deletion)).dates(of: item)
        item.added = Sample.year(2)
        #expect(RetentionEvaluator(Sample.policy(deletion)).dates(of: item) == before)
        #expect(decide(item, deletion, at: Sample.year(1)).outcome == .destroy)
        let both = RetentionEvaluator(Sample.policy(Sample.rule("retain+delete", "P1Y")))
        #expect(both.dates(of: item).deleteAt == .at(Sample.year(1)))
        #expect(both.dates(of: item).retainUntil == .at(Sample.year(3)))
        #expect(both.dates(of: item).purgeAt == .at(Sample.year(3)))
        // Earlier than the record's own, it changes nothing.
        item.added = Sample.year(0) - 1
        #expect(both.dates(of: item).purgeAt == .at(Sample.year(1)))
        item.created = nil
        #expect(both.dates(of: item).retainUntil == .never)
    }

    @Test func `Default rules retain as well, and of a class the earliest deletion counts`() {
        let standard = RuleScope(.default)
        let policy = Sample.policy(
            Sample.rule("retain", "P3Y", standard), Sample.rule("delete", "P2Y", standard),
            Sample.rule("delete", "P1Y", standard))
        let dates = RetentionEvaluator(policy).dates(of: Sample.item)
        #expect(dates.retainUntil == .at(Sample.year(3)))
        #expect(dates.deleteAt == .at(Sample.year(1)))
        #expect(dates.purgeAt == .at(Sample.year(3)))
    }

    @Test func `A floor keeps whatever the rules say, and bars erasure`() {
        var item = Sample.item
        item.retainFloor = .at(Sample.year(5))
        let deletion = Sample.rule("delete", "P1Y")
        let kept = decide(item, deletion, at: Sample.year(4))
        #expect(kept.outcome == .keepRetain && kept.why == ["floor"])
        #expect(kept.dates.purgeAt == .at(Sample.year(5)))
        #expect(decide(item, deletion, at: Sample.year(4), .erase).outcome == .deferRestrict)
        #expect(decide(item, deletion, at: Sample.year(5)).outcome == .destroy)
        item.retainFloor = .never
        #expect(decide(item, deletion, at: Sample.year(900)).outcome == .keepRetain)
    }

    @Test func `The floor of a record is the latest end of the locked rules that retain it`() {
        let policy = Sample.policy(
            Sample.rule("retain", "P3Y", locked: true), Sample.rule("retain", "P9Y"),
            Sample.rule("retain", "P2Y", Sample.scoped, locked: true),
            Sample.rule("delete", "P20Y", locked: true))
        let evaluator = RetentionEvaluator(policy)
        #expect(evaluator.floor(of: Sample.item) == .at(Sample.year(3)))
        #expect(RetentionEvaluator(Sample.policy()).floor(of: Sample.item) == nil)
    }

    @Test func `A legal basis bars erasure until its own end and not longer`() {
        let rules = [
            Sample.rule("retain", "P2Y", id: "law", basis: .legal),
            Sample.rule("retain", "P9Y", id: "habit", basis: .business),
        ]
        let evaluator = RetentionEvaluator(Sample.policy(rules))
        let before = evaluator.decide(
            Sample.item, Circumstances(now: Sample.year(2) - 1, operation: .erase))
        #expect(before.outcome == .deferRestrict && before.why == ["law"])
        let after = evaluator.decide(
            Sample.item, Circumstances(now: Sample.year(2), operation: .erase))
        #expect(after.outcome == .destroy && after.why == ["habit"])
    }

    @Test func `Any rule that applies may ask for a review`() {
        let retaining = Sample.rule("retain", "P1Y", review: true)
        let due = decide(Sample.item, retaining, Sample.rule("delete", "P1Y"), at: Sample.year(1))
        #expect(due.outcome == .pendingReview && due.why == ["org-retain-P1Y"])
    }

    @Test func `The same policy ends at another time in another zone`() {
        // In New York it is still 29 February.
        var item = Sample.item
        item.created = Sample.time("2024-03-01T04:30:00Z")
        let rule = Sample.rule("delete", "P1M")
        let ends = ["America/New_York", "Europe/Zurich", "Pacific/Auckland"].map { name in
            let policy = Sample.policy([rule], zone: Sample.zone(name))
            return RetentionEvaluator(policy).dates(of: item).deleteAt
        }
        #expect(
            ends == [
                .at(Sample.time("2024-03-30T03:30:00Z")), .at(Sample.time("2024-04-01T03:30:00Z")),
                .at(Sample.time("2024-04-01T04:30:00Z")),
            ])
    }
}
