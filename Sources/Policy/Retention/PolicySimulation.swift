/// Counts what another policy would change, record by record.
package struct PolicySimulation: Sendable {
    /// A record that the other policy decides otherwise.
    package struct Example: Sendable, Equatable {
        package var id: String
        package var before: Decision
        package var after: Decision
    }

    /// From one outcome to another.
    package struct Change: Sendable, Hashable {
        package var before: Outcome
        package var after: Outcome

        package init(before: Outcome, after: Outcome) {
            self.before = before
            self.after = after
        }
    }

    /// How many records took which way, those that stay included.
    package private(set) var counts: [Change: Int] = [:]
    /// The first records of each way, those that stay excluded.
    package private(set) var examples: [Change: [Example]] = [:]
    /// Records that would be destroyed earlier by a schedule, or at all, whatever the outcome now.
    package private(set) var purgedEarlier = 0
    /// Records that would be destroyed later, or never.
    package private(set) var purgedLater = 0

    private let before: RetentionEvaluator
    private let after: RetentionEvaluator
    private let circumstances: Circumstances
    private let mostExamples: Int

    /// - Parameters:
    ///   - before: The policy in force.
    ///   - after: The policy that is thought of.
    ///   - circumstances: For both.
    ///   - mostExamples: How many records of each way are kept.
    package init(
        from before: PolicyDocument, to after: PolicyDocument, _ circumstances: Circumstances,
        mostExamples: Int = 5
    ) {
        self.before = RetentionEvaluator(before)
        self.after = RetentionEvaluator(after)
        self.circumstances = circumstances
        self.mostExamples = mostExamples
    }

    /// Takes one record.
    ///
    /// - Parameters:
    ///   - item: The record.
    ///   - changed: When the other policy comes into force, for the grace of what it does not keep
    ///     as long (R4); `nil` where that is over.
    package mutating func add(_ item: RetentionItem, changed: Int64? = nil) {
        var next = item
        if let changed, let end = grace(of: item, changed: changed) {
            next.graceUntil = max(end, item.graceUntil ?? end)
        }
        let example = Example(
            id: item.id, before: before.decide(item, circumstances),
            after: after.decide(next, circumstances))
        let change = Change(before: example.before.outcome, after: example.after.outcome)
        counts[change, default: 0] += 1
        if change.before != change.after, examples[change, default: []].count < mostExamples {
            examples[change, default: []].append(example)
        }
        let purges = [example.before, example.after].map { $0.dates.purgeAt ?? .never }
        if purges[1] < purges[0] { purgedEarlier += 1 }
        if purges[1] > purges[0] { purgedLater += 1 }
    }

    /// The end of the grace for a record that the other policy keeps less long.
    private func grace(of item: RetentionItem, changed: Int64) -> Int64? {
        guard let kept = before.dates(of: item).retainUntil, !kept.hasPassed(at: changed),
            after.dates(of: item).retainUntil.map({ $0 < kept }) ?? true
        else { return nil }
        return [before, after].map { $0.grace(after: changed).milliseconds ?? .max }.max()
    }
}
