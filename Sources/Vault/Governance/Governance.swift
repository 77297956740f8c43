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
    private let past: PastPolicies
    private let policies: PolicyMemory

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
        policies = memory.policies
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
        case .absent where try Self.hasLockedManaged(state, policies, in: db):
            source = .managed
            doubts.insert(.policyUnreadable)
            faults.append(
                "The managed policy has locked rules and is gone; put it back at \(place.path).")
        case .absent:
            source = own == nil ? nil : .vault
            do {
                document = try own?.document.map {
                    try memory.policies.policy($0, in: db)
                }
            } catch let error as PolicyFaults {
                doubts.insert(.policyUnreadable)
                faults.append("The vault's own policy cannot be read here: \(error)")
            }
        }
        evaluator = RetentionEvaluator(try document ?? Self.nothing())
        holds = try HoldMatcher(state.holds, memory.holds, within: conversations, in: db)
        past = try PastPolicies(
            of: state, before: evaluator, now: now, policies, in: db)
        if past.isUncertain {
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

    /// Whether the managed policy that the log knows has locked rules, which nobody can end.
    static func hasLockedManaged(
        _ state: GovernanceState, _ policies: PolicyMemory, in db: Database
    ) throws -> Bool {
        guard let document = state.policy(of: .managed)?.document else { return false }
        // One that cannot be read here may have some.
        guard let policy = try? policies.policy(document, in: db) else { return true }
        return policy.retention.contains(where: \.isLocked)
    }

    /// What holds where there is no policy.
    static func nothing() throws -> PolicyDocument {
        let text = #"{"version":1,"timeZone":"UTC","retention":[]}"#
        return try PolicyDocument.read(Array(text.utf8), timeZoneFile: TimeZoneFolder.file)
    }

    /// A managed policy that breaks a lock counts as unreadable (R11).
    private mutating func refuseLoosening() throws {
        guard source == .managed, doubts.isEmpty,
            let before = try state.policy(of: .managed)?.document
                .map({ try policies.policy($0, in: db) })
        else { return }
        guard let refusal = PolicyChange.refusals(from: before, to: evaluator.policy).first else {
            return
        }
        doubts.insert(.policyUnreadable)
        faults.append("The managed policy breaks a lock: \(refusal)")
    }

    /// The rules that records can rely on: those in force or, while the managed policy cannot be
    /// read, the last that the vault knows of it.
    ///
    /// - Throws: `damaged` for a policy of the log that is missing.
    func reliedOn() throws -> RetentionEvaluator {
        guard source == .managed, doubts.contains(.policyUnreadable),
            let document = state.policy(of: .managed)?.document,
            let policy = try? policies.policy(document, in: db)
        else { return evaluator }
        return RetentionEvaluator(policy)
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
    ///
    /// An approval from before it was due is one of that purge, not of the sweep that comes when it
    /// is (R12).
    func decide(_ conversation: GovernedConversation, _ operation: RetentionOperation) -> Decision {
        var item = conversation.item
        if operation == .sweep, let approved = conversation.approved,
            evaluator.dates(of: item).purgeAt.map({ !$0.hasPassed(at: approved.milliseconds) })
                ?? true
        {
            item.isApproved = false
        }
        return evaluator.decide(item, circumstances(operation))
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
        ends += past.graces(of: conversation.item)
        conversation.item.graceUntil = (ends + [conversation.item.graceUntil]).compactMap(\.self)
            .max()
        conversation.approved = try approval(of: conversation)
        conversation.item.isApproved = conversation.approved != nil
    }

    /// The end of a grace that began at a time, after the longest of the policies in force since
    /// then.
    func grace(after time: Instant) -> Int64 { past.grace(after: time) }

    /// When a person approved the conversation as it is: what was committed to later was not looked
    /// at.
    private func approval(of conversation: GovernedConversation) throws -> Instant? {
        guard let approval = state.approvals[conversation.item.id] else { return nil }
        let leaves = CommitmentLeaves(db: db)
        let rows = try Row.fetchAll(
            db, sql: "SELECT num, version FROM message WHERE conversation = ?",
            arguments: [conversation.num])
        let isAsItWas = try rows.allSatisfy { row in
            let entry = try leaves.entry(of: row["num"], version: row["version"])
            return entry.map { $0 < approval } ?? false
        }
        return isAsItWas ? try AuditReader(db: db).entry(approval).entry.time : nil
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
