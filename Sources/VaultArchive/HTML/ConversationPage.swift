import Vault

/// A conversation as one HTML page that a person reads offline.
///
/// It loads nothing from elsewhere and has no script but the search, without which it is whole. The
/// thread that was last on the screen stands open; other answers lie beside it in `<details>`
/// elements that the answers link to. The same records give the same bytes.
struct ConversationPage {
    /// Branches nested deeper than this are moved to the end of the page.
    static let maximumDepth = 4

    let conversation: Conversation
    let messages: [Message]
    /// Earlier versions by message, oldest first, as record lines.
    let versions: [RecordID: [String]]
    /// What is withheld, by message.
    let withheld: [RecordID: Withheld]
    /// What of the conversation's own fields is withheld.
    let withheldMembers: Set<String>
    let tree: MessageTree
    var html = HTMLBuffer()
    /// Branches that are too deep to nest, to be shown at the end.
    private var deferred: [Int] = []

    /// Renders the page.
    ///
    /// - Parameters:
    ///   - archived: The conversation with its messages in the archive's order.
    ///   - versions: Earlier versions of edited messages, as record lines.
    /// - Returns: The document in UTF-8.
    static func render(
        _ archived: ArchivedConversation, versions: [RecordID: [String]] = [:]
    ) -> [UInt8] {
        let messages = archived.messages
        var page = ConversationPage(archived, versions: versions)
        let textBytes = messages.reduce(0) { $0 + $1.partLines.reduce(0) { $0 + $1.utf8.count } }
        page.html.reserve(8192 + messages.count * 1024 + textBytes + textBytes / 4)
        page.document()
        return page.html.bytes
    }

    private init(_ archived: ArchivedConversation, versions: [RecordID: [String]]) {
        conversation = archived.conversation
        messages = archived.messages
        withheld = archived.withheld
        withheldMembers = archived.withheldMembers
        self.versions = versions
        tree = MessageTree(archived.messages, current: archived.conversation.current)
    }

    private mutating func document() {
        PageStyle.begin(title: conversation.shortTitle, as: .conversation, into: &html)
        html.markup("<header class=\"about\">\n<p class=\"back\">")
        html.markup("<a href=\"index.html\">All conversations of this archive</a></p>\n")
        let isLong = conversation.displayTitle.utf8.count > 150
        html.markup(isLong ? "<h1 dir=\"auto\" class=\"long\">" : "<h1 dir=\"auto\">")
        html.bareLabel(conversation.displayTitle)
        html.markup("</h1>\n")
        facts()
        html.markup("</header>\n")
        SearchScript.field(into: &html)
        html.markup("<main id=\"content\" tabindex=\"-1\">\n")
        for root in tree.openRoots { thread(root, depth: 0) }
        furtherBranches()
        html.markup("</main>\n<footer>Conversation ")
        html.text(conversation.id.description)
        html.markup(". The records behind this page are in <code>native/")
        html.text(conversation.id.description)
        html.markup(".jsonl</code>; each message names its commitment. Times are UTC.</footer>\n")
        SearchScript.append(to: &html)
        PageStyle.end(into: &html)
    }

    private mutating func dates() {
        html.markup("<dt>Dates</dt><dd>")
        if let created = conversation.created {
            time(created)
            let isLonger =
                conversation.modified?.description.prefix(16) != created.description.prefix(16)
            if let modified = conversation.modified, isLonger {
                html.markup(" to ")
                time(modified)
            }
        } else {
            html.markup("none in the source; imported ")
            time(conversation.imported)
        }
        html.markup(" UTC</dd>\n")
    }

    private mutating func facts() {
        html.markup("<dl>\n")
        fact("Custodian", conversation.custodian)
        dates()
        fact("Messages", String(messages.count))
        fact("Source", conversation.origin.source)
        facts("Models", models())
        fact("Project", conversation.project)
        facts("Labels", conversation.labels)
        fact("View", conversation.isHidden ? "hidden by the user" : nil)
        // What the source said besides is on no page.
        let members = withheldMembers.subtracting(["extra"]).sorted()
            .map { $0 == "origin" ? "id at the source" : $0 }
        fact("Withheld", members.isEmpty ? nil : members.joined(separator: ", "))
        html.markup("</dl>\n")
    }

