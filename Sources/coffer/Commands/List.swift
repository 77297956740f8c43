import ArgumentParser
import JSONText
import Vault
import VaultCrypto

struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List conversations, the latest first.",
        usage: "coffer list [<options>]",
        discussion: """
            Shows 50 unless --limit says otherwise; with --json all, one line each. Dates are UTC. \
            --after and --before take conversations with a message in that period, as after: and \
            before: of a search do.

            EXAMPLES:
              coffer list
              coffer list --label merger --after 2024-03 --before 2024-07
              coffer list --from chatgpt --json
              coffer list --hidden
            """)

    private static let usualLimit = 50
    /// Of so many it is asked one by one whether they are held; of more, all that are held are
    /// found, which looks at the whole vault.
    private static let pageLimit = 1000

    @OptionGroup(title: "Selection") var filters: FilterOptions

    /// A negative number is a value too, to be refused as what it is.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("At most this many; 0 means all.", valueName: "n"))
    var limit: Int?

    @Flag(help: "Include hidden conversations.")
    var includeHidden = false

    @Flag(help: "Hidden conversations only.")
    var hidden = false

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit takes 0 or a positive number.") }
    }

    func run() throws {
        try options.withVault { vault in
            var filter = filters.filter
            filter.includesHidden = includeHidden
            filter.isHiddenOnly = hidden
            let usual = options.json ? 0 : Self.usualLimit
            let limit = limit ?? usual
            let undated = try vault.undatedCount(filter)
            defer { if undated > 0 { options.note(UndatedView.sentence(undated)) } }
            if options.json { return try writeLines(filter, limit: limit, of: vault) }
            // One more than is shown tells whether there are more.
            filter.limit = limit == 0 ? nil : limit + 1
            try show(filter, limit: limit == 0 ? Int.max : limit, of: vault)
        }
    }

    private static func json(_ conversation: Conversation, _ held: Set<RecordID>) -> JSONObject {
        [
            "id": .string(conversation.id.description), "title": .text(conversation.title),
            "created": .time(conversation.created), "modified": .time(conversation.modified),
            "imported": .time(conversation.imported),
            "messages": .integer(conversation.messageCount), "origin": .origin(conversation.origin),
            "custodian": .string(conversation.custodian), "project": .text(conversation.project),
            "labels": .array(conversation.labels.map(JSON.string)),
            "hidden": .bool(conversation.isHidden),
            "held": .bool(held.contains(conversation.id)),
        ]
    }

    private func writeLines(
        _ filter: ConversationFilter, limit: Int, of vault: Vault
    ) throws {
        var filter = filter
        filter.limit = limit > 0 ? limit : Self.pageLimit + 1
        var page: [Conversation] = []
        try vault.forEachConversation(filter) { page.append($0) }
        guard limit > 0 || page.count <= Self.pageLimit else {
            filter.limit = nil
            return try writeAll(filter, of: vault)
        }
        let held = try vault.held(among: page.map(\.id))
        for conversation in page { Output.json(Self.json(conversation, held)) }
    }

    /// Writes what may be the whole vault, of which every held conversation is found beforehand.
    private func writeAll(_ filter: ConversationFilter, of vault: Vault) throws {
        let held = try vault.heldConversations()
        try vault.forEachConversation(filter) { conversation in
            Output.json(Self.json(conversation, held))
            if Output.isUseless { try Output.flush() }
        }
    }

    private func show(
        _ filter: ConversationFilter, limit: Int, of vault: Vault
    ) throws {
        var page: [Conversation] = []
        try vault.forEachConversation(filter) { conversation in
            var conversation = conversation
            // The rest of a record is not shown and may be large.
            conversation.extra = JSONObject()
            page.append(conversation)
        }
        let hasMore = page.count > limit
        let shown = page.prefix(limit)
        let held = try vault.held(among: shown.map(\.id))
        try ConversationTable(vault: vault, held: held).show(shown)
        if page.isEmpty {
            options.note(
                hidden
                    ? "No hidden conversation matches."
                    : "No conversations match. `coffer import PATH` brings some.")
        } else if hasMore {
            options.note("There are more; --limit 0 shows all.")
        }
    }
}

/// Conversations in lines: id, date, messages, title, and in brackets what is to be known of them.
private struct ConversationTable {
    let vault: Vault
    let held: Set<RecordID>

    func show(_ page: some Collection<Conversation>) throws {
        guard !page.isEmpty else { return }
        let ids = try page.map { try vault.shortID(of: $0.id) }
        let idWidth = max(8, ids.map(\.count).max() ?? 0)
        // What a narrow terminal has no room for is left out.
        let room = Console.width - idWidth
        let (showsCount, showsDate) = (room >= 44, room >= 26)
        let names = (showsDate ? ["CHANGED   "] : []) + (showsCount ? ["MESSAGES"] : [])
        let head = [Columns.fit("ID", idWidth)] + names + ["TITLE"]
        Output.line(Style.dim(head.joined(separator: "  ")))
        let rest = max(8, room - 2 - (showsDate ? 12 : 0) - (showsCount ? 10 : 0))
        for (id, conversation) in zip(ids, page) {
            let count = Columns.right(Figures.count(conversation.messageCount), 8)
            let date = Columns.fit(Figures.date(conversation.modified), 10)
            let cells =
                [Columns.fit(id, idWidth)] + (showsDate ? [date] : [])
                + (showsCount ? [count] : []) + [title(conversation, width: rest)]
            Output.line(cells.joined(separator: "  "))
        }
    }

    private func title(_ conversation: Conversation, width: Int) -> String {
        let marks =
            (held.contains(conversation.id) ? ["(held)"] : [])
            + (conversation.isHidden ? ["(hidden)"] : [])
        let labels = (marks + conversation.labels.map { "[\(Printable.line($0))]" })
            .joined(separator: " ")
        let room = labels.isEmpty ? width : max(width / 2, width - Columns.count(labels) - 1)
        let title = Columns.clip(TitleView.text(conversation.title), room)
        guard !labels.isEmpty else { return title }
        let left = width - Columns.count(title) - 1
        return "\(title) \(Style.dim(Columns.clip(labels, left)))"
    }
}

/// Titles as they are shown.
enum TitleView {
    static func text(_ title: String?) -> String {
        let text = Printable.line(title ?? "")
        return text.isEmpty ? "(no title)" : text
    }
}

extension JSON {
    static func origin(_ origin: Origin) -> JSON {
        .object(["source": .string(origin.source), "id": .string(origin.id)])
    }
}
