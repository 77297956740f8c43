import JSONText
import Vault
import VaultCrypto

/// `index.html` at the top of an archive: what it is, who made it and why, what it holds, what it
/// does not hold, and how to check it.
///
/// It names times and persons, so it is a tag file. It has no script and asks for nothing from
/// elsewhere.
struct FrontPage {
    let tags: TagFiles
    let overview: ArchiveOverview
    var html = HTMLBuffer()

    /// Renders the page.
    ///
    /// - Parameters:
    ///   - tags: What is said about the archive.
    ///   - overview: What was gathered from its records.
    /// - Returns: The document in UTF-8.
    static func render(_ tags: TagFiles, _ overview: ArchiveOverview) -> [UInt8] {
        var page = FrontPage(tags: tags, overview: overview)
        page.document()
        return page.html.bytes
    }

    private init(tags: TagFiles, overview: ArchiveOverview) {
        self.tags = tags
        self.overview = overview
    }

    var request: ArchiveExport.Request { tags.request }
    private var matter: String { request.matter.singleLine(maximumBytes: 200) }

    private mutating func document() {
        PageStyle.begin(title: "Archive: \(matter)", as: .front, into: &html)
        html.markup("<header class=\"about\">\n<p class=\"back\">A signed ")
        if tags.withheld != nil { html.markup("and redacted ") }
        html.markup("export of AI conversations</p>\n<h1 dir=\"auto\">")
        html.bareLabel(matter)
        html.markup("</h1>\n")
        facts()
        contents()
        html.markup("</header>\n<main id=\"content\" tabindex=\"-1\">\n")
        state()
        timeline()
        counts()
        omissions()
        checking()
        files()
        conversations()
        html.markup("</main>\n<footer>Archive ")
        html.text(tags.bag)
        html.markup(". Times and days are UTC. This page loads nothing from a network and runs no ")
        html.markup("script.</footer>\n")
        PageStyle.end(into: &html)
    }

    /// Links to the sections: the list of conversations can be long.
    private mutating func contents() {
        html.markup("<nav class=\"pages contents\" aria-label=\"On this page\">\n<ul>\n")
        html.markup("<li><a href=\"#days\">Messages per day</a></li>\n")
        if tags.counts.conversations > 0 {
            html.markup("<li><a href=\"#counts\">Custodians, models, sources</a></li>\n")
        }
        html.markup("<li><a href=\"#missing\">What is not in it</a></li>\n")
        html.markup("<li><a href=\"#check\">How to check it</a></li>\n")
        html.markup("<li><a href=\"#files\">Where things are</a></li>\n")
        html.markup("<li><a href=\"#conversations\">Conversations</a></li>\n</ul>\n</nav>\n")
    }

    mutating func heading(_ id: StaticString, _ text: StaticString) {
        html.markup("<h2 id=\"")
        html.markup(id)
        html.markup("\">")
        html.markup(text)
        html.markup("</h2>\n")
    }

    mutating func paragraph(_ sentence: String) {
        html.markup("<p class=\"prose\">")
        html.text(sentence)
        html.markup("</p>\n")
    }

    // MARK: What it is

    private mutating func facts() {
        html.markup("<dl>\n")
        fact("Holds", holdings)
        if let group = request.group {
            fact(
                "Group",
                "archive \(group.place) of one export, which has "
                    + "\(group.conversations.counted("conversation")) and "
                    + "\(group.messages.counted("message")) in all; group \(group.id)")
        }
        if overview.hidden > 0 {
            fact("Of these", "\(overview.hidden.counted("conversation")) hidden by the user")
        }
        fact("Messages of", period)
        fact("Exported", minute(request.time))
        fact(
            "By", [request.person, request.organization].compactMap { $0 }.joined(separator: ", "))
        fact("Why", request.reason ?? "no reason was given")
        selection()
        if case .recipients(let recipients) = request.encryption {
            fact("Encrypted for", recipients.map(\.description).joined(separator: ", "))
        }
        governance()
        fact("With", tags.tool.singleLine(maximumBytes: 100))
        if let words = tags.withheldWords { fact("Withheld", words) }
        fact("Made of", request.redaction?.original?["name"]?.string)
        if let group = request.redaction?.originalGroup {
            fact("Part", "archive \(group.place) of one export; \(group.othersMissing)")
        }
        fact("Redacted because", request.redaction?.reason)
        html.markup("<dt>Signed with</dt><dd><code>")
        html.text(tags.signer.fingerprint)
        html.markup("</code></dd>\n</dl>\n")
    }

