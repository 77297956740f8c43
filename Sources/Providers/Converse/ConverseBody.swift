import JSONText
import VaultCrypto

/// The JSON body of Amazon Bedrock's Converse and ConverseStream.
struct ConverseBody {
    var turn: TurnRequest

    func members() throws(ProviderError) -> JSONObject {
        guard turn.userID == nil else {
            throw ProviderError(.unsupported, message: "Converse has no field for a user's id.")
        }
        var body: JSONObject = [:]
        var messages: [JSON] = []
        for message in turn.messages {
            messages.append(
                .object([
                    "role": .string(message.role.rawValue),
                    "content": .array(try content(message.parts)),
                ]))
        }
        body["messages"] = .array(messages)
        if !turn.system.isEmpty {
            body["system"] = .array(
                turn.system.flatMap { Self.marked(["text": .string($0.text)], $0.cache) })
        }
        let limits = limits
        if !limits.isEmpty { body["inferenceConfig"] = .object(limits) }
        body["toolConfig"] = try toolConfig()
        let additional = additional
        if !additional.isEmpty { body["additionalModelRequestFields"] = .object(additional) }
        return body
    }

    private var limits: JSONObject {
        var object: JSONObject = [:]
        object["maxTokens"] = turn.limits.maximumTokens.map { .integer($0) }
        object["temperature"] = turn.limits.temperature.map { .number(String($0)) }
        object["topP"] = turn.limits.topP.map { .number(String($0)) }
        if !turn.limits.stopSequences.isEmpty {
            object["stopSequences"] = .array(turn.limits.stopSequences.map(JSON.string))
        }
        return object
    }

    /// What Converse has no field for is handed to the model in the model's own form.
    private var additional: JSONObject {
        var object: JSONObject = [:]
        object["thinking"] = turn.thinking.map(MessagesBody.thinking)
        object["output_config"] = turn.effort.map { .object(["effort": .string($0)]) }
        if !turn.betas.isEmpty { object["anthropic_beta"] = .array(turn.betas.map(JSON.string)) }
        return object
    }

    // MARK: Tools

    private func toolConfig() throws(ProviderError) -> JSON? {
        guard !turn.tools.isEmpty else { return nil }
        var config: JSONObject = [
            "tools": .array(
                turn.tools.flatMap { tool in
                    Self.marked(["toolSpec": .object(Self.specification(tool))], tool.cache)
                })
        ]
        guard let choice = turn.toolChoice else { return .object(config) }
        guard choice.allowsParallel != false else {
            throw ProviderError(
                .unsupported, message: "Converse cannot forbid several tools at once.")
        }
        switch choice.kind {
        case .auto: config["toolChoice"] = .object(["auto": .object([:])])
        case .any: config["toolChoice"] = .object(["any": .object([:])])
        case .tool(let name):
            config["toolChoice"] = .object(["tool": .object(["name": .string(name)])])
        case .none:
            throw ProviderError(
                .unsupported, message: "Converse cannot forbid tools; send none instead.")
        }
        return .object(config)
    }

    private static func specification(_ tool: ToolDefinition) -> JSONObject {
        var object: JSONObject = ["name": .string(tool.name)]
        object["description"] = tool.description.map { .string($0) }
        object["inputSchema"] = .object(["json": tool.inputSchema])
        return object
    }

    // MARK: Content

    /// A block, and behind it a mark of the cache.
    private static func marked(_ block: JSONObject, _ cache: CacheMark?) -> [JSON] {
        guard let cache else { return [.object(block)] }
        var point: JSONObject = ["type": .string("default")]
        point["ttl"] = cache.lifetime.map { .string($0) }
        return [.object(block), .object(["cachePoint": .object(point)])]
    }

    private func content(_ parts: [TurnPart]) throws(ProviderError) -> [JSON] {
        var blocks: [JSON] = []
        for part in parts { blocks += Self.marked(try Self.block(part.content), part.cache) }
        return blocks
    }

    private static func block(_ content: PartContent) throws(ProviderError) -> JSONObject {
        switch content {
        case .text(let text, _), .refusal(let text): return ["text": .string(text)]
        case .image(let image): return self.image(image)
        case .document(let document): return ["document": .object(self.document(document))]
        case .thinking(let text, let signature):
            let object: JSONObject = ["text": .string(text), "signature": .string(signature)]
            return ["reasoningContent": .object(["reasoningText": .object(object)])]
        case .redactedThinking(let data):
            return ["reasoningContent": .object(["redactedContent": .string(data)])]
        case .toolUse(let use): return toolUse(use)
        case .toolResult(let result): return toolResult(result)
        case .other(let object): return object
        }
    }

    /// `image/png` is the format `png`.
    private static func image(_ image: AttachedFile) -> JSONObject {
        let format = image.mediaType.split(separator: "/").last.map(String.init) ?? "png"
        return [
            "image": .object([
                "format": .string(format),
                "source": .object(["bytes": .string(Base64.string(image.bytes))]),
            ])
        ]
    }

    private static func document(_ document: DocumentPart) -> JSONObject {
        let format: String
        let bytes: [UInt8]
        switch document.source {
        case .file(let file):
            format = file.mediaType == "application/pdf" ? "pdf" : "txt"
            bytes = file.bytes
        case .text(let text):
            format = "txt"
            bytes = Array(text.utf8)
        }
        var object: JSONObject = [
            "format": .string(format), "name": .string(name(document.title)),
            "source": .object(["bytes": .string(Base64.string(bytes))]),
        ]
        if document.wantsCitations { object["citations"] = .object(["enabled": .bool(true)]) }
        return object
    }

    /// The name without its ending, and with spaces for what the service does not take in names.
    private static func name(_ title: String?) -> String {
        let stem = title.map { $0.contains(".") ? $0.prefix { $0 != "." } : $0[...] } ?? ""
        let plain = stem.map { character -> Character in
            let isTaken =
                character.isASCII
                && (character.isLetter || character.isNumber || "-()[]".contains(character))
            return isTaken ? character : " "
        }
        let words = String(plain).split(separator: " ")
        return words.isEmpty ? "document" : words.joined(separator: " ")
    }

    private static func toolUse(_ use: ToolUse) -> JSONObject {
        let input: JSON = if case .complete(let input) = use.input { input } else { .object([:]) }
        return [
            "toolUse": .object([
                "toolUseId": .string(use.id), "name": .string(use.name), "input": input,
            ])
        ]
    }

    private static func toolResult(_ result: ToolResult) -> JSONObject {
        let content = result.content.map { content -> JSON in
            switch content {
            case .text(let text): .object(["text": .string(text)])
            case .json(let value): .object(["json": value])
            case .image(let image): .object(self.image(image))
            }
        }
        var object: JSONObject = [
            "toolUseId": .string(result.toolUseID), "content": .array(content),
        ]
        object["status"] = result.isError.map { .string($0 ? "error" : "success") }
        return ["toolResult": .object(object)]
    }
}
