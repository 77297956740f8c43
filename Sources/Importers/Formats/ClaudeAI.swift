import JSONText
import Vault
import VaultCrypto

/// The Claude.ai account export: conversations, projects and memories.
///
/// `content` is authoritative; `text` may hold "This block is not supported on your current device
/// yet." in place of blocks, and counts only when there is no content. Projects and memories are
/// text that the user or the model wrote, so each becomes a conversation: a project with its
/// instructions as a system message and its documents as user messages, the memories with one
/// message each.
enum ClaudeAI: Importer {
    static let format = ImportFormat.claudeAI

    static func recognises(_ value: JSON) -> Bool {
        guard let object = value.object else { return false }
        if object["chat_messages"] != nil, object["uuid"] != nil { return true }
        // A damaged entry without its messages.
        if object["uuid"] != nil, object["name"] != nil, object["account"] != nil { return true }
        return isProject(object) || isMemory(object)
    }

    private static func isProject(_ object: JSONObject) -> Bool {
        object["uuid"] != nil
            && (object["docs"]?.array != nil || object["prompt_template"] != nil)
    }

    private static func isMemory(_ object: JSONObject) -> Bool {
        object["conversations_memory"] != nil || object["project_memories"] != nil
    }

    static func read(_ record: SourceRecord, _ emit: Emit) throws(VaultError) {
        guard let object = record.value.object else {
            return try record.skip("It is not a conversation.", emit)
        }
        if object["chat_messages"]?.array != nil {
            try readConversation(Fields(object), record, emit)
        } else if isProject(object) {
            try readProject(Fields(object), record, emit)
        } else if isMemory(object) {
            try readMemory(Fields(object), record, emit)
        } else {
            try record.skip("It has no messages (no “chat_messages”).", emit)
        }
    }

    // MARK: Conversations

    private static func readConversation(
        _ source: Fields, _ record: SourceRecord, _ emit: Emit
    ) throws(VaultError) {
        var fields = source
        guard let id = fields.text("uuid") else { return try record.skip("It has no id.", emit) }
        var conversation = ImportedConversation(origin: .init(source: format.rawValue, id: id))
        conversation.title = fields.text("name")
        conversation.created = fields.instant("created_at")
        conversation.modified = fields.instant("updated_at")
        conversation.current = fields.text("current_leaf_message_uuid")
        conversation.project = fields["project"]?["name"]?.string
        let model = fields["model"]?.string
        for (index, value) in (fields.array("chat_messages") ?? []).enumerated() {
            guard let object = value.object else {
                try record.skip(message: "\(index + 1)", "It is not a message.", emit)
                continue
            }
            var message = ClaudeMessage(object, conversation: id, index: index).message
            if message.model == nil, message.role == .assistant { message.model = model }
            conversation.messages.append(message)
        }
        conversation.messages = linked(conversation.messages)
        if conversation.current == nil {
            conversation.current = conversation.messages.last?.originID
        }
        conversation.extra = fields.rest
        try Emission.send(conversation, at: record.place, emit)
    }

    /// Messages in an order that does not depend on the export's.
    ///
    /// It is by time, parents first where times are equal. Parents are as given; where a message
    /// says nothing of its parent, it is the one before it.
    private static func linked(_ messages: [ImportedMessage]) -> [ImportedMessage] {
        let depths = depths(of: messages)
        let isTimed = messages.allSatisfy { $0.created != nil }
        let hasParents = messages.allSatisfy { $0.parent != nil }
        var result = messages.enumerated().sorted { left, right in
            if isTimed, let first = left.element.created, let second = right.element.created,
                first != second
            {
                return first < second
            }
            guard hasParents else { return left.offset < right.offset }
            let ranks = (depths[left.offset], depths[right.offset])
            if ranks.0 != ranks.1 { return ranks.0 < ranks.1 }
            return isTimed && left.element.originID != right.element.originID
                ? left.element.originID < right.element.originID : left.offset < right.offset
        }.map(\.element)
        let ids = Set(messages.map(\.originID))
        var before: String?
        for index in result.indices {
            if let parent = result[index].parent {
                result[index].parent = ids.contains(parent) ? parent : nil
            } else {
                result[index].parent = before
            }
            before = result[index].originID
        }
        return result
    }

    /// How many messages are above each; in a circle, as many as there are messages.
    private static func depths(of messages: [ImportedMessage]) -> [Int] {
        let parents = Dictionary(
            messages.map { ($0.originID, $0.parent) }, uniquingKeysWith: { first, _ in first })
        var known: [String: Int] = [:]
        return messages.map { message in
            var path: [String] = []
            var next: String? = message.originID
            while let id = next, known[id] == nil, path.count <= messages.count {
                guard let parent = parents[id] else { break }
                path.append(id)
                next = parent
            }
            var depth = path.count > messages.count ? messages.count : known[next ?? ""] ?? -1
            for id in path.reversed() {
                depth = min(depth + 1, messages.count)
                known[id] = depth
            }
            return known[message.originID] ?? 0
        }
    }

    // MARK: Projects and memories

