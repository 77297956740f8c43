import ArgumentParser
import JSONText
import Vault
import VaultCrypto

struct LabelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label",
        abstract: "Label conversations.",
        discussion: """
            EXAMPLES:
              coffer label add merger 018dfa1e 018dfb20
              coffer label list
              coffer list --label merger
            """,
        subcommands: [LabelList.self, LabelAdd.self, LabelRemove.self],
        defaultSubcommand: LabelList.self)
}

struct LabelList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the labels with the number of conversations that have each.",
        usage: "coffer label list [<options>]",
        discussion: """
            EXAMPLE:
              coffer label list
            """)

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            let labels = try vault.labels()
            for (label, conversations) in labels {
                if options.json {
                    Output.json([
                        "label": .string(label), "conversations": .integer(conversations),
                    ])
                } else {
                    let name = Columns.clip(Printable.line(label), Console.width - 11)
                    Output.line("\(Columns.right(Figures.count(conversations), 9))  \(name)")
                }
            }
            if labels.isEmpty {
                options.note("There are no labels; `coffer label add LABEL ID` gives one.")
            }
        }
    }
}

struct LabelAdd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Give conversations a label.",
        usage: "coffer label add <label> <id> ... [<options>]",
        discussion: """
            EXAMPLES:
              coffer label add merger 018dfa1e
              coffer label add "to review" 018dfa1e 018dfb20
            """)

    @OptionGroup var change: LabelChange
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            let ids = try change.ids.map { try vault.conversationID(matching: $0) }
            let count = try vault.addLabel(change.label, to: ids)
            change.report(count, ids, verb: "Labelled", options)
        }
    }
}

struct LabelRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Take a label from conversations.",
        usage: "coffer label remove <label> <id> ... [<options>]",
        discussion: """
            EXAMPLE:
              coffer label remove merger 018dfa1e
            """)

    @OptionGroup var change: LabelChange
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            let ids = try change.ids.map { try vault.conversationID(matching: $0) }
            let count = try vault.removeLabel(change.label, from: ids)
            change.report(count, ids, verb: "Unlabelled", options)
        }
    }
}

/// A label and the conversations that get or lose it.
struct LabelChange: ParsableArguments {
    @Argument(help: "The label: 1 to 200 bytes without control characters.")
    var label: String

    @Argument(
        help: ArgumentHelp("The conversations' ids, or their beginnings.", valueName: "id"))
    var ids: [String]

    func report(_ changed: Int, _ ids: [RecordID], verb: String, _ options: GlobalOptions) {
        let distinct = Set(ids).count
        if options.json {
            Output.json([
                "label": .string(label), "changed": .integer(changed),
                "unchanged": .integer(distinct - changed),
            ])
        } else if !options.quiet {
            let rest = distinct == changed ? "" : "; \(Figures.count(distinct - changed)) as before"
            Output.line("\(verb) \(Figures.count(changed, "conversation"))\(rest).")
        }
    }
}
