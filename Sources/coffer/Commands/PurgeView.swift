import JSONText
import Policy
import Vault
import VaultCrypto

/// The plan and the result of a purge.
struct PurgeView {
    private static let mostShown = 50

    let plan: DisposalPlan
    let isExplicit: Bool
    let options: GlobalOptions

    // MARK: Text

    func showPlan(_ vault: Vault) throws {
        guard !options.quiet else { return }
        if plan.destroyed.isEmpty {
            Output.line(isExplicit ? "Nothing of it can be destroyed." : "Nothing is due.")
        } else {
            Output.line("To be destroyed: \(Self.counts(plan.destroyed)).")
            try show(plan.destroyed, of: vault)
        }
        if !plan.kept.isEmpty {
            Output.line("Kept: \(Self.counts(plan.kept)).")
            try show(plan.kept, of: vault)
        }
        if plan.notDue > 0 {
            Output.line("Not due: \(Figures.count(plan.notDue, "conversation")).")
        }
    }

    private func show(_ items: [DisposalPlan.Item], of vault: Vault) throws {
        for item in items.prefix(Self.mostShown) {
            try ConversationLine.show(
                item.conversation, of: vault, DecisionWords(item.decision).clause)
        }
        if items.count > Self.mostShown {
            Output.line(
                "  and \(Figures.count(items.count - Self.mostShown)) more; --json names all")
        }
    }

    /// `3 conversations with 17 messages`.
    private static func counts(_ items: [DisposalPlan.Item]) -> String {
        let messages = items.reduce(0) { $0 + $1.messages }
        return "\(Figures.count(items.count, "conversation")) with "
            + Figures.count(messages, "message")
    }

    var question: String {
        let deferred = plan.kept.count { $0.decision.outcome == .deferRestrict }
        let waiting =
            deferred > 0
            ? "Hide \(Figures.count(deferred, "conversation")) until nothing bars the erasure" : nil
        let destroying =
            plan.destroyed.isEmpty ? nil : "Destroy \(Self.counts(plan.destroyed))"
        return [destroying, waiting].compactMap(\.self).joined(separator: "? ") + "?"
    }

    /// `both conversations are`, for a sentence.
    var keptWords: String {
        plan.kept.count == 1
            ? "the conversation is" : "all \(Figures.count(plan.kept.count)) conversations are"
    }

    func show(_ report: DisposalReport) {
        guard !options.quiet else { return }
        if report.conversations > 0 {
            let entry = report.entry.map { " (entry \($0) of the audit log)" } ?? ""
            Output.line(
                "Destroyed \(Figures.count(report.conversations, "conversation")) with "
                    + "\(Figures.count(report.messages, "message"))\(entry).")
        }
        if !report.deferred.isEmpty {
            let count = report.deferred.count
            options.note(
                "\(Figures.count(count, "conversation")) \(count == 1 ? "is" : "are") hidden "
                    + "until nothing bars the erasure; a later `coffer purge` then destroys "
                    + "\(count == 1 ? "it" : "them").")
        }
        if !report.kept.isEmpty {
            options.note(
                "\(Figures.count(report.kept.count, "conversation")) stayed, because a hold or a "
                    + "rule came in between.")
        }
    }

    // MARK: JSON

    /// - Parameters:
    ///   - report: What was done; `nil` for a dry run, whose counts are the plan's.
    ///   - after: What became of the old key.
    /// - Returns: The document of `--json`.
    func object(
        of report: DisposalReport?, _ after: AfterPurge = AfterPurge(erased: false)
    ) -> JSONObject {
        let stayed = Set((report?.kept ?? []).map(\.conversation))
        let destroyed = plan.destroyed.filter { !stayed.contains($0.conversation) }
        return [
            "dryRun": .bool(report == nil),
            "conversations": .integer(report?.conversations ?? plan.destroyed.count),
            "messages": .integer(report?.messages ?? plan.messages),
            "erased": .bool(after.erased), "certificate": .text(after.certificate),
            "destroyed": .array(destroyed.map(Self.json)),
            "kept": .array((plan.kept + (report?.kept ?? [])).map(Self.json)),
            "deferred": .array(
                (report?.deferred ?? waiting).map { .string($0.description) }),
            "notDue": .integer(plan.notDue), "entry": .count(report?.entry),
            "faults": .array(plan.faults.map(JSON.string)),
        ]
    }

    private var waiting: [RecordID] {
        plan.kept.filter { $0.decision.outcome == .deferRestrict }.map(\.conversation)
    }

    private static func json(_ item: DisposalPlan.Item) -> JSON {
        .object([
            "conversation": .string(item.conversation.description),
            "messages": .integer(item.messages),
            "outcome": .string(item.decision.outcome.rawValue),
            "why": .array(item.decision.why.map(JSON.string)),
        ])
    }
}
