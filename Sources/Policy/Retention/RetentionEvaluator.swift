/// Decides what may be done with records, by one policy.
///
/// Values in, values out: the caller gives the time, what holds apply, and whether anything cannot
/// be relied on. The rules are numbered R0 to R15 as in the comments of `AppliedRules` and
/// `DecisionTable`:
///
/// - R0: while there is doubt, nothing is destroyed. R1: a hold prevails over everything.
/// - R3, R4: after the last hold, and after lost coverage, there is a grace like a hold.
/// - R5: a record is kept until the latest end of all rules that retain.
/// - R6: of deletions the one of the most particular class prevails, and in a class the earliest.
/// - R7: destruction is due when deletion, retention and grace have all ended.
/// - R9: default rules apply where no other one does. R11: a floor keeps as a rule would.
/// - R12: where a rule that applies wants review, only an approval destroys.
/// - R13: a data subject's erasure waits for holds, grace and legal bases, not for business ones; a
///   floor counts as a legal basis.
/// - R15: the reasons are the ids of the rules or holds that decided.
///
/// What needs a vault is the caller's: which holds match (R2), at most one label of a kind (R10),
/// the check that is repeated when something is destroyed (R12), acting on whole conversations
/// (R14).
///
/// A time that is the end of something belongs to what comes after it.
package struct RetentionEvaluator: Sendable {
    package let policy: PolicyDocument

    package init(_ policy: PolicyDocument) { self.policy = policy }

    /// When a record's retention ends and its destruction is due.
    package func dates(of item: RetentionItem) -> RetentionDates {
        AppliedRules(of: policy, to: item).dates
    }

    /// Until when the locked rules that apply now keep a record, for its `retainFloor` (R11).
    package func floor(of item: RetentionItem) -> Deadline? {
        AppliedRules(of: policy, to: item).lockedUntil
    }

    /// The end of the grace after a release or a lost coverage (R3, R4).
    package func grace(after time: Int64) -> Deadline {
        policy.timeZone.end(of: .span(policy.holdReleaseGrace), from: time)
    }

    /// What may be done with a record, and why.
    ///
    /// - Parameters:
    ///   - item: The record.
    ///   - circumstances: The time, the operation, and what cannot be relied on.
    /// - Returns: The outcome with its dates and reasons.
    package func decide(_ item: RetentionItem, _ circumstances: Circumstances) -> Decision {
        let applied = AppliedRules(of: policy, to: item)
        let dates = applied.dates
        let now = circumstances.now
        let table = DecisionTable(
            isSound: circumstances.doubts.isEmpty, isHeld: !item.holds.isEmpty,
            isInGrace: item.graceUntil.map { now < $0 } ?? false,
            bar: bar(applied, item, now), isDue: dates.deleteAt?.hasPassed(at: now) ?? false,
            review: applied.reviewed.isEmpty ? .notNeeded : item.isApproved ? .given : .missing,
            operation: circumstances.operation)
        let (row, outcome) = table.verdict
        return Decision(
            outcome: outcome, row: row, dates: dates,
            why: reasons(of: row, table, applied, item, circumstances))
    }

    private func bar(
        _ applied: AppliedRules, _ item: RetentionItem, _ now: Int64
    ) -> DecisionTable.Bar {
        if hasFloor(item, now) || !applied.bars(at: now, legalOnly: true).isEmpty { return .legal }
        return applied.bars(at: now, legalOnly: false).isEmpty ? .none : .business
    }

    private func hasFloor(_ item: RetentionItem, _ now: Int64) -> Bool {
        item.retainFloor.map { !$0.hasPassed(at: now) } ?? false
    }

    // MARK: Reasons

    private func reasons(
        of row: Int, _ table: DecisionTable, _ applied: AppliedRules, _ item: RetentionItem,
        _ circumstances: Circumstances
    ) -> [String] {
        switch row {
        case 1:
            let words = Circumstances.Doubt.allCases.filter(circumstances.doubts.contains)
            return words.map(\.word.rawValue)
        case 2, 3, 4: return Set(item.holds).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        case 5: return [ReasonWord.grace.rawValue]
        case 6, 7, 8:
            let bars = applied.bars(at: circumstances.now, legalOnly: row == 6)
            let floor: [ReasonWord] = hasFloor(item, circumstances.now) ? [.floor] : []
            return text(bars, floor)
        case 9:
            let deletions = applied.decidingDeletions
            return text(deletions, deletions.isEmpty ? [.noDelete] : [])
        case 10: return text(applied.reviewed)
        case 11:
            let approval: [ReasonWord] = table.review == .given ? [.approved] : []
            return table.isDue
                ? text(applied.decidingDeletions, approval)
                : text([], [.purge] + approval)
        default:
            return [table.operation == .erase ? ReasonWord.erase : .userDelete].map(\.rawValue)
        }
    }

    /// The rules' ids, then words, among them why a rule has no end.
    private func text(
        _ rules: [AppliedRules.Rule], _ words: [ReasonWord] = []
    ) -> [String] {
        let causes: [ReasonWord] = [.undated, .noEvent]
        let missing = causes.filter { word in rules.contains { $0.missing == word } }
        return rules.map { policy.retention[$0.place].id } + (words + missing).map(\.rawValue)
    }
}
