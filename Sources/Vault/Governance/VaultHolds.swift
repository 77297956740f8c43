import GRDB
import JSONText
package import Policy
package import VaultCrypto

/// A hold as people see it.
package struct HoldSummary: Sendable, Equatable {
    package var id: String
    package var matter: String
    package var scope: HoldScope
    package var placed: Instant
    package var released: Instant?
    /// The end of the grace after its release.
    package var graceUntil: Instant?
    package var conversations: Int
    package var messages: Int
    /// The entry of the audit log that placed it.
    package var entry: Int64
}

// Legal holds of an open vault.
extension Vault {
    /// Places a hold; it is durable when this returns, and holds what arrives later as well.
    ///
    /// - Parameters:
    ///   - matter: The name of the matter, from which the hold's id is made.
    ///   - scope: What it selects; a scope without conditions holds everything.
    /// - Returns: The hold with what it matches now.
    /// - Throws: `badInput` for a scope that cannot be understood.
    package func placeHold(
        matter: String, scope: HoldScope
    ) throws(VaultError) -> HoldSummary {
        let matter = try Label.checked(matter, "matter")
        try Self.check(scope)
        var scope = scope
        // In the one form in which conversations have their ids.
        scope.conversations = Set(scope.conversations.compactMap { RecordID($0)?.description })
        let id = try store.write { db -> String in
            let time = self.now()
            try noteManagedPolicy(time, in: db)
            let known = try governing(in: db).holds.map(\.id)
            let id = Self.holdID(matter, known)
            let hold = Hold(
                id: id, matter: matter, scope: scope, state: .placed(at: time.milliseconds))
            var record = AuditLog.Record(.holdPlaced, object: id)
            let matched = try self.matched(by: hold, time, in: db)
            record.figures = ["conversations": Int64(matched.count)]
            let leaves = try HeldMessages(db: db).present(matched)
            record.document =
                HoldDocument(
                    matter: matter, scope: scope, matched: matched,
                    messages: HeldMessages.committed(leaves)
                ).json
            try auditLog(in: db, at: time).append(record)
            return id
        }
        try rememberCheckpoint()
        return try hold(id)
    }

    private static func check(_ scope: HoldScope) throws(VaultError) {
        if let query = scope.query {
            let parsed = try SearchQuery(query)
            guard !parsed.asksForHolds else {
                throw VaultError(
                    .badInput, "A hold's query cannot ask for is:held; leave that out.")
            }
        }
        if let after = scope.after, let before = scope.before, after >= before {
            throw VaultError(
                .badInput,
                "The hold's period is empty; its end is not behind its "
                    + "beginning.")
        }
        for id in scope.conversations where RecordID(id) == nil {
            throw VaultError(.badInput, "\(id) is not the id of a conversation; check it.")
        }
    }

    /// Ids of what a hold matches that is not placed yet.
    private func matched(
        by hold: Hold, _ time: Instant, in db: Database
    ) throws -> Set<RecordID> {
        let governance = try governance(in: db, at: time)
        let matcher = try HoldMatcher(new: hold, in: db)
        var matched: Set<RecordID> = []
        try GovernedReader(governance: governance).forEach { conversation in
            if try !matcher.matching(conversation, in: db).isEmpty {
                matched.insert(conversation.id)
            }
        }
        return matched
    }

    /// `lindqvist-merger`, with a number where that is taken.
    static func holdID(_ matter: String, _ taken: [String]) -> String {
        let folded = matter.lowercased().unicodeScalars.map { scalar -> Character in
            scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                ? Character(scalar) : "-"
        }
        let words = String(folded).split(separator: "-").joined(separator: "-").prefix(40)
        let base = words.isEmpty ? "hold" : String(words.hasSuffix("-") ? words.dropLast() : words)
        guard taken.contains(base) else { return base }
        var number = 2
        while taken.contains("\(base)-\(number)") { number += 1 }
        return "\(base)-\(number)"
    }

