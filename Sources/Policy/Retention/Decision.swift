/// What somebody wants to do with a record.
package enum RetentionOperation: String, Sendable, CaseIterable {
    /// What a schedule does: destroy what is due, and nothing else.
    case sweep
    /// An administrator's destruction of what was chosen, due or not.
    case purge
    /// The owner's own delete.
    case userDelete = "user_delete"
    /// A data subject's request for erasure (GDPR, article 17).
    case erase
}

/// What may be done, by table A.3 of the rules of retention; see `DecisionTable`.
package enum Outcome: String, Sendable, CaseIterable {
    case refuseFailClosed = "REFUSE_FAILCLOSED"
    case keepHeld = "KEEP_HELD"
    case keepGrace = "KEEP_GRACE"
    case keepRetain = "KEEP_RETAIN"
    case keepNotDue = "KEEP_NOT_DUE"
    /// Gone from the user's view, and kept.
    case hideKeep = "HIDE_KEEP"
    /// Erasure waits, and until then only those see the record who have to.
    case deferRestrict = "DEFER_RESTRICT"
    case pendingReview = "PENDING_REVIEW"
    case destroy = "DESTROY"
}

/// Words that stand in reasons beside the ids of rules and holds; no rule has one for its id.
package enum ReasonWord: String, Sendable, CaseIterable {
    // Why nothing is certain enough to destroy by.
    case policyUnreadable = "policy-unreadable"
    case holdsUnreadable = "holds-unreadable"
    case logUnsound = "log-unsound"
    /// The clock is earlier than the newest entry of the audit log.
    case clock
    /// The grace after a hold or after a lost coverage.
    case grace
    /// What locked rules promised when the record came.
    case floor
    /// A deciding rule begins with a time that is not known.
    case undated
    /// A deciding rule waits for an event that has not happened.
    case noEvent = "no-event"
    /// No rule that applies deletes.
    case noDelete = "no-delete"
    /// Somebody asked for it, and nothing bars it.
    case purge
    case userDelete = "user_delete"
    case erase
    /// A person approved the destruction.
    case approved
}

/// What holds for a whole run: the time, what is to be done, and what cannot be relied on.
package struct Circumstances: Sendable, Equatable {
    /// Why rules, holds or the clock are not to be relied on.
    package enum Doubt: Sendable, CaseIterable {
        case policyUnreadable, holdsUnreadable, logUnsound, clockBehind

        var word: ReasonWord {
            switch self {
            case .policyUnreadable: .policyUnreadable
            case .holdsUnreadable: .holdsUnreadable
            case .logUnsound: .logUnsound
            case .clockBehind: .clock
            }
        }
    }

    /// Milliseconds since 1970 in UTC.
    package var now: Int64
    package var operation: RetentionOperation
    /// While there is one, nothing is destroyed.
    package var doubts: Set<Doubt>

    package init(now: Int64, operation: RetentionOperation, doubts: Set<Doubt> = []) {
        self.now = now
        self.operation = operation
        self.doubts = doubts
    }
}

/// When a record's retention ends and its destruction is due.
package struct RetentionDates: Sendable, Equatable {
    /// The latest end of all that retains, and of the floor; `nil` where nothing retains.
    package var retainUntil: Deadline?
    /// The end of the deletion that prevails; `nil` where no rule deletes.
    package var deleteAt: Deadline?
    /// The latest of both and of the grace, holds aside; `nil` where no rule deletes.
    package var purgeAt: Deadline?
}

/// What may be done with a record, and why.
package struct Decision: Sendable, Equatable {
    package var outcome: Outcome
    /// The row of table A.3 that decided, from 1.
    package var row: Int
    package var dates: RetentionDates
    /// The ids of the rules or holds that decided, and words of `ReasonWord` behind them.
    package var why: [String]
}
