import Vault
import VaultCrypto

/// Our own format, one conversation a line.
///
/// `{"id","title","custodian","labels","project","created","modified","messages":[{"id","parent",
/// "role","text","created","model"}]}`: only `messages` with `role` and `text` are required. Also
/// lines with `turns` of `{"role","text","ts"}`. A role that is none of ours (a speaker's name)
/// is a user; the word stays in `extra.role`. A line without id is known by its content, a message
/// without id by its position.
enum JSONLines: Importer {
    static let format = ImportFormat.jsonl

    static func recognises(_ value: JSON) -> Bool {
        guard let object = value.object,
            let messages = object["messages"]?.array ?? object["turns"]?.array
        else { return false }
        return !messages.isEmpty
            && messages.allSatisfy { $0["role"]?.string != nil && hasText($0) }
    }

    private static func hasText(_ message: JSON) -> Bool {
        message["text"]?.string != nil || message["content"]?.string != nil
    }

    static func read(_ record: SourceRecord, _ emit: Emit) throws(VaultError) {
        guard var fields = Fields(record.value) else {
            return try record.skip("It is not a conversation.", emit)
        }
        guard let messages = fields.array("messages") ?? fields.array("turns") else {
            return try record.skip("It has no “messages”.", emit)
        }
        let id = fields.text("id") ?? "sha256:\(record.stream.digest())"
        var conversation = ImportedConversation(origin: .init(source: format.rawValue, id: id))
        conversation.title = fields.text("title")
        conversation.custodian = fields.text("custodian")
        conversation.project = fields.text("project")
        if let labels = fields["labels"]?.array, labels.allSatisfy({ $0.string != nil }) {
            conversation.labels = labels.compactMap(\.string)
            fields.drop("labels") { _ in true }
        }
        conversation.created = fields.instant("created")
        conversation.modified = fields.instant("modified")
        conversation.current = fields.text("current")
        conversation.extra = fields.object("extra") ?? JSONObject()
        for member in fields.rest.members where conversation.extra[member.key] == nil {
            conversation.extra[member.key] = member.value
        }
        conversation.messages.reserveCapacity(messages.count)
        var before: String?
        for (index, value) in messages.enumerated() {
            guard let message = message(value, index: index, before: before) else {
                let reason = "It has no role and text."
                try record.skip(message: "\(index + 1)", reason, emit)
                continue
            }
            before = message.originID
            conversation.messages.append(message)
        }
        try Emission.send(conversation, at: record.place, emit)
    }

    private static func message(_ value: JSON, index: Int, before: String?) -> ImportedMessage? {
        guard var fields = Fields(value), let word = fields["role"]?.string,
            let text = fields.string("text") ?? fields.string("content")
        else { return nil }
        let id = fields.text("id") ?? "\(index + 1)"
        var parent = before
        if let given = fields["parent"] {
            parent = given.string
            fields.drop("parent") { $0.string != nil || $0.isNull }
        }
        let role = Role(word: word)
        var message = ImportedMessage(originID: id, parent: parent, role: role ?? .user)
        if role?.rawValue == word { fields.drop("role") { _ in true } }
        if !text.isEmpty { message.parts = [.init(Part(.text, text: text))] }
        message.created = fields.instant("created") ?? fields.instant("ts")
        message.model = fields.text("model")
        message.extra = fields.rest
        return message
    }
}
