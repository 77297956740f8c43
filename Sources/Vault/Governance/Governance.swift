import GRDB
import JSONText
import Policy
import VaultCrypto

/// What governs a vault at one moment, inside the caller's transaction: the policy in force, the
/// holds with what they match, and what of it cannot be relied on.
///
/// While there is a doubt, nothing is destroyed (R0).
struct Governance {
    let db: Database
    let now: Instant
    let state: GovernanceState
    /// Rules of the policy in force; none at all without a policy.
    let evaluator: RetentionEvaluator
    /// Where the policy in force comes from; `nil` without one.
    let source: GovernanceState.PolicyEpoch.Source?
    private(set) var doubts: Set<Circumstances.Doubt> = []
    /// Sentences about the doubts.
    private(set) var faults: [String] = []
    let holds: HoldMatcher
    /// What was in force before, no policy among it: its coverage still counts (R4), and so does
    /// its grace.
    private let earlier: [(until: Instant, evaluator: RetentionEvaluator)]
    /// Those of them whose grace after the change lasts, with its end.
    private let lost: [(changed: Instant, evaluator: RetentionEvaluator, graceUntil: Int64)]

    /// - Parameters:
    ///   - db: A connection inside a transaction.
    ///   - memory: What is known of the log.
    ///   - place: Where the organisation's policy is.
    ///   - conversations: Numbers of those that will be asked about, ascending; all without.
    ///   - clock: Asked when the log is read: an entry that another process made just now is not of
    ///     the future.
    ///   - isClock: Whether that is the clock, which must not be behind the log; another time is
    ///     only thought of.
    /// - Throws: `damaged` for a log that cannot be relied on.
    init(
        in db: Database, _ memory: AuditMemory, _ place: PolicyPlace,
        within conversations: [Int64]? = nil, clock: () -> Instant, isClock: Bool = true
    ) throws {
        self.db = db
        state = try memory.state(in: db).governing
        now = clock()
        let own = state.policy(of: .vault)
        var document: PolicyDocument?
        switch place.read() {
        case .policy(let managed):
            document = managed
            source = .managed
        case .unreadable(let sentence):
            source = .managed
            doubts.insert(.policyUnreadable)
            faults.append(sentence)
        case .absent:
            source = own == nil ? nil : .vault
            if let json = try own?.document?.policy(in: db) {
                do {
                    document = try Self.policy(json)
                } catch {
                    doubts.insert(.policyUnreadable)
                    faults.append("The vault's own policy cannot be read here: \(error)")
                }
            }
        }
        evaluator = RetentionEvaluator(try document ?? Self.nothing())
        holds = try HoldMatcher(state.holds, memory.holds, within: conversations, in: db)
        let (earlier, unreadable) = try Self.earlier(state, in: db)
        let (now, present) = (now, evaluator)
        lost = earlier.compactMap { changed, before in
            let end = Self.grace(after: changed, earlier, present, now)
            return end > now.milliseconds ? (changed, before, end) : nil
        }
        self.earlier = earlier
        // Until then it may have left a grace that is not known.
        if unreadable.contains(where: {
            Self.grace(after: $0, earlier, present, now) > now.milliseconds
        }) {
            doubts.insert(.policyUnreadable)
            faults.append(
                "A policy that was in force until lately cannot be read; run `coffer audit "
                    + "verify`.")
        }
        if isClock, now < (try AuditTree(in: db).newest) {
            doubts.insert(.clockBehind)
            faults.append(
                "The clock is behind the newest entry of the audit log; set it right, or accept it "
                    + "with `coffer audit clock` when it is right.")
        }
        try refuseLoosening()
    }

    /// A policy from the log.
    static func policy(_ json: JSONObject) throws -> PolicyDocument {
        try PolicyDocument.read(
            JSONWriter.canonical(.object(json)), timeZoneFile: TimeZoneFolder.file)
    }

    private static func nothing() throws -> PolicyDocument {
        let text = #"{"version":1,"timeZone":"UTC","retention":[]}"#
        return try PolicyDocument.read(Array(text.utf8), timeZoneFile: TimeZoneFolder.file)
    }

    /// A managed policy that breaks a lock counts as unreadable (R11).
    private mutating func refuseLoosening() throws {
        guard source == .managed, doubts.isEmpty,
            let before = try state.policy(of: .managed)?.document
                .map({ try Self.policy($0.policy(in: db)) })
        else { return }
        guard let refusal = PolicyChange.refusals(from: before, to: evaluator.policy).first else {
            return
        }
        doubts.insert(.policyUnreadable)
        faults.append("The managed policy breaks a lock: \(refusal)")
    }

    /// What was in force before, each until a time, and until when what cannot be read was.
    private static func earlier(
        _ state: GovernanceState, in db: Database
    ) throws -> (known: [(until: Instant, evaluator: RetentionEvaluator)], unreadable: [Instant]) {
        let epochs = state.epochs
        guard !epochs.isEmpty else { return ([], []) }
        var known = [(until: Instant, evaluator: RetentionEvaluator)]()
        var unreadable: [Instant] = []
        var before: PolicyDocument? = try nothing()
        for epoch in epochs {
            if let before {
                known.append((epoch.from, RetentionEvaluator(before)))
            } else {
                unreadable.append(epoch.from)
            }
            before = try? epoch.document.map { try policy($0.policy(in: db)) } ?? nothing()
        }
        return (known, unreadable)
    }

    /// The numbers of the conversations that a hold in force matches, ascending; no policy matters
    /// for that.
    static func heldNumbers(in db: Database) throws -> [Int64] {
        let governance = try Governance(
            in: db, AuditMemory(), .none, clock: { Instant(milliseconds: 0) })
        guard governance.holds.entries.contains(where: \.hold.isActive) else { return [] }
        var held: [Int64] = []
        try GovernedReader(governance: governance).forEach { conversation in
            if !conversation.item.holds.isEmpty { held.append(conversation.num) }
        }
        return held
    }

