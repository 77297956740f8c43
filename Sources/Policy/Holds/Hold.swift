/// A legal hold: which conversations of a matter may not be destroyed, from when on, until when.
///
/// Times are milliseconds since 1970 in UTC. Holds are additive: each one holds what it matches,
/// whatever others say (R2).
package struct Hold: Sendable, Equatable {
    package enum State: Sendable, Equatable {
        case placed(at: Int64)
        case released(at: Int64)
    }

    package var id: String
    package var matter: String
    package var scope: HoldScope
    package var state: State

    package init(id: String, matter: String, scope: HoldScope, state: State) {
        self.id = id
        self.matter = matter
        self.scope = scope
        self.state = state
    }

    package var isActive: Bool { if case .placed = state { true } else { false } }

    /// The same hold after its release; a hold that was released before keeps that time.
    package func released(at time: Int64) -> Hold {
        guard isActive else { return self }
        var hold = self
        hold.state = .released(at: time)
        return hold
    }
}

/// What a hold matches: each kind of condition that is given, and of one kind any value.
///
/// A scope without conditions matches everything. Where something is not known, it matches: an
/// undated message fits any dates, and a query that could not be answered any conversation.
package struct HoldScope: Sendable, Equatable {
    package var custodians: Set<String> = []
    package var conversations: Set<String> = []
    package var labels: Set<String> = []
    package var projects: Set<String> = []
    /// A message at or after this time.
    package var after: Int64?
    /// A message before this time, and not before `after`.
    package var before: Int64?
    /// Text for the engine's search, which answers it.
    package var query: String?

    package init() {}

    package var matchesEverything: Bool { self == HoldScope() }

    /// Whether a conversation is one of this scope.
    ///
    /// - Parameters:
    ///   - subject: The conversation.
    ///   - answer: The ids of the conversations that the query finds, `nil` where it could not be
    ///     answered; without a query it is not looked at.
    /// - Returns: Whether all conditions fit.
    package func matches(_ subject: HoldSubject, answer: Set<String>?) -> Bool {
        fits(custodians, subject.custodians)
            && fits(conversations, [subject.conversation]) && fits(labels, subject.labels)
            && fits(projects, subject.project.map { [$0] } ?? []) && fitsDates(subject)
            && (query == nil || answer?.contains(subject.conversation) ?? true)
    }

    private func fits(_ wanted: Set<String>, _ values: [String]) -> Bool {
        wanted.isEmpty || values.contains(where: wanted.contains)
    }

    private func fitsDates(_ subject: HoldSubject) -> Bool {
        guard after != nil || before != nil, !subject.hasUndatedMessage else { return true }
        return subject.messageTimes.contains { time in
            time >= after ?? .min && (before.map { time < $0 } ?? true)
        }
    }
}

/// What holds know of a conversation.
package struct HoldSubject: Sendable, Equatable {
    package var conversation: String
    /// Its custodian, and others for whom it was imported as well.
    package var custodians: [String] = []
    package var project: String?
    package var labels: [String] = []
    package var messageTimes: [Int64] = []
    package var hasUndatedMessage = false

    package init(conversation: String) { self.conversation = conversation }
}

extension RetentionItem {
    /// Gives a record what the holds that match it mean: the active ones, and the latest grace of
    /// the released ones and of what it had.
    ///
    /// - Parameters:
    ///   - holds: Those whose scope the record is in.
    ///   - evaluator: Of the policy whose grace counts.
    package mutating func apply(_ holds: [Hold], _ evaluator: RetentionEvaluator) {
        self.holds = holds.filter(\.isActive).map(\.id)
        for hold in holds {
            guard case .released(let time) = hold.state else { continue }
            // A grace of at most 1,000 years can only be never behind the year 9999.
            let end = evaluator.grace(after: time).milliseconds ?? .max
            graceUntil = max(graceUntil ?? end, end)
        }
    }
}