    /// The models in the order of their first answer.
    private func models() -> [String] {
        var seen: Set<String> = []
        return messages.compactMap(\.model).filter { seen.insert($0).inserted }
    }

    mutating func fact(_ term: StaticString, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        html.markup("<dt>")
        html.markup(term)
        html.markup("</dt><dd dir=\"auto\">")
        html.bareLabel(value)
        html.markup("</dd>\n")
    }

    private mutating func facts(_ term: StaticString, _ values: [String]) {
        guard !values.isEmpty else { return }
        html.markup("<dt>")
        html.markup(term)
        html.markup("</dt><dd>")
        for (index, value) in values.enumerated() {
            if index > 0 { html.markup(", ") }
            html.label(value)
        }
        html.markup("</dd>\n")
    }

    mutating func time(_ instant: Instant) {
        let text = instant.description
        html.markup("<time datetime=\"")
        html.text(text)
        html.markup("\">")
        html.text(text.prefix(10))
        html.markup(" ")
        html.text(text.dropFirst(11).prefix(5))
        html.markup("</time>")
    }

    // MARK: Threads and branches

    private mutating func thread(_ start: Int, depth: Int) {
        for index in tree.thread(from: start) {
            article(index)
            if index != start || depth == 0 { branches(beside: index, depth: depth) }
        }
    }

    private mutating func branches(beside index: Int, depth: Int) {
        let others = tree.others(than: index)
        guard !others.isEmpty else { return }
        if depth >= Self.maximumDepth {
            deferred.append(contentsOf: others)
            html.markup("<p class=\"answers\">Continued at the end of the page: ")
            links(to: others)
            html.markup("</p>\n")
            return
        }
        html.markup("<details class=\"branch\"><summary>")
        html.text(Self.name(others.count, of: messages[index].role))
        html.markup("</summary>\n<p class=\"answers\">Shown above: ")
        links(to: [index])
        html.markup(" \u{00B7} Here: ")
        links(to: others)
        html.markup("</p>\n")
        for other in others { thread(other, depth: depth + 1) }
        html.markup("</details>\n")
    }

    private static func name(_ count: Int, of role: Role) -> String {
        let kind = role == .assistant ? "answer" : "version"
        return "\(count) other \(kind)\(count == 1 ? "" : "s")"
            + (role == .assistant ? "" : " of this message")
    }

    private mutating func links(to indices: [Int]) {
        for (position, index) in indices.enumerated() {
            if position > 0 { html.markup(", ") }
            html.markup("<a href=\"#m")
            html.number(index + 1)
            html.markup("\">message ")
            html.number(index + 1)
            html.markup("</a>")
        }
    }

    /// Shows what was too deep; each branch found there starts again from the top.
    private mutating func furtherBranches() {
        guard !deferred.isEmpty else { return }
        html.markup("<section aria-labelledby=\"further\">\n")
        html.markup("<h2 id=\"further\">Further branches</h2>\n")
        while !deferred.isEmpty {
            let starts = deferred
            deferred = []
            for start in starts {
                html.markup("<div class=\"branch\">\n")
                thread(start, depth: 1)
                html.markup("</div>\n")
            }
        }
        html.markup("</section>\n")
    }
}

extension Conversation {
    /// The title, or words in its place.
    var displayTitle: String {
        guard let title, !title.allSatisfy(\.isWhitespace) else { return "Untitled conversation" }
        return title
    }

    /// The title for a list or a window: at most about 200 letters.
    var shortTitle: String {
        let title = displayTitle
        // A letter may carry any number of marks.
        let head = String(title.unicodeScalars.prefix(800)).prefix(200)
        return head.utf8.count < title.utf8.count ? head + "…" : title
    }
}
