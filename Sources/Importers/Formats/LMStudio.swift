import JSONText
import Vault
import VaultCrypto

/// Conversations of LM Studio, one JSON file each.
///
/// A message has versions, of which one is selected; the versions of the next message follow the
/// selected one. Files have neither ids nor times of messages: a conversation is known by its
/// creation time in milliseconds and the content of its first message, because two can be made in
/// the same millisecond; a version by its two positions.
enum LMStudio: Importer {
    static let format = ImportFormat.lmStudio

    static func recognises(_ value: JSON) -> Bool {
        guard let messages = value["messages"]?.array else { return false }
        if let first = messages.first { return first["versions"]?.array != nil }
        return value["pinned"] != nil && value["createdAt"] != nil
    }

    static func read(_ record: SourceRecord, _ emit: Emit) throws(VaultError) {
        guard var fields = Fields(record.value), let list = fields.array("messages") else {
            return try record.skip("It is not a conversation.", emit)
        }
        let id = identity(created: fields["createdAt"]?.int, first: list.first)
        var conversation = ImportedConversation(origin: .init(source: format.rawValue, id: id))
        conversation.title = fields.text("name")
        conversation.created = fields.instant("createdAt")
        var parent: String?
        if let prompt = fields.text("systemPrompt") {
            var message = ImportedMessage(originID: "system", parent: nil, role: .system)
            message.parts = [.init(Part(.text, text: prompt))]
            conversation.messages.append(message)
            parent = message.originID
        }
        for (index, value) in list.enumerated() {
            guard var message = Fields(value), let versions = message.array("versions") else {
                try record.skip(message: "\(index + 1)", "It has no versions.", emit)
                continue
            }
            let selected = Int(message["currentlySelected"]?.int ?? 0)
            message.drop("currentlySelected") { _ in true }
            for (number, version) in versions.enumerated() {
                var reader = LMStudioVersion(
                    version, id: "\(index + 1).\(number + 1)", parent: parent)
                reader.note(message.restValue)
                conversation.messages.append(reader.message)
            }
            if !versions.isEmpty {
                let shown = min(max(0, selected), versions.count - 1)
                parent = "\(index + 1).\(shown + 1)"
            }
        }
        conversation.current = parent
        conversation.extra = fields.rest
        try Emission.send(conversation, at: record.place, emit)
    }

    /// The first version of the first message stays what it is when others are added and selected.
    private static func identity(created: Int64?, first: JSON?) -> String {
        guard let created else { return "sha256:\(ContentID.of(.array(first.map { [$0] } ?? [])))" }
        guard let first else { return String(created) }
        let version = first["versions"]?.array?.first ?? first
        return "\(created)-\(ContentID.of(version["content"] ?? version).prefix(12))"
    }
}

/// One version of a message.
private struct LMStudioVersion {
    private(set) var message: ImportedMessage

    init(_ value: JSON, id: String, parent: String?) {
        message = ImportedMessage(originID: id, parent: parent, role: .user)
        guard var fields = Fields(value) else {
            message.parts = [.init(Part(.other, data: value))]
            return
        }
        if let word = fields["role"]?.string, let role = Role(word: word) {
            message.role = role
            fields.drop("role") { _ in role.rawValue == word }
        }
        for block in fields.array("content") ?? [] {
            readBlock(block, isThinking: false, step: nil)
        }
        for step in fields.array("steps") ?? [] { readStep(step) }
        if message.model == nil, message.role == .assistant {
            message.model = fields["senderInfo"]?["senderName"]?.string
        }
        message.extra = fields.rest
    }

    /// Keeps what the message says beside its versions.
    mutating func note(_ rest: JSON?) { if let rest { message.extra["message"] = rest } }

    private mutating func readStep(_ value: JSON) {
        guard var step = Fields(value), step["type"]?.string == "contentBlock" else {
            let name = value["name"]?.string ?? value["toolName"]?.string
            let isCall = value["type"]?.string?.hasPrefix("toolCall") == true
            return message.parts.append(
                .init(Part(isCall ? .toolUse : .other, name: isCall ? name : nil, data: value)))
        }
        step.drop("type") { _ in true }
        let isThinking = step["style"]?["type"]?.string == "thinking"
        if message.model == nil {
            message.model = step["genInfo"]?["indexedModelIdentifier"]?.string
        }
        let blocks = step.array("content") ?? []
        if blocks.isEmpty, let data = step.restValue {
            return message.parts.append(.init(Part(.other, data: data)))
        }
        for (index, block) in blocks.enumerated() {
            readBlock(block, isThinking: isThinking, step: index == 0 ? step.restValue : nil)
        }
    }

    private mutating func readBlock(_ value: JSON, isThinking: Bool, step: JSON?) {
        guard var block = Fields(value) else {
            return message.parts.append(.init(Part(.other, data: value)))
        }
        var kind = Part.Kind.other
        var text: String?
        var name: String?
        switch block["type"]?.string {
        case "text":
            kind = isThinking ? .thinking : .text
            text = block.text("text")
        case "toolCallRequest":
            kind = .toolUse
            name = block.text("name")
        case "toolCallResult":
            kind = .toolResult
            text = block.text("content")
        case "file":
            kind = block["fileType"]?.string == "image" ? .image : .document
            name = block.text("fileIdentifier")
        default: break
        }
        if kind != .other { block.drop("type") { _ in true } }
        if let step { block.put("step", step) }
        message.parts.append(.init(Part(kind, text: text, name: name, data: block.restValue)))
    }
}
