import GRDB
import JSONText
import Policy
import VaultCrypto

// What holds and locked rules mean for records as they arrive.
extension Vault {
    /// Notes which holds conversations match that were just stored or added to, and until when
    /// locked rules keep them; inside the transaction that stores them.
    ///
    /// What a hold matched once stays held, also when a later import says another project or
    /// custodian.
    ///
    /// - Parameters:
    ///   - ids: The conversations.
    ///   - before: What those were that were changed and not stored for the first time.
    ///   - isEventTakenBack: Whether an event was taken from them; it may be said anew as another.
    ///   - db: The transaction's connection.
    /// - Throws: What the database reports.
    func governArrivals(
        _ ids: Set<RecordID>, before: [RecordID: RetentionItem], isEventTakenBack: Bool = false,
        in db: Database
    ) throws {
        try noteManagedPolicy(now(), in: db)
        guard try policyPlace.isTaken || governing(in: db).mayGovernArrivals else { return }
        var numbers: [Int64] = []
        for id in ids { numbers.append(try ConversationReader(db: db).conversation(id).num) }
        let governance = try governance(in: db, within: numbers.sorted())
        if governance.doubts.contains(.policyUnreadable) { try noteUnreadablePolicy(in: db) }
        let reader = GovernedReader(governance: governance)
        try noteLostCoverage(before, reader, always: isEventTakenBack, in: db)
        guard governance.governsArrivals else { return }
        var matched: [String: [RecordID]] = [:]
        var floors: [(Int64, Deadline)] = []
        for id in ids.sorted() {
            guard let conversation = try reader.conversation(id) else { continue }
            for entry in governance.holds.entries
            where conversation.item.holds.contains(entry.hold.id)
                && !entry.hasMatched(conversation.id)
            {
                matched[entry.hold.id, default: []].append(conversation.id)
            }
            if let floor = governance.evaluator.floor(of: conversation.item) {
                floors.append((conversation.num, floor))
            }
        }
        for hold in governance.state.holds {
            if let ids = matched[hold.id] { try noteMatched(ids, by: hold, in: db) }
        }
        try store(floors, in: "retention_floor", db)
    }

    /// What reads conversations before they are changed; `nil` where no rule may have kept them.
    func factsBeforeChange(in db: Database) throws -> FactsReader? {
        let mayKeep = try policyPlace.isTaken || !governing(in: db).policies.isEmpty
        return mayKeep ? FactsReader(db: db) : nil
    }

    /// Keeps conversations for a grace which a change takes out of a rule that retained them (R4).
    ///
    /// - Parameters:
    ///   - before: What they were.
    ///   - reader: Reads what they are now.
    ///   - always: Whether also where what they are now keeps them longer.
    ///   - db: The transaction's connection.
    /// - Throws: What the database reports.
    private func noteLostCoverage(
        _ before: [RecordID: RetentionItem], _ reader: GovernedReader, always: Bool = false,
        in db: Database
    ) throws {
        guard !before.isEmpty else { return }
        let governance = reader.governance
        let now = governance.now.milliseconds
        let rules = try governance.reliedOn()
        // What the rules in force would say now is not known then.
        let always = always || governance.doubts.contains(.policyUnreadable)
        var graces: [(Int64, Deadline)] = []
        for (id, item) in before {
            guard let conversation = try reader.conversation(id) else { continue }
            // The first event that is said begins a period and ends none.
            let beginsPeriod = item.event == nil && conversation.item.event != nil
            let present = rules.dates(of: conversation.item).retainUntil
            if !beginsPeriod, let then = rules.dates(of: item).retainUntil,
                !then.hasPassed(at: now), always || present.map({ $0 < then }) ?? true
            {
                graces.append((conversation.num, min(then, rules.grace(after: now))))
            }
            // A grace that was running because of what it was goes on.
            var old = conversation
            old.item = item
            try governance.complete(&old)
            if let end = old.item.graceUntil, end > conversation.item.graceUntil ?? .min {
                graces.append((conversation.num, end == .max ? .never : .at(end)))
            }
        }
        try store(graces, in: "retention_grace", db)
    }

    func noteMatched(
        _ ids: [RecordID], by hold: GovernanceState.Hold, in db: Database
    ) throws {
        let replaced = hold.documentsReplaced()
        var all = ids
        for arrivals in hold.later.suffix(replaced) {
            all += try HoldMemory.ids(of: arrivals, in: db)
        }
        var record = AuditLog.Record(.holdMatched, object: hold.id)
        record.figures = ["conversations": Int64(ids.count)]
        if replaced > 0 { record.figures["replaces"] = Int64(replaced) }
        record.document = ["conversations": .array(all.sorted().map { .string($0.description) })]
        try auditLog(in: db, at: now()).append(record)
    }

    /// Notes on every conversation until when locked rules keep it, where that is later than before
    /// (R11).
    func stampFloors(in db: Database) throws {
        let governance = try governance(in: db)
        guard governance.hasLocks, !governance.doubts.contains(.policyUnreadable) else { return }
        var floors: [(Int64, Deadline)] = []
        try GovernedReader(governance: governance).forEach { conversation in
            guard let floor = governance.evaluator.floor(of: conversation.item) else { return }
            floors.append((conversation.num, floor))
        }
        try store(floors, in: "retention_floor", db)
    }

    /// Notes ends by conversation in a table, where they are later than those that it has.
    private func store(
        _ ends: [(Int64, Deadline)], in table: String, _ db: Database
    ) throws {
        for (num, end) in ends {
            try db.execute(
                sql: """
                    INSERT INTO \(table) VALUES (?1, ?2) ON CONFLICT (conversation)
                        DO UPDATE SET until = ?2 WHERE until < ?2
                    """, arguments: [num, end.milliseconds ?? .max])
        }
    }
}
