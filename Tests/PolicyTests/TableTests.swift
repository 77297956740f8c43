import Policy
import Testing

/// The decision table: S1 to S22 reach each row, and each outcome of a row that has several.
@Suite struct TableTests {
    private static let legal = Sample.rule("retain", "P5Y", basis: .legal)
    private static let business = Sample.rule("retain", "P5Y", basis: .business)
    private static let deletion = Sample.rule("delete", "P1Y")
    private static let reviewed = Sample.rule("delete", "P1Y", review: true)

    /// One line of the table with its values.
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var rules: [RetentionRule] = []
        var year: Int64 = 2
        var operation: RetentionOperation = .sweep
        var doubts: Set<Circumstances.Doubt> = []
        var isHeld = false
        var graceYear: Int64?
        var isApproved = false
        var row: Int
        var outcome: Outcome
        var why: [String]

        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "S1: an unreadable policy stops the schedule", rules: [deletion],
            doubts: [.policyUnreadable], row: 1, outcome: .refuseFailClosed,
            why: ["policy-unreadable"]),
        Case(
            name: "S2: a clock that went back stops an administrator's purge, held or not",
            rules: [deletion], operation: .purge, doubts: [.clockBehind, .holdsUnreadable],
            isHeld: true, row: 1, outcome: .refuseFailClosed, why: ["holds-unreadable", "clock"]),
        Case(
            name: "S3: in doubt the owner's delete hides", operation: .userDelete,
            doubts: [.logUnsound], row: 1, outcome: .hideKeep, why: ["log-unsound"]),
        Case(
            name: "S4: in doubt an erasure waits", operation: .erase, doubts: [.clockBehind],
            row: 1, outcome: .deferRestrict, why: ["clock"]),
        Case(
            name: "S5: a hold keeps what is due", rules: [deletion], isHeld: true, row: 2,
            outcome: .keepHeld, why: ["h1", "h2"]),
        Case(
            name: "S6: a held record's owner hides it", rules: [deletion], operation: .userDelete,
            isHeld: true, row: 3, outcome: .hideKeep, why: ["h1", "h2"]),
        Case(
            name: "S7: the erasure of a held record waits", rules: [business], operation: .erase,
            isHeld: true, row: 4, outcome: .deferRestrict, why: ["h1", "h2"]),
        Case(
            name: "S8: a legal basis bars erasure", rules: [business, legal, deletion],
            operation: .erase, row: 6, outcome: .deferRestrict, why: ["org-retain-P5Y"]),
        Case(
            name: "S9: a business basis does not", rules: [business, deletion], operation: .erase,
            row: 7, outcome: .destroy, why: ["org-retain-P5Y"]),
        Case(
            name: "S10: grace keeps what is due", rules: [deletion], graceYear: 3, row: 5,
            outcome: .keepGrace, why: ["grace"]),
        Case(
            name: "S11: in grace the owner's delete hides", operation: .userDelete, graceYear: 3,
            row: 5, outcome: .hideKeep, why: ["grace"]),
        Case(
            name: "S12: in grace an erasure waits", rules: [business], operation: .erase,
            graceYear: 3, row: 5, outcome: .deferRestrict, why: ["grace"]),
        Case(
            name: "S13: an approved review does not help against a hold", rules: [reviewed],
            isHeld: true, isApproved: true, row: 2, outcome: .keepHeld, why: ["h1", "h2"]),
        Case(
            name: "S14: what is retained the schedule keeps", rules: [business, deletion], row: 8,
            outcome: .keepRetain, why: ["org-retain-P5Y"]),
        Case(
            name: "S15: what is retained an administrator keeps", rules: [legal], operation: .purge,
            row: 8, outcome: .keepRetain, why: ["org-retain-P5Y"]),
        Case(
            name: "S16: what is retained its owner hides", rules: [business],
            operation: .userDelete, row: 8, outcome: .hideKeep, why: ["org-retain-P5Y"]),
        Case(
            name: "S17: what is not due the schedule keeps", rules: [deletion], year: 0, row: 9,
            outcome: .keepNotDue, why: ["org-delete-P1Y"]),
        Case(
            name: "S18: what is due waits for its review", rules: [reviewed, deletion], row: 10,
            outcome: .pendingReview, why: ["org-delete-P1Y"]),
        Case(
            name: "S19: an administrator's purge waits for the review as well", rules: [reviewed],
            year: 0, operation: .purge, row: 10, outcome: .pendingReview,
            why: ["org-delete-P1Y"]),
        Case(
            name: "S20: what is due and approved is destroyed", rules: [reviewed],
            isApproved: true, row: 11, outcome: .destroy, why: ["org-delete-P1Y", "approved"]),
        Case(
            name: "S21: an administrator purges what is not due", rules: [deletion], year: 0,
            operation: .purge, row: 11, outcome: .destroy, why: ["purge"]),
        Case(
            name: "S22: what nothing retains its owner destroys, review or not",
            rules: [reviewed], year: 0, operation: .userDelete, row: 12, outcome: .destroy,
            why: ["user_delete"]),
        Case(
            name: "S22b: and a data subject", rules: [reviewed], year: 0, operation: .erase,
            row: 12, outcome: .destroy, why: ["erase"]),
    ]

    @Test(arguments: cases)
    func `A record is decided by the first row that fits`(_ given: Case) {
        var rules = given.rules
        // Rules of one kind and period have one id here; a policy's text could not say that.
        for index in rules.indices where rules.firstIndex(of: rules[index]) != index {
            rules.remove(at: index)
        }
        var item = Sample.item
        item.holds = given.isHeld ? ["h2", "h1"] : []
        item.graceUntil = given.graceYear.map(Sample.year)
        item.isApproved = given.isApproved
        let decision = RetentionEvaluator(Sample.policy(rules)).decide(
            item,
            Circumstances(
                now: Sample.year(given.year), operation: given.operation, doubts: given.doubts))
        #expect(decision.outcome == given.outcome)
        #expect(decision.row == given.row)
        #expect(decision.why == given.why)
    }

    @Test func `The cases reach each of the twelve rows and each of the nine outcomes`() {
        #expect(Set(Self.cases.map(\.row)) == Set(1...12))
        #expect(Set(Self.cases.map(\.outcome)) == Set(Outcome.allCases))
    }

    @Test func `Each row answers each operation as the table of the rules says`() {
        let pairs = Set(Self.cases.map { "\($0.row) \($0.outcome.rawValue)" })
        #expect(
            pairs == [
                "1 REFUSE_FAILCLOSED", "1 HIDE_KEEP", "1 DEFER_RESTRICT", "2 KEEP_HELD",
                "3 HIDE_KEEP", "4 DEFER_RESTRICT", "5 KEEP_GRACE", "5 HIDE_KEEP",
                "5 DEFER_RESTRICT", "6 DEFER_RESTRICT", "7 DESTROY", "8 KEEP_RETAIN",
                "8 HIDE_KEEP", "9 KEEP_NOT_DUE", "10 PENDING_REVIEW", "11 DESTROY", "12 DESTROY",
            ])
    }
}
