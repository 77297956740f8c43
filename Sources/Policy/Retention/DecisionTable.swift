/// The decision table of retention: what may be done with one record.
///
/// | # | sound | held | grace | retained | due | review | operation | outcome |
/// |---|---|---|---|---|---|---|---|---|
/// | 1 | no | * | * | * | * | * | sweep, purge | `REFUSE_FAILCLOSED` |
/// |   | no | * | * | * | * | * | user delete | `HIDE_KEEP` |
/// |   | no | * | * | * | * | * | erase | `DEFER_RESTRICT` |
/// | 2 | yes | yes | * | * | * | * | sweep, purge | `KEEP_HELD` |
/// | 3 | yes | yes | * | * | * | * | user delete | `HIDE_KEEP` |
/// | 4 | yes | yes | * | * | * | * | erase | `DEFER_RESTRICT` |
/// | 5 | yes | no | yes | * | * | * | sweep, purge | `KEEP_GRACE` |
/// |   | yes | no | yes | * | * | * | user delete | `HIDE_KEEP` |
/// |   | yes | no | yes | * | * | * | erase | `DEFER_RESTRICT` |
/// | 6 | yes | no | no | legal | * | * | erase | `DEFER_RESTRICT` |
/// | 7 | yes | no | no | business | * | * | erase | `DESTROY` |
/// | 8 | yes | no | no | yes | * | * | sweep, purge | `KEEP_RETAIN` |
/// |   | yes | no | no | yes | * | * | user delete | `HIDE_KEEP` |
/// | 9 | yes | no | no | no | no | * | sweep | `KEEP_NOT_DUE` |
/// | 10 | yes | no | no | no | yes, or purge | missing | sweep, purge | `PENDING_REVIEW` |
/// | 11 | yes | no | no | no | yes, or purge | given, or not needed | sweep, purge | `DESTROY` |
/// | 12 | yes | no | no | no | * | * | user delete, erase | `DESTROY` |
///
/// The second and third line of row 1 say what failing closed means for what people ask: nothing is
/// destroyed, and nobody is refused what can be done later.
struct DecisionTable {
    /// What still keeps a record: nothing, the organisation's own interest, or (also) a legal duty.
    enum Bar { case none, business, legal }
    enum Review { case notNeeded, missing, given }

    /// Rules, holds, log and clock can be relied on.
    var isSound: Bool
    var isHeld: Bool
    var isInGrace: Bool
    var bar: Bar
    var isDue: Bool
    var review: Review
    var operation: RetentionOperation

    /// The first row that fits, and its outcome.
    var verdict: (row: Int, outcome: Outcome) {
        switch (isSound, isHeld, isInGrace, bar, operation) {
        case (false, _, _, _, .sweep), (false, _, _, _, .purge): (1, .refuseFailClosed)
        case (false, _, _, _, .userDelete): (1, .hideKeep)
        case (false, _, _, _, .erase): (1, .deferRestrict)
        case (true, true, _, _, .sweep), (true, true, _, _, .purge): (2, .keepHeld)
        case (true, true, _, _, .userDelete): (3, .hideKeep)
        case (true, true, _, _, .erase): (4, .deferRestrict)
        case (true, false, true, _, .sweep), (true, false, true, _, .purge): (5, .keepGrace)
        case (true, false, true, _, .userDelete): (5, .hideKeep)
        case (true, false, true, _, .erase): (5, .deferRestrict)
        case (true, false, false, .legal, .erase): (6, .deferRestrict)
        case (true, false, false, .business, .erase): (7, .destroy)
        case (true, false, false, .legal, .sweep), (true, false, false, .business, .sweep),
            (true, false, false, .legal, .purge), (true, false, false, .business, .purge):
            (8, .keepRetain)
        case (true, false, false, .legal, .userDelete),
            (true, false, false, .business, .userDelete):
            (8, .hideKeep)
        case (true, false, false, .none, .sweep): disposal(isWanted: isDue)
        case (true, false, false, .none, .purge): disposal(isWanted: true)
        case (true, false, false, .none, .userDelete), (true, false, false, .none, .erase):
            (12, .destroy)
        }
    }

    private func disposal(isWanted: Bool) -> (row: Int, outcome: Outcome) {
        switch (isWanted, review) {
        case (false, _): (9, .keepNotDue)
        case (true, .missing): (10, .pendingReview)
        case (true, .notNeeded), (true, .given): (11, .destroy)
        }
    }
}
