import JSONText
import VaultCrypto

/// The JSON body of a request in the form of OpenAI's chat completions.
///
/// The form has no words for marks of the cache, for thoughts of earlier answers and their
/// citations, and for the failure of a tool beside what it says: these are left out, and nothing
/// else of the conversation.
struct CompletionsBody {
    var turn: TurnRequest
    /// What the endpoint calls the limit of tokens; servers differ.
    var limitName: String

    func members() throws(ProviderError) -> JSONObject {
        if case .budget = turn.thinking {
            throw ProviderError(
                .unsupported, message: "This form of request has no limit for thinking.")
        }
        var body: JSONObject = ["model": .string(turn.model)]
        body["messages"] = .array(try messages())
        body[limitName] = turn.limits.maximumTokens.map { .integer($0) }
        if !turn.limits.stopSequences.isEmpty {
            body["stop"] = .array(turn.limits.stopSequences.map(JSON.string))
        }
        body["temperature"] = turn.limits.temperature.map { .number(String($0)) }
        body["top_p"] = turn.limits.topP.map { .number(String($0)) }
        if !turn.tools.isEmpty { body["tools"] = .array(turn.tools.map(Self.tool)) }
        body["tool_choice"] = turn.toolChoice.map { Self.choice($0.kind) }
        body["parallel_tool_calls"] = turn.toolChoice?.allowsParallel.map { .bool($0) }
        body["reasoning_effort"] = turn.effort.map { .string($0) }
        body["user"] = turn.userID.map { .string($0) }
        return body
    }

    // MARK: Messages

    private func messages() throws(ProviderError) -> [JSON] {
        var messages: [JSON] = []
        if !turn.system.isEmpty {
            let parts = turn.system.map { Self.text($0.text) }
            messages.append(Self.message("system", Self.content(parts)))
        }
        for message in turn.messages {
            switch message.role {
            case .user: messages += try user(message)
            case .assistant: messages.append(assistant(message))
            }
        }
        return messages
    }

    private static func message(_ role: String, _ content: JSON) -> JSON {
        .object(["role": .string(role), "content": content])
    }

    /// One text as a string, anything else as a list of parts.
    private static func content(_ parts: [JSON]) -> JSON {
        if parts.count == 1, parts[0]["type"]?.string == "text", let text = parts[0]["text"] {
            return text
        }
        return .array(parts)
    }

    private static func text(_ text: String) -> JSON {
        .object(["type": .string("text"), "text": .string(text)])
    }

    /// The results of tools are messages of their own, before what the person says.
    private func user(_ message: TurnMessage) throws(ProviderError) -> [JSON] {
        var messages: [JSON] = []
        var parts: [JSON] = []
        for part in message.parts {
            if case .toolResult(let result) = part.content {
                messages.append(try Self.result(result))
            } else {
                parts.append(try Self.part(part.content))
            }
        }
        return parts.isEmpty ? messages : messages + [Self.message("user", Self.content(parts))]
    }

    private static func part(_ content: PartContent) throws(ProviderError) -> JSON {
        switch content {
        case .text(let text, _): return self.text(text)
        case .image(let image):
            let object: JSONObject = ["url": .string(address(image))]
            return .object(["type": .string("image_url"), "image_url": .object(object)])
        case .document(let document): return self.document(document)
        default:
            throw ProviderError(
                .unsupported, message: "This form of request has no such part in a message.")
        }
    }

    private static func document(_ document: DocumentPart) -> JSON {
        switch document.source {
        case .text(let text): return self.text(text)
        case .file(let file):
            let object: JSONObject = [
                "filename": .string(document.title ?? "document.pdf"),
                "file_data": .string(address(file)),
            ]
            return .object(["type": .string("file"), "file": .object(object)])
        }
    }

    /// The bytes as a `data:` address.
    private static func address(_ file: AttachedFile) -> String {
        "data:\(file.mediaType);base64,\(Base64.string(file.bytes))"
    }

    private static func result(_ result: ToolResult) throws(ProviderError) -> JSON {
        var lines: [String] = []
        for content in result.content {
            switch content {
            case .text(let text): lines.append(text)
            case .json(let value): lines.append(JSONWriter.line(value))
            case .image:
                throw ProviderError(
                    .unsupported, message: "This form of request has no images from tools.")
            }
        }
        return .object([
            "role": .string("tool"), "tool_call_id": .string(result.toolUseID),
            "content": .string(lines.joined(separator: "\n")),
        ])
    }

    private func assistant(_ message: TurnMessage) -> JSON {
        var text: String?
        var calls: [JSON] = []
        for part in message.parts {
            switch part.content {
            case .text(let piece, _), .refusal(let piece): text = (text ?? "") + piece
            case .toolUse(let use): calls.append(Self.call(use))
            default: break
            }
        }
        var object: JSONObject = ["role": .string("assistant")]
        object["content"] = text.map { .string($0) } ?? .null
        if !calls.isEmpty { object["tool_calls"] = .array(calls) }
        return .object(object)
    }

    // MARK: Tools

    private static func call(_ use: ToolUse) -> JSON {
        // An input that was cut off is never sent back as if the model had finished it.
        let input: JSON = if case .complete(let input) = use.input { input } else { .object([:]) }
        let function: JSONObject = [
            "name": .string(use.name), "arguments": .string(JSONWriter.line(input)),
        ]
        return .object([
            "id": .string(use.id), "type": .string("function"), "function": .object(function),
        ])
    }

    private static func tool(_ tool: ToolDefinition) -> JSON {
        var function: JSONObject = ["name": .string(tool.name)]
        function["description"] = tool.description.map { .string($0) }
        function["parameters"] = tool.inputSchema
        return .object(["type": .string("function"), "function": .object(function)])
    }

    private static func choice(_ kind: ToolChoice.Kind) -> JSON {
        switch kind {
        case .auto: .string("auto")
        case .any: .string("required")
        case .none: .string("none")
        case .tool(let name):
            .object(["type": .string("function"), "function": .object(["name": .string(name)])])
        }
    }
}
