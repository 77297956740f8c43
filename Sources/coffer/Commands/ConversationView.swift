import JSONText
import Vault
import VaultCrypto

/// A conversation for reading on a terminal.
struct ConversationView {
    private static let indent = "    "

    let conversation: Conversation
    let branches: Branches
    /// The ids of the holds on it.
    let holds: [String]
    let showsAll: Bool

    func show() {
        for line in Wrapping.lines(of: TitleView.text(conversation.title), width: Console.width) {
            Output.line(Style.bold(line))
        }
        paragraph(facts.joined(separator: " · "))
        for message in showsAll ? branches.messages : branches.visible {
            Output.line("")
            show(message)
        }
        if !showsAll, branches.hiddenCount > 0 {
            Output.line("")
            paragraph(
                "\(Figures.count(branches.hiddenCount, "message")) on other branches; "
                    + "--all shows them.")
        }
    }

    private var facts: [String] {
        var facts = [
            conversation.id.description, "from \(conversation.origin.source)",
            "custodian \(conversation.custodian)",
        ]
        if let project = conversation.project { facts.append("project \(project)") }
        if !conversation.labels.isEmpty {
            facts.append("labels \(conversation.labels.joined(separator: ", "))")
        }
        if let created = conversation.created {
            facts.append("created \(Figures.minute(created))")
        } else {
            facts.append("undated, imported \(Figures.minute(conversation.imported))")
        }
        facts.append(Figures.count(branches.messages.count, "message"))
        if conversation.isHidden { facts.append("hidden") }
        if !holds.isEmpty { facts.append("held by \(holds.joined(separator: ", "))") }
        return facts.map(Printable.line)
    }

    private func paragraph(_ text: String) {
        for line in Wrapping.lines(of: text, width: Console.width) { Output.line(Style.dim(line)) }
    }

    private func show(_ message: Message) {
        let head =
            "── " + ([name(message.role)] + notes(on: message)).joined(separator: " · ") + " "
        let clipped = Columns.clip(Printable.line(head), Console.width)
        let rule = String(repeating: "─", count: max(0, Console.width - Columns.count(clipped)))
        Output.line(Style.bold(clipped) + Style.dim(rule))
        for (index, part) in message.parts.enumerated() {
            if index > 0 { Output.line("") }
            show(part)
        }
    }

    private func name(_ role: Role) -> String {
        switch role {
        case .user: "User"
        case .assistant: "Assistant"
        case .system: "System"
        case .tool: "Tool"
        }
    }

    private func notes(on message: Message) -> [String] {
        var notes: [String] = []
        if let model = message.model { notes.append(model) }
        if let created = message.created { notes.append(Figures.minute(created)) }
        if message.state != .complete { notes.append(message.state.rawValue) }
        if message.version > 1 { notes.append("version \(message.version)") }
        if let siblings = branches.siblings[message.id] {
            notes.append("one of \(siblings) alternatives")
        }
        return notes
    }

    private func show(_ part: Part) {
        switch part.kind {
        case .text: block(part.text ?? "")
        case .thinking: labelled("thinking", part)
        case .toolUse: labelled("tool use", part)
        case .toolResult: labelled("tool result", part)
        // Their data describes the file; whoever wants it asks for --json.
        case .image: labelled("image", part, showsData: false)
        case .document: labelled("document", part, showsData: false)
        case .other: labelled("other", part)
        }
    }

    /// A part that is not plain text: its kind, its name and file in brackets, then what it holds.
    private func labelled(_ kind: String, _ part: Part, showsData: Bool = true) {
        var facts = [kind]
        if let name = part.name ?? part.attachment?.name { facts.append(name) }
        if let file = part.attachment {
            if let type = file.mediaType { facts.append(type) }
            facts.append(Figures.bytes(file.sizeBytes))
        }
        let head = Printable.line("[\(facts.joined(separator: ", "))]")
        for line in Wrapping.lines(of: head, width: Console.width, indent: Self.indent) {
            Output.line(Style.dim(line))
        }
        if let text = part.text { block(text) }
        if showsData, let data = part.data { block(JSONWriter.line(data)) }
    }

    private func block(_ text: String) {
        let shown = Printable.block(text)
        for line in Wrapping.lines(of: shown, width: Console.width, indent: Self.indent) {
            Output.line(line)
        }
    }
}
