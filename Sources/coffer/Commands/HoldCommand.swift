import ArgumentParser
import JSONText
import Policy
import Vault
import VaultCrypto

struct HoldCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "Place, show and release legal holds.",
        discussion: """
            What a hold matches is not destroyed, whatever policies, purges and owners say, and \
            nor is what arrives later and matches. With --json each hold is an object with id, \
            matter, scope (custodians, conversations, labels, projects, after, before, query), \
            placed, released, graceUntil, conversations, messages and entry, its number in the \
            audit log.

            EXAMPLES:
              coffer hold place "Lindqvist merger" --custodian ada --label merger
              coffer hold list
              coffer hold release lindqvist-merger --reason "settled"
            """,
        subcommands: [
            HoldList.self, HoldPlace.self, HoldShow.self, HoldRelease.self, HoldProve.self,
        ],
        defaultSubcommand: HoldList.self)
}

struct HoldPlace: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "place",
        abstract: "Place a hold; it is durable when this returns.",
        usage: "coffer hold place <matter> (<condition> ... | --everything) [<options>]",
        discussion: """
            All kinds of conditions that are given must fit, and of one kind any value. An undated \
            message fits any dates. The hold gets an id that is made from the matter's name.

            EXAMPLES:
              coffer hold place "Lindqvist merger" --custodian ada --label merger
              coffer hold place "Audit 2024" --after 2024-01 --before 2025-01
              coffer hold place "Leak" --query '"term sheet" premium'
            """)

    @Argument(help: "The name of the matter.")
    var matter: String

    @OptionGroup(title: "Conditions") var scope: HoldScopeOptions

    @Flag(help: "Hold everything; instead of conditions.")
    var everything = false

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if everything, !scope.isEmpty {
            throw ValidationError("Give conditions or --everything, not both.")
        }
    }

    func run() throws {
        try options.withVault { vault in
            let wanted = try scope.scope(in: vault)
            if wanted.matchesEverything, !everything { try confirmEverything() }
            if wanted.query != nil { try options.completeIndex(of: vault, waits: true) }
            let hold = try vault.placeHold(matter: matter, scope: wanted)
            report(hold)
            if hold.conversations == 0 { try noteNothing(vault) }
        }
    }

    private func confirmEverything() throws {
        let otherwise =
            "Without a condition the hold would be on the whole vault; give a condition, or "
            + "--everything."
        guard Console.canAsk else { throw ValidationError(otherwise) }
        try Confirmation.require(
            "Without a condition the hold is on the whole vault. Place it?", otherwise: otherwise)
    }

    private func report(_ hold: HoldSummary) {
        guard !options.json else { return Output.json(HoldWords.json(hold)) }
        guard !options.quiet else { return Output.line(hold.id) }
        Output.line("Placed hold \(hold.id).")
        HoldView.show(hold)
    }

    /// Names may be wrong, or of what is still to come.
    private func noteNothing(_ vault: Vault) throws {
        let unknown = try scope.unknownNames(in: vault)
        let names =
            unknown.isEmpty
            ? "" : ": the vault knows no \(unknown.joined(separator: " and no "))"
        options.note("Nothing matches yet\(names). The hold is on whatever arrives and matches.")
    }
}

/// What a hold selects by.
struct HoldScopeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Those of this custodian (repeatable).", valueName: "name"))
    var custodian: [String] = []

    @Option(help: ArgumentHelp("This conversation (repeatable).", valueName: "id"))
    var conversation: [String] = []

    @Option(help: ArgumentHelp("Those with this label (repeatable).", valueName: "label"))
    var label: [String] = []

    @Option(help: ArgumentHelp("Those of this project (repeatable).", valueName: "name"))
    var project: [String] = []

    @Option(
        help: ArgumentHelp("Those with a message at or after this time.", valueName: "time"))
    var after: Moment?

    @Option(
        help: ArgumentHelp(
            "Those with a message before this time, and not before --after.", valueName: "time"))
    var before: Moment?

    @Option(
        help: ArgumentHelp("Those with a message that this query finds.", valueName: "query"))
    var query: String?

    var isEmpty: Bool {
        [custodian, conversation, label, project].allSatisfy(\.isEmpty) && after == nil
            && before == nil && query == nil
    }

    func validate() throws {
        let texts = [
            ("custodian", custodian), ("conversation", conversation), ("label", label),
            ("project", project), ("query", query.map { [$0] } ?? []),
        ]
        // A variable of the shell that is not set would make a hold on nothing.
        if let (name, _) = texts.first(where: { $0.1.contains("") }) {
            throw ValidationError("--\(name) is empty; say what is meant, or leave it out.")
        }
        if let after, let before, after.instant >= before.instant {
            throw ValidationError(
                "--before has to be later than --after; the time of --before is not included.")
        }
    }

    func scope(in vault: Vault) throws -> HoldScope {
        var scope = HoldScope()
        scope.custodians = Set(custodian)
        scope.conversations = Set(
            try conversation.map { try vault.conversationID(matching: $0).description })
        scope.labels = Set(label)
        scope.projects = Set(project)
        scope.after = after?.instant.milliseconds
        scope.before = before?.instant.milliseconds
        scope.query = query
        return scope
    }

    /// The names that no conversation of the vault has.
    func unknownNames(in vault: Vault) throws -> [String] {
        var filters = label.map { name in
            var filter = ConversationFilter()
            filter.labels = [name]
            return filter
        }
        for (names, path) in [
            (project, \ConversationFilter.project), (custodian, \ConversationFilter.custodian),
        ] {
            for name in names {
                var filter = ConversationFilter()
                filter[keyPath: path] = name
                filters.append(filter)
            }
        }
        return try vault.withSnapshot { snapshot in
            try filters.flatMap { try snapshot.unknownNames($0) }
        }
    }
}

