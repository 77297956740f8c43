import JSONText
import Vault
import VaultCrypto

/// The older generation: each row of `responses` is a prompt and its answer.
///
/// A response becomes up to four messages: the system prompt where it changed, the results of tools
/// that were sent back, the prompt, and the answer under the response's own id.
struct LLMResponses {
    private let pieces: LLMPieces
    private var byConversation: [String: [String]] = [:]
    /// Ids in the order of their first response.
    private(set) var conversations: [String] = []
    private var calls: [String: [JSON]] = [:]
    private var results: [String: [JSON]] = [:]

    init(_ database: ForeignDatabase, path: String) throws(VaultError) {
        pieces = LLMPieces(database: database, path: path)
        var grouped: [String: [String]] = [:]
        var order: [String] = []
        let keys = ["id", "conversation_id", "datetime_utc"]
        try database.rows(of: "responses", columns: keys, orderedBy: ["datetime_utc", "id"]) {
            (row) throws(VaultError) in
            guard let id = row["id"]?.string else { return }
            let conversation = row["conversation_id"]?.string ?? id
            if grouped[conversation] == nil { order.append(conversation) }
            grouped[conversation, default: []].append(id)
        }
        byConversation = grouped
        conversations = order
        calls = try Self.keys(of: "tool_calls", in: database)
        results = try Self.keys(of: "tool_results", in: database)
    }

    /// Row ids by response; the tables have no index on it.
    private static func keys(
        of table: String, in database: ForeignDatabase
    ) throws(VaultError) -> [String: [JSON]] {
        var keys: [String: [JSON]] = [:]
        try database.rows(of: table, columns: ["id", "response_id"], orderedBy: ["id"]) {
            (row) throws(VaultError) in
            if let response = row["response_id"]?.string, let id = row["id"] {
                keys[response, default: []].append(id)
            }
        }
        return keys
    }

    func contains(_ conversation: String) -> Bool { byConversation[conversation] != nil }

    func read(
        _ id: String, into conversation: inout ImportedConversation
    ) throws(VaultError) {
        guard let responses = byConversation[id] else { return }
        if var row = try pieces.row("conversations", "id", .string(id)).map({ Fields($0) }) {
            row.drop("id") { _ in true }
            let name = row.text("name")
            conversation.title = conversation.title ?? name
            for member in row.rest.members where conversation.extra[member.key] == nil {
                conversation.extra[member.key] = member.value
            }
        }
        let known = KnownPieces(conversation.messages)
        var repeated: [JSON] = []
        var turn = Turn(parent: nil, system: nil)
        for response in responses {
            guard let row = try pieces.row("responses", "id", .string(response)) else { continue }
            var next = turn
            let messages = try messages(Fields(row), response, &next)
            if known.contain(row, messages) {
                var rest = row.without(["prompt", "response"])
                rest["tools"] = try tools(of: response)
                repeated.append(.object(Fields(rest).rest))
                continue
            }
            turn = next
            conversation.messages += messages
        }
        // What a thread repeats keeps its times and tokens here.
        if !repeated.isEmpty { conversation.extra["repeatedResponses"] = .array(repeated) }
    }

    /// The tools that a response was offered, called or has results of.
    private func tools(of id: String) throws(VaultError) -> JSON? {
        var links = try pieces.rows("tool_responses", "response_id", .string(id))
        for key in calls[id] ?? [] {
            if let row = try pieces.row("tool_calls", "id", key) { links.append(row) }
        }
        for key in results[id] ?? [] {
            if let row = try pieces.row("tool_results", "id", key) { links.append(row) }
        }
        return try pieces.tools(links)
    }

    /// What the next response follows.
    private struct Turn {
        var parent: String?
        var system: String?
    }

    private func messages(
        _ source: Fields, _ id: String, _ turn: inout Turn
    ) throws(VaultError) -> [ImportedMessage] {
        var fields = source
        fields.drop("id") { _ in true }
        fields.drop("conversation_id") { _ in true }
        let created = fields.instant("datetime_utc")
        var messages: [ImportedMessage] = []
        func add(_ suffix: String, _ role: Role, _ parts: [ImportedPart]) {
            if parts.isEmpty { return }
            var message = ImportedMessage(originID: id + suffix, parent: turn.parent, role: role)
            message.parts = parts
            message.created = created
            messages.append(message)
            turn.parent = message.originID
        }
        let system = try systemParts(&fields, id)
        let systemText = system.compactMap(\.part.text).joined(separator: "\n")
        if systemText != turn.system { add("/system", .system, system) }
        turn.system = systemText
        add("/results", .tool, try resultParts(id))
        add("/prompt", .user, try promptParts(&fields, id))
        messages.append(try answer(&fields, id, parent: turn.parent, created: created))
        turn.parent = id
        return messages
    }

