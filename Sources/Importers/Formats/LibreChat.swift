import JSONText
import Vault
import VaultCrypto

/// Conversations of LibreChat, flat or recursive, and of chatbot-ui, whose exports it adopted.
///
/// `exportAt` is the text of a clock on a wall, not a date, and stays in `extra`.
enum LibreChat: Importer {
    static let format = ImportFormat.libreChat

    static func recognises(_ value: JSON) -> Bool {
        guard let object = value.object else { return false }
        if object["conversationId"] != nil {
            return object["messages"]?.array != nil || object["messagesTree"]?.array != nil
        }
        return object["history"]?.array != nil && object["version"] != nil
    }

    static func read(_ record: SourceRecord, _ emit: Emit) throws(VaultError) {
        guard var fields = Fields(record.value) else {
            return try record.skip("It is not a conversation.", emit)
        }
        if fields["history"]?.array != nil {
            return try ChatbotUI.read(fields, record, emit)
        }
        guard let id = fields.text("conversationId") else {
            return try record.skip("It has no id.", emit)
        }
        var conversation = ImportedConversation(origin: .init(source: format.rawValue, id: id))
        conversation.title = fields.text("title")
        conversation.created = fields.instant("createdAt")
        conversation.modified = fields.instant("updatedAt")
        let flat = flatten(fields.array("messagesTree") ?? fields.array("messages") ?? [])
        var before: String?
        for (index, item) in flat.enumerated() {
            guard let source = Fields(item.value) else {
                try record.skip(message: "\(index + 1)", "It is not a message.", emit)
                continue
            }
            let message = LibreChatMessage(
                source, conversation: id, index: index, parent: item.parent, before: before
            ).message
            before = message.originID
            conversation.messages.append(message)
        }
        conversation.current = before
        let times = conversation.messages.compactMap(\.created)
        conversation.created = conversation.created ?? times.min()
        conversation.modified = conversation.modified ?? times.max()
        conversation.extra = fields.rest
        try Emission.send(conversation, at: record.place, emit)
    }

    /// The messages of a tree in the order of a walk, each with the id of the one that holds it.
    private static func flatten(_ roots: [JSON]) -> [(value: JSON, parent: String?)] {
        var flat: [(value: JSON, parent: String?)] = []
        var stack = roots.reversed().map { (value: $0, parent: String?.none) }
        while let item = stack.popLast() {
            guard let object = item.value.object, let children = object["children"]?.array else {
                flat.append(item)
                continue
            }
            flat.append((.object(object.without(["children"])), item.parent))
            let id = object["messageId"]?.string
            stack.append(contentsOf: children.reversed().map { ($0, id) })
        }
        return flat
    }
}

/// One message of LibreChat.
private struct LibreChatMessage {
    private(set) var message: ImportedMessage
    private var fields: Fields

    private static let noParent = "00000000-0000-0000-0000-000000000000"

    init(_ source: Fields, conversation: String, index: Int, parent: String?, before: String?) {
        fields = source
        let id = fields.text("messageId") ?? "\(index + 1)"
        message = ImportedMessage(originID: id, parent: parent, role: .assistant)
        if let given = fields["parentMessageId"]?.string {
            message.parent = given == Self.noParent ? nil : given
            fields.drop("parentMessageId") { _ in true }
        } else if parent == nil, source["parentMessageId"] == nil {
            message.parent = before
        }
        fields.drop("conversationId") { $0.string == conversation }
        readRole()
        message.created = fields.instant("createdAt")
        let created = message.created
        fields.drop("updatedAt") { Instant(json: $0) == created }
        message.model = fields.text("model")
        message.stopReason = fields.text("finish_reason")
        if fields["unfinished"]?.bool == true { message.state = .stopped }
        if fields["error"]?.bool == true { message.state = .failed }
        for key in ["unfinished", "error"] { fields.drop(key) { $0.bool == false } }
        for block in fields.array("content") ?? [] { readBlock(block) }
        readText()
        readFiles()
        message.extra = fields.rest
    }

    private mutating func readRole() {
        if let isUser = fields.bool("isCreatedByUser") {
            message.role = isUser ? .user : .assistant
        } else if let word = fields["sender"]?.string ?? fields["role"]?.string,
            let role = Role(word: word)
        {
            message.role = role
        }
    }

    /// `text` repeats the text of `content` in newer versions.
    private mutating func readText() {
        guard let text = fields.text("text") else { return }
        if message.parts.contains(where: { $0.part.text == text }) { return }
        if message.parts.isEmpty {
            message.parts = [.init(Part(.text, text: text))]
        } else {
            fields.put("text", .string(text))
        }
    }

