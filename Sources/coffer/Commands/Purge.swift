import ArgumentParser
import JSONText
import Policy
import Synchronization
import Vault
import VaultCrypto

struct Purge: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Destroy what is due, or what is selected, as far as nothing keeps it.",
        usage: """
            coffer purge [--dry-run | --yes] [<options>]
            coffer purge (<id> ... | <selection> | --subject <name>) --reason <text>
            """,
        discussion: """
            Without a selection it destroys what the policy says is due. It shows the plan first \
            and asks; --yes asks nothing. Where nobody can be asked, and without --yes, nothing is \
            destroyed: it is a dry run. A hold, a retention rule and a missing review keep what \
            they apply to, whatever is selected. --subject is a data subject's request: what a \
            hold or a legal duty bars is hidden, and destroyed by a later purge.

            A purge ends with erasure: the vault is written anew under a new key, searched for \
            what was destroyed, and the old key is destroyed. The certificate says so; `coffer \
            audit certificate` shows it later. After --batch, or while another process has the \
            vault open, the next purge makes up for it.

            Exits 3 when all that was selected is kept, and when policy, holds, log or clock \
            cannot be relied on; a dry run exits as the purge would. With --json the answer has \
            dryRun, conversations, messages, erased, certificate (its folder), destroyed, kept \
            (each with conversation, outcome and why) and deferred.

            EXAMPLES:
              coffer purge --dry-run
              coffer purge --yes
              coffer purge 018dfa1e --reason "private"
              coffer purge --label draft --before 2024 --reason "drafts of 2023"
              coffer purge --subject "Ada Lindqvist" --reason "request of 2026-03-01"
            """)

    @Argument(
        help: ArgumentHelp("These conversations: ids, or their beginnings.", valueName: "id"))
    var ids: [String] = []

    @OptionGroup(title: "Selection") var filters: FilterOptions

    @Option(
        help: ArgumentHelp(
            "Only conversations with a message that this query finds.", valueName: "query"))
    var query: String?

    @Option(help: ArgumentHelp("All of this custodian, as they demand.", valueName: "name"))
    var subject: String?

    @Option(
        help: ArgumentHelp("Why, for the audit log; needed with a selection.", valueName: "text"))
    var reason: String?

    @Option(
        help: ArgumentHelp(
            "Write the certificate of destruction into this new folder.", valueName: "folder"),
        completion: .directory)
    var certificate: String?

    @Flag(help: "Leave the erasure, which writes the vault anew, to a later purge.")
    var batch = false

    @Flag(help: "Only show what would be done.")
    var dryRun = false

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @OptionGroup(title: "Global options") var options: GlobalOptions

    private var isMatching: Bool { !filters.scope.isEmpty || query != nil }
    private var isExplicit: Bool { !ids.isEmpty || isMatching || subject != nil }

    func validate() throws {
        if batch, certificate != nil {
            throw ValidationError("Give --certificate or --batch: there is none without erasure.")
        }
        if subject?.isEmpty == true {
            throw ValidationError("--subject is empty; name the custodian.")
        }
        if dryRun, yes { throw ValidationError("Give --dry-run or --yes, not both.") }
        guard [!ids.isEmpty, isMatching, subject != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("Give ids, a selection or --subject, not several of them.")
        }
        let isReasonMissing = reason?.contains { !$0.isWhitespace } != true
        if isExplicit, !dryRun, isReasonMissing {
            throw ValidationError("Give --reason: the audit log has to say why these go.")
        }
    }

    func run() throws {
        let folder = try certificate.map { try StatementFolder($0) }
        try options.withVault { vault in
            if query != nil { try options.completeIndex(of: vault, waits: true) }
            let request = DisposalRequest(try selection(in: vault), reason: reason)
            let plan = try vault.planDisposal(request)
            guard !isExplicit || !plan.isEmpty else {
                throw VaultError(
                    .notFound,
                    "No conversation matches the selection, so nothing was destroyed; "
                        + "`coffer list --include-hidden` shows what there is.")
            }
            let view = PurgeView(plan: plan, isExplicit: isExplicit, options: options)
            let isDry = dryRun || (!yes && !Console.canAsk)
            if !options.json { try view.showPlan(vault) }
            guard !isDry else { return try finishDry(plan, view) }
            if plan.faults.isEmpty, !yes, plan.doesAnything(for: request) {
                try Confirmation.require(typing: "yes", view.question, otherwise: "")
            }
            try destroy(plan, request, view, vault, folder)
        }
    }

    private func selection(in vault: Vault) throws -> DisposalRequest.Selection {
        if !ids.isEmpty {
            let found = try ids.map { try vault.conversationID(matching: $0) }
            return .conversations(Set(found).sorted())
        }
        if isMatching { return .matching(filters.filter, query: query) }
        return subject.map(DisposalRequest.Selection.subject) ?? .due
    }

    private func finishDry(_ plan: DisposalPlan, _ view: PurgeView) throws {
        if options.json { Output.json(view.object(of: nil)) }
        if let fault = plan.faults.first {
            throw VaultError(.refused, "Nothing can be destroyed. \(fault)")
        }
        try refuseKept(plan, view)
        options.note(
            "Nothing was destroyed: this was a dry run."
                + (dryRun ? "" : " Nobody can be asked here; --yes destroys without asking."))
    }

    private func destroy(
        _ plan: DisposalPlan, _ request: DisposalRequest, _ view: PurgeView, _ vault: Vault,
        _ folder: StatementFolder?
    ) throws {
        Interruption.watch()
        var progress = ProgressLine(.items("step"), options)
        defer { progress.clear() }
        var steps: Int64 = 0
        func goesOn() -> Bool {
            steps += 1
            progress.update(steps, of: 0, "Rewriting the search index")
            return !Interruption.isRequested
        }
        let report = try vault.dispose(plan, of: request, goesOn)
        // What an earlier purge was cut off in; after a destruction that is done already.
        if report.conversations == 0 { try vault.forgetPurged { goesOn() } }
        progress.clear()
        if !options.json { view.show(report) }
        var after = AfterPurge(erased: false, certificate: nil)
        if !batch, !Interruption.isRequested {
            progress.clear()
            after = try erase(vault, folder)
        }
        progress.clear()
        after.show(options)
        if options.json { Output.json(view.object(of: report, after)) }
        // An erasure that was under way came to its end: then nothing was stopped.
        if Interruption.isRequested, try vault.needsErasure() {
            throw CommandFailure.interrupted(
                "Stopped: what was destroyed is gone from the records, and not erased yet; "
                    + "`coffer purge --yes` goes on.")
        }
        if report.conversations == 0, report.deferred.isEmpty {
            try refuseKept(plan, view, isAllKept: !report.kept.isEmpty)
        }
    }

    private func erase(_ vault: Vault, _ folder: StatementFolder?) throws -> AfterPurge {
        let progress = Mutex(ProgressLine(.bytes, options))
        let outcome: ErasureOutcome
        do {
            outcome = try vault.erase(tool: Version.tool) { done, total in
                progress.withLock { $0.update(done, of: total, "Writing the vault anew") }
                return !Interruption.isRequested
            }
        } catch  where error.code == .cancelled {
            return AfterPurge(erased: false)
        }
        switch outcome {
        case .nothingToDo: return AfterPurge(erased: false)
        case .deferred: return AfterPurge(erased: false, isDeferred: true)
        case .done(let certificate):
            try folder?.write(certificate.statement, of: vault)
            return AfterPurge(
                erased: true, certificate: folder?.path, entry: certificate.entry)
        }
    }

    // `isAllKept`: what the plan would have destroyed was kept as well.
    private func refuseKept(
        _ plan: DisposalPlan, _ view: PurgeView, isAllKept: Bool = false
    ) throws {
        guard isExplicit, subject == nil, plan.destroyed.isEmpty || isAllKept else { return }
        throw VaultError(
            .refused,
            "Nothing was destroyed: \(view.keptWords) kept; `coffer retention explain ID` says "
                + "why.")
    }
}

/// What became of the vault's old key after a purge.
struct AfterPurge {
    /// Whether no key that is left opens what was destroyed.
    var erased: Bool
    /// The certificate's path.
    var certificate: String?
    /// The certificate's entry of the audit log.
    var entry: Int64?
    /// Whether another process has the vault open.
    var isDeferred = false

    func show(_ options: GlobalOptions) {
        if isDeferred {
            options.note(
                "Not erased yet: another process has the vault open. `coffer purge --yes` makes up "
                    + "for it.")
        }
        guard let entry else { return }
        let said =
            certificate.map { "The certificate is in \($0)." }
            ?? "`coffer audit certificate \(entry) --out FOLDER` writes the certificate."
        options.note(
            "Erased: the vault has a new key, and the old one is destroyed. \(said) "
                + "`coffer unlock` caches the new key.")
    }
}

extension DisposalPlan {
    var isEmpty: Bool { destroyed.isEmpty && kept.isEmpty }

    fileprivate func doesAnything(for request: DisposalRequest) -> Bool {
        if case .subject = request.selection { return !isEmpty }
        return !destroyed.isEmpty
    }
}
