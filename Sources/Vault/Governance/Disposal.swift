import GRDB
import JSONText
import Policy
import Synchronization
package import VaultCrypto

// Destroying records by rule or by choice.
//
// A purge goes in these steps, each a transaction that is durable before the next:
//
// 1. `purge.intent` is logged: which conversations, and why.
// 2. What governs is evaluated again; what may still be destroyed is removed, and `purge.result`,
//    which ends the intent, says what. Both are one transaction: log and content always agree.
// 3. The segments of the search index that hold words of theirs are rewritten.
//
// Cut off after 1, the intent has no result and nothing is destroyed; the next purge ends it with a
// result of nothing. Cut off in 3, the next purge or merge goes on. `Erasure` then makes what was
// removed unreadable for whoever has copies of the files and the old keys.
extension Vault {
    /// What `purge.result` calls the number of traces that its erasure has to look for.
    static let tracesFigure = "traces"

    /// Carries a plan out, as far as it still holds.
    ///
    /// - Parameters:
    ///   - plan: From `planDisposal`; what it keeps is not touched.
    ///   - request: What it was made for.
    ///   - goesOn: Asked between the steps that rewrite the search index.
    /// - Returns: What was destroyed.
    /// - Throws: `refused` while what governs cannot be relied on; what the database reports.
    package func dispose(
        _ plan: DisposalPlan, of request: DisposalRequest, _ goesOn: () -> Bool = { true }
    ) throws(VaultError) -> DisposalReport {
        try store.write { db in
            let time = self.now()
            try self.noteManagedPolicy(time, in: db)
            try self.endOpenIntents(time, in: db)
        }
        var report = DisposalReport()
        if request.operation == .erase {
            report.deferred = try store.write { db in
                try self.deferErasures(of: plan.kept, self.now(), in: db)
            }
        }
        try requireSoundness(plan, report.deferred.count)
        guard !plan.destroyed.isEmpty else {
            if request.operation == .purge, !plan.kept.isEmpty { try logRefusedPurge(plan) }
            return report
        }
        let intent = try logIntent(plan, request)
        report = try destroy(plan, request, intent, report)
        try rememberCheckpoint()
        try forgetPurged(goesOn)
        return report
    }

    private func requireSoundness(
        _ plan: DisposalPlan, _ deferred: Int
    ) throws(VaultError) {
        guard let fault = plan.faults.first else { return }
        var record = AuditLog.Record(.refused)
        record.figures = ["conversations": Int64(plan.destroyed.count + plan.kept.count)]
        record.document = ["what": .string("purge"), "why": .string(fault)]
        try log(record)
        let waits = deferred > 0 ? " What was asked for is hidden and waits." : ""
        throw VaultError(.refused, "Nothing was destroyed.\(waits) \(fault)")
    }

    private func logIntent(
        _ plan: DisposalPlan, _ request: DisposalRequest
    ) throws(VaultError) -> Int64 {
        return try store.write { db in
            let time = self.now()
            var record = AuditLog.Record(.purgeIntended)
            record.figures = [
                "conversations": Int64(plan.destroyed.count), "messages": Int64(plan.messages),
            ]
            var document: JSONObject = [
                "conversations": .array(
                    plan.destroyed.map { .string($0.conversation.description) }),
                "operation": .string(request.operation.rawValue),
            ]
            document["reason"] = request.reason.map(JSON.string)
            record.document = document
            return try auditLog(in: db, at: time).append(record)
        }
    }