    /// What governed the records when they were exported, where the vault has a log that says so.
    private mutating func governance() {
        guard tags.withheld == nil, let governance = tags.proof?.governance else { return }
        let rules = governance.rules.map { rules in
            rules.ids.isEmpty ? "without a rule" : "rules " + rules.ids.joined(separator: ", ")
        }
        fact("Policy in force", rules ?? "none")
        let holds = governance.holds.map { hold in
            "\(hold.id) on \(hold.conversations.counted("conversation"))"
        }
        fact("Holds in force", holds.isEmpty ? "none on these" : holds.joined(separator: ", "))
        for fault in governance.faults { fact("Not certain", fault) }
    }

    private mutating func fact(_ term: StaticString, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        html.markup("<dt>")
        html.markup(term)
        html.markup("</dt><dd dir=\"auto\">")
        html.bareLabel(value.singleLine(maximumBytes: 2000))
        html.markup("</dd>\n")
    }

    private var holdings: String {
        [
            tags.counts.conversations.counted("conversation"),
            tags.counts.messages.counted("message"),
            tags.counts.attachments.counted("attachment"),
        ].joined(separator: ", ")
    }

    /// The first and the last day of a message.
    private var period: String? {
        guard let first = overview.days.keys.min(), let last = overview.days.keys.max() else {
            return nil
        }
        let days = (Instant(day: first).dayText, Instant(day: last).dayText)
        return first == last ? days.0 : "\(days.0) to \(days.1)"
    }

    private func minute(_ time: Instant) -> String {
        "\(time.dayText) \(time.description.dropFirst(11).prefix(5)) UTC"
    }

    /// The selection as it was asked for, each part on a line of its own.
    private mutating func selection() {
        let terms = Selection.terms(query: request.query, scope: request.scope)
        let hasHidden = request.scope["includesHidden"] != nil
        guard !terms.isEmpty else {
            return fact(
                "Selection",
                hasHidden
                    ? "everything, hidden conversations too" : "everything that is not hidden")
        }
        html.markup("<dt>Selection</dt><dd>")
        for (index, term) in terms.enumerated() {
            if index > 0 { html.markup("<br>\n") }
            html.text(term.name)
            html.markup(" ")
            html.label(term.value.singleLine(maximumBytes: 2000))
        }
        html.markup("</dd>\n")
    }

    private mutating func state() {
        html.markup(
            "<p class=\"warning\">Nobody has checked this archive by opening this page, and ")
        html.markup("the page cannot prove itself: who could change the archive could change the ")
        html.markup("page. <a href=\"#check\">How to check it</a>.</p>\n")
    }

    // MARK: What it holds

    private mutating func conversations() {
        heading("conversations", "Conversations")
        let total = tags.counts.conversations
        if total == 0 {
            paragraph("This archive holds no conversation.")
            return
        }
        if total > overview.listed {
            html.markup("<p>The first ")
            html.text(overview.listed.grouped)
            html.markup(" of ")
            html.text(total.grouped)
            html.markup(", the oldest first; <a href=\"data/html/index.html\">all of them</a> are ")
            html.markup("listed in ")
            html.text(ListPages.count(conversations: total).grouped)
            html.markup(" pages.</p>\n")
        } else {
            html.markup("<p>")
            html.text(total == 1 ? "There is one." : "All \(total.grouped), the oldest first.")
            html.markup(" Each opens as a page that can be searched.</p>\n")
        }
        ListPages.tableHead(into: &html)
        html.append(overview.rows)
        ListPages.tableEnd(into: &html)
    }

    // MARK: What it does not hold

    private mutating func omissions() {
        heading("missing", "What is not in this archive")
        html.markup("<ul class=\"prose\">\n<li>What was not selected, see above.</li>\n")
        errors()
        others()
        withheld()
        if overview.hidden == 0, request.scope["includesHidden"] == nil {
            item("Conversations that their user had hidden.")
        }
        if let undated = request.scope["undatedLeftOut"]?.int, undated > 0 {
            item(
                "Left out because no period takes what has no date: "
                    + Int(undated).counted("conversation") + ".")
        }
        if let unfinished = request.scope["unfinishedLeftOut"]?.int, unfinished > 0 {
            item(
                "Answers that were being written during the export: "
                    + Int(unfinished).counted("answer") + ".")
        }
        item("What never came into the vault: this page cannot tell what a provider left out.")
        html.markup("</ul>\n")
    }

