import ArgumentParser
import JSONText
import Policy
import Vault

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Show the policy in force, and check a policy's file.",
        discussion: """
            A policy says how long records are kept, when they go, and where models may run.

            EXAMPLES:
              coffer policy show
              coffer policy check policy.json
            """,
        subcommands: [PolicyShow.self, PolicyCheck.self])
}

struct PolicyShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the policy in force, where it comes from, and what is wrong with it.",
        usage: "coffer policy show [<options>]",
        discussion: """
            A policy in /etc/coffer/policy.json prevails over the vault's own. It and its folder \
            must belong to root and be writable by nobody else. With --json the answer has source \
            (managed, vault or none), policy and faults. Exits 2 when there is a fault; then \
            nothing is destroyed.

            EXAMPLES:
              coffer policy show
              coffer policy show --json
            """)

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        let status = try options.withVault { try $0.policy() }
        if options.json {
            Output.json([
                "source": .string(status.source.rawValue),
                "policy": RuleWords.json(status.policy),
                "faults": .array(status.faults.map(JSON.string)),
            ])
        } else {
            show(status)
        }
        if !status.faults.isEmpty { throw Ending.foundFaults }
    }

    private func show(_ status: PolicyStatus) {
        let source = RuleWords.source(status.source)
        Output.line("In force: \(source)")
        if let policy = status.policy {
            Output.line("Time zone: \(policy.timeZone.name)")
            Output.line("Grace after a hold: \(RuleWords.words(policy.holdReleaseGrace))")
            RuleWords.show(policy)
        }
        guard !status.faults.isEmpty else { return }
        Output.line("Nothing is destroyed at present:")
        for fault in status.faults {
            for line in Wrapping.lines(
                of: Printable.line(fault), width: Console.width, indent: "  ")
            { Output.line(line) }
        }
    }
}

struct PolicyCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a policy's file and name everything that is wrong with it.",
        usage: "coffer policy check <file> [--json]",
        discussion: """
            Needs no vault, and changes nothing. Exits 2 when something is wrong: a policy with a \
            fault says nothing at all, and while it is in force nothing is destroyed.

            EXAMPLES:
              coffer policy check policy.json
              coffer policy check policy.json --json
            """)

    @Argument(help: "The policy's file; - is standard input.", completion: .file())
    var file: String

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        let faults: [PolicyFault]
        switch try PolicyFile.examine(file) {
        case .success(let policy):
            faults = []
            if !options.json { show(policy) }
        case .failure(let error):
            faults = error.faults
            if !options.json {
                FaultView.show(faults.map { ($0.place, $0.fault) }, of: "policy", omitted: 0)
            }
        }
        if options.json {
            Output.json([
                "ok": .bool(faults.isEmpty), "faults": .array(faults.map { .object($0.object) }),
            ])
        }
        if !faults.isEmpty { throw Ending.foundFaults }
    }

    private func show(_ policy: PolicyDocument) {
        Output.line(
            "The policy is sound: \(Figures.count(policy.retention.count, "rule")), time zone "
                + policy.timeZone.name)
        let locked = policy.retention.count { $0.isLocked }
        if locked > 0 {
            options.note(
                "\(Figures.count(locked, "rule")) \(locked == 1 ? "is" : "are") locked: once in "
                    + "force, a locked rule can be extended and never be shortened or removed.")
        }
    }
}

extension PolicyFault {
    fileprivate var place: String { path.isEmpty ? "line \(line)" : "line \(line), \(path)" }

    fileprivate var object: JSONObject {
        ["path": .string(path), "fault": .string(fault), "line": .integer(line)]
    }
}
