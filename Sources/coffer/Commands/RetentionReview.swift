import ArgumentParser
import JSONText
import Policy
import Vault
import VaultCrypto

struct RetentionExplain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say which rules decide on a conversation, when and why.",
        usage: "coffer retention explain <id> [--at <time>] [--operation <word>]\n  [<options>]",
        discussion: """
            Operations: sweep is what a schedule does, purge an administrator, user_delete the \
            owner, and erase a data subject's request. With --json the answer is that of `coffer \
            retention simulate --items` with operation, at, sentence, holds, graceUntil, approved \
            and faults.

            EXAMPLES:
              coffer retention explain 018dfa1e
              coffer retention explain 018dfa1e --at 2035-01 --operation purge
            """)

    @Argument(help: "The conversation's id, or its beginning.")
    var id: String

    @OptionGroup var decision: DecisionOptions

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            let id = try vault.conversationID(matching: id)
            let explanation = try vault.explain(
                id, decision.operation, at: decision.at?.instant)
            let policy = try vault.policy().policy
            if options.json {
                Output.json(object(explanation, id, decision.at?.instant ?? vault.now()))
            } else {
                try show(explanation, of: vault.conversation(id), policy)
            }
        }
    }

    private func words(_ explanation: RetentionExplanation) -> DecisionWords {
        DecisionWords(
            explanation.decision,
            graceUntil: explanation.item.graceUntil.map(Instant.init(milliseconds:)))
    }

    private func object(
        _ explanation: RetentionExplanation, _ id: RecordID, _ at: Instant
    ) -> JSONObject {
        let item = explanation.item
        var object = explanation.decision.object(id.description)
        object["operation"] = .string(decision.operation.rawValue)
        object["at"] = .time(at)
        object["sentence"] = .string(words(explanation).clause)
        object["holds"] = .array(item.holds.map(JSON.string))
        object["graceUntil"] = .time(item.graceUntil.map(Instant.init(milliseconds:)))
        object["approved"] = .bool(item.isApproved)
        object["faults"] = .array(explanation.faults.map(JSON.string))
        return object
    }

    private func show(
        _ explanation: RetentionExplanation, of conversation: Conversation,
        _ policy: PolicyDocument?
    ) {
        Output.line(Columns.clip(TitleView.text(conversation.title), Console.width))
        let outcome = explanation.decision.outcome
        paragraph("\(actor) \(Self.verb(outcome)): \(words(explanation).clause).")
        let dates = explanation.decision.dates
        for (name, end) in [
            ("kept until", dates.retainUntil), ("deletion due", dates.deleteAt),
            // A hold has no end that anybody knows.
            ("destroyed from", explanation.item.holds.isEmpty ? dates.purgeAt : nil),
        ] {
            guard let end else { continue }
            Output.line("  \(Columns.fit(name, 16))\(end.instant.map(Figures.minute) ?? "never")")
        }
        let deciding = policy?.retention.filter { explanation.decision.why.contains($0.id) } ?? []
        for rule in deciding {
            paragraph("Rule \(rule.id) \(RuleWords.sentence(rule)); \(RuleWords.facts(rule)).")
        }
        for fault in explanation.faults { options.note(fault) }
    }

    private var actor: String {
        switch decision.operation {
        case .sweep: "A schedule"
        case .purge: "An administrator's purge"
        case .userDelete: "The owner's delete"
        case .erase: "A data subject's erasure"
        }
    }

    private static func verb(_ outcome: Outcome) -> String {
        switch outcome {
        case .destroy: "destroys it"
        case .hideKeep: "hides it, and it is kept"
        case .deferRestrict: "hides it and waits"
        case .pendingReview: "waits"
        case .refuseFailClosed: "is refused"
        case .keepHeld, .keepGrace, .keepRetain, .keepNotDue: "keeps it"
        }
    }

    private func paragraph(_ text: String) {
        for line in Wrapping.lines(of: Printable.line(text), width: Console.width) {
            Output.line(line)
        }
    }
}

struct RetentionEvent: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "event",
        abstract: "Say when the event happened that rules of start event wait for.",
        usage: "coffer retention event <id> ... (--at <time> | --clear) [<options>]",
        discussion: """
            EXAMPLES:
              coffer retention event 018dfa1e --at 2026-03-31
              coffer retention event 018dfa1e 018dfb20 --clear
            """)

    @OptionGroup var conversations: ConversationArguments

    @Option(
        help: ArgumentHelp(
            "When it happened: 2024, 2024-03, 2024-03-01, RFC 3339 (UTC).", valueName: "time"))
    var at: Moment?

    @Flag(help: "It has not happened after all.")
    var clear = false

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if (at == nil) != clear { throw ValidationError("Give one of --at and --clear.") }
    }

    func run() throws {
        try options.withVault { vault in
            let ids = try conversations.resolve(in: vault)
            let changed = try vault.setEvent(at?.instant, of: ids)
            if options.json {
                return Output.json([
                    "event": .time(at?.instant), "changed": .integer(changed),
                    "unchanged": .integer(ids.count - changed),
                ])
            }
            guard !options.quiet else { return }
            let rest =
                changed == ids.count ? "" : "; \(Figures.count(ids.count - changed)) as before"
            let what =
                at.map { "Set the event to \(Figures.minute($0.instant))" } ?? "Cleared the event"
            Output.line("\(what) of \(Figures.count(changed, "conversation"))\(rest).")
        }
    }
}

struct RetentionReview: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "review",
        abstract: "List what is due and waits for a person's approval.",
        usage: "coffer retention review [<options>]",
        discussion: """
            With --json each conversation is an object with conversation, title, messages and why.

            EXAMPLE:
              coffer retention review
            """)

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            let plan = try vault.planDisposal(DisposalRequest(.due))
            let waiting = plan.kept.filter { $0.decision.outcome == .pendingReview }
            for item in waiting {
                if options.json {
                    let title = try vault.conversation(item.conversation).title
                    Output.json([
                        "conversation": .string(item.conversation.description),
                        "title": .text(title), "messages": .integer(item.messages),
                        "why": .array(item.decision.why.map(JSON.string)),
                    ])
                } else {
                    try ConversationLine.show(
                        item.conversation, of: vault, DecisionWords(item.decision).clause)
                }
            }
            for fault in plan.faults { options.note("Nothing is destroyed at present. \(fault)") }
            if waiting.isEmpty {
                options.note("Nothing waits for a review.")
            } else {
                options.note("Next: `coffer retention approve ID --reason TEXT`.")
            }
        }
    }
}

struct RetentionApprove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Approve the destruction of what waits for a review.",
        usage: "coffer retention approve <id> ... --reason <text> [<options>]",
        discussion: """
            Destroys nothing: `coffer purge` does, and looks for holds again.

            EXAMPLE:
              coffer retention approve 018dfa1e --reason "looked through, nothing to keep"
            """)

    @OptionGroup var conversations: ConversationArguments
    @OptionGroup var reason: ReasonOption
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            let ids = try conversations.resolve(in: vault)
            try vault.approve(ids, reason: reason.reason)
            if options.json {
                return Output.json(["approved": .array(ids.map { .string($0.description) })])
            }
            guard !options.quiet else { return }
            Output.line(
                "Approved the destruction of \(Figures.count(ids.count, "conversation")).")
            options.note("Next: `coffer purge` destroys what is due.")
        }
    }
}
