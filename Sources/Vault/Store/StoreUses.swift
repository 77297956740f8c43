import Dispatch
import Synchronization

/// Who uses a database: closing it waits for them, and nobody comes in afterwards.
///
/// GRDB's pool may not be closed while another thread begins to read.
final class StoreUses: Sendable {
    private struct State {
        var isClosed = false
        /// The database that took the place of a closed one.
        var successor: Store?
    }

    private let state = Mutex(State())
    private let users = DispatchGroup()

    /// Begins a use, which `end` ends; false when the database is closed.
    func begin() -> Bool {
        state.withLock { state in
            if !state.isClosed { users.enter() }
            return !state.isClosed
        }
    }

    func end() { users.leave() }

    /// Lets nobody in any more and waits until all are out.
    func close(for successor: Store?) {
        state.withLock { state in
            state.isClosed = true
            state.successor = successor ?? state.successor
        }
        users.wait()
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    var successor: Store? { state.withLock { $0.successor } }
}
