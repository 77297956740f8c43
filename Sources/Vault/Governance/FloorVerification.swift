import GRDB
import JSONText
import Policy
import VaultCrypto

// Whether conversations are kept as long as locked rules promised (R11).
extension Vault {
    /// A database of time zones that was updated since may move an end by hours.
    private static let toleranceMilliseconds: Int64 = 2 * 86_400_000

    /// The conversations whose floor is missing or earlier than the locked rules in force give it.
    ///
    /// Every act that can bring a conversation under a locked rule, or move the end that one gives,
    /// stamps the floor in its own transaction, and a floor only grows. So there is a floor of at
    /// least what follows from the policy in force and the records as they are. What follows from
    /// earlier policies and earlier records cannot be recomputed. Nothing is said while the policy
    /// is not the one that the log has last: then floors are yet to be stamped.
    ///
    /// - Parameters:
    ///   - limit: At most so many.
    ///   - db: A connection inside a transaction.
    /// - Returns: The faults.
    /// - Throws: What the database reports.
    func floorFaults(limit: Int, in db: Database) throws -> [VaultFault] {
        guard let governance = try lockingGovernance(in: db) else { return [] }
        var faults: [VaultFault] = []
        try GovernedReader(governance: governance).forEach { conversation in
            guard faults.count < limit, let end = governance.evaluator.floor(of: conversation.item)
            else { return }
            let floor = conversation.item.retainFloor.map { $0.milliseconds ?? .max } ?? .min
            let wanted = end.milliseconds ?? .max
            let isShort = floor < (wanted == .max ? .max : wanted - Self.toleranceMilliseconds)
            guard isShort else { return }
            faults.append(
                VaultFault(
                    path: "conversation \(conversation.id)",
                    fault: "is kept until less than locked rules promised when it came under them"))
        }
        return faults
    }

    /// What governs, where it has locked rules and is what the log says; a log that cannot be read
    /// is a fault of its own.
    private func lockingGovernance(in db: Database) throws -> Governance? {
        guard let governed = try? governing(in: db), !governed.policies.isEmpty,
            try isManagedPolicyNoted(in: db)
        else { return nil }
        do {
            let governance = try governance(in: db)
            guard governance.hasLocks, !governance.doubts.contains(.policyUnreadable) else {
                return nil
            }
            let logged = governed.policy(of: .managed) ?? governed.policy(of: .vault)
            let policy = try logged?.document?.policy(in: db)
            let isLogged =
                policy.map { JSONWriter.canonical(.object($0)) }
                == governance.evaluator.policy.canonical
            return isLogged ? governance : nil
        } catch is VaultError {
            return nil
        }
    }
}
