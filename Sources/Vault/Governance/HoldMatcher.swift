import GRDB
import Policy
import VaultCrypto

/// The holds of a vault, and which conversations each one matches now.
struct HoldMatcher {
    /// A hold with what it says.
    struct Entry {
        var hold: Hold
        var document: HoldDocument
        /// What matched it after it was placed.
        var arrivals: Set<RecordID>
        var placed: Instant
        var index: Int64
        /// Ids of the conversations that its query finds; `nil` where it has none or it could not
        /// be answered, which matches all.
        var answer: Set<String>?

        /// Whether a conversation matched once, which stays held whatever is changed.
        func hasMatched(_ id: RecordID) -> Bool {
            document.matched.contains(id) || arrivals.contains(id)
        }
    }

    let entries: [Entry]

    /// - Parameters:
    ///   - holds: As the log has them.
    ///   - memory: What is known of their documents.
    ///   - conversations: Numbers of those that will be asked about, ascending; all without.
    ///   - db: A connection inside a transaction.
    /// - Throws: `damaged` for a hold that cannot be understood.
    init(
        _ holds: [GovernanceState.Hold], _ memory: HoldMemory,
        within conversations: [Int64]? = nil, in db: Database
    ) throws {
        entries = try holds.map { hold in
            let document = try memory.placing(of: hold, in: db)
            let state: Hold.State =
                hold.released.map { .released(at: $0.milliseconds) }
                ?? .placed(at: hold.placed.milliseconds)
            return Entry(
                hold: Hold(
                    id: hold.id, matter: document.matter, scope: document.scope, state: state),
                document: document,
                arrivals: try memory.arrivals(of: hold, in: db),
                placed: hold.placed, index: hold.entry,
                answer: try document.scope.query.flatMap {
                    try Self.answer($0, within: conversations, in: db)
                })
        }
    }

    /// A hold that is not placed yet.
    init(new hold: Hold, in db: Database) throws {
        let document = HoldDocument(
            matter: hold.matter, scope: hold.scope, matched: [],
            messages: CommittedMessages(count: 0, root: MerkleTree.emptyRoot))
        entries = [
            Entry(
                hold: hold, document: document, arrivals: [],
                placed: Instant(milliseconds: 0), index: 0,
                answer: try hold.scope.query.flatMap { try Self.answer($0, in: db) })
        ]
    }

    var isEmpty: Bool { entries.isEmpty }

    /// The conversations that a query finds; `nil` while the index is not complete, or when it
    /// cannot answer.
    static func answer(
        _ query: String, within conversations: [Int64]? = nil, in db: Database
    ) throws -> Set<String>? {
        let completeness = try SearchCompleteness(in: db)
        guard completeness.pending == 0 else { return nil }
        do {
            // What cannot be read may be what is asked for. CROSS, or SQLite walks all messages.
            var numbers = try Int64.fetchSet(
                db,
                sql: """
                    SELECT conversation FROM search_unreadable
                    CROSS JOIN message ON message.num = search_unreadable.message
                    """)
            let owner = try db.makeStatement(
                sql: "SELECT conversation FROM message WHERE id = ?")
            try VaultSearch().forEachID(
                matching: query, includeHidden: true, within: conversations, in: db
            ) { id in
                if let number = try Int64.fetchOne(owner, arguments: [id.bytes.databaseValue]) {
                    numbers.insert(number)
                }
                return true
            }
            var ids: Set<String> = []
            for number in numbers {
                let row = try Row.fetchOne(
                    db.cachedStatement(sql: "SELECT id FROM conversation WHERE num = ?"),
                    arguments: [number])
                if let id = row?.id("id") { ids.insert(id.description) }
            }
            return ids
        } catch is VaultError {
            return nil
        }
    }

    /// The holds whose scope a conversation is in, released ones among them.
    func matching(_ conversation: GovernedConversation, in db: Database) throws -> [Hold] {
        guard !entries.isEmpty else { return [] }
        var subject = conversation.subject
        if entries.contains(where: { $0.hold.scope.hasDates }) {
            (subject.messageTimes, subject.hasUndatedMessage) =
                try conversation.messageTimes(in: db)
        }
        return entries.filter { entry in
            entry.hasMatched(conversation.id)
                || entry.hold.scope.matches(subject, answer: entry.answer)
        }.map(\.hold)
    }
}

extension HoldScope {
    var hasDates: Bool { after != nil || before != nil }
}
