import JSONText
import VaultCrypto

/// The JSON body of a request in the Messages form (Anthropic's interface).
///
/// What has no value is left out. One plain text is written as a string, which the interface
/// documents as the short form of one text block.
struct MessagesBody {
    var turn: TurnRequest
    var version: MessagesVersion

    /// The members that every endpoint of this form wants, without `model`, `stream` and version.
    func members() throws(ProviderError) -> JSONObject {
        let limits = turn.limits
        if limits.temperature != nil || limits.topP != nil, !version.takesSampling {
            throw ProviderError(
                .unsupported, message: "Version \(version.text) takes no temperature and no top_p.")
        }
        var body = counted()
        body["max_tokens"] = limits.maximumTokens.map { .integer($0) }
        if !limits.stopSequences.isEmpty {
            body["stop_sequences"] = .array(limits.stopSequences.map(JSON.string))
        }
        body["temperature"] = limits.temperature.map { .number(String($0)) }
        body["top_p"] = limits.topP.map { .number(String($0)) }
        body["metadata"] = turn.userID.map { .object(["user_id": .string($0)]) }
        return body
    }

    /// The members that count as input: what a request for a count of tokens has.
    func counted() -> JSONObject {
        var body: JSONObject = ["messages": .array(turn.messages.map(message))]
        body["system"] = system
        if !turn.tools.isEmpty { body["tools"] = .array(turn.tools.map(tool)) }
        body["tool_choice"] = turn.toolChoice.map(choice)
        body["thinking"] = turn.thinking.map(Self.thinking)
        body["output_config"] = turn.effort.map { .object(["effort": .string($0)]) }
        return body
    }

    private var system: JSON? {
        guard let first = turn.system.first else { return nil }
        if turn.system.count == 1, first.cache == nil { return .string(first.text) }
        return .array(turn.system.map { Self.marked(Self.text($0.text), $0.cache) })
    }

    // MARK: Messages

    private func message(_ message: TurnMessage) -> JSON {
        var content = JSON.array(
            message.parts.map { Self.marked(Self.block($0.content), $0.cache) })
        if message.parts.count == 1, let part = message.parts.first, part.cache == nil,
            case .text(let text, let citations) = part.content, citations.isEmpty
        {
            content = .string(text)
        }
        return .object(["role": .string(message.role.rawValue), "content": content])
    }

    private static func block(_ content: PartContent) -> JSONObject {
        switch content {
        case .text(let text, let citations):
            var block = Self.text(text)
            if !citations.isEmpty { block["citations"] = .array(citations) }
            return block
        case .image(let image): return ["type": .string("image"), "source": source(image)]
        case .document(let document): return block(document)
        case .thinking(let text, let signature):
            return [
                "type": .string("thinking"), "thinking": .string(text),
                "signature": .string(signature),
            ]
        case .redactedThinking(let data):
            return ["type": .string("redacted_thinking"), "data": .string(data)]
        case .toolUse(let use): return block(use)
        case .toolResult(let result): return block(result)
        case .refusal(let text): return Self.text(text)
        case .other(let object): return object
        }
    }

    private static func text(_ text: String) -> JSONObject {
        ["type": .string("text"), "text": .string(text)]
    }

    private static func source(_ file: AttachedFile) -> JSON {
        .object([
            "type": .string("base64"), "media_type": .string(file.mediaType),
            "data": .string(Base64.string(file.bytes)),
        ])
    }

    private static func block(_ document: DocumentPart) -> JSONObject {
        var block: JSONObject = ["type": .string("document")]
        switch document.source {
        case .file(let file): block["source"] = source(file)
        case .text(let text):
            block["source"] = .object([
                "type": .string("text"), "media_type": .string("text/plain"),
                "data": .string(text),
            ])
        }
        block["title"] = document.title.map { .string($0) }
        if document.wantsCitations { block["citations"] = .object(["enabled": .bool(true)]) }
        return block
    }

    private static func block(_ use: ToolUse) -> JSONObject {
        // An input that was cut off is never sent back as if the model had finished it.
        let input: JSON = if case .complete(let input) = use.input { input } else { .object([:]) }
        return [
            "type": .string("tool_use"), "id": .string(use.id), "name": .string(use.name),
            "input": input,
        ]
    }

    private static func block(_ result: ToolResult) -> JSONObject {
        var block: JSONObject = [
            "type": .string("tool_result"), "tool_use_id": .string(result.toolUseID),
        ]
        if case .text(let text) = result.content.first, result.content.count == 1 {
            block["content"] = .string(text)
        } else {
            block["content"] = .array(
                result.content.map { content in
                    switch content {
                    case .text(let text): .object(Self.text(text))
                    case .json(let value): .object(Self.text(JSONWriter.line(value)))
                    case .image(let image):
                        .object(["type": .string("image"), "source": source(image)])
                    }
                })
        }
        block["is_error"] = result.isError.map { .bool($0) }
        return block
    }

    // MARK: Settings

    private static func marked(_ block: JSONObject, _ cache: CacheMark?) -> JSON {
        guard let cache else { return .object(block) }
        var block = block
        var mark: JSONObject = ["type": .string("ephemeral")]
        mark["ttl"] = cache.lifetime.map { .string($0) }
        block["cache_control"] = .object(mark)
        return .object(block)
    }

    private func tool(_ tool: ToolDefinition) -> JSON {
        var object: JSONObject = ["name": .string(tool.name)]
        object["description"] = tool.description.map { .string($0) }
        object["input_schema"] = tool.inputSchema
        return Self.marked(object, tool.cache)
    }

    private func choice(_ choice: ToolChoice) -> JSON {
        var object: JSONObject
        switch choice.kind {
        case .auto: object = ["type": .string("auto")]
        case .any: object = ["type": .string("any")]
        case .none: object = ["type": .string("none")]
        case .tool(let name): object = ["type": .string("tool"), "name": .string(name)]
        }
        object["disable_parallel_tool_use"] = choice.allowsParallel.map { .bool(!$0) }
        return .object(object)
    }

    static func thinking(_ setting: ThinkingSetting) -> JSON {
        switch setting {
        case .off: return .object(["type": .string("disabled")])
        case .budget(let tokens):
            return .object(["type": .string("enabled"), "budget_tokens": .integer(tokens)])
        case .adaptive(let display):
            var object: JSONObject = ["type": .string("adaptive")]
            object["display"] = display.map { .string($0) }
            return .object(object)
        }
    }
}
