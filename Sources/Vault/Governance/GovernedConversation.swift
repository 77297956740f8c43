import GRDB
import Policy
import VaultCrypto

/// A conversation as retention and holds see it.
///
/// Rules are evaluated for each message and acted on for the whole conversation (R14): its times
/// are those of its latest message, so that it is due when all of its messages are.
struct GovernedConversation {
    let num: Int64
    let id: RecordID
    var messages: Int
    var isHidden: Bool
    var item: RetentionItem
    /// For whom it was imported besides its custodian.
    var otherCustodians: [String] = []
    /// When a person approved its destruction, as it is.
    var approved: Instant?

    var subject: HoldSubject {
        var subject = HoldSubject(conversation: item.id)
        subject.custodians = (item.custodian.map { [$0] } ?? []) + otherCustodians
        subject.project = item.project
        subject.labels = item.labels
        return subject
    }

    /// The times of its messages, and whether one has none.
    func messageTimes(in db: Database) throws -> ([Int64], Bool) {
        let times = try Optional<Int64>.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT ifnull(message.created, conversation.created) FROM message
                    JOIN conversation ON conversation.num = message.conversation
                    WHERE conversation = ?
                    """), arguments: [num])
        let known = times.compactMap(\.self)
        if times.isEmpty, let created = item.created { return ([created], false) }
        return (known, known.count < times.count || times.isEmpty)
    }
}

/// Reads conversations with what governs them, inside the caller's transaction.
struct GovernedReader {
    let governance: Governance
    private var facts: FactsReader { FactsReader(db: governance.db) }

    init(governance: Governance) { self.governance = governance }

    /// Lends the conversations in the order of their numbers, each with its holds and graces.
    func forEach(_ body: (GovernedConversation) throws -> Void) throws {
        try facts.forEach { conversation in
            var conversation = conversation
            try governance.complete(&conversation)
            try body(conversation)
        }
    }

    /// The conversation with an id; `nil` when there is none.
    func conversation(_ id: RecordID) throws -> GovernedConversation? {
        guard var conversation = try facts.conversation(id) else { return nil }
        try governance.complete(&conversation)
        return conversation
    }
}
