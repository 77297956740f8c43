import JSONText
import Vault
import VaultCrypto

/// Claude Code transcripts: one `.jsonl` file a session, or a web session's `{"loglines":[…]}`.
///
/// - One line is one message, known by the line's `uuid`. One answer of the model stretches over
///   several lines that share `message.id`; they are not merged, because each line is a node that
///   others name as parent. `extra.message.id` lets a display join them.
/// - Prompts typed while the model works exist only as `queue-operation` or `queued_command`; they
///   become user messages unless a later line holds the same text: each later line stands for one
///   such prompt. Only the operation `enqueue` is a prompt; others repeat or take back one.
/// - Lines without a uuid (titles, summaries, file snapshots) are kept whole in the conversation's
///   `extra.lines`.
/// - Members that are the same on every line (session, folder, branch, version) are kept once.
enum ClaudeCode: Importer {
    static let format = ImportFormat.claudeCode

    private static let lineTypes: Set<String> = [
        "user", "assistant", "system", "summary", "attachment", "progress", "queue-operation",
        "file-history-snapshot", "file-history-delta", "custom-title", "ai-title", "agent-name",
        "last-prompt", "mode", "permission-mode", "pr-link",
    ]

    static func recognises(_ value: JSON) -> Bool {
        guard let object = value.object else { return false }
        if object["loglines"]?.array != nil { return true }
        guard let type = object["type"]?.string, lineTypes.contains(type),
            !Cowork.isAudit(value)
        else { return false }
        let marks = ["message", "uuid", "sessionId", "leafUuid", "snapshot", "attachment"]
        return marks.contains { object[$0] != nil } && object["object"] == nil
    }

    static func read(
        _ stream: DocumentStream, _ context: ImportContext, _ emit: Emit
    ) throws(VaultError) {
        var transcript = Transcript()
        try collect(stream, into: &transcript, emit)
        guard let conversation = transcript.conversation(source: format) else { return }
        try Emission.send(conversation, at: stream.file.place, emit)
    }

    /// Takes every line of a file; broken ones are reported.
    static func collect(
        _ stream: DocumentStream, into transcript: inout Transcript, _ emit: Emit
    ) throws(VaultError) {
        while try stream.next() {
            switch stream.value() {
            case .success(let value): add(value, at: stream.place, to: &transcript)
            case .failure(let fault):
                try emit(
                    .skipped(
                        .init(place: stream.place, reason: fault.reason, isConversation: false)))
            }
        }
    }

    private static func add(_ value: JSON, at place: String, to transcript: inout Transcript) {
        guard let lines = value["loglines"]?.array else { return transcript.add(value) }
        for line in lines { transcript.add(line) }
        var fields = Fields(value)
        fields?.drop("loglines") { _ in true }
        transcript.session = fields?.rest ?? JSONObject()
    }
}

/// The lines of one session while they are collected.
struct Transcript {
    /// Members beside the lines, for a web session.
    var session = JSONObject()
    private var lines: [JSON] = []
    private var shared: [String: JSON] = [:]

    /// Members of a line that tell of the session.
    private static let sessionKeys = [
        "sessionId", "cwd", "gitBranch", "version", "userType", "entrypoint", "slug", "agentId",
    ]

    mutating func add(_ line: JSON) {
        lines.append(line)
        for key in Self.sessionKeys where shared[key] == nil {
            if let value = line[key], !value.isNull { shared[key] = value }
        }
    }

    /// The lines that another transcript has neither under the same id nor with the same message.
    func lines(lackedBy other: Transcript) -> [JSON] {
        func digest(_ line: JSON) -> String? {
            line["message"].flatMap { $0.isVoid ? nil : ContentID.of($0) }
        }
        let ids = Set(other.lines.compactMap { $0["uuid"]?.string })
        let messages = Set(other.lines.compactMap(digest))
        return lines.filter { line in
            if let id = line["uuid"]?.string, ids.contains(id) { return false }
            return digest(line).map(messages.contains) != true
        }
    }

