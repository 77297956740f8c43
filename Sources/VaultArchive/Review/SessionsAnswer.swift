import JSONText
import Vault

/// `data/sessions/<conversation>.json`: a conversation in the shape of Anthropic's Compliance API,
/// `GET /v1/compliance/apps/sessions/local/{id}/messages`, as its reference of September 2026
/// describes it.
///
/// `{"data":[{"content":[…],"created_at","id","model","provenance","role","type"}…],"next_page":
/// null,"session":{…}}`. Content is `text`, `tool_use` (with its input as JSON in a string) and
/// `tool_result`; what the shape has no place for is named in brackets, with `truncated`. In place
/// of a system prompt stands a `synthetic_marker`. No server saw the messages: what a model said is
/// `client_asserted`, and its `model` is what the source says.
struct SessionsAnswer {
    private let archived: ArchivedConversation
    private let timeline: ReviewTimeline
    private let tools: ToolNames

    init(_ archived: ArchivedConversation, _ timeline: ReviewTimeline) {
        self.archived = archived
        self.timeline = timeline
        tools = ToolNames(archived.messages)
    }

    /// The file's bytes: one canonical line.
    var bytes: [UInt8] {
        let data = timeline.entries.map { message(archived.messages[$0.message], $0.time) }
        return JSONWriter.canonical(
            .object(["session": session, "data": .array(data), "next_page": .null])) + [0x0A]
    }

    private var session: JSON {
        let conversation = archived.conversation
        let first = conversation.created ?? timeline.entries.first?.time ?? conversation.imported
        let last = conversation.modified ?? timeline.entries.last?.time ?? first
        let email = MailAddress.find(in: conversation.custodian)
        return .object([
            "type": .string("compliance_local_session"),
            "id": .string(conversation.id.description),
            // There is no organization behind a vault.
            "organization_uuid": .string("00000000-0000-0000-0000-000000000000"),
            "workspace_id": .null,
            "user": .object([
                "id": .string(conversation.custodian),
                "email_address": email.map(JSON.string) ?? .null,
            ]),
            "product_surface": .string(conversation.origin.surface),
            "created_at": .string(first.description),
            "updated_at": .string(max(first, last).description),
            "truncated": .bool(false),
        ])
    }

    private func message(_ message: Message, _ time: Instant) -> JSON {
        let isAssistant = message.role == .assistant
        var provenance: JSON = isAssistant ? Self.provenance("client_asserted") : .null
        var content = message.parts.map(block)
        if message.role == .system {
            provenance = Self.provenance("synthetic_marker")
            content = [Self.absent("system prompt")]
        } else if content.isEmpty {
            provenance = Self.provenance("content_unavailable", reason: "not_captured")
        }
        return .object([
            "type": .string("compliance_local_session_message"),
            "id": .string(message.id.description),
            "role": .string(isAssistant ? "assistant" : "user"),
            "model": isAssistant ? message.model.map(JSON.string) ?? .null : .null,
            "created_at": .string(time.description),
            "provenance": provenance,
            "content": .array(content),
        ])
    }

    private static func provenance(_ type: String, reason: String? = nil) -> JSON {
        var object: JSONObject = ["type": .string(type)]
        object["reason"] = reason.map(JSON.string)
        return .object(object)
    }

    private func block(_ part: Part) -> JSON {
        switch part.kind {
        case .text:
            return part.text.map { Self.text($0, isCut: part.data != nil) } ?? Self.absent("text")
        case .toolUse: return toolUse(part)
        case .toolResult: return toolResult(part)
        case .thinking: return Self.absent("thinking")
        case .image: return Self.absent("image")
        case .document: return Self.absent("document")
        case .other: return Self.absent(part.data?["type"]?.string ?? "other")
        }
    }

    private static func text(_ text: String, isCut: Bool) -> JSON {
        .object(["type": .string("text"), "text": .string(text), "truncated": .bool(isCut)])
    }

    private static func absent(_ kind: String) -> JSON {
        text("[\(kind.singleLine(maximumBytes: 100)) content not shown]", isCut: true)
    }

    private func toolUse(_ part: Part) -> JSON {
        let input = part.data?["input"] ?? part.data?["arguments"] ?? part.data
        let text = input.map { JSONWriter.line($0) } ?? part.text ?? "{}"
        return .object([
            "type": .string("tool_use"), "id": Self.callID(part),
            "name": .string(part.name ?? "unknown"), "input": .string(text),
            "truncated": .bool(false),
        ])
    }

    private func toolResult(_ part: Part) -> JSON {
        let others = part.data?["content"]
        let text = part.text ?? (others == nil ? part.data.map { JSONWriter.line($0) } : nil)
        let content = text.map { text -> JSON in
            .object(["type": .string("text"), "text": .string(text)])
        }
        return .object([
            "type": .string("tool_result"), "tool_use_id": Self.callID(part),
            "name": .string(tools.name(of: part) ?? "unknown"),
            "is_error": .bool(part.data?["is_error"]?.bool ?? false),
            "content": .array(content.map { [$0] } ?? []),
            "truncated": .bool(others != nil || part.attachment != nil),
        ])
    }

    private static func callID(_ part: Part) -> JSON {
        ToolNames.callID(part).map(JSON.string) ?? .null
    }
}

extension Origin {
    /// What the shape calls the product; another source is called by its own name.
    fileprivate var surface: String { source == "claude-code" ? "claude_code" : platform }
}