struct HoldList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the holds in force with what each matches now.",
        usage: "coffer hold list [--all] [<options>]",
        discussion: """
            EXAMPLES:
              coffer hold list
              coffer hold list --all --json
            """)

    @Flag(help: "Released holds as well.")
    var all = false

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        let holds = try options.withVault { try $0.holds() }
        let shown = holds.filter { all || $0.released == nil }
        for hold in shown {
            if options.json { Output.json(HoldWords.json(hold)) } else { show(hold) }
        }
        let released = holds.count - shown.count
        let more =
            released > 0 ? " \(Figures.count(released, "released hold")): --all shows them." : ""
        if shown.isEmpty { options.note("There are no holds in force.\(more)") }
    }

    private func show(_ hold: HoldSummary) {
        let state = hold.released == nil ? "" : " (released)"
        let text = "\(hold.id)\(state): \(hold.matter)"
        Output.line(Columns.clip(Printable.line(text), Console.width))
        let detail = "\(HoldWords.scope(hold.scope)); \(HoldWords.counts(hold))"
        for line in Wrapping.lines(of: Printable.line(detail), width: Console.width - 2) {
            Output.line(Style.dim("  " + line))
        }
    }
}

struct HoldShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a hold: what it selects, and what it matches now.",
        usage: "coffer hold show <id> [--conversations] [<options>]",
        discussion: """
            With --conversations and --json the object has ids, a list of the conversations.

            EXAMPLES:
              coffer hold show lindqvist-merger
              coffer hold show lindqvist-merger --conversations
            """)

    @Argument(help: "The hold's id, as `coffer hold list` shows it.")
    var id: String

    @Flag(help: "List the conversations that it matches.")
    var conversations = false

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            let hold = try vault.hold(id)
            let ids = conversations ? try vault.conversations(under: id).sorted() : []
            if options.json {
                var object = HoldWords.json(hold)
                if conversations { object["ids"] = .array(ids.map { .string($0.description) }) }
                return Output.json(object)
            }
            Output.line(Columns.clip(Printable.line("Hold \(hold.id)"), Console.width))
            HoldView.show(hold)
            for id in ids { try ConversationLine.show(id, of: vault) }
        }
    }
}

struct HoldRelease: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Release a hold; a grace begins, and nothing is destroyed.",
        usage: "coffer hold release <id> --reason <text> [--yes] [<options>]",
        discussion: """
            The grace is the policy's, 30 days where it does not say otherwise. Until it ends, what \
            the hold matched still counts as held.

            EXAMPLE:
              coffer hold release lindqvist-merger --reason "settled"
            """)

    @Argument(help: "The hold's id.")
    var id: String

    @OptionGroup var reason: ReasonOption

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            let hold = try vault.hold(id)
            // The engine refuses a second release, and nobody need be asked.
            if !yes, hold.released == nil {
                try Confirmation.require(
                    "Release hold \(hold.id) on \(HoldWords.counts(hold))?",
                    otherwise: "A release cannot be undone; give --yes when nobody can be asked.")
            }
            let released = try vault.releaseHold(id, reason: reason.reason)
            if options.json { return Output.json(HoldWords.json(released)) }
            if !options.quiet { Output.line("Released hold \(id).") }
            let end = released.graceUntil.map(Figures.minute) ?? "for ever"
            options.note(
                "Nothing was destroyed. What it matched counts as held until \(end) (UTC); "
                    + "then the policy decides.")
        }
    }
}

/// A hold in lines of name and value.
private enum HoldView {
    static func show(_ hold: HoldSummary) {
        for (name, value) in [
            ("matter", hold.matter), ("holds", HoldWords.scope(hold.scope)),
            ("matches", HoldWords.counts(hold)), ("state", HoldWords.state(hold)),
            ("entry", "\(hold.entry) of the audit log"),
        ] {
            let lines = Wrapping.lines(of: Printable.line(value), width: Console.width - 11)
            for (number, line) in lines.enumerated() {
                Output.line((number == 0 ? "  " + Columns.fit(name, 9) : "           ") + line)
            }
        }
    }
}

/// A conversation on a line: its id and title, and below what is said of it.
enum ConversationLine {
    static func show(_ id: RecordID, of vault: Vault, _ remark: String? = nil) throws {
        let conversation = try vault.conversation(id)
        let text = "  \(try vault.shortID(of: id))  \(TitleView.text(conversation.title))"
        Output.line(Columns.clip(text, Console.width))
        guard let remark else { return }
        for line in Wrapping.lines(of: Printable.line(remark), width: Console.width - 4) {
            Output.line("    " + line)
        }
    }
}
