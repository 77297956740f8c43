import JSONText
import Vault
import VaultCrypto

/// Chats of Open WebUI: an array of `{id, chat{history{messages, currentId}}, meta}`, or the legacy
/// form without the `chat` wrapper.
///
/// Newer versions write an answer twice: typed in `output`, and in `content` as text with reasoning
/// and tool calls in `<details>`. `output` makes the parts where it exists, and `content` is then
/// kept in `extra`; otherwise `content` is split at its `<details>`.
enum OpenWebUI: Importer {
    static let format = ImportFormat.openWebUI

    static func recognises(_ value: JSON) -> Bool {
        let chat = value["chat"] ?? value
        return chat["history"]?["messages"]?.object != nil
            || value["chat"]?["messages"]?.array != nil && value["user_id"] != nil
    }

    static func read(_ record: SourceRecord, _ emit: Emit) throws(VaultError) {
        guard var fields = Fields(record.value) else {
            return try record.skip("It is not a chat.", emit)
        }
        var chat = Fields(fields["chat"])
        if chat != nil { fields.drop("chat") { _ in true } }
        var inner = chat ?? fields
        guard var history = Fields(inner["history"]), let nodes = history.object("messages") else {
            return try record.skip("It has no messages (no “history”).", emit)
        }
        inner.drop("history") { _ in true }
        let current = history.text("currentId")
        inner.put("history", history.restValue)
        Self.dropLinearCopy(of: nodes, in: &inner)
        if chat == nil { fields = inner } else { chat = inner }
        let id = fields.text("id") ?? chat?.text("id") ?? "sha256:\(ContentID.of(.object(nodes)))"
        var conversation = ImportedConversation(origin: .init(source: format.rawValue, id: id))
        conversation.title = fields.text("title") ?? chat?.text("title")
        let title = conversation.title
        chat?.drop("title") { $0.string == title }
        conversation.created = fields.instant("created_at") ?? chat?.instant("timestamp")
        conversation.modified = fields.instant("updated_at")
        if let tags = fields["meta"]?["tags"]?.array {
            conversation.labels = tags.compactMap { $0.string ?? $0["name"]?.string }
        }
        conversation.current = current
        conversation.messages = try messages(nodes, record, emit)
        conversation.extra = fields.rest
        if let rest = chat?.restValue { conversation.extra["chat"] = rest }
        try Emission.send(conversation, at: record.place, emit)
    }

    /// `messages` repeats the branch that is shown; copies of what `history` holds say nothing.
    private static func dropLinearCopy(of nodes: JSONObject, in fields: inout Fields) {
        guard let list = fields.array("messages") else { return }
        let others = list.filter { message in
            guard let id = message["id"]?.string else { return true }
            return nodes[id] != message
        }
        if !others.isEmpty { fields.put("messages", .array(others)) }
    }

    private static func messages(
        _ nodes: JSONObject, _ record: SourceRecord, _ emit: Emit
    ) throws(VaultError) -> [ImportedMessage] {
        var byID: [String: Fields] = [:]
        var list: [TreeOrder.Node] = []
        for member in nodes.members {
            guard var fields = Fields(member.value) else {
                try record.skip(message: member.key, "It is not a message.", emit)
                continue
            }
            fields.drop("id") { $0.string == member.key }
            let children = fields["childrenIds"]?.array?.compactMap(\.string) ?? []
            fields.drop("childrenIds") { $0.array?.allSatisfy { $0.string != nil } == true }
            list.append(
                .init(id: member.key, parent: fields.text("parentId"), children: children))
            byID[member.key] = fields
        }
        let tree = TreeOrder(list)
        return tree.order.compactMap { id in
            byID[id].map { OpenWebUIMessage($0, id: id, parent: tree.parents[id]).message }
        }
    }
}

/// One message of an Open WebUI chat.
private struct OpenWebUIMessage {
    private(set) var message: ImportedMessage
    private var fields: Fields

