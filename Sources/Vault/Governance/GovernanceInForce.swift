import GRDB
import JSONText
import Policy
import VaultCrypto

/// What governs a vault in the state of a snapshot, as far as an archive of some conversations says
/// it.
package struct GovernanceInForce: Sendable {
    /// The policy in force, by what tells it from others.
    package struct Rules: Sendable {
        /// `managed` or `vault`.
        package var source: String
        /// SHA-256 of the policy's canonical text.
        package var sha256: [UInt8]
        /// The ids of its retention rules.
        package var ids: [String]

        package init(source: String, sha256: [UInt8], ids: [String]) {
            self.source = source
            self.sha256 = sha256
            self.ids = ids
        }
    }

    /// A hold in force.
    package struct Placed: Sendable {
        package var id: String
        package var time: Instant
        /// Who placed it, as in the audit log.
        package var actor: String
        package var entry: Int64
        /// How many of the archive's conversations it matches.
        package var conversations: Int

        package init(id: String, time: Instant, actor: String, entry: Int64, conversations: Int) {
            self.id = id
            self.time = time
            self.actor = actor
            self.entry = entry
            self.conversations = conversations
        }
    }

    /// `nil` without a policy, and where it cannot be read.
    package var rules: Rules?
    /// Those that match a conversation of the archive, in the order of their placing.
    package var holds: [Placed] = []
    /// Why something cannot be relied on; empty where all can.
    package var faults: [String] = []

    package init(faults: [String] = []) { self.faults = faults }
}

/// Counts, as conversations are exported, what governs them.
struct GovernanceCounter {
    let governance: Governance
    private var matched: [String: Int] = [:]

    init(_ governance: Governance) { self.governance = governance }

    mutating func count(_ id: RecordID) throws {
        guard governance.holds.entries.contains(where: \.hold.isActive),
            let conversation = try GovernedReader(governance: governance).conversation(id)
        else { return }
        for hold in conversation.item.holds { matched[hold, default: 0] += 1 }
    }

    func inForce() throws -> GovernanceInForce {
        var inForce = GovernanceInForce(faults: governance.faults)
        if let source = governance.source, !governance.doubts.contains(.policyUnreadable) {
            let policy = governance.evaluator.policy
            inForce.rules = GovernanceInForce.Rules(
                source: source.rawValue, sha256: SHA256Digest.hash(policy.canonical),
                ids: policy.retention.map(\.id))
        }
        let reader = AuditReader(db: governance.db)
        inForce.holds = try governance.holds.entries.compactMap { entry in
            guard let count = matched[entry.hold.id] else { return nil }
            return GovernanceInForce.Placed(
                id: entry.hold.id, time: entry.placed,
                actor: try reader.entry(entry.index).entry.actor, entry: entry.index,
                conversations: count)
        }
        return inForce
    }
}
