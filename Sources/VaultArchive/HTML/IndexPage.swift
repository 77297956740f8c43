import Vault

/// The list of an archive's conversations, written in pieces so that memory does not grow with it.
enum IndexPage {
    static func head() -> [UInt8] {
        var html = HTMLBuffer()
        PageStyle.begin(title: "Conversations of this archive", isWide: true, into: &html)
        html.markup("<header>\n<h1>Conversations of this archive</h1>\n</header>\n")
        html.markup("<main id=\"content\" tabindex=\"-1\">\n<table class=\"list\">\n")
        html.markup("<thead><tr><th scope=\"col\">Title</th><th scope=\"col\">Last message</th>")
        html.markup("<th scope=\"col\">Custodian</th><th scope=\"col\" class=\"end\">Messages</th>")
        html.markup("</tr></thead>\n<tbody>\n")
        return html.bytes
    }

    static func row(_ conversation: Conversation, messages: Int) -> [UInt8] {
        var html = HTMLBuffer()
        html.markup("<tr><td dir=\"auto\"><a href=\"")
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
        html.number(messages)
        html.markup("</td></tr>\n")
        return html.bytes
    }

    static func foot(conversations: Int, messages: Int) -> [UInt8] {
        var html = HTMLBuffer()
        html.markup("</tbody>\n</table>\n</main>\n<footer>")
        html.number(conversations)
        html.markup(conversations == 1 ? " conversation, " : " conversations, ")
        html.number(messages)
        html.markup(messages == 1 ? " message." : " messages.")
        html.markup(" These pages are copies for reading; the records that the archive's ")
        html.markup("signatures and commitments cover one by one are in <code>native/</code>.")
        html.markup("</footer>\n")
        PageStyle.end(into: &html)
        return html.bytes
    }
}
