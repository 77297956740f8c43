import JSONText
import Vault

// One message of a conversation's page.
extension ConversationPage {
    mutating func article(_ index: Int) {
        let message = messages[index]
        html.markup("<article class=\"")
        html.text(message.role.rawValue)
        html.markup("\" id=\"m")
        html.number(index + 1)
        html.markup("\" aria-labelledby=\"h")
        html.number(index + 1)
        html.markup("\">\n")
        heading(message, index + 1)
        html.markup("<div>\n")
        for (place, part) in message.parts.enumerated() {
            if !isWithheld(place, of: message) { self.part(part, role: message.role) }
        }
        if message.parts.isEmpty { html.markup("<p class=\"note\">This message is empty.</p>\n") }
        html.markup("</div>\n")
        state(message)
        earlierVersions(of: message)
        html.markup("</article>\n")
    }

    // MARK: What is withheld

    /// Says that a part is withheld; whether nothing is left of it to show.
    private mutating func isWithheld(_ place: Int, of message: Message) -> Bool {
        switch withheld[message.id] {
        case nil: return false
        case .record(_, let reason):
            withheld("This message is withheld: ", reason)
            return true
        case .parts(let parts):
            guard let notice = parts[place] else { return false }
            withheld(
                notice.hasCopy
                    ? "What is marked in this copy, which nothing proves, is withheld: "
                    : "A part of this message is withheld: ",
                notice.reason)
            return !notice.hasCopy
        }
    }

    private mutating func withheld(_ sentence: StaticString, _ reason: String) {
        html.markup("<p class=\"withheld\">")
        html.markup(sentence)
        html.label(reason)
        html.markup("</p>\n")
    }

    // MARK: The head

    private mutating func heading(_ message: Message, _ number: Int) {
        html.markup("<header><h2 id=\"h")
        html.number(number)
        html.markup("\">")
        html.markup(Self.name(of: message.role))
        html.markup(" <a class=\"number\" href=\"#m")
        html.number(number)
        html.markup("\" aria-label=\"Link to message ")
        html.number(number)
        html.markup("\">#")
        html.number(number)
        html.markup("</a></h2>\n<p class=\"facts\">")
        for fact in [message.model, message.provider, message.region] {
            guard let fact else { continue }
            html.markup("<span>")
            html.label(fact)
            html.markup("</span>")
        }
        if let created = message.created { time(created) }
        html.markup("</p>\n")
        record(message)
        html.markup("</header>\n")
    }

    private static func name(of role: Role) -> StaticString {
        switch role {
        case .user: "User"
        case .assistant: "Assistant"
        case .system: "System"
        case .tool: "Tool"
        }
    }

    private mutating func state(_ message: Message) {
        switch message.state {
        case .complete: break
        case .streaming: html.markup("<p class=\"state\">Recorded while it was being written</p>\n")
        case .stopped: html.markup("<p class=\"state\">Stopped before its end</p>\n")
        case .failed: html.markup("<p class=\"state\">Ended with an error</p>\n")
        }
    }

    private mutating func record(_ message: Message) {
        html.markup("<details class=\"record\"><summary>Record</summary><dl>\n")
        fact("Message", message.id.description)
        fact("Commitment", message.commitment.hex)
        fact("Version", message.version == 1 ? nil : String(message.version))
        fact("Host", message.host)
        fact("Stop reason", message.stopReason)
        fact("Usage", message.usage.map { JSONWriter.line(.object($0)) })
        fact("Id at source", message.originID)
        html.markup("</dl></details>\n")
    }

    private mutating func earlierVersions(of message: Message) {
        for line in versions[message.id] ?? [] {
            if let stub = WithheldRecord(line: line) {
                withheld("An earlier version is withheld: ", stub.reason)
                continue
            }
            guard let record = try? JSONReader.parse(line),
                let number = record["envelope"]?["version"]?.int
            else { continue }
            html.markup("<details class=\"version\"><summary>Earlier version ")
            html.number(number)
            html.markup("</summary>\n")
            for value in record["parts"]?.array ?? [] {
                if let part = Part(archived: value) { self.part(part, role: message.role) }
            }
            html.markup("</details>\n")
        }
    }

