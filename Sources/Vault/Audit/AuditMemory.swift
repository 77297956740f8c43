import GRDB
import Synchronization

/// The last state of the audit log that this process proved, so that only entries after it are
/// read.
///
/// A state is used again only for a log whose tree, as the transaction sees it, goes on from the
/// one that was proved: after a rollback, in an older snapshot or in another database the trees
/// differ, and the last stretch is read anew.
final class AuditMemory: Sendable {
    let holds = HoldMemory()
    let policies = PolicyMemory()
    private let proved = Mutex<AuditState?>(nil)

    /// The state at the end of the log.
    ///
    /// - Parameter db: A connection inside a transaction.
    /// - Returns: The state, proved against the tree.
    /// - Throws: `damaged` when the log cannot be relied on.
    func state(in db: Database) throws -> AuditState {
        let known = proved.withLock { $0 }
        let tree = try AuditTree(in: db).frontier
        let state = try known?.extended(to: tree, in: db) ?? AuditState(in: db)
        proved.withLock { $0 = state }
        return state
    }
}
