import GRDB
import JSONText
package import Policy
package import VaultCrypto

/// The policy that holds for a vault.
package struct PolicyStatus: Sendable {
    package enum Source: String, Sendable {
        /// The organisation's place on this device, which prevails.
        case managed
        /// The vault's own.
        case vault
        /// There is none: nothing is retained and nothing goes by itself.
        case none
    }

    package var source: Source
    /// `nil` where there is none or it cannot be read.
    package var policy: PolicyDocument?
    /// Why nothing is destroyed at present; empty where everything can be relied on.
    package var faults: [String]
}

/// What the rules say of one conversation.
package struct RetentionExplanation: Sendable {
    package var item: RetentionItem
    package var decision: Decision
    /// Sentences about what cannot be relied on.
    package var faults: [String]
}

// Retention policies of an open vault.
extension Vault {
    /// The policy in force.
    package func policy() throws(VaultError) -> PolicyStatus {
        return try store.read { db in
            let governance = try governance(in: db)
            let isReadable = !governance.doubts.contains(.policyUnreadable)
            return PolicyStatus(
                source: governance.source.map { $0 == .managed ? .managed : .vault } ?? .none,
                policy: governance.source != nil && isReadable ? governance.evaluator.policy : nil,
                faults: governance.faults)
        }
    }

    /// Sets the vault's own policy, which holds where the organisation gives none.
    ///
    /// - Parameter policy: The policy.
    /// - Throws: `refused` where it would loosen a locked rule, or a managed policy is in force.
    package func setPolicy(_ policy: PolicyDocument) throws(VaultError) {
        try changePolicy(to: policy)
    }

    /// Takes the vault's own policy away.
    ///
    /// - Throws: `refused` where it has a locked rule; `notFound` without one.
    package func removePolicy() throws(VaultError) { try changePolicy(to: nil) }

    /// Whether the vault's own policy may become another one, or none.
    ///
    /// - Throws: What `setPolicy` and `removePolicy` would throw.
    package func checkPolicyChange(to policy: PolicyDocument?) throws(VaultError) {
        try store.read { db in
            try requireChange(in: governance(in: db), to: policy)
        }
    }

    private func requireChange(
        in governance: Governance, to policy: PolicyDocument?
    ) throws {
        guard governance.source != .managed else {
            throw VaultError(
                .refused,
                "This device has a managed policy at \(policyPlace.path), which prevails; "
                    + "change that one.")
        }
        let own = governance.state.policy(of: .vault)
        guard policy != nil || own != nil else {
            throw VaultError(
                .notFound,
                "The vault has no policy of its own; `coffer retention set FILE` gives it one.")
        }
        try Self.refuseLoosening(governance, own != nil, policy)
    }

    private func changePolicy(to policy: PolicyDocument?) throws(VaultError) {
        try store.write { db in
            let time = self.now()
            try noteManagedPolicy(time, in: db)
            try requireChange(in: governance(in: db, at: time), to: policy)
            var record = AuditLog.Record(
                policy == nil ? .policyRemoved : .policySet,
                object: GovernanceState.PolicyEpoch.Source.vault.rawValue)
            record.document = try policy.map(Self.document)
            try auditLog(in: db, at: time).append(record)
            try stampFloors(in: db)
        }
        try rememberCheckpoint()
    }

    private static func refuseLoosening(
        _ governance: Governance, _ hasOwn: Bool, _ policy: PolicyDocument?
    ) throws {
        guard hasOwn else { return }
        guard !governance.doubts.contains(.policyUnreadable) else {
            // It may have had locked rules.
            throw VaultError(
                .refused,
                "The vault's policy cannot be read, so that its locks cannot be checked; "
                    + "\(governance.faults.first ?? "")")
        }
        let next =
            policy
            ?? PolicyDocument(
                timeZone: governance.evaluator.policy.timeZone,
                holdReleaseGrace: governance.evaluator.policy.holdReleaseGrace, retention: [])
        let refusals = PolicyChange.refusals(from: governance.evaluator.policy, to: next)
        if let refusal = refusals.first {
            throw VaultError(.refused, "The policy stays as it is: \(refusal)")
        }
    }

    private static func document(_ policy: PolicyDocument) throws -> JSONObject {
        ["policy": try JSONReader.parse(policy.canonical)]
    }