    /// The session's own id: the last line's, because a resumed file begins with the lines of the
    /// session before it; that of a subagent has the agent's id behind it.
    private var id: String {
        let session = lines.last { $0["sessionId"]?.string != nil }?["sessionId"]?.string
        let isSide =
            lines.contains { $0["isSidechain"]?.bool == true }
            && !lines.contains { $0["isSidechain"]?.bool == false }
        if let session {
            if isSide, let agent = shared["agentId"]?.string { return "\(session)/\(agent)" }
            return session
        }
        if let own = self.session["id"]?.string ?? self.session["session_id"]?.string { return own }
        if let audited = lines.last(where: { $0["session_id"]?.string != nil }) {
            return audited["session_id"]?.string ?? ""
        }
        let first = lines.first { $0["message"] != nil } ?? lines.first ?? .null
        return "sha256:\(ContentID.of(first))"
    }

    /// The conversation; `nil` when there was no line.
    func conversation(source: ImportFormat) -> ImportedConversation? {
        guard !lines.isEmpty else { return nil }
        var conversation = ImportedConversation(origin: .init(source: source.rawValue, id: id))
        var builder = TranscriptBuilder(shared: shared, keptLater: promptsKeptLater())
        for line in lines { builder.add(line) }
        conversation.messages = builder.messages
        conversation.title = builder.title
        conversation.current = builder.current
        conversation.project = shared["cwd"]?.string
        conversation.created =
            lines.lazy.compactMap { $0["timestamp"].flatMap(Instant.init(json:)) }
            .first
        conversation.modified = builder.messages.lazy.compactMap(\.created).max()
        conversation.extra = session
        for key in Self.sessionKeys { conversation.extra[key] = shared[key] }
        if !builder.loose.isEmpty { conversation.extra["lines"] = .array(builder.loose) }
        return conversation
    }

    /// Positions of the prompts in the queue that a later line holds as well.
    ///
    /// Each line of the user and each queued command stands for one such prompt, the earliest that
    /// is left; so a text that was typed twice is there twice.
    private func promptsKeptLater() -> Set<Int> {
        var waiting: [String: [Int]] = [:]
        var kept: Set<Int> = []
        for (index, line) in lines.enumerated() {
            switch line["type"]?.string {
            case "queue-operation":
                if let prompt = Self.queued(line) {
                    waiting[Self.text(of: prompt), default: []].append(index)
                }
            case "user" where !waiting.isEmpty, "attachment" where !waiting.isEmpty:
                let content = line["message"]?["content"] ?? line["attachment"]?["prompt"]
                // Several prompts of the queue are sent as blocks of one message.
                let blocks = (content?.array ?? []).compactMap { $0["text"]?.string }
                let whole = content.map(Self.text) ?? ""
                for text in blocks.count == 1 ? [whole] : [whole] + blocks {
                    guard var positions = waiting[text], !positions.isEmpty else { continue }
                    kept.insert(positions.removeFirst())
                    waiting[text] = positions
                }
            default: break
            }
        }
        return kept
    }

    /// The prompt that an operation puts into the queue.
    static func queued(_ line: JSON) -> JSON? {
        guard line["operation"]?.string == "enqueue", let content = line["content"] else {
            return nil
        }
        return content.string?.isEmpty == true || content.isVoid ? nil : content
    }

    /// What is compared of a prompt: its text, or all of it where it has none.
    private static func text(of content: JSON) -> String {
        if let text = content.string { return text }
        let texts = (content.array ?? []).compactMap { $0.string ?? $0["text"]?.string }
        return texts.isEmpty ? JSONWriter.line(content) : texts.joined(separator: "\n")
    }
}

/// Turns lines into messages, one after the other.
private struct TranscriptBuilder {
    private(set) var messages: [ImportedMessage] = []
    /// Lines that are no message.
    private(set) var loose: [JSON] = []
    private var titles: [String: String] = [:]
    private let shared: [String: JSON]
    private let keptLater: Set<Int>
    private var seen: [String: JSON] = [:]
    private var last: String?
    private var count = 0

    init(shared: [String: JSON], keptLater: Set<Int>) {
        self.shared = shared
        self.keptLater = keptLater
    }

    var title: String? { titles["custom-title"] ?? titles["ai-title"] ?? titles["summary"] }

    /// The last message of the main thread.
    var current: String? {
        messages.last { $0.extra["isSidechain"]?.bool != true }?.originID
    }