    private mutating func readBlock(_ block: JSON) {
        guard var item = Fields(block) else {
            return message.parts.append(.init(Part(.other, data: block)))
        }
        var kind = Part.Kind.other
        var text: String?
        var name: String?
        switch item["type"]?.string {
        case "text":
            kind = .text
            text = item.text("text") ?? item["text"]?["value"]?.string
        case "think":
            kind = .thinking
            text = item.text("think")
        case "tool_call":
            kind = .toolUse
            name = item["tool_call"]?["name"]?.string
        case "error": text = item.text("error")
        default: break
        }
        if kind != .other { item.drop("type") { _ in true } }
        message.parts.append(.init(Part(kind, text: text, name: name, data: item.restValue)))
    }

    private mutating func readFiles() {
        for key in ["files", "attachments"] {
            var others: [JSON] = []
            for value in fields.array(key) ?? [] {
                guard var file = Fields(value) else {
                    others.append(value)
                    continue
                }
                let isImage = file["type"]?.string?.hasPrefix("image") == true
                let name = file.text("filename")
                message.parts.append(
                    .init(Part(isImage ? .image : .document, name: name, data: file.restValue)))
            }
            if !others.isEmpty { fields.put(key, .array(others)) }
        }
    }
}

/// Exports of chatbot-ui: `{version, history[], folders[], prompts[]}`; no ids or times on
/// messages.
///
/// A conversation's `prompt` is its system message. The prompts that a user keeps for reuse are the
/// user's writing and become one conversation of documents.
private enum ChatbotUI {
    static func read(
        _ source: Fields, _ record: SourceRecord, _ emit: Emit
    ) throws(VaultError) {
        var fields = source
        var folders: [String: String] = [:]
        for folder in fields["folders"]?.array ?? [] {
            if let id = folder["id"]?.string { folders[id] = folder["name"]?.string }
        }
        for (index, value) in (fields.array("history") ?? []).enumerated() {
            let place = "\(record.place), conversation \(index + 1)"
            guard let entry = Fields(value), let list = entry["messages"]?.array else {
                let reason = "It has no messages."
                try emit(.skipped(.init(place: place, reason: reason, isConversation: true)))
                continue
            }
            try Emission.send(conversation(entry, list, folders), at: place, emit)
        }
        let prompts = fields.array("prompts") ?? []
        if prompts.isEmpty { return }
        var kept = conversation(of: prompts)
        kept.extra = fields.rest
        try Emission.send(kept, at: record.place, emit)
    }

    private static func conversation(
        _ source: Fields, _ list: [JSON], _ folders: [String: String]
    ) -> ImportedConversation {
        var entry = source
        entry.drop("messages") { _ in true }
        let id = entry.text("id") ?? "sha256:\(ContentID.of(.array(list)))"
        var conversation = ImportedConversation(
            origin: .init(source: ImportFormat.libreChat.rawValue, id: id))
        conversation.title = entry.text("name")
        conversation.project = entry["folderId"]?.string.flatMap { folders[$0] }
        let model = entry["model"]?["id"]?.string
        if let prompt = entry.text("prompt") {
            var message = ImportedMessage(originID: "prompt", parent: nil, role: .system)
            message.parts = [.init(Part(.text, text: prompt))]
            conversation.messages.append(message)
        }
        for (index, value) in list.enumerated() {
            var fields = Fields(value) ?? Fields(["content": value])
            let role = fields["role"]?.string.flatMap { Role(word: $0) }
            var message = ImportedMessage(
                originID: "\(index + 1)", parent: conversation.messages.last?.originID,
                role: role ?? .user)
            fields.drop("role") { $0.string == role?.rawValue }
            fields.drop("type") { $0.string == "text" }
            if let text = fields.text("content") {
                message.parts = [.init(Part(.text, text: text))]
            }
            if message.role == .assistant { message.model = model }
            message.extra = fields.rest
            conversation.messages.append(message)
        }
        conversation.current = conversation.messages.last?.originID
        conversation.extra = entry.rest
        return conversation
    }

    private static func conversation(of prompts: [JSON]) -> ImportedConversation {
        var conversation = ImportedConversation(
            origin: .init(source: ImportFormat.libreChat.rawValue, id: "chatbot-ui:prompts"))
        conversation.title = "Saved prompts"
        for value in prompts {
            var fields = Fields(value) ?? Fields(["content": value])
            let id = fields.text("id") ?? ContentID.of(value)
            var message = ImportedMessage(
                originID: id, parent: conversation.messages.last?.originID, role: .user)
            let text = fields.text("content")
            let name = fields.text("name")
            message.parts = [.init(Part(.document, text: text, name: name, data: fields.restValue))]
            conversation.messages.append(message)
        }
        return conversation
    }
}
