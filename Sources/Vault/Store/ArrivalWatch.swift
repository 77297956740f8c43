import GRDB
import Policy
import VaultCrypto

/// What looks at the conversations that an import stores or changes, inside its transactions.
struct ArrivalWatch: Sendable {
    /// Called at the beginning of a batch: what reads conversations before they are changed; `nil`
    /// where nobody wants to know.
    let facts: @Sendable (Database) throws -> FactsReader?
    /// Called at its end with the conversations that it added or added to, and with what those were
    /// that it changed.
    let stored:
        @Sendable (Set<RecordID>, _ before: [RecordID: RetentionItem], Database) throws -> Void
}
