import JSONText
import Vault
import VaultCrypto

/// Our own format, one conversation a line.
///
/// `{"id","title","custodian","labels","project","created","modified","messages":[{"id","parent",
/// "role","text","created","model"}]}`: only `messages` with `role` and `text` are required. Also
/// lines with `turns` of `{"role","text","ts"}`. A role that is none of ours (a speaker's name)
/// is a user; the word stays in `extra.role`. A line without id is known by its content, a message
/// without id by its position. Whole numbers are ids too, as their decimal text. A parent that is
/// not there stays in `extra.parent`. Members that have no field are kept in `extra`, beside those
/// of the line's own `extra`; one of the same name and another value in `extra.record`.
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
        let id = fields.identifier("id") ?? "sha256:\(record.stream.digest())"
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
        conversation.current = fields.identifier("current")
        let inner = fields.object("extra") ?? JSONObject()
        conversation.extra = extra(inner, beside: fields.rest)
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
        dropAbsentParents(in: &conversation)
        try Emission.send(conversation, at: record.place, emit)
    }

    /// The members of a line's `extra` and of the line itself, none of them lost.
    private static func extra(_ inner: JSONObject, beside outer: JSONObject) -> JSONObject {
        var values: [String: JSON] = [:]
        for member in inner.members { values[member.key] = member.value }
        var members = inner.members
        var hidden: [JSONObject.Member] = []
        for member in outer.members {
            guard let value = values[member.key] else {
                members.append(member)
                continue
            }
            if value != member.value { hidden.append(member) }
        }
        guard !hidden.isEmpty else { return JSONObject(uncheckedMembers: members) }
        var key = "record"
        let taken = Set(members.map(\.key))
        while taken.contains(key) { key += "_" }
        let record = JSON.object(JSONObject(uncheckedMembers: hidden))
        members += ([key: record] as JSONObject).members
        return JSONObject(uncheckedMembers: members)
    }

    /// A parent that the line does not hold makes a root, which still says what it named.
    private static func dropAbsentParents(in conversation: inout ImportedConversation) {
        let known = Set(conversation.messages.map(\.originID))
        for index in conversation.messages.indices {
            guard let parent = conversation.messages[index].parent else { continue }
            if known.contains(parent) {
                conversation.messages[index].extra["parent"] = nil
            } else {
                conversation.messages[index].parent = nil
            }
        }
    }

    private static func message(_ value: JSON, index: Int, before: String?) -> ImportedMessage? {
        guard var fields = Fields(value), let word = fields["role"]?.string,
            let text = fields.string("text") ?? fields.string("content")
        else { return nil }
        let id = fields.identifier("id") ?? "\(index + 1)"
        let given = fields["parent"]
        let parent = given == nil ? before : fields.identifier("parent")
        let role = Role(word: word)
        var message = ImportedMessage(originID: id, parent: parent, role: role ?? .user)
        if role?.rawValue == word { fields.drop("role") { _ in true } }
        if !text.isEmpty { message.parts = [.init(Part(.text, text: text))] }
        message.created = fields.instant("created") ?? fields.instant("ts")
        message.model = fields.text("model")
        message.extra = fields.rest
        if given != nil, parent != nil { message.extra["parent"] = given }
        return message
    }
}

extension Fields {
    /// Takes an id: text that has content, or a whole number as its decimal text.
    fileprivate mutating func identifier(_ key: String) -> String? {
        if case .number(let number) = self[key] {
            let digits = number.hasPrefix("-") ? number.dropFirst() : number[...]
            guard digits.utf8.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
            _ = any(key)
            return number
        }
        return text(key)
    }
}
