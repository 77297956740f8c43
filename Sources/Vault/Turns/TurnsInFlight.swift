import GRDB
package import VaultCrypto

/// An answer that is no record yet.
package struct TurnInFlight: Sendable, Equatable {
    /// Of the message that will be.
    package var id: RecordID
    package var conversation: RecordID
    package var begun: Instant
    /// What has come of it.
    package var draft: TurnDraft
    /// Whether somebody is writing it who lives.
    package var isAlive: Bool
}

extension Vault {
    /// Begins an answer.
    ///
    /// - Parameters:
    ///   - conversation: Whose it is.
    ///   - parent: The message that it answers.
    ///   - facts: What is known of it already.
    /// - Returns: Its journal.
    /// - Throws: `notFound` without such a conversation or parent; what the database reports.
    package func beginTurn(
        in conversation: RecordID, below parent: RecordID?, _ facts: TurnFacts
    ) throws(VaultError) -> TurnJournal {
        let time = now()
        let id = RecordID(at: time.after(parent))
        try lock.hold(StoredTurn.lockPlace(id))
        do {
            let turn = try store.write { db in
                let place = try OpenConversation(conversation, in: db)
                let table = TurnTable(db: db)
                let turn = try table.insert(
                    id, conversation: place.place.num, parent: place.message(parent, in: db),
                    begun: time)
                _ = try table.append(TurnChange.line([.facts(facts)]), at: 0, to: turn)
                return turn
            }
            return TurnJournal(turn, lines: 1, in: self)
        } catch {
            lock.drop(StoredTurn.lockPlace(id))
            throw error
        }
    }

    /// The answers that are no records yet.
    package func turnsInFlight() throws(VaultError) -> [TurnInFlight] {
        try store.read { db in
            let table = TurnTable(db: db)
            return try table.all().map { turn in
                TurnInFlight(
                    id: turn.id,
                    conversation: try OpenConversation(num: turn.conversation, in: db).id,
                    begun: turn.begun, draft: try table.draft(of: turn).draft,
                    isAlive: lock.isHeld(turn.lockPlace))
            }
        }
    }
}
