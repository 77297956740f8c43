import Policy
import GRDB
import JSONText
package import VaultCrypto

// Labels, hiding and events: what people say of conversations, each an entry of the audit log.
extension Vault {
    /// Adds a label to conversations.
    ///
    /// - Returns: How many did not have it.
    package func addLabel(_ label: String, to ids: [RecordID]) throws(VaultError) -> Int {
        let label = try Label.checked(label)
        let time = now()
        return try change(ids, .labelAdded, ["label": .string(label)]) { db, num in
            var names = Names()
            try db.execute(
                sql: "INSERT OR IGNORE INTO label VALUES (?, ?, ?)",
                arguments: [try names.num(of: label, in: db), num, time.milliseconds])
            return db.changesCount
        }
    }

    /// Removes a label from conversations.
    ///
    /// - Returns: How many had it.
    /// - Throws: `refused` where a hold or a rule that retains selects by the label.
    package func removeLabel(_ label: String, from ids: [RecordID]) throws(VaultError) -> Int {
        let said: JSONObject = ["label": .string(label)]
        let change = try change(ids, .labelRemoved, said) { db in
            try barred(removing: label, from: ids, in: db)
        } _: { db, num in
            guard let name = try Names.find(label, in: db) else { return 0 }
            try db.execute(
                sql: "DELETE FROM label WHERE name = ? AND conversation = ?",
                arguments: [name, num])
            return db.changesCount
        }
        switch change {
        case .done(let count): return count
        case .refused(let why):
            throw VaultError(.refused, "The label \(label) stays: \(why).")
        }
    }

    /// Why a label may not go: that must not take a conversation out of a hold or end its
    /// retention.
    private func barred(
        removing label: String, from ids: [RecordID], in db: Database
    ) throws -> String? {
        let governance = try governance(in: db)
        if governance.doubts.contains(.policyUnreadable) {
            return "the policy cannot be read, and a rule of it may keep because of it"
        }
        let reader = GovernedReader(governance: governance)
        for id in ids {
            guard let item = try reader.conversation(id)?.item, item.labels.contains(label)
            else { continue }
            for entry in governance.holds.entries
            where item.holds.contains(entry.hold.id) && entry.hold.scope.labels.contains(label) {
                return "hold \(entry.hold.id) selects by it"
            }
            if let rule = governance.retains(item, by: label) {
                return "rule \(rule) keeps \(id) because of it"
            }
        }
        return nil
    }

    /// Hides conversations from lists and searches; they are kept.
    ///
    /// - Returns: How many were not hidden.
    package func hide(_ ids: [RecordID]) throws(VaultError) -> Int {
        let time = now()
        return try change(ids, .hide) { db, num in
            try db.execute(
                sql: "UPDATE conversation SET hidden = ? WHERE num = ? AND hidden IS NULL",
                arguments: [time.milliseconds, num])
            return db.changesCount
        }
    }

    /// Shows hidden conversations again.
    ///
    /// - Returns: How many were hidden.
    /// - Throws: `refused` for one whose erasure was asked for.
    package func unhide(_ ids: [RecordID]) throws(VaultError) -> Int {
        let deferred = try store.read { db in try governing(in: db).deferrals }
        if let id = ids.first(where: { deferred[$0.description] != nil }) {
            throw VaultError(
                .refused,
                "The erasure of \(id) was asked for; it stays hidden until that can be done.")
        }
        return try change(ids, .restore) { db, num in
            try db.execute(
                sql: "UPDATE conversation SET hidden = NULL WHERE num = ? AND hidden IS NOT NULL",
                arguments: [num])
            return db.changesCount
        }
    }

