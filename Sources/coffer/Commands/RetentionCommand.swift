import ArgumentParser
import JSONText
import Policy
import Vault
import VaultCrypto

struct RetentionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "See what a policy keeps and what it destroys.",
        discussion: """
            EXAMPLE:
              coffer retention simulate --policy policy.json --items records.jsonl
            """,
        subcommands: [RetentionSimulate.self])
}

struct RetentionSimulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Decide by a policy what may be done with records, and do nothing.",
        usage: "coffer retention simulate --policy <file> --items <file> [<options>]",
        discussion: """
            Needs no vault. Each line of --items is a record: an object with id, and as far as they \
            are known created, modified, labels, labelled (a time, or a time for each label), \
            event, project, custodian, origin, holds (their ids), graceUntil, retainFloor and \
            approved. Times are RFC 3339. Each answer is a line with id, outcome, retainUntil \
            (also "forever"), deleteAt, purgeAt and why: the ids of the rules or holds that \
            decided. null is none or never.

            Operations: sweep is what a schedule does, purge an administrator, user_delete the \
            owner, and erase a data subject's request.

            EXAMPLES:
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
    var items: String

    @Option(
        help: ArgumentHelp(
            "Decide as of this time: 2024, 2024-03, 2024-03-01, RFC 3339 (UTC); now by default.",
            valueName: "time"))
    var at: Moment?

    @Option(
        help: ArgumentHelp(
            "What is to be done: sweep, purge, user_delete or erase.", valueName: "operation"))
    var operation = RetentionOperation.sweep

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if policy == "-", items == "-" {
            throw ValidationError("Give --policy or --items as a file; both cannot be -.")
        }
    }

    func run() throws {
        let evaluator = RetentionEvaluator(try PolicyFile.read(policy))
        let circumstances = Circumstances(
            now: (at?.instant ?? .now).milliseconds, operation: operation)
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

extension Decision {
    /// The answer for one record.
    fileprivate func object(_ id: String) -> JSONObject {
        [
            "id": .string(id), "outcome": .string(outcome.rawValue),
            "retainUntil": dates.retainUntil.map(Self.text) ?? .null,
            "deleteAt": .time(dates.deleteAt?.instant), "purgeAt": .time(dates.purgeAt?.instant),
            "why": .array(why.map(JSON.string)),
        ]
    }

    /// An end of retention, which is told from none where it never comes.
    private static func text(_ end: Deadline) -> JSON {
        end.instant.map { .time($0) } ?? .string(Period.forever.description)
    }
}

extension Deadline {
    fileprivate var instant: Instant? { milliseconds.map(Instant.init(milliseconds:)) }
}
