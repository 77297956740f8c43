/// The rules that apply to one record, with their ends.
struct AppliedRules {
    /// What is asked of a rule; the rest is found by its place, because this is copied a lot.
    struct Rule {
        /// In the policy's list.
        let place: Int
        let kind: RetentionRule.Kind
        let scopeClass: RuleScope.Class
        /// A rule that retains without saying why counts as a legal duty.
        let isLegal: Bool
        let needsReview: Bool
        let isLocked: Bool
        /// When it deletes, where it does.
        let end: Deadline
        /// Until when it retains, where it does: as the end, or later (`RetentionItem.added`).
        let retainsUntil: Deadline
        /// Why the end is not a time, where the period has one.
        let missing: ReasonWord?

        init(
            _ rule: RetentionRule, at place: Int, end: Deadline, retainsUntil: Deadline,
            missing: ReasonWord?
        ) {
            self.place = place
            kind = rule.kind
            scopeClass = rule.scope.scopeClass
            isLegal = rule.basis != .business
            needsReview = rule.needsReview
            isLocked = rule.isLocked
            self.end = end
            self.retainsUntil = retainsUntil
            self.missing = missing
        }
    }

    /// In the order of the policy.
    private(set) var rules: [Rule] = []
    private let item: RetentionItem

    /// Finds the rules whose scope the record is in; those of class `default` only when no other
    /// one applies (R9).
    init(of policy: PolicyDocument, to item: RetentionItem) {
        self.item = item
        var clocks = Clocks(zone: policy.timeZone)
        for wantsDefault in [false, true] where rules.isEmpty {
            for place in policy.retention.indices {
                let scope = policy.retention[place].scope
                guard (scope.scopeClass == .default) == wantsDefault, scope.contains(item) else {
                    continue
                }
                rules.append(Self.applied(policy.retention[place], at: place, item, &clocks))
            }
        }
    }

    private static func applied(
        _ rule: RetentionRule, at place: Int, _ item: RetentionItem, _ clocks: inout Clocks
    ) -> Rule {
        func end(from starts: [Int64]) -> Deadline? {
            starts.map { clocks.zone.end(of: rule.period, fromLocal: clocks.local($0)) }.max()
        }
        guard let last = end(from: item.starts(of: rule)) else {
            let missing: ReasonWord = rule.start == .event ? .noEvent : .undated
            return Rule(rule, at: place, end: .never, retainsUntil: .never, missing: missing)
        }
        let retainsUntil =
            item.added == nil ? last : end(from: item.retainingStarts(of: rule)) ?? last
        return Rule(rule, at: place, end: last, retainsUntil: retainsUntil, missing: nil)
    }

    /// Local times that were asked for before: most rules begin with the same one or two.
    private struct Clocks {
        let zone: TimeZoneRules
        private var known: [(time: Int64, local: Int64)] = []

        init(zone: TimeZoneRules) { self.zone = zone }

        mutating func local(_ time: Int64) -> Int64 {
            if let found = known.first(where: { $0.time == time }) { return found.local }
            let local = zone.localTime(at: time)
            known.append((time, local))
            return local
        }
    }

    // MARK: Dates

    /// R5 to R7, and the floor of R11.
    var dates: RetentionDates {
        let retainUntil = [latestRetention, item.retainFloor].compactMap(\.self).max()
        let deleteAt = prevailingDeletion
        let purgeAt = deleteAt.map {
            max($0, retainUntil ?? $0, item.graceUntil.map(Deadline.at) ?? $0)
        }
        return RetentionDates(retainUntil: retainUntil, deleteAt: deleteAt, purgeAt: purgeAt)
    }

    /// The latest end of those that retain (R5).
    private var latestRetention: Deadline? {
        rules.lazy.filter(\.kind.retains).map(\.retainsUntil).max()
    }

    /// The earliest end in the first class that deletes at all (R6).
    private var prevailingDeletion: Deadline? {
        deletions.map(\.end).min()
    }

    /// Those that delete, of the first class that has any.
    private var deletions: [Rule] {
        for scopeClass in RuleScope.Class.byPrecedence {
            let found = rules.filter {
                $0.kind.deletes && $0.scopeClass == scopeClass
            }
            if !found.isEmpty { return found }
        }
        return []
    }

    /// The latest end of those that retain and are locked: what a record is stamped with (R11).
    var lockedUntil: Deadline? {
        // An end that is not known yet promises nothing beyond the rule itself.
        rules.lazy.filter { $0.isLocked && $0.kind.retains && $0.missing == nil }
            .map(\.retainsUntil).max()
    }

    // MARK: What decides

    /// Those that retain, have not ended and have the wanted basis; of them the ones that end last.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - legalOnly: Whether only legal bases count.
    /// - Returns: The rules, in the order of the policy.
    func bars(at now: Int64, legalOnly: Bool) -> [Rule] {
        let bars = rules.filter {
            $0.kind.retains && !$0.retainsUntil.hasPassed(at: now)
                && ($0.isLegal || !legalOnly)
        }
        let last = bars.map(\.retainsUntil).max()
        return bars.filter { $0.retainsUntil == last }
    }

    /// The rules whose deletion prevails, with the end that prevails.
    var decidingDeletions: [Rule] {
        let first = prevailingDeletion
        return deletions.filter { $0.end == first }
    }

    /// Those that want a person's approval.
    var reviewed: [Rule] { rules.filter(\.needsReview) }
}

extension RuleScope.Class {
    /// Whose deletion prevails: the most particular first (R6), the default last (R9).
    static let byPrecedence: [Self] = [.label, .scoped, .org, .default]
}