    init(_ fields: Fields, id: String, parent: String?) {
        self.fields = fields
        message = ImportedMessage(originID: id, parent: parent, role: .user)
        if let word = fields["role"]?.string, let role = Role(word: word) {
            message.role = role
            self.fields.drop("role") { _ in role.rawValue == word }
        }
        message.created = self.fields.instant("timestamp")
        message.model = self.fields.text("model")
        message.usage = self.fields.object("usage")
        if self.fields["done"]?.bool == false { message.state = .stopped }
        if let error = self.fields["error"], error.bool != false, !error.isVoid {
            message.state = .failed
        }
        self.fields.drop("done") { $0.bool == true }
        readOutput()
        if message.parts.isEmpty, let content = self.fields.text("content") {
            message.parts = DetailsText.parts(content)
        }
        readFiles()
        message.extra = self.fields.rest
    }

    private mutating func readOutput() {
        for item in fields.array("output") ?? [] {
            guard var item = Fields(item) else {
                message.parts.append(.init(Part(.other, data: item)))
                continue
            }
            let kind: Part.Kind
            var text: String?
            var name: String?
            switch item["type"]?.string {
            case "message": (kind, text) = (.text, Self.text(&item, "content"))
            case "reasoning": (kind, text) = (.thinking, Self.text(&item, "content"))
            case "function_call": (kind, name) = (.toolUse, item.text("name"))
            case "function_call_output": (kind, text) = (.toolResult, Self.text(&item, "output"))
            default: kind = .other
            }
            if kind != .other { item.drop("type") { _ in true } }
            message.parts.append(
                .init(Part(kind, text: text, name: name, data: item.restValue)))
        }
    }

    /// Takes the text of a list of text items; items with more than text stay.
    private static func text(_ fields: inout Fields, _ key: String) -> String? {
        if let text = fields.text(key) { return text }
        guard let items = fields.array(key) else { return nil }
        let texts = items.compactMap { item in
            item.object?.count == 2 && item["type"]?.string?.hasSuffix("_text") == true
                ? item["text"]?.string : nil
        }
        if texts.count < items.count { fields.put(key, .array(items)) }
        return texts.isEmpty ? nil : texts.joined(separator: "\n")
    }

    private mutating func readFiles() {
        var others: [JSON] = []
        for value in fields.array("files") ?? [] {
            guard var file = Fields(value) else {
                others.append(value)
                continue
            }
            let isImage = file["type"]?.string == "image"
            let name = file.text("name")
            let embedded = file["url"]?.string.flatMap { EmbeddedFile.decode(url: $0, name: name) }
            if embedded != nil { file.drop("url") { _ in true } }
            let part = Part(isImage ? .image : .document, name: name, data: file.restValue)
            message.parts.append(.init(part, file: embedded))
        }
        if !others.isEmpty { fields.put("files", .array(others)) }
    }
}

/// Text in which reasoning and tool calls are wrapped in `<details type="…">`.
enum DetailsText {
    /// Splits the text; the opening tag with its attributes goes into the part's `data`.
    static func parts(_ text: String) -> [ImportedPart] {
        var parts: [ImportedPart] = []
        var rest = text[...]
        while let open = rest.firstRange(of: "<details type=\""),
            let tagEnd = rest[open.upperBound...].firstRange(of: ">"),
            let close = rest[tagEnd.upperBound...].firstRange(of: "</details>")
        {
            append(.text, rest[..<open.lowerBound], nil, to: &parts)
            let tag = rest[open.lowerBound..<tagEnd.upperBound]
            let kind: Part.Kind =
                switch rest[open.upperBound...].prefix(while: { $0 != "\"" }) {
                case "reasoning": .thinking
                case "tool_calls": .toolResult
                default: .other
                }
            append(kind, rest[tagEnd.upperBound..<close.lowerBound], String(tag), to: &parts)
            rest = rest[close.upperBound...]
        }
        append(.text, rest, nil, to: &parts)
        return parts
    }

    private static func append(
        _ kind: Part.Kind, _ text: Substring, _ tag: String?, to parts: inout [ImportedPart]
    ) {
        let isBlank = text.allSatisfy(\.isWhitespace)
        if isBlank, tag == nil { return }
        let data = tag.map { JSON.object(["tag": .string($0)]) }
        parts.append(.init(Part(kind, text: isBlank ? nil : String(text), data: data)))
    }
}