    private mutating func item(_ sentence: String) {
        html.markup("<li>")
        html.text(sentence)
        html.markup("</li>\n")
    }

    /// The rest of a group.
    private mutating func others() {
        if let group = request.redaction?.originalGroup, group.count > 1 {
            let rest = group.conversations - tags.counts.conversations
            item(
                "\(rest.counted("conversation")) of the same export: what was redacted is archive "
                    + "\(group.place) of it, and \(group.othersMissing).")
        }
        guard let group = request.group, group.count > 1 else { return }
        let rest = group.conversations - tags.counts.conversations
        let isOne = group.count == 2
        html.markup("<li>")
        html.text("\(rest.counted("conversation")) of the same export, in ")
        html.text(isOne ? "the other archive" : "the other \(group.count - 1) archives")
        html.text(" of the group. ")
        html.text(isOne ? "It was written" : "They were written")
        html.text(" beside this one, with ")
        html.text(isOne ? "a name that ends" : "names that end")
        html.text(" in ")
        html.text(group.otherSuffixes)
        html.text(" before the ending; ")
        html.markup("<code>coffer verify</code> of all of them together shows that none is ")
        html.markup("missing.</li>\n")
    }

    private mutating func withheld() {
        guard let words = tags.withheldWords else { return }
        html.markup("<li>What is withheld: ")
        html.text(words)
        html.markup(". <a href=\"")
        html.text(ArchiveName.privilege)
        html.markup("\">privilege.csv</a> has the reasons. ")
        let isCopy = request.redaction?.original != nil
        if tags.proof != nil {
            html.markup("That each was there, in its place, is proved as for every record. ")
        }
        html.markup("Dates, authors and reasons, and the text of copies with marks, are what ")
        html.markup("whoever redacted says.</li>\n")
        if isCopy {
            item(
                "Proofs of what a copy says besides the records: titles, labels, custodians and "
                    + "other facts of the conversations, the selection, and all pages, tables and "
                    + "files for review are the word of whoever made this copy.")
        }
        item(
            "What a redacted archive never says: which policy and holds govern the records, and "
                + "what was destroyed.")
    }

    /// Of a redacted archive this is told of what it shows: what withheld parts name is not known.
    private mutating func errors() {
        let isCopy = request.redaction?.original != nil
        let lacking =
            isCopy ? "that the archive which was redacted lacks" : "that the vault did not hold"
        let shown = tags.withheld == nil ? "" : ", of those that what is shown names"
        guard tags.counts.errors > 0 else {
            return item(
                "Attachments \(lacking)\(shown): none. A record that could not be read would have "
                    + "stopped the \(isCopy ? "redaction" : "export").")
        }
        html.markup("<li>")
        html.text("\(tags.counts.errors.counted("attachment")) \(lacking)\(shown)")
        html.markup("; <a href=\"")
        html.text(ArchiveName.errors)
        html.markup("\">errors.csv</a> names what is missing.</li>\n")
    }
}

/// The words for what made a selection.
enum Selection {
    private static let names = [
        "labels": "label", "project": "project", "custodian": "custodian",
        "subject": "data of", "from": "source",
        "after": "with a message at or after", "before": "with a message before",
        "conversations": "conversation",
    ]

    /// Each part with its name; values of parts that are not known here are JSON.
    static func terms(query: String?, scope: JSONObject) -> [(name: String, value: String)] {
        var terms: [(name: String, value: String)] = []
        if let query { terms.append(("query", query)) }
        let told: Set = ["undatedLeftOut", "unfinishedLeftOut", "includesHidden"]
        for member in scope.members where !told.contains(member.key) {
            let name = names[member.key] ?? member.key
            if let list = member.value.array?.compactMap(\.string) {
                for value in list.prefix(20) { terms.append((name, value)) }
                if list.count > 20 { terms.append((name, "and \((list.count - 20).grouped) more")) }
            } else {
                terms.append((name, member.value.string ?? JSONWriter.line(member.value)))
            }
        }
        return terms
    }
}
