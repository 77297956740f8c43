import ArgumentParser
import JSONText
import Policy
import Vault
import VaultCrypto

struct RetentionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "Say how long conversations are kept, and see what that decides.",
        discussion: """
            A policy has rules that keep and rules that destroy; POLICY.md has the format. Nothing \
            is destroyed here: `coffer purge` does that.

            EXAMPLES:
              coffer retention list
              coffer retention set policy.json
              coffer retention explain 018dfa1e
            """,
        subcommands: [
            RetentionList.self, RetentionSet.self, RetentionRemove.self, RetentionLock.self,
            RetentionExplain.self, RetentionSimulate.self, RetentionEvent.self,
            RetentionReview.self, RetentionApprove.self,
        ], defaultSubcommand: RetentionList.self)
}

struct RetentionSimulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Decide by a policy what may be done with records, and do nothing.",
        usage: "coffer retention simulate --policy <file> [--items <file>] [<options>]",
        discussion: """
            Without --items it is compared on this vault with the policy in force, in counts and \
            examples; with --json the answer has conversations, changes (each with before, after, \
            count and examples), purgedEarlier and purgedLater.

            --items needs no vault. Each line of --items is a record: an object with id, and as far as they \
            are known created, modified, labels, labelled (a time, or a time for each label), \
            event, project, custodian, origin, holds (their ids), graceUntil, retainFloor and \
            approved. Times are RFC 3339. Each answer is a line with id, outcome, retainUntil \
            (also "forever"), deleteAt, purgeAt and why: the ids of the rules or holds that \
            decided. null is none or never.

            Operations: sweep is what a schedule does, purge an administrator, user_delete the \
            owner, and erase a data subject's request.

            EXAMPLES:
              coffer retention simulate --policy policy.json
              coffer retention simulate --policy policy.json --items records.jsonl
              coffer retention simulate --policy policy.json --items - \\
                --at 2030-01-01 --operation purge < records.jsonl
            """)

    @Option(
        help: ArgumentHelp("The policy's file; - is standard input.", valueName: "file"),
        completion: .file())
    var policy: String

    @Option(
        help: ArgumentHelp("The records as JSON lines; - is standard input.", valueName: "file"),
        completion: .file())
    var items: String?

    @OptionGroup var decision: DecisionOptions

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if policy == "-", items == "-" {
            throw ValidationError("Give --policy or --items as a file; both cannot be -.")
        }
    }

    func run() throws {
        let policy = try PolicyFile.read(policy)
        if let items { return try decide(items, by: policy) }
        try options.withVault { vault in
            let view = SimulationView(
                simulation: try vault.simulate(
                    policy, at: decision.at?.instant, decision.operation),
                at: decision.at?.instant ?? vault.now())
            if options.json { return Output.json(view.object) }
            try view.show(vault)
        }
    }

    private func decide(_ items: String, by policy: PolicyDocument) throws {
        let evaluator = RetentionEvaluator(policy)
        let circumstances = Circumstances(
            now: (decision.at?.instant ?? .now).milliseconds, operation: decision.operation)
        var counts: [Outcome: Int] = [:]
        try InputFile.with(items) { source in
            var lines = RecordLines(source, InputFile.name(items))
            while let item = try lines.next(), !Output.isUseless {
                let decision = evaluator.decide(item, circumstances)
                counts[decision.outcome, default: 0] += 1
                Output.json(decision.object(item.id))
            }
        }
        note(counts)
    }

    private func note(_ counts: [Outcome: Int]) {
        let parts = Outcome.allCases.compactMap { outcome in
            counts[outcome].map { "\(Figures.count($0)) \(outcome.rawValue)" }
        }
        let total = Figures.count(counts.values.reduce(0, +), "record")
        options.note(parts.isEmpty ? "\(total)." : "\(total): \(parts.joined(separator: ", ")).")
    }
}

extension RetentionOperation: ExpressibleByArgument {}

/// As of when a decision is asked for, and for what.
struct DecisionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Decide as of this time: 2024, 2024-03, 2024-03-01, RFC 3339 (UTC); now by default.",
            valueName: "time"))
    var at: Moment?

    @Option(
        help: ArgumentHelp(
            "What is to be done: sweep, purge, user_delete or erase.", valueName: "operation"))
    var operation = RetentionOperation.sweep
}

/// What another policy would change, in counts and examples.
struct SimulationView {
    let simulation: PolicySimulation
    let at: Instant

    private var total: Int { simulation.counts.values.reduce(0, +) }
    private var same: Int {
        simulation.counts.filter { $0.key.before == $0.key.after }.values.reduce(0, +)
    }

    /// Those that differ, in the order of their outcomes.
    private var changes: [(change: PolicySimulation.Change, count: Int)] {
        let order = Outcome.allCases
        return order.flatMap { before in
            order.compactMap { after in
                let change = PolicySimulation.Change(before: before, after: after)
                guard before != after, let count = simulation.counts[change] else { return nil }
                return (change, count)
            }
        }
    }

    var object: JSONObject {
        [
            "at": .time(at), "conversations": .integer(total), "unchanged": .integer(same),
            "changes": .array(
                changes.map { change, count in
                    .object([
                        "before": .string(change.before.rawValue),
                        "after": .string(change.after.rawValue), "count": .integer(count),
                        "examples": .array(
                            (simulation.examples[change] ?? []).map { .string($0.id) }),
                    ])
                }), "purgedEarlier": .integer(simulation.purgedEarlier),
            "purgedLater": .integer(simulation.purgedLater),
        ]
    }

    func show(_ vault: Vault) throws {
        paragraph(
            "Of \(Figures.count(total, "conversation")), as of \(Figures.minute(at)), "
                + "\(Figures.count(same)) would stay as they are.")
        for (change, count) in changes {
            let examples = try (simulation.examples[change] ?? []).compactMap {
                try RecordID($0.id).map { try vault.shortID(of: $0) }
            }
            let more = count > examples.count ? ", …" : ""
            paragraph(
                "\(Figures.count(count)) from \(DecisionWords.state(change.before)) to "
                    + "\(DecisionWords.state(change.after)): "
                    + examples.joined(separator: ", ") + more, indent: "  ")
        }
        guard simulation.purgedEarlier + simulation.purgedLater > 0 else { return }
        let (earlier, later) = (simulation.purgedEarlier, simulation.purgedLater)
        paragraph(
            "Destroyed earlier than now, or at all: \(Figures.count(earlier)); later, or never: "
                + "\(Figures.count(later)).")
    }

    private func paragraph(_ text: String, indent: String = "") {
        for line in Wrapping.lines(of: text, width: Console.width, indent: indent) {
            Output.line(line)
        }
    }
}
