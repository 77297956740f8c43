import GRDB
import JSONText
import Policy
package import VaultCrypto

/// What governs a vault, in short.
package struct GovernanceStatus: Sendable, Equatable {
    /// Where the policy in force comes from.
    package var source: PolicyStatus.Source
    /// How many rules it has; `nil` where it cannot be read.
    package var rules: Int?
    /// How many holds are in force.
    package var holds: Int
    /// Whether something was purged whose erasure is still to come.
    package var isErasurePending = false
    /// The newest of the latest entries that says that a checkpoint left the vault.
    package var anchor: AuditEntry?
}

extension Vault {
    /// What governs the vault, without a look at what it governs: holds are counted, not matched.
    package func governanceStatus() throws(VaultError) -> GovernanceStatus {
        try store.read { db in
            var status = try governanceStatus(in: db)
            status.isErasurePending = try !governing(in: db).unerased.isEmpty
            status.anchor = try AuditReader(db: db).last { $0.event == .anchor }
            return status
        }
    }

    private func governanceStatus(in db: Database) throws -> GovernanceStatus {
        let state = try governing(in: db)
        let holds = state.holds.count { $0.released == nil }
        switch policyPlace.read() {
        case .unreadable: return GovernanceStatus(source: .managed, rules: nil, holds: holds)
        case .policy(let policy):
            return GovernanceStatus(
                source: .managed, rules: policy.retention.count, holds: holds)
        case .absent
        where try Governance.hasLockedManaged(state, auditMemory.policies, in: db):
            return GovernanceStatus(source: .managed, rules: nil, holds: holds)
        case .absent:
            guard let own = state.policy(of: .vault)?.document else {
                return GovernanceStatus(source: .none, rules: 0, holds: holds)
            }
            let rules = (try? auditMemory.policies.policy(own, in: db))?.retention.count
            return GovernanceStatus(source: .vault, rules: rules, holds: holds)
        }
    }

    /// Logs that what somebody selected is kept whole, for a purge that therefore does nothing.
    func logRefusedPurge(_ plan: DisposalPlan) throws(VaultError) {
        var record = AuditLog.Record(.refused)
        record.figures = ["conversations": Int64(plan.kept.count)]
        record.document = [
            "conversations": .array(plan.kept.map { .string($0.conversation.description) }),
            "what": .string("purge"),
        ]
        try log(record)
    }
}
