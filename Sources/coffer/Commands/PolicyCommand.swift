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
              coffer policy check --provider work --model sonnet
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
            (managed, vault or none), policy, residency (restricted, unrestricted or unreadable) \
            and faults. Exits 2 when there is a fault; then nothing is destroyed.

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
                "residency": .string(status.residencyWord),
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
        for text in status.residencyLines {
            for line in Wrapping.lines(of: Printable.line(text), width: Console.width) {
                Output.line(line)
            }
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

extension PolicyFault {
    var place: String { path.isEmpty ? "line \(line)" : "line \(line), \(path)" }

    var object: JSONObject {
        ["path": .string(path), "fault": .string(fault), "line": .integer(line)]
    }
}

extension PolicyStatus {
    /// `unrestricted` where nothing is said of residency.
    var residencyWord: String {
        guard source == .none || policy != nil else { return "unreadable" }
        return policy?.residency == nil ? "unrestricted" : "restricted"
    }

    /// Where models may run, for people.
    fileprivate var residencyLines: [String] {
        switch residencyWord {
        case "unreadable": return ["Residency: the policy cannot be read, so nothing is sent."]
        case "unrestricted":
            return ["Residency: no restriction; a model may run wherever its provider runs it."]
        default:
            let allowances = policy?.residency ?? []
            guard !allowances.isEmpty else { return ["Residency: no provider is allowed."] }
            return ["Residency: allowed are"] + allowances.map { "  " + $0.words }
        }
    }
}
