import ArgumentParser
import JSONText
import Vault
import VaultCrypto

struct Search: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find messages.",
        usage: "coffer search <query> ... [<options>]",
        discussion: """
            All words must match. Also: "exact phrase", prefix*, a OR b, -not, and the filters \
            role: model: provider: label: project: custodian: from: in:ID after: before: \
            has:attachment is:held. Quote the query, so that the shell leaves it alone.

            EXAMPLES:
              coffer search lindqvist merger
              coffer search '"term sheet" from:chatgpt after:2024-03-01 -draft'
              coffer search 'budget*' --newest --limit 5 --json
            """)

    /// What looks like an option and is none is a word to leave out.
    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp("What to look for; several words are one query.", valueName: "query"))
    var query: [String]

    @Option(help: ArgumentHelp("At most this many hits.", valueName: "n"))
    var limit = 20

    @Flag(help: "The newest first, instead of the best.")
    var newest = false

    @Flag(help: "Print the ids of all messages that match, in no order, and nothing else.")
    var ids = false

    @Flag(help: "Count all messages that match, instead of estimating how many there are.")
    var count = false

    @Flag(help: "Search hidden conversations as well.")
    var includeHidden = false

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if let stray = query.prefix(while: { $0 != "--" }).first(where: { $0.hasPrefix("--") }) {
            throw ValidationError(
                "Unknown option '\(stray)'; `coffer search --help` lists the options.")
        }
        if limit < 1 { throw ValidationError("--limit takes a positive number.") }
    }

    func run() throws {
        let start = ContinuousClock.now
        try options.withVault { vault in try answer(in: vault, since: start) }
    }

    /// Searches an open vault and prints what it finds.
    ///
    /// - Throws: What the search throws.
    func answer(in vault: Vault, since start: ContinuousClock.Instant = .now) throws {
        var words = query
        if let terminator = words.firstIndex(of: "--") { words.remove(at: terminator) }
        let query = words.joined(separator: " ")
        try options.completeIndex(of: vault, waits: false)
        try vault.logSearch(query)
        if ids { return try listIDs(query, of: vault) }
        let answer = try vault.search(
            SearchRequest(
                query, limit: limit, order: newest ? .newest : .relevance,
                includeHidden: includeHidden, countsAll: count))
        let view = SearchView(answer: answer, elapsed: ContinuousClock.now - start)
        if options.json { view.printJSON() } else { try view.show(vault, options) }
    }

    private func listIDs(_ query: String, of vault: Vault) throws {
        let extent = try vault.forEachMatch(query, includeHidden: includeHidden) { id in
            if options.json {
                Output.json(["message": .string(id.description)])
            } else {
                Output.line(id.description)
            }
            return !Output.isUseless
        }
        if extent.indexed < extent.total {
            options.note(
                "Searched \(Figures.count(extent.indexed)) of "
                    + "\(Figures.count(extent.total, "message")); `coffer index rebuild` completes "
                    + "the index.")
        }
    }
}

/// The hits of a search.
private struct SearchView {
    private static let indent = "    "

    let answer: SearchAnswer
    let elapsed: Duration

    func printJSON() {
        for hit in answer.hits {
            Output.json([
                "conversation": .string(hit.conversation.description),
                "message": .string(hit.message.description), "title": .text(hit.title),
                "role": .string(hit.role.rawValue), "created": .time(hit.created),
                "score": .number("\(hit.score)"), "snippet": .text(hit.snippet?.text),
                "matches": .array((hit.snippet?.matches ?? []).map(range)),
            ])
        }
        Output.json([
            "indexed": .integer(answer.indexed), "total": .integer(answer.total),
            "unreadable": .integer(answer.unreadable), "matched": .integer(answer.matched),
            "estimated": .bool(answer.isEstimate), "more": .bool(answer.hasMore),
            "suggestions": .array(answer.suggestions.map(JSON.string)),
            "elapsedMilliseconds": .number("\(Double(microseconds) / 1000)"),
        ])
    }

    private var microseconds: Int64 {
        elapsed.components.seconds * 1_000_000 + elapsed.components.attoseconds / 1_000_000_000_000
    }

    private func range(_ range: Range<Int>) -> JSON {
        .array([.integer(range.lowerBound), .integer(range.upperBound)])
    }

    func show(_ vault: Vault, _ options: GlobalOptions) throws {
        for hit in answer.hits { try show(hit, vault) }
        if answer.hits.isEmpty { Output.line("Nothing found.") }
        if !answer.suggestions.isEmpty {
            let words = answer.suggestions.map(Printable.line).joined(separator: ", ")
            Output.line("Did you mean: \(words)?")
        }
        if answer.hasMore {
            let about = answer.isEstimate ? "About " : ""
            options.note(
                "\(about)\(Figures.count(answer.matched, "message")) match; "
                    + "--limit N shows more of them.")
        }
        Output.line(
            Style.dim(
                "\(Figures.count(answer.indexed)) of \(Figures.count(answer.total, "message")) "
                    + "indexed, \(Figures.count(answer.unreadable)) unreadable"))
    }

    private func show(_ hit: SearchHit, _ vault: Vault) throws {
        let id = try vault.shortID(of: hit.conversation)
        let facts = "\(hit.role.rawValue)  \(Figures.date(hit.created))  \(id)"
        let room = Console.width - Columns.count(facts) - 2
        let title = Columns.fit(TitleView.text(hit.title), max(20, room))
        Output.line("\(Style.bold(title))  \(Style.dim(facts))")
        guard let snippet = hit.snippet else { return Output.line(Self.indent + "(unreadable)") }
        for line in MarkedText(snippet).lines(width: Console.width, indent: Self.indent) {
            Output.line(line)
        }
    }
}