    /// Releases a hold; the grace of the policy in force begins, and nothing is destroyed.
    ///
    /// - Throws: `notFound` for one that is not in force.
    package func releaseHold(_ id: String, reason: String) throws(VaultError) -> HoldSummary {
        try store.write { db in
            let time = self.now()
            let holds = try governing(in: db).holds
            guard let hold = holds.first(where: { $0.id == id }) else { throw Self.noHold(id) }
            guard hold.released == nil else {
                throw VaultError(
                    .notFound,
                    "Hold \(id) was released already; `coffer hold list` shows those in force.")
            }
            var record = AuditLog.Record(.holdReleased, object: id)
            record.document = ["reason": .string(reason)]
            try auditLog(in: db, at: time).append(record)
        }
        try rememberCheckpoint()
        return try hold(id)
    }

    private static func noHold(_ id: String) -> VaultError {
        VaultError(.notFound, "There is no hold \(id); `coffer hold list` shows those there are.")
    }

    /// One hold with what it matches now.
    package func hold(_ id: String) throws(VaultError) -> HoldSummary {
        guard let hold = try holds().first(where: { $0.id == id }) else { throw Self.noHold(id) }
        return hold
    }

    /// All holds in the order of their placing, released ones among them.
    package func holds() throws(VaultError) -> [HoldSummary] {
        return try store.read { db in
            let governance = try governance(in: db)
            let counts = try Self.counts(of: governance)
            return governance.holds.entries.map { entry in
                var released: Instant?
                if case .released(let time) = entry.hold.state {
                    released = Instant(milliseconds: time)
                }
                let grace = released.map { governance.grace(after: $0) }.flatMap {
                    $0 == .max ? nil : $0
                }
                let (conversations, messages) = counts[entry.hold.id] ?? (0, 0)
                return HoldSummary(
                    id: entry.hold.id, matter: entry.hold.matter, scope: entry.hold.scope,
                    placed: entry.placed, released: released,
                    graceUntil: grace.map(Instant.init(milliseconds:)),
                    conversations: conversations, messages: messages, entry: entry.index)
            }
        }
    }

    private static func counts(
        of governance: Governance
    ) throws -> [String: (conversations: Int, messages: Int)] {
        guard !governance.holds.isEmpty else { return [:] }
        var counts: [String: (conversations: Int, messages: Int)] = [:]
        try GovernedReader(governance: governance).forEach { conversation in
            for hold in try governance.holds.matching(conversation, in: governance.db) {
                let known = counts[hold.id] ?? (0, 0)
                counts[hold.id] = (known.0 + 1, known.1 + conversation.messages)
            }
        }
        return counts
    }

    /// Ids of the conversations that a hold in force matches; `nil` for all holds.
    package func heldConversations(by id: String? = nil) throws(VaultError) -> Set<RecordID> {
        // Without a hold nothing has to be read, and that is cheap to tell.
        guard try governanceStatus().holds > 0 else { return [] }
        return try matching { hold in hold.isActive && (id.map { $0 == hold.id } ?? true) }
    }

    /// Ids of the conversations that a hold matches, also one that was released.
    package func conversations(under id: String) throws(VaultError) -> Set<RecordID> {
        try matching { $0.id == id }
    }

    /// Which of some conversations a hold in force matches.
    package func held(among ids: [RecordID]) throws(VaultError) -> Set<RecordID> {
        try store.read { db in
            guard try governing(in: db).holds.contains(where: { $0.released == nil }) else {
                return []
            }
            let numbers = try ids.compactMap { id in
                try Int64.fetchOne(
                    db.cachedStatement(sql: "SELECT num FROM conversation WHERE id = ?"),
                    arguments: [id.bytes.databaseValue])
            }
            let governance = try governance(in: db, within: numbers.sorted())
            let reader = GovernedReader(governance: governance)
            var held: Set<RecordID> = []
            for id in ids {
                let holds = try reader.conversation(id)?.item.holds ?? []
                if !holds.isEmpty { held.insert(id) }
            }
            return held
        }
    }

    private func matching(_ isWanted: (Hold) -> Bool) throws(VaultError) -> Set<RecordID> {
        try store.read { db in
            let governance = try governance(in: db)
            var found: Set<RecordID> = []
            try GovernedReader(governance: governance).forEach { conversation in
                let holds = try governance.holds.matching(conversation, in: db)
                if holds.contains(where: isWanted) { found.insert(conversation.id) }
            }
            return found
        }
    }
}
