import JSONText
import Vault
import VaultCrypto

/// The ChatGPT account export: `conversations.json`, or `conversations-000.json` and following.
///
/// A conversation is a `mapping` of nodes. Nodes without a message (roots) are left out and their
/// children take their place. Nodes that the product hides (weight 0, the user's profile) are kept,
/// with `weight` in `extra`.
enum ChatGPT: Importer {
    static let format = ImportFormat.chatGPT

    static func recognises(_ value: JSON) -> Bool {
        guard let object = value.object else { return false }
        if object["mapping"]?.object != nil { return true }
        // A damaged entry without its messages.
        return object["conversation_id"] != nil && object["create_time"] != nil
            && object["title"] != nil && object["message_id"] == nil
    }

    static func read(_ record: SourceRecord, _ emit: Emit) throws(VaultError) {
        guard var fields = Fields(record.value) else {
            return try record.skip("It is not a conversation.", emit)
        }
        guard let id = fields.text("conversation_id") ?? fields.text("id") else {
            return try record.skip("It has no id.", emit)
        }
        fields.drop("id") { $0.string == id }
        guard let mapping = fields.object("mapping") else {
            return try record.skip("It has no messages (no “mapping”).", emit)
        }
        var conversation = ImportedConversation(origin: .init(source: format.rawValue, id: id))
        conversation.title = fields.text("title")
        conversation.created = fields.instant("create_time")
        conversation.modified = fields.instant("update_time")
        let current = fields.text("current_node")
        let model = fields["default_model_slug"]?.string
        conversation.extra = fields.rest
        let tree = MappingTree(mapping)
        for id in tree.malformed {
            try record.skip(message: id, "It is not a message of this format.", emit)
        }
        conversation.messages = tree.takeMessages(model: model, assets: record.context.assets)
        conversation.current = current.flatMap { tree.nearestMessage($0) }
        try Emission.send(conversation, at: record.place, emit)
    }
}

/// The nodes of one conversation.
private struct MappingTree {
    private var nodes: [String: Fields] = [:]
    private var messages: [String: Fields] = [:]
    private let tree: TreeOrder
    private(set) var malformed: [String] = []

    init(_ mapping: JSONObject) {
        var list: [TreeOrder.Node] = []
        for member in mapping.members {
            guard var node = Fields(member.value) else {
                malformed.append(member.key)
                continue
            }
            node.drop("id") { $0.string == member.key }
            let children = node["children"]?.array?.compactMap(\.string) ?? []
            list.append(.init(id: member.key, parent: node.text("parent"), children: children))
            node.drop("children") { $0.array?.allSatisfy { $0.string != nil } == true }
            if let message = node.object("message") {
                messages[member.key] = Fields(message)
            } else if node["message"].map({ !$0.isNull }) == true {
                malformed.append(member.key)
            }
            nodes[member.key] = node
        }
        tree = TreeOrder(list)
    }

    /// The node itself or the nearest one above it that has a message.
    func nearestMessage(_ id: String) -> String? {
        var next: String? = id
        var steps = 0
        while let id = next, steps <= nodes.count {
            if messages[id] != nil { return id }
            next = tree.parents[id]
            steps += 1
        }
        return nil
    }

    func takeMessages(model: String?, assets: AssetIndex) -> [ImportedMessage] {
        tree.order.compactMap { id in
            guard let fields = messages[id] else { return nil }
            let parent = tree.parents[id].flatMap { nearestMessage($0) }
            var message = ChatGPTMessage(fields, id: id, parent: parent, assets: assets).message
            if message.model == nil, message.role == .assistant { message.model = model }
            if let rest = nodes[id]?.restValue { message.extra["node"] = rest }
            return message
        }
    }
}