    /// Says when the event happened that rules of start `event` wait for.
    ///
    /// - Parameters:
    ///   - event: The time; `nil` takes it back.
    ///   - ids: Of which conversations.
    /// - Returns: How many had another time or none.
    /// - Throws: What the database reports.
    package func setEvent(_ event: Instant?, of ids: [RecordID]) throws(VaultError) -> Int {
        let said: JSONObject = ["event": event.map { .integer($0.milliseconds) } ?? .null]
        return try change(ids, .eventSet, said) { db, num in
            if let event {
                try db.execute(
                    sql: """
                        INSERT INTO event VALUES (?1, ?2) ON CONFLICT (conversation)
                            DO UPDATE SET time = ?2 WHERE time <> ?2
                        """, arguments: [num, event.milliseconds])
            } else {
                try db.execute(
                    sql: "DELETE FROM event WHERE conversation = ?", arguments: [num])
            }
            return db.changesCount
        }
    }

    /// Names a conversation.
    ///
    /// The log does not say how: a title is content.
    ///
    /// - Returns: Whether it had another title or none.
    /// - Throws: `badInput` for what is no title; what the database reports.
    package func setTitle(_ title: String, of id: RecordID) throws(VaultError) -> Bool {
        let title = try Label.checked(title, "title")
        return try change([id], .titled) { db, num in
            try db.execute(
                sql: "UPDATE conversation SET title = ?1 WHERE num = ?2 AND title IS NOT ?1",
                arguments: [title, num])
            let count = db.changesCount
            if count > 0, let carrier = try SearchWriter().titleCarrier(of: num, in: db) {
                try SearchWriter().update([carrier], in: db)
            }
            return count
        } > 0
    }

    private enum Change {
        case done(Int)
        case refused(String)
    }

    private func change(
        _ ids: [RecordID], _ event: AuditEvent, _ said: JSONObject? = nil,
        _ body: (Database, Int64) throws -> Int
    ) throws(VaultError) -> Int {
        switch try change(ids, event, said, unless: { _ in nil }, body) {
        case .done(let count): count
        case .refused: 0
        }
    }

    /// Changes conversations one by one, and logs those that changed; or logs that it was refused,
    /// in the transaction that knows why.
    private func change(
        _ ids: [RecordID], _ event: AuditEvent, _ said: JSONObject?,
        unless bar: (Database) throws -> String?, _ body: (Database, Int64) throws -> Int
    ) throws(VaultError) -> Change {
        try store.write { db in
            if let why = try bar(db) {
                try logRefusal(of: event, ids, said, in: db)
                return .refused(why)
            }
            var changed: [RecordID] = []
            let isRuled = [.labelAdded, .labelRemoved, .eventSet, .titled].contains(event)
            let facts = isRuled ? try factsBeforeChange(in: db) : nil
            var before: [RecordID: RetentionItem] = [:]
            for id in Set(ids).sorted() {
                let num = try ConversationReader(db: db).conversation(id).num
                let item = try facts?.conversation(id)?.item
                guard try body(db, num) > 0 else { continue }
                changed.append(id)
                before[id] = item
            }
            guard !changed.isEmpty else { return .done(0) }
            var record = AuditLog.Record(event)
            if changed.count == 1 { record.object = changed[0].description }
            record.figures = ["conversations": Int64(changed.count)]
            var document = said ?? JSONObject()
            document["conversations"] = .array(changed.map { .string($0.description) })
            record.document = document
            try auditLog(in: db, at: self.now()).append(record)
            // Also without a label, another rule may apply, and a query may match.
            if isRuled {
                try governArrivals(
                    Set(changed), before: before,
                    isEventTakenBack: event == .eventSet && said?["event"] == .null, in: db)
            }
            return .done(changed.count)
        }
    }

    private func logRefusal(
        of event: AuditEvent, _ ids: [RecordID], _ said: JSONObject?, in db: Database
    ) throws {
        var record = AuditLog.Record(.refused)
        var document = said ?? JSONObject()
        document["conversations"] = .array(ids.map { .string($0.description) })
        document["what"] = .string(event.rawValue.replacing(".", with: " "))
        record.document = document
        try auditLog(in: db, at: now()).append(record)
    }
}
