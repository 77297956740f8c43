import ArgumentParser
import JSONText
import Policy
import Vault
import VaultCrypto

struct RetentionList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the rules in force.",
        usage: "coffer retention list [<options>]",
        discussion: """
            With --json each rule is an object as in a policy's file, with source (vault or \
            managed) and sentence.

            EXAMPLE:
              coffer retention list
            """)

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        let status = try options.withVault { try $0.policy() }
        if let policy = status.policy {
            if options.json {
                printJSON(policy, status.source)
            } else {
                RuleWords.show(policy)
                options.note("From \(RuleWords.source(status.source)).")
            }
        } else if status.source == .none {
            options.note(
                "There is no policy: nothing is kept by rule, and nothing goes by itself. "
                    + "`coffer retention set FILE` gives the vault one.")
        }
        for fault in status.faults { options.note("Nothing is destroyed at present. \(fault)") }
        if status.policy == nil, status.source != .none { throw Ending.foundFaults }
    }

    private func printJSON(_ policy: PolicyDocument, _ source: PolicyStatus.Source) {
        let objects = RuleWords.json(policy)["retention"]?.array ?? []
        for (rule, json) in zip(policy.retention, objects) {
            var object = json.object ?? JSONObject()
            object["source"] = .string(source.rawValue)
            object["sentence"] = .string(RuleWords.sentence(rule))
            Output.json(object)
        }
    }
}

struct RetentionSet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Give the vault a policy of its own.",
        usage: "coffer retention set <file> [--yes] [--accept-locks] [<options>]",
        discussion: """
            Shows first what would change. A managed policy of this device prevails over the \
            vault's. Nothing is destroyed by this; what the old policy kept stays kept for the \
            grace. With --json the answer has changed, rules and simulation, as `coffer retention \
            simulate` prints it.

            EXAMPLES:
              coffer retention set policy.json
              coffer retention set policy.json --yes
            """)

    @Argument(help: "The policy's file; - is standard input.", completion: .file())
    var file: String

    @Flag(name: .shortAndLong, help: "Do not ask, except about locks.")
    var yes = false

    @OptionGroup var locks: LockOption
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        let policy = try PolicyFile.read(file)
        try options.withVault { vault in
            try vault.checkPolicyChange(to: policy)
            let status = try vault.policy()
            guard status.source != .vault || status.policy != policy else {
                return report(policy, changed: false, nil)
            }
            let view = SimulationView(simulation: try vault.simulate(policy), at: vault.now())
            if !options.json, !options.quiet { try view.show(vault) }
            let known = Set(status.policy?.retention.filter(\.isLocked).map(\.id) ?? [])
            let new = policy.retention.filter { $0.isLocked && !known.contains($0.id) }
            if !new.isEmpty {
                try locks.confirm(new.map(\.id))
            } else if !yes {
                try Confirmation.require(
                    "Set this policy?",
                    otherwise: "A policy decides what is destroyed; give --yes when nobody can be "
                        + "asked.")
            }
            try vault.setPolicy(policy)
            report(policy, changed: true, view)
        }
    }

    private func report(_ policy: PolicyDocument, changed: Bool, _ view: SimulationView?) {
        if options.json {
            return Output.json([
                "changed": .bool(changed), "rules": .integer(policy.retention.count),
                "simulation": view.map { .object($0.object) } ?? .null,
            ])
        }
        guard !options.quiet else { return }
        let rules = Figures.count(policy.retention.count, "rule")
        Output.line(
            changed ? "The policy is in force: \(rules)." : "This policy is in force already.")
    }
}

/// What locks a rule for good.
struct LockOption: ParsableArguments {
    @Flag(help: "Accept that locked rules can never be loosened or removed again.")
    var acceptLocks = false

    func confirm(_ rules: [String]) throws {
        guard !acceptLocks, let first = rules.first else { return }
        let named = rules.count == 1 ? "Rule \(first)" : "Rules \(rules.joined(separator: ", "))"
        try Confirmation.require(
            typing: first,
            "\(named) will be locked: from then on nobody can shorten, narrow or remove "
                + "\(rules.count == 1 ? "it" : "them"), ever.",
            otherwise: "A lock cannot be undone; give --accept-locks when nobody can be asked.")
    }
}

struct RetentionRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Take the vault's own policy away.",
        usage: "coffer retention remove [--yes] [<options>]",
        discussion: """
            Shows first what would change. A policy with a locked rule stays. Nothing is destroyed \
            by this; what the policy kept stays kept for the grace.

            EXAMPLE:
              coffer retention remove
            """)

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            try vault.checkPolicyChange(to: nil)
            if let policy = try vault.policy().policy {
                let empty = PolicyDocument(
                    timeZone: policy.timeZone, holdReleaseGrace: policy.holdReleaseGrace,
                    retention: [])
                let view = SimulationView(simulation: try vault.simulate(empty), at: vault.now())
                if !options.json, !options.quiet { try view.show(vault) }
            }
            if !yes {
                try Confirmation.require(
                    "Remove the policy?",
                    otherwise: "A policy decides what is kept; give --yes when nobody can be asked."
                )
            }
            try vault.removePolicy()
            if options.json {
                Output.json(["removed": .bool(true)])
            } else if !options.quiet {
                Output.line("The vault has no policy of its own any more.")
            }
        }
    }
}

struct RetentionLock: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock",
        abstract: "Lock a rule of the vault's own policy for good.",
        usage: "coffer retention lock <rule> [--accept-locks] [<options>]",
        discussion: """
            From then on the rule can be extended, and never be shortened, narrowed or removed. \
            POLICY.md says exactly what stays possible.

            EXAMPLE:
              coffer retention lock org-5y
            """)

    @Argument(help: "The rule's id, as `coffer retention list` shows it.")
    var rule: String

    @OptionGroup var locks: LockOption
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            let status = try vault.policy()
            guard var policy = status.policy,
                let place = policy.retention.firstIndex(where: { $0.id == rule })
            else {
                throw VaultError(
                    .notFound,
                    "There is no rule \(rule) in force; `coffer retention list` shows the rules.")
            }
            let wasLocked = policy.retention[place].isLocked
            if !wasLocked {
                policy.retention[place].isLocked = true
                try vault.checkPolicyChange(to: policy)
                try locks.confirm([rule])
                try vault.setPolicy(policy)
            }
            if options.json {
                Output.json(["rule": .string(rule), "changed": .bool(!wasLocked)])
            } else if !options.quiet {
                Output.line(
                    "Rule \(Printable.line(rule)) is locked\(wasLocked ? " already" : "").")
            }
        }
    }
}
