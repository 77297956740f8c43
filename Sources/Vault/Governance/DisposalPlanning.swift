import GRDB
import Policy
package import VaultCrypto

extension Vault {
    /// What a purge would do now.
    ///
    /// - Throws: What `DisposalSelection` throws.
    package func planDisposal(_ request: DisposalRequest) throws(VaultError) -> DisposalPlan {
        return try store.read { db in
            let governance = try governance(in: db)
            let selected = try DisposalSelection(db: db).ids(request.selection)
            var plan = DisposalPlan()
            plan.faults = governance.faults
            try GovernedReader(governance: governance).forEach(of: selected) { conversation in
                plan.add(
                    conversation, governance.decide(conversation, for: request),
                    isSelected: selected != nil, at: governance.now)
            }
            return plan
        }
    }
}

extension DisposalPlan {
    fileprivate mutating func add(
        _ conversation: GovernedConversation, _ decision: Decision, isSelected: Bool,
        at now: Instant
    ) {
        let item = Item(
            conversation: conversation.id, messages: conversation.messages, decision: decision)
        let isDue = decision.dates.deleteAt?.hasPassed(at: now.milliseconds) ?? false
        switch decision.outcome {
        case .destroy: destroyed.append(item)
        case .keepNotDue: notDue += 1
        case .keepRetain where !isSelected && !isDue: notDue += 1
        default: kept.append(item)
        }
    }
}

extension GovernedReader {
    /// More are met sooner by a walk over all.
    private static let fewConversations = 10_000

    /// Lends some conversations, or all, in the order of their numbers where they are many and of
    /// their ids otherwise.
    fileprivate func forEach(
        of ids: Set<RecordID>?, _ body: (GovernedConversation) throws -> Void
    ) throws {
        if let ids, ids.count <= Self.fewConversations {
            for id in ids.sorted() { if let found = try conversation(id) { try body(found) } }
        } else {
            try forEach { conversation in
                if ids?.contains(conversation.id) ?? true { try body(conversation) }
            }
        }
    }
}

/// Finds the conversations that somebody selects for destruction.
private struct DisposalSelection {
    let db: Database

    /// Ids of what is selected, hidden conversations among them; `nil` for everything.
    ///
    /// - Throws: `notFound` for an id or a custodian of nothing; for a query `badInput`, and `busy`
    ///   or `damaged` while it may miss something.
    func ids(_ selection: DisposalRequest.Selection) throws -> Set<RecordID>? {
        switch selection {
        case .due: nil
        case .conversations(let ids): try known(ids)
        case .matching(let filter, nil): try matching(filter)
        case .matching(let filter, let query?):
            try matching(filter).intersection(answer(to: query))
        case .subject(let custodian): try all(of: custodian)
        }
    }

    private func known(_ ids: [RecordID]) throws -> Set<RecordID> {
        let reader = ConversationReader(db: db)
        for id in ids { _ = try reader.conversation(id) }
        return Set(ids)
    }

    private func matching(_ filter: ConversationFilter) throws -> Set<RecordID> {
        var filter = filter
        filter.includesHidden = true
        var found: Set<RecordID> = []
        try ConversationReader(db: db).forEach(filter, order: .id) { _, conversation in
            found.insert(conversation.id)
        }
        return found
    }

    private func answer(to query: String) throws -> Set<RecordID> {
        let completeness = try SearchCompleteness(in: db)
        guard completeness.pending == 0 else {
            throw VaultError(
                .busy,
                "The search index is not complete; run `coffer index rebuild`, then repeat this.")
        }
        _ = try SearchQuery(query)
        guard completeness.unreadable == 0 else {
            throw VaultError(
                .damaged,
                "\(completeness.unreadable) messages cannot be read, so that a query may miss "
                    + "them; run `coffer doctor`, or select otherwise.")
        }
        return Set((try HoldMatcher.answer(query, in: db) ?? []).compactMap { RecordID($0) })
    }

    private func all(of custodian: String) throws -> Set<RecordID> {
        var filter = ConversationFilter()
        filter.custodian = custodian
        let found = try matching(filter)
        guard !found.isEmpty else {
            throw VaultError(
                .notFound,
                "There are no conversations of \(custodian); `coffer stats` shows the custodians.")
        }
        return found
    }
}
