import GRDB
import Synchronization
package import VaultCrypto

// An answer of a model is in the vault before anybody sees it.
//
// 1. `beginTurn` takes a lock on a byte of the vault's lock file that only this turn has, and then
//    stores the turn's row. The kernel drops the lock when the process ends, however it ends.
// 2. Each `append` stores the next steps as one line, in a transaction that is durable when it
//    returns. Only then are they shown.
// 3. `finish` makes a message of the lines, as an import would have stored it, and removes the
//    lines, in one transaction. The lock goes afterwards.
//
// Cut off between 1 and 3, the turn's row has no lock any more. The next opening that can write
// finishes it as stopped, with what had come. A turn whose byte is locked belongs to a process
// that lives, or to another opening of the vault in this one, and is left alone. A process id
// would not tell this: it is given to others again, and means nothing in another container.
//
// Until 3 the answer is no record: the audit log says nothing of it, search does not find it and
// an archive is without it. A hold on its conversation covers it, and a purge of its conversation
// takes it along.

/// How a turn ended.
package enum TurnEnd: Sendable, Equatable {
    case complete, stopped, failed

    var state: MessageState {
        switch self {
        case .complete: .complete
        case .stopped: .stopped
        case .failed: .failed
        }
    }
}

/// The journal of an answer that is being written.
///
/// One thread at a time appends.
package final class TurnJournal: Sendable {
    private let vault: Vault
    private let turn: StoredTurn
    /// How many lines are stored; -1 once the turn is over.
    private let lines: Mutex<Int64>

    init(_ turn: StoredTurn, lines: Int64, in vault: Vault) {
        self.turn = turn
        self.lines = Mutex(lines)
        self.vault = vault
    }

    /// Whoever lets go of a turn without an end leaves it to the next opening.
    deinit { vault.lock.drop(turn.lockPlace) }

    /// The id of the message that will be.
    package var id: RecordID { turn.id }

    /// Stores the next steps; they are durable when this returns.
    ///
    /// - Throws: `notFound` where the conversation was purged meanwhile; what the disk or the
    ///   database reports, and then the steps are not stored.
    package func append(_ changes: [TurnChange]) throws(VaultError) {
        guard !changes.isEmpty else { return }
        let line = TurnChange.line(changes)
        try lines.withLock { (lines) throws(VaultError) in
            precondition(lines >= 0, "a turn that is over takes no steps")
            let index = lines
            let isThere = try vault.store.write { db in
                try TurnTable(db: db).append(line, at: index, to: turn)
            }
            guard isThere else { throw Self.purged }
            lines += 1
        }
    }

    /// Makes a message of what has come, and ends the turn.
    ///
    /// - Parameters:
    ///   - end: How it ended.
    ///   - changes: The last steps.
    /// - Returns: The message's id.
    /// - Throws: As `append`; the turn then goes on, or is finished by the next opening.
    @discardableResult
    package func finish(
        _ end: TurnEnd, _ changes: [TurnChange] = []
    ) throws(VaultError) -> RecordID {
        try lines.withLock { (lines) throws(VaultError) in
            precondition(lines >= 0, "a turn ends once")
            let index = lines
            try vault.store.write { db in
                let table = TurnTable(db: db)
                guard try table.turn(turn.id) != nil else { throw Self.purged }
                if !changes.isEmpty {
                    _ = try table.append(TurnChange.line(changes), at: index, to: turn)
                }
                try vault.settle(turn, as: end, in: db)
            }
            lines = -1
        }
        vault.lock.drop(turn.lockPlace)
        return turn.id
    }

    private static var purged: VaultError {
        VaultError(
            .notFound,
            "The conversation was purged meanwhile, and the answer with it; begin another one.")
    }
}