    // MARK: Parts

    private mutating func part(_ part: Part, role: Role) {
        switch part.kind {
        case .text: text(part, role: role)
        case .thinking: folded("Thinking", part, isMarkdown: true)
        case .toolUse: folded("Tool call", part, isMarkdown: false)
        case .toolResult: folded("Tool result", part, isMarkdown: false)
        case .image: file(part, text: "Description")
        case .document: file(part, text: "Text of the document")
        case .other: folded("Other content", part, isMarkdown: false)
        }
    }

    private mutating func text(_ part: Part, role: Role) {
        if let text = part.text {
            if role == .tool { plain(text) } else { Markdown.render(text, into: &html) }
        }
        if let reference = part.attachment { attachment(reference, name: part.name) }
        if let data = part.data {
            html.markup("<details><summary>Citations and data</summary>\n")
            structure(data)
            html.markup("</details>\n")
        }
    }

    private mutating func folded(_ title: StaticString, _ part: Part, isMarkdown: Bool) {
        html.markup("<details><summary>")
        html.markup(title)
        if let name = part.name {
            html.markup(": <code>")
            html.label(name)
            html.markup("</code>")
        }
        html.markup("</summary>\n")
        if let text = part.text {
            if isMarkdown { Markdown.render(text, into: &html) } else { plain(text) }
        }
        if let data = part.data { structure(data) }
        if let reference = part.attachment { attachment(reference, name: part.name) }
        html.markup("</details>\n")
    }

    private mutating func file(_ part: Part, text title: StaticString) {
        if let reference = part.attachment {
            attachment(reference, name: part.name)
        } else {
            html.markup("<p class=\"note\">File without content: ")
            html.label(part.name ?? "unnamed")
            html.markup("</p>\n")
        }
        guard part.text != nil || part.data != nil else { return }
        html.markup("<details><summary>")
        html.markup(title)
        html.markup("</summary>\n")
        if let text = part.text { plain(text) }
        if let data = part.data { structure(data) }
        html.markup("</details>\n")
    }

    private mutating func plain(_ text: String) {
        html.markup("<pre class=\"plain\" dir=\"auto\">")
        // The parser drops a line feed right after the tag.
        if text.hasPrefix("\n") { html.markup("\n") }
        html.text(text)
        html.markup("</pre>\n")
    }

    private mutating func structure(_ value: JSON) {
        html.markup("<pre class=\"plain\"><code>")
        html.text(PrettyJSON.text(value))
        html.markup("</code></pre>\n")
    }

    // MARK: Attachments

    /// What browsers draw as a picture without running anything.
    private static let pictures: Set<String> = [
        "image/png", "image/jpeg", "image/gif", "image/webp",
    ]

    private mutating func attachment(_ reference: AttachmentReference, name: String?) {
        let label = reference.name ?? name ?? "unnamed file"
        let type = reference.mediaType?.lowercased()
        if let type, Self.pictures.contains(type) {
            html.markup("<figure><img loading=\"lazy\" src=\"")
            path(reference)
            html.markup("\" alt=\"")
            html.bareLabel(label)
            html.markup("\"><figcaption dir=\"auto\">")
            link(reference, label)
            html.markup("</figcaption></figure>\n")
        } else {
            html.markup("<p>File: ")
            link(reference, label)
            html.markup("</p>\n")
        }
    }

    private mutating func link(_ reference: AttachmentReference, _ label: String) {
        html.markup("<a href=\"")
        path(reference)
        html.markup("\" download=\"")
        html.bareLabel(label)
        html.markup("\" rel=\"noopener noreferrer\">")
        html.label(label)
        html.markup("</a> <span class=\"note\">")
        if let type = reference.mediaType {
            html.label(type)
            html.markup(", ")
        }
        html.number(reference.sizeBytes)
        html.markup(" bytes</span>")
    }

    private mutating func path(_ reference: AttachmentReference) {
        html.markup("../attachments/")
        html.text(reference.sha256.hex)
    }
}