    /// Whether what arrives has to be looked at: for holds, and for the promise of locked rules.
    var governsArrivals: Bool { hasLocks || holds.entries.contains(where: \.hold.isActive) }

    /// Whether the policy in force has a locked rule.
    var hasLocks: Bool { evaluator.policy.retention.contains(where: \.isLocked) }

    // MARK: Decisions

    func circumstances(_ operation: RetentionOperation) -> Circumstances {
        Circumstances(now: now.milliseconds, operation: operation, doubts: doubts)
    }

    /// What may be done with a conversation.
    func decide(_ conversation: GovernedConversation, _ operation: RetentionOperation) -> Decision {
        evaluator.decide(conversation.item, circumstances(operation))
    }

    /// What may be done with a conversation when it is asked for so.
    ///
    /// An erasure that was put off is done by a sweep when nothing bars it any more.
    func decide(_ conversation: GovernedConversation, for request: DisposalRequest) -> Decision {
        let isDeferred = state.deferrals[conversation.item.id] != nil
        let isSweep = request.operation == .sweep
        return decide(conversation, isDeferred && isSweep ? .erase : request.operation)
    }

    /// Gives a conversation the holds and graces that apply to it.
    func complete(_ conversation: inout GovernedConversation) throws {
        let matching = try holds.matching(conversation, in: db)
        conversation.item.apply(matching, evaluator)
        var ends = matching.compactMap { hold -> Int64? in
            guard case .released(let time) = hold.state else { return nil }
            return grace(after: Instant(milliseconds: time))
        }
        for (changed, before, end) in lost
        where keeps(before, conversation.item, at: changed) {
            ends.append(end)
        }
        conversation.item.graceUntil = (ends + [conversation.item.graceUntil]).compactMap(\.self)
            .max()
        conversation.item.isApproved = try isApproved(conversation)
    }

    /// The end of a grace that began at a time, after the longest of the policies in force since
    /// then: a shorter one that comes later does not cut it short.
    ///
    /// A time of a clock that was ahead may have been before any change.
    func grace(after time: Instant) -> Int64 { Self.grace(after: time, earlier, evaluator, now) }

    private static func grace(
        after time: Instant, _ earlier: [(until: Instant, evaluator: RetentionEvaluator)],
        _ present: RetentionEvaluator, _ now: Instant
    ) -> Int64 {
        let since =
            earlier.filter { time < $0.until || time > now }.map(\.evaluator) + [present]
        return since.map { $0.grace(after: time.milliseconds).milliseconds ?? .max }.max() ?? .max
    }

    /// Whether a person approved the conversation as it is: what was committed to later was not
    /// looked at.
    private func isApproved(_ conversation: GovernedConversation) throws -> Bool {
        guard let approval = state.approvals[conversation.item.id] else { return false }
        let leaves = CommitmentLeaves(db: db)
        let rows = try Row.fetchAll(
            db, sql: "SELECT num, version FROM message WHERE conversation = ?",
            arguments: [conversation.num])
        return try rows.allSatisfy { row in
            let entry = try leaves.entry(of: row["num"], version: row["version"])
            return entry.map { $0 < approval } ?? false
        }
    }

    /// The id of a rule that retains a record at present because of a label.
    func retains(_ item: RetentionItem, by label: String) -> String? {
        evaluator.policy.retention.first { rule in
            guard rule.kind.retains, rule.scope[.labels].contains(label) else { return false }
            let alone = PolicyDocument(
                timeZone: evaluator.policy.timeZone,
                holdReleaseGrace: evaluator.policy.holdReleaseGrace, retention: [rule])
            let end = RetentionEvaluator(alone).dates(of: item).retainUntil
            return end.map { !$0.hasPassed(at: now.milliseconds) } ?? false
        }?.id
    }

    /// Whether an earlier policy kept a record beyond the time at which it was replaced, and longer
    /// than the present one does (R4).
    ///
    /// A change under a clock that was ahead came before now, whatever its time says.
    private func keeps(
        _ before: RetentionEvaluator, _ item: RetentionItem, at changed: Instant
    ) -> Bool {
        guard let then = before.dates(of: item).retainUntil,
            !then.hasPassed(at: min(changed, now).milliseconds)
        else { return false }
        return evaluator.dates(of: item).retainUntil.map { $0 < then } ?? true
    }
}

extension Vault {
    /// What governs the vault, inside a transaction.
    ///
    /// - Parameters:
    ///   - db: The transaction's connection.
    ///   - conversations: Numbers of those that will be asked about, ascending; all without.
    ///   - time: The time that counts; the clock's without.
    ///   - isClock: Whether that is the clock, which must not be behind the log.
    /// - Returns: What governs.
    /// - Throws: `damaged` for a log that cannot be relied on.
    func governance(
        in db: Database, within conversations: [Int64]? = nil, at time: Instant? = nil,
        isClock: Bool = true
    ) throws -> Governance {
        try Governance(
            in: db, auditMemory, policyPlace, within: conversations, clock: { time ?? self.now() },
            isClock: isClock)
    }

    /// The audit log, inside a transaction.
    func auditLog(in db: Database, at time: Instant) -> AuditLog {
        AuditLog(db: db, auditor: auditor, now: time, memory: auditMemory)
    }

    /// What the audit log says that governs the vault, inside a transaction.
    func governing(in db: Database) throws -> GovernanceState {
        try auditMemory.state(in: db).governing
    }
}