    private static func readProject(
        _ source: Fields, _ record: SourceRecord, _ emit: Emit
    ) throws(VaultError) {
        var fields = source
        guard let id = fields.text("uuid") else { return try record.skip("It has no id.", emit) }
        var conversation = ImportedConversation(
            origin: .init(source: format.rawValue, id: "project:\(id)"))
        conversation.title = fields.text("name")
        conversation.project = conversation.title
        conversation.created = fields.instant("created_at")
        conversation.modified = fields.instant("updated_at")
        if let text = fields.text("prompt_template") {
            var message = ImportedMessage(originID: "instructions", parent: nil, role: .system)
            message.parts = [.init(Part(.text, text: text))]
            conversation.messages.append(message)
        }
        for (index, value) in (fields.array("docs") ?? []).enumerated() {
            guard var document = Fields(value) else {
                try record.skip(message: "\(index + 1)", "It is not a document.", emit)
                continue
            }
            let id = document.text("uuid") ?? "document-\(ContentID.of(value))"
            var message = ImportedMessage(
                originID: id, parent: conversation.messages.last?.originID, role: .user)
            message.created = document.instant("created_at")
            let text = document.text("content")
            let name = document.text("filename")
            let part = Part(.document, text: text, name: name, data: document.restValue)
            message.parts = [.init(part)]
            conversation.messages.append(message)
        }
        conversation.extra = fields.rest
        try Emission.send(conversation, at: record.place, emit)
    }

    private static func readMemory(
        _ source: Fields, _ record: SourceRecord, _ emit: Emit
    ) throws(VaultError) {
        var fields = source
        let account = fields["account_uuid"]?.string ?? "account"
        var conversation = ImportedConversation(
            origin: .init(source: format.rawValue, id: "memories:\(account)"))
        conversation.title = "Claude memory"
        var memories: [(id: String, text: String)] = []
        if let text = fields.text("conversations_memory") {
            memories.append(("conversations", text))
        }
        if let projects = fields.object("project_memories") {
            var others = JSONObject()
            for member in projects.members {
                if let text = member.value.string {
                    memories.append(("project:\(member.key)", text))
                } else {
                    others[member.key] = member.value
                }
            }
            fields.put("project_memories", .object(others))
        }
        for memory in memories {
            var message = ImportedMessage(
                originID: memory.id, parent: conversation.messages.last?.originID, role: .assistant)
            message.parts = [.init(Part(.text, text: memory.text))]
            conversation.messages.append(message)
        }
        conversation.extra = fields.rest
        try Emission.send(conversation, at: record.place, emit)
    }
}

/// One message of a Claude.ai conversation.
private struct ClaudeMessage {
    private(set) var message: ImportedMessage
    private var fields: Fields

    /// What the export writes in place of blocks that its writer did not know.
    private static let placeholder = "This block is not supported on your current device yet."

    init(_ object: JSONObject, conversation: String, index: Int) {
        fields = Fields(object)
        let id = fields.text("uuid") ?? "\(index)-\(ContentID.of(.object(object)))"
        message = ImportedMessage(originID: id, parent: nil, role: .user)
        message.parent = fields.text("parent_message_uuid")
        if let word = fields["sender"]?.string, let role = Role(word: word) {
            message.role = role
            fields.drop("sender") { _ in word == "human" || word == role.rawValue }
        }
        message.created = fields.instant("created_at")
        let created = message.created
        fields.drop("updated_at") { Instant(json: $0) == created }
        message.model = fields.text("model")
        message.stopReason = fields.text("stop_reason")
        readContent()
        readAttachments()
        readFiles()
        message.extra = fields.rest
    }

    private mutating func readContent() {
        let blocks = fields.array("content") ?? fields.text("content").map { [.string($0)] } ?? []
        for block in blocks { message.parts += ContentBlocks.parts(block) }
        if message.parts.isEmpty {
            if let text = fields.text("text") { message.parts = [.init(Part(.text, text: text))] }
        } else {
            let isKnown = isContained(fields["text"]?.string)
            fields.drop("text") { _ in isKnown }
        }
    }

    /// Whether a text says nothing that the parts do not say.
    private func isContained(_ text: String?) -> Bool {
        guard var rest = text else { return false }
        rest = rest.replacing(Self.placeholder, with: "")
        for part in message.parts {
            guard let text = part.part.text, let range = rest.firstRange(of: text) else { continue }
            rest.removeSubrange(range)
        }
        return rest.allSatisfy { $0.isWhitespace || $0 == "`" }
    }

    /// Attached text, which the export holds; pasted long text arrives so as well.
    private mutating func readAttachments() {
        var others: [JSON] = []
        for value in fields.array("attachments") ?? [] {
            guard var attachment = Fields(value) else {
                others.append(value)
                continue
            }
            let name = attachment.text("file_name")
            let text = attachment.text("extracted_content")
            message.parts.append(
                .init(Part(.document, text: text, name: name, data: attachment.restValue)))
        }
        if !others.isEmpty { fields.put("attachments", .array(others)) }
    }

    /// Files of which the export holds the name alone.
    private mutating func readFiles() {
        let files = fields["files"]?.array ?? []
        fields.drop("files_v2") { $0.array?.allSatisfy(files.contains) == true }
        var others: [JSON] = []
        for value in fields.array("files") ?? [] {
            guard var file = Fields(value) else {
                others.append(value)
                continue
            }
            let kind: Part.Kind = file["file_kind"]?.string == "image" ? .image : .document
            let name = file.text("file_name") ?? file["file_uuid"]?.string
            message.parts.append(.init(Part(kind, name: name, data: file.restValue)))
        }
        if !others.isEmpty { fields.put("files", .array(others)) }
    }
}
