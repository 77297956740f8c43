import Vault

/// The list of an archive's conversations, as pages of 500 that link to each other.
///
/// One page is in memory, whatever the number of conversations: a page is handed out when it is
/// full. The order is that of the ids, which is that of the conversations' times.
struct ListPages {
    /// How many conversations a page lists.
    static let rowsPerPage = 500

    /// A finished page.
    struct Page {
        var path: String
        var content: [UInt8]
    }

    private let total: Int
    private var listed = 0
    private var html = HTMLBuffer()

    /// - Parameter total: How many conversations there will be.
    init(conversations total: Int) { self.total = total }

    /// How many pages so many conversations have: one at least, so that there is always a list.
    static func count(conversations: Int) -> Int {
        max(1, (conversations + rowsPerPage - 1) / rowsPerPage)
    }

    private var pages: Int { Self.count(conversations: total) }
    private var page: Int { max(0, listed - 1) / Self.rowsPerPage + 1 }

    /// Lists one more conversation.
    ///
    /// - Parameters:
    ///   - conversation: What is known of it.
    ///   - messages: How many messages it has.
    /// - Returns: The page that is full with it.
    mutating func add(_ conversation: Conversation, messages: Int) -> Page? {
        listed += 1
        if listed % Self.rowsPerPage == 1 { begin() }
        Self.row(conversation, messages: messages, folder: "", into: &html)
        return listed.isMultiple(of: Self.rowsPerPage) ? end() : nil
    }

    /// The page that was not full, or the one that says that there is nothing.
    mutating func finish() -> Page? {
        if listed == 0 {
            begin()
            return end()
        }
        return listed.isMultiple(of: Self.rowsPerPage) ? nil : end()
    }

    private mutating func begin() {
        html = HTMLBuffer()
        let title = pages == 1 ? "" : ", page \(page) of \(pages)"
        PageStyle.begin(title: "Conversations of this archive" + title, as: .list, into: &html)
        html.markup("<header>\n<p class=\"back\"><a href=\"../../index.html\">")
        html.markup("About this archive</a></p>\n<h1>Conversations of this archive</h1>\n")
        html.markup("</header>\n<main id=\"content\" tabindex=\"-1\">\n")
        html.markup("<p class=\"note\">")
        html.text(Self.sentence(first: listed, of: total))
        html.markup("</p>\n")
        Self.tableHead(into: &html)
    }

    private static func sentence(first: Int, of total: Int) -> String {
        guard total > 0 else { return "This archive holds no conversation." }
        let last = min(total, first + rowsPerPage - 1)
        let range = "\(first.grouped) to \(last.grouped) of \(total.grouped)"
        return total > rowsPerPage
            ? "Conversations \(range), the oldest first."
            : "\(total.counted("conversation")), the oldest first."
    }

    private mutating func end() -> Page {
        Self.tableEnd(into: &html)
        let number = page
        navigation(number)
        html.markup("</main>\n<footer>These pages are copies for reading; the records that the ")
        html.markup("archive's signatures and commitments cover one by one are in ")
        html.markup("<code>native/</code>.</footer>\n")
        PageStyle.end(into: &html)
        return Page(path: ArchiveName.list(number), content: html.bytes)
    }

    private mutating func navigation(_ number: Int) {
        guard pages > 1 else { return }
        html.markup("<nav class=\"pages\" aria-label=\"Pages of the list\">\n<ul>\n")
        if number > 1 {
            link("First", to: 1)
            link("Previous", to: number - 1)
        }
        html.markup("<li><span aria-current=\"page\">Page ")
        html.text("\(number.grouped) of \(pages.grouped)")
        html.markup("</span></li>\n")
        if number < pages {
            link("Next", to: number + 1)
            link("Last", to: pages)
        }
        html.markup("</ul>\n</nav>\n")
    }

    private mutating func link(_ word: StaticString, to number: Int) {
        html.markup("<li><a href=\"")
        html.text(ArchiveName.list(number).dropFirst(ArchiveName.pages.count))
        html.markup("\">")
        html.markup(word)
        html.markup("</a></li>\n")
    }

    // MARK: The table, which other pages show too

    static func tableHead(into html: inout HTMLBuffer) {
        html.markup("<table class=\"list\">\n")
        html.markup("<thead><tr><th scope=\"col\">Title</th><th scope=\"col\">Last message</th>")
        html.markup("<th scope=\"col\">Custodian</th><th scope=\"col\" class=\"end\">Messages</th>")
        html.markup("</tr></thead>\n<tbody>\n")
    }

    /// Appends the row of one conversation.
    ///
    /// - Parameters:
    ///   - conversation: What is known of it.
    ///   - messages: How many messages it has.
    ///   - folder: Where its page is, seen from the page with the table.
    ///   - html: The document.
    static func row(
        _ conversation: Conversation, messages: Int, folder: String, into html: inout HTMLBuffer
    ) {
        html.markup("<tr><td dir=\"auto\"><a href=\"")
        html.text(folder)
        html.text(conversation.id.description)
        html.markup(".html\">")
        html.bareLabel(conversation.shortTitle)
        html.markup("</a></td><td class=\"date\">")
        if let modified = conversation.modified {
            html.markup("<time datetime=\"")
            html.text(modified.description)
            html.markup("\">")
            html.text(modified.description.prefix(10))
            html.markup("</time>")
        }
        html.markup("</td><td dir=\"auto\">")
        html.bareLabel(conversation.custodian)
        html.markup("</td><td class=\"end\">")
        html.text(messages.grouped)
        html.markup("</td></tr>\n")
    }

    static func tableEnd(into html: inout HTMLBuffer) { html.markup("</tbody>\n</table>\n") }
}

extension Int {
    /// The number with a comma between thousands.
    var grouped: String {
        var text = ""
        for (index, digit) in String(magnitude).reversed().enumerated() {
            if index > 0, index.isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return (self < 0 ? "-" : "") + String(text.reversed())
    }

    /// The number with the noun that it counts.
    func counted(_ noun: String) -> String { "\(grouped) \(noun)\(self == 1 ? "" : "s")" }
}