    mutating func add(_ line: JSON) {
        count += 1
        guard var fields = Fields(line) else {
            if !line.isVoid { loose.append(line) }
            return
        }
        let type = fields["type"]?.string ?? ""
        noteTitle(type, fields)
        guard let id = identity(type, &fields, line) else {
            loose.append(line)
            return
        }
        // A boundary is sometimes written twice; a copy says nothing new.
        if seen[id] == line { return }
        seen[id] = line
        var message = ImportedMessage(
            originID: id, parent: parent(&fields), role: role(type, fields))
        message.created = fields.instant("timestamp") ?? fields.instant("_audit_timestamp")
        readContent(type, &fields, &message)
        for (key, value) in shared { fields.drop(key) { $0 == value } }
        fields.drop("type") { _ in type == message.role.rawValue }
        message.extra = fields.rest
        messages.append(message)
        last = id
    }

    private mutating func noteTitle(_ type: String, _ fields: Fields) {
        let key = ["custom-title": "customTitle", "ai-title": "aiTitle", "summary": "summary"][type]
        guard let key, let text = fields[key]?.string ?? fields["title"]?.string else { return }
        titles[type] = text
    }

    /// The id of a line that is a message; `nil` for the others.
    private func identity(_ type: String, _ fields: inout Fields, _ line: JSON) -> String? {
        if let id = fields.text("uuid") { return id }
        switch type {
        case "user", "assistant", "system", "attachment": break
        case "queue-operation":
            guard Transcript.queued(line) != nil, !keptLater.contains(count - 1) else { return nil }
        default: return nil
        }
        // A transcript only grows at its end, so a line keeps its number.
        return "line-\(count)-\(ContentID.of(line).prefix(12))"
    }

    private func parent(_ fields: inout Fields) -> String? {
        if let parent = fields.text("parentUuid") { return parent }
        if let parent = fields["logicalParentUuid"]?.string { return parent }
        // A line that does not speak of parents follows the one before it.
        return fields["parentUuid"] == nil ? last : nil
    }

    private func role(_ type: String, _ fields: Fields) -> Role {
        switch type {
        case "assistant": return .assistant
        case "queue-operation": return .user
        case "user":
            let blocks = fields["message"]?["content"]?.array ?? []
            let isResult =
                !blocks.isEmpty
                && blocks.allSatisfy {
                    $0["type"]?.string == "tool_result"
                }
            return isResult ? .tool : .user
        case "attachment":
            return fields["attachment"]?["type"]?.string == "queued_command" ? .user : .system
        default: return .system
        }
    }

    private func readContent(
        _ type: String, _ fields: inout Fields, _ message: inout ImportedMessage
    ) {
        if var inner = Fields(fields["message"]) {
            readMessage(&inner, &message)
            fields.drop("message") { _ in true }
            fields.put("message", inner.restValue)
        } else if var attachment = Fields(fields["attachment"]) {
            if let text = attachment.text("prompt") {
                message.parts = [.init(Part(.text, text: text))]
            } else {
                let blocks = attachment.array("prompt") ?? []
                message.parts = blocks.flatMap { ContentBlocks.parts($0) }
            }
            fields.drop("attachment") { _ in true }
            if message.parts.isEmpty, let data = attachment.restValue {
                message.parts = [.init(Part(.other, data: data))]
            } else {
                fields.put("attachment", attachment.restValue)
            }
        } else if let text = fields.text("content") {
            message.parts = [.init(Part(.text, text: text))]
        } else if type == "queue-operation", let blocks = fields.array("content") {
            message.parts = blocks.flatMap { ContentBlocks.parts($0) }
        } else if let data = fields.any("data") {
            message.parts = [.init(Part(.other, data: data))]
        }
        if fields["isApiErrorMessage"]?.bool == true { message.state = .failed }
    }

    private func readMessage(_ inner: inout Fields, _ message: inout ImportedMessage) {
        if let text = inner.text("content") {
            message.parts = [.init(Part(.text, text: text))]
        } else {
            for block in inner.array("content") ?? [] {
                message.parts += ContentBlocks.parts(block)
            }
        }
        let role = message.role
        inner.drop("role") { $0.string == role.rawValue || $0.string == "user" && role == .tool }
        inner.drop("type") { $0.string == "message" }
        message.model = inner.text("model")
        message.stopReason = inner.text("stop_reason")
        message.usage = inner.object("usage")
    }
}