    private func systemParts(_ fields: inout Fields, _ id: String) throws(VaultError)
        -> [ImportedPart]
    {
        var parts: [ImportedPart] = []
        for link in try pieces.rows("system_fragments", "response_id", .string(id)) {
            if let part = try pieces.fragment(link["fragment_id"]) { parts.append(part) }
        }
        if let text = fields.text("system") { parts.append(.init(Part(.text, text: text))) }
        return parts
    }

    private func promptParts(_ fields: inout Fields, _ id: String) throws(VaultError)
        -> [ImportedPart]
    {
        var parts: [ImportedPart] = []
        let key = JSON.string(id)
        for link in try pieces.rows("prompt_fragments", "response_id", key, orderedBy: ["order"]) {
            if let part = try pieces.fragment(link["fragment_id"]) { parts.append(part) }
        }
        if let text = fields.text("prompt") { parts.append(.init(Part(.text, text: text))) }
        for link in try pieces.rows("prompt_attachments", "response_id", key, orderedBy: ["order"])
        {
            if let part = try pieces.attachment(link["attachment_id"]) { parts.append(part) }
        }
        return parts
    }

    private func resultParts(_ id: String) throws(VaultError) -> [ImportedPart] {
        var parts: [ImportedPart] = []
        for key in results[id] ?? [] {
            guard let row = try pieces.row("tool_results", "id", key) else { continue }
            var fields = Fields(row)
            for known in ["id", "response_id"] { fields.drop(known) { _ in true } }
            let name = fields.text("name")
            let text = fields.text("output")
            parts.append(.init(Part(.toolResult, text: text, name: name, data: fields.restValue)))
            for link in try pieces.rows("tool_results_attachments", "tool_result_id", key) {
                if let part = try pieces.attachment(link["attachment_id"]) { parts.append(part) }
            }
        }
        return parts
    }

    private func answer(
        _ fields: inout Fields, _ id: String, parent: String?, created: Instant?
    ) throws(VaultError) -> ImportedMessage {
        var message = ImportedMessage(originID: id, parent: parent, role: .assistant)
        message.created = created
        if let text = fields.text("reasoning") {
            message.parts.append(.init(Part(.thinking, text: text)))
        }
        if let text = fields.text("response") {
            message.parts.append(.init(Part(.text, text: text)))
        }
        for key in calls[id] ?? [] {
            guard let row = try pieces.row("tool_calls", "id", key) else { continue }
            var call = Fields(row)
            for known in ["id", "response_id"] { call.drop(known) { _ in true } }
            let name = call.text("name")
            if let arguments = call.any("arguments") {
                call.put("arguments", LLMPieces.parsed(arguments))
            }
            message.parts.append(.init(Part(.toolUse, name: name, data: call.restValue)))
        }
        message.model = fields.text("resolved_model") ?? fields["model"]?.string
        let model = message.model
        fields.drop("model") { $0.string == model }
        var usage = JSONObject()
        for key in ["input_tokens", "output_tokens", "token_details"] {
            usage[key] = LLMPieces.parsed(fields.any(key))
        }
        message.usage = usage.isEmpty ? nil : usage
        if let schema = try pieces.row("schemas", "id", fields["schema_id"]) {
            fields.put("schema", .object(schema))
        }
        fields.put("tools", try tools(of: id))
        message.extra = fields.rest
        return message
    }
}

/// What a thread holds, to tell whether a response adds to it.
private struct KnownPieces {
    private var texts: Set<String> = []
    private var others: Set<String> = []

    init(_ messages: [ImportedMessage]) {
        for part in messages.flatMap(\.parts) {
            if let text = part.part.text { texts.insert(text) }
            if let key = Self.key(part) { others.insert(key) }
        }
    }

    /// Whether the thread repeats a response.
    ///
    /// That is both its texts, and every call, result, fragment and file of it. Its other columns
    /// are kept beside the thread.
    func contain(_ row: JSONObject, _ messages: [ImportedMessage]) -> Bool {
        if texts.isEmpty, others.isEmpty { return false }
        let own = [row["prompt"], row["response"]].compactMap { $0?.string }.filter { !$0.isEmpty }
        guard own.allSatisfy(texts.contains) else { return false }
        return messages.flatMap(\.parts).allSatisfy { part in
            if let key = Self.key(part) { return others.contains(key) }
            guard part.part.kind == .document, let text = part.part.text else { return true }
            return texts.contains { $0.contains(text) }
        }
    }

    /// A name for a call, a result or a file; `nil` for text, which is compared as such.
    private static func key(_ part: ImportedPart) -> String? {
        let data = part.part.data
        switch part.part.kind {
        case .toolUse, .toolResult:
            let content = data?["arguments"] ?? part.part.text.map(JSON.string) ?? .null
            let id = data?["tool_call_id"] ?? .null
            return "\(part.part.kind) "
                + JSONWriter.line(.array([.string(part.part.name ?? ""), id, content]))
        case .image: return "file \(data?["id"]?.string ?? "")"
        case .document where part.part.text == nil: return "file \(data?["id"]?.string ?? "")"
        default: return nil
        }
    }
}