    /// Step 2.
    private func destroy(
        _ plan: DisposalPlan, _ request: DisposalRequest, _ intent: Int64,
        _ report: DisposalReport
    ) throws(VaultError) -> DisposalReport {
        // The key is that of the database: traces under another one could not be looked for.
        let keyed = state.withLock { KeyedStore(store: $0.store, key: $0.key.clone()) }
        return try keyed.store.purge { db in
            let time = self.now()
            var report = report
            let governance = try governance(in: db, at: time)
            let reader = GovernedReader(governance: governance)
            var going: [DisposalPlan.Item] = []
            var kept: [DisposalPlan.Item] = []
            for planned in plan.destroyed {
                guard let conversation = try reader.conversation(planned.conversation) else {
                    continue
                }
                var item = planned
                item.decision = governance.decide(conversation, for: request)
                item.messages = conversation.messages
                if item.decision.outcome == .destroy {
                    going.append(item)
                } else {
                    kept.append(item)
                }
            }
            report.kept += kept
            if request.operation == .erase {
                report.deferred += try self.deferErasures(of: kept, time, in: db)
            }
            let destroyed = try DestroyedRecords(going, in: db)
            var traces = DestructionTraces(db: db, vaultKey: keyed.key)
            try traces.gather(going.map(\.conversation))
            let removed = try RecordPurge(db: db).run(going.map(\.conversation))
            report.conversations = removed.conversations
            report.messages = removed.messages
            report.attachments = removed.attachments
            let entry = try self.logResult(
                destroyed, removed, traces.count, request, ends: intent, time, in: db)
            if removed.conversations > 0 { report.entry = entry }
            return report
        }
    }

    private func logResult(
        _ destroyed: DestroyedRecords, _ removed: PurgeReport, _ traces: Int,
        _ request: DisposalRequest,
        ends intent: Int64, _ time: Instant, in db: Database
    ) throws -> Int64 {
        var record = AuditLog.Record(.purgeDone)
        record.ends = intent
        record.figures = [
            "attachments": Int64(removed.attachments),
            "conversations": Int64(removed.conversations), "messages": Int64(removed.messages),
            Self.tracesFigure: Int64(traces),
        ]
        var document = destroyed.json
        document["operation"] = .string(request.operation.rawValue)
        document["reason"] = request.reason.map(JSON.string)
        record.document = document
        return try auditLog(in: db, at: time).append(record)
    }

    /// Intents that were cut off before anything was destroyed get a result of nothing.
    private func endOpenIntents(_ time: Instant, in db: Database) throws {
        let reader = AuditReader(db: db)
        for intent in try governing(in: db).intents {
            let begun = try reader.entry(intent).entry.event
            guard begun == .purgeIntended else { continue }
            var record = AuditLog.Record(.purgeDone)
            record.ends = intent
            record.figures = ["conversations": 0, "messages": 0]
            try auditLog(in: db, at: time).append(record)
        }
    }

    /// Puts off what a hold, a legal basis or a doubt bars, and hides it until then.
    private func deferErasures(
        of kept: [DisposalPlan.Item], _ time: Instant, in db: Database
    ) throws -> [RecordID] {
        let waiting = kept.filter { $0.decision.outcome == .deferRestrict }
        let known = try governing(in: db).deferrals
        for item in waiting where known[item.conversation.description] == nil {
            try db.execute(
                sql: "UPDATE conversation SET hidden = ifnull(hidden, ?) WHERE id = ?",
                arguments: [time.milliseconds, item.conversation.bytes.databaseValue])
            var record = AuditLog.Record(.erasureDeferred, object: item.conversation.description)
            record.document = ["why": .array(item.decision.why.map(JSON.string))]
            try auditLog(in: db, at: time).append(record)
        }
        return waiting.map(\.conversation)
    }

    /// Approves the destruction of conversations that a rule wants reviewed (R12).
    ///
    /// - Throws: `badInput` for one that waits for no review.
    package func approve(_ ids: [RecordID], reason: String) throws(VaultError) {
        try store.write { db in
            let time = self.now()
            let governance = try governance(in: db, at: time)
            let reader = GovernedReader(governance: governance)
            for id in Set(ids).sorted() {
                guard let conversation = try reader.conversation(id) else {
                    throw VaultError(.notFound, "There is no conversation \(id).")
                }
                let waits = [RetentionOperation.purge, .sweep].contains {
                    governance.decide(conversation, $0).outcome == .pendingReview
                }
                guard waits else {
                    throw VaultError(
                        .badInput,
                        "\(id) waits for no review; `coffer retention explain \(id)` says why.")
                }
                var record = AuditLog.Record(.approved, object: id.description)
                record.document = ["reason": .string(reason)]
                try auditLog(in: db, at: time).append(record)
            }
        }
    }
}

/// A database with the vault key of its generation.
private struct KeyedStore: ~Copyable {
    let store: Store
    let key: SecretBytes
}
