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
    /// earlier policies and earlier records cannot be recomputed. Nothing is said while something
    /// came under a policy that could not be read: then floors are yet to be stamped.
    ///
    /// - Parameters:
    ///   - limit: At most so many.
    ///   - db: A connection inside a transaction.
    /// - Returns: The faults.
    /// - Throws: What the database reports.
    func floorFaults(limit: Int, in db: Database) throws -> [VaultFault] {
        guard let evaluator = try loggedRules(in: db) else { return [] }
        var faults: [VaultFault] = []
        try FactsReader(db: db).forEach { conversation in
            guard faults.count < limit, let end = evaluator.floor(of: conversation.item)
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

    /// The rules of the policy that the log has last; `nil` where it cannot be read here, which
    /// another check names, and while something came that floors are yet to be stamped for.
    private func loggedRules(in db: Database) throws -> RetentionEvaluator? {
        guard let governed = try? governing(in: db), try !isStampDue(in: db),
            let document = (governed.policy(of: .managed) ?? governed.policy(of: .vault))?.document,
            let policy = try? auditMemory.policies.policy(document, in: db)
        else { return nil }
        return RetentionEvaluator(policy)
    }
}