    /// Logs the managed policy when it is another one than the log knows, so that what it covered
    /// before still counts for a while (R4).
    func noteManagedPolicy(_ time: Instant, in db: Database) throws {
        guard try !isManagedPolicyNoted(in: db) else { return }
        try note(policyPlace.fingerprint, in: db)
        try noteChange(time, in: db)
        // What came while it could not be read is under it as well.
        try stampFloors(in: db)
    }

    /// Whether the managed place is as it was when floors were last stamped by it.
    private func isManagedPolicyNoted(in db: Database) throws -> Bool {
        try notedPolicy(in: db) == policyPlace.fingerprint
    }

    /// Whether something came while the policy in force could not be read.
    func isStampDue(in db: Database) throws -> Bool {
        try notedPolicy(in: db) == PolicyPlace.unreadable
    }

    /// The fingerprint of the managed place when floors were last stamped by it.
    private func notedPolicy(in db: Database) throws -> String? {
        try String.fetchOne(
            db.cachedStatement(sql: "SELECT value FROM setting WHERE key = 'managedPolicy'"))
    }

    /// Notes that something came while the policy in force could not be read: the next act that
    /// can read it stamps the floors.
    func noteUnreadablePolicy(in db: Database) throws {
        try note(PolicyPlace.unreadable, in: db)
    }

    private func note(_ content: String?, in db: Database) throws {
        try db.execute(sql: "DELETE FROM setting WHERE key = 'managedPolicy'")
        guard let content else { return }
        try db.execute(
            sql: "INSERT INTO setting VALUES ('managedPolicy', ?)", arguments: [content])
    }

    private func noteChange(_ time: Instant, in db: Database) throws {
        let known = try governing(in: db).policy(of: .managed)?.document
        var record: AuditLog.Record
        switch policyPlace.read() {
        case .unreadable: return
        case .absent:
            guard known != nil,
                try !Governance.hasLockedManaged(
                    governing(in: db), auditMemory.policies, in: db)
            else { return }
            record = AuditLog.Record(.policyRemoved)
        case .policy(let policy):
            let text = try known.map { JSONWriter.canonical(.object(try $0.policy(in: db))) }
            guard text != policy.canonical else { return }
            record = AuditLog.Record(.policySet)
            record.document = try Self.document(policy)
            if let before = try known.map({ try auditMemory.policies.policy($0, in: db) }),
                !PolicyChange.refusals(from: before, to: policy).isEmpty
            {
                return
            }
        }
        record.object = GovernanceState.PolicyEpoch.Source.managed.rawValue
        try auditLog(in: db, at: time).append(record)
    }

    /// Says which rules decide on a conversation, when and why.
    ///
    /// - Parameters:
    ///   - id: The conversation.
    ///   - operation: What somebody would do with it.
    ///   - time: As of when; now without.
    /// - Returns: The decision with what it is made from.
    /// - Throws: `notFound` when there is no such conversation.
    package func explain(
        _ id: RecordID, _ operation: RetentionOperation = .sweep, at time: Instant? = nil
    ) throws(VaultError) -> RetentionExplanation {
        try store.read { db in
            let governance = try self.governance(in: db, at: time, isClock: time == nil)
            guard let conversation = try GovernedReader(governance: governance).conversation(id)
            else { throw VaultError(.notFound, "There is no conversation \(id).") }
            return RetentionExplanation(
                item: conversation.item,
                decision: operation == .sweep
                    ? governance.decide(conversation, for: DisposalRequest(.due))
                    : governance.decide(conversation, operation),
                faults: governance.faults)
        }
    }

    /// Counts what another policy would change.
    package func simulate(
        _ policy: PolicyDocument, at time: Instant? = nil, _ operation: RetentionOperation = .sweep
    ) throws(VaultError) -> PolicySimulation {
        let time = time ?? now()
        return try store.read { db in
            let governance = try governance(in: db, at: time)
            var circumstances = governance.circumstances(operation)
            // A simulation of tomorrow is not a clock that is wrong.
            circumstances.doubts = []
            var simulation = PolicySimulation(
                from: governance.evaluator.policy, to: policy, circumstances)
            let changed = now().milliseconds
            try GovernedReader(governance: governance).forEach {
                simulation.add($0.item, changed: changed)
            }
            return simulation
        }
    }
}
