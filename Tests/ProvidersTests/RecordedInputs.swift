import JSONText
import Providers
import Testing
import VaultCrypto

/// The inputs that the official clients were given, as turns.
enum RecordedInputs {
    static func turn(_ name: String, model: String) throws -> TurnRequest {
        if let name = name.suffix(after: "converse:") {
            return try converse(input("_inputs_converse.json", name), model)
        }
        if let name = name.suffix(after: "openai:") {
            return try completions(input("_inputs_openai_chat.json", name), model)
        }
        return try messages(input("_inputs.json", name), model)
    }

    private static func input(_ file: String, _ name: String) throws -> JSON {
        try #require(try WireData.json("requests/\(file)")[name], "\(file) has no \(name)")
    }

    private static func role(_ message: JSON) throws -> TurnMessage.Role {
        try #require(message["role"]?.string.flatMap(TurnMessage.Role.init))
    }

    private static func strings(_ value: JSON?) -> [String] {
        (value?.array ?? []).compactMap(\.string)
    }

    private static func decoded(_ text: String?) throws -> [UInt8] {
        try #require(text.flatMap { Base64.decode($0.utf8) })
    }

    // MARK: Messages

    private static func messages(_ input: JSON, _ model: String) throws -> TurnRequest {
        var turn = TurnRequest(
            model: model,
            messages: try (input["messages"]?.array ?? []).map { message in
                TurnMessage(try role(message), try parts(message["content"]))
            })
        if let text = input["system"]?.string { turn.system = [SystemText(text)] }
        turn.system += (input["system"]?.array ?? []).map {
            SystemText($0["text"]?.string ?? "", cache: mark($0))
        }
        turn.tools = (input["tools"]?.array ?? []).map {
            ToolDefinition(
                name: $0["name"]?.string ?? "", description: $0["description"]?.string,
                inputSchema: $0["input_schema"] ?? .null, cache: mark($0))
        }
        if input["tool_choice"]?["type"]?.string == "auto" {
            let isSingle = input["tool_choice"]?["disable_parallel_tool_use"]?.bool
            turn.toolChoice = ToolChoice(.auto, allowsParallel: isSingle.map { !$0 })
        }
        turn.limits.maximumTokens = input["max_tokens"]?.int.map(Int.init)
        turn.limits.stopSequences = strings(input["stop_sequences"])
        turn.thinking = thinking(input["thinking"])
        turn.effort = input["output_config"]?["effort"]?.string
        turn.userID = input["metadata"]?["user_id"]?.string
        return turn
    }

    private static func mark(_ block: JSON) -> CacheMark? {
        block["cache_control"].map { CacheMark(lifetime: $0["ttl"]?.string) }
    }

    private static func thinking(_ value: JSON?) -> ThinkingSetting? {
        switch value?["type"]?.string {
        case "adaptive": .adaptive(display: value?["display"]?.string)
        case "enabled": .budget(tokens: Int(value?["budget_tokens"]?.int ?? 0))
        default: nil
        }
    }

    private static func parts(_ content: JSON?) throws -> [TurnPart] {
        if let text = content?.string { return [.text(text)] }
        return try (content?.array ?? []).map { TurnPart(try part($0), cache: mark($0)) }
    }

    private static func part(_ block: JSON) throws -> PartContent {
        let text: (String) -> String = { block[$0]?.string ?? "" }
        switch block["type"]?.string {
        case "text": return .text(text("text"))
        case "image": return .image(try attachment(block["source"]))
        case "document":
            let source = block["source"]
            let isText = source?["type"]?.string == "text"
            let kind: DocumentPart.Source =
                isText ? .text(source?["data"]?.string ?? "") : .file(try attachment(source))
            return .document(
                DocumentPart(
                    kind, title: block["title"]?.string,
                    wantsCitations: block["citations"]?["enabled"]?.bool == true))
        case "thinking": return .thinking(text("thinking"), signature: text("signature"))
        case "tool_use":
            return .toolUse(
                ToolUse(
                    id: text("id"), name: text("name"), input: .complete(block["input"] ?? .null)))
        case "tool_result":
            let content = block["content"]
            let texts =
                content?.string.map { [$0] }
                ?? strings(content?.array?[0]["text"].map { .array([$0]) })
            return .toolResult(
                ToolResult(
                    toolUseID: text("tool_use_id"), content: texts.map { .text($0) },
                    isError: block["is_error"]?.bool))
        default: return .other(try #require(block.object))
        }
    }

    private static func attachment(_ source: JSON?) throws -> AttachedFile {
        AttachedFile(
            mediaType: source?["media_type"]?.string ?? "",
            bytes: try decoded(source?["data"]?.string))
    }

    // MARK: Converse

    private static func converse(_ input: JSON, _ model: String) throws -> TurnRequest {
        var turn = TurnRequest(
            model: model,
            messages: try (input["messages"]?.array ?? []).map { message in
                var parts: [TurnPart] = []
                for block in message["content"]?.array ?? [] {
                    if block["cachePoint"] != nil, let last = parts.popLast() {
                        parts.append(TurnPart(last.content, cache: CacheMark()))
                    } else {
                        parts.append(TurnPart(try conversePart(block)))
                    }
                }
                return TurnMessage(try role(message), parts)
            })
        for block in input["system"]?.array ?? [] {
            if let text = block["text"]?.string { turn.system.append(SystemText(text)) }
            if block["cachePoint"] != nil { turn.system[turn.system.count - 1].cache = CacheMark() }
        }
        let limits = input["inferenceConfig"]
        turn.limits.maximumTokens = limits?["maxTokens"]?.int.map(Int.init)
        turn.limits.temperature = limits?["temperature"]?.double
        turn.limits.topP = limits?["topP"]?.double
        turn.limits.stopSequences = strings(limits?["stopSequences"])
        turn.thinking = thinking(input["additionalModelRequestFields"]?["thinking"])
        turn.tools = (input["toolConfig"]?["tools"]?.array ?? []).map { tool in
            ToolDefinition(
                name: tool["toolSpec"]?["name"]?.string ?? "",
                description: tool["toolSpec"]?["description"]?.string,
                inputSchema: tool["toolSpec"]?["inputSchema"]?["json"] ?? .null)
        }
        if input["toolConfig"]?["toolChoice"]?["auto"] != nil {
            turn.toolChoice = ToolChoice(.auto)
        }
        return turn
    }

    private static func conversePart(_ block: JSON) throws -> PartContent {
        if let text = block["text"]?.string { return .text(text) }
        if let image = block["image"] {
            let bytes = try decoded(image["source"]?["bytes"]?["$base64"]?.string)
            return .image(
                AttachedFile(mediaType: "image/\(image["format"]?.string ?? "")", bytes: bytes))
        }
        if let thoughts = block["reasoningContent"]?["reasoningText"] {
            return .thinking(
                thoughts["text"]?.string ?? "", signature: thoughts["signature"]?.string ?? "")
        }
        if let use = block["toolUse"] {
            return .toolUse(
                ToolUse(
                    id: use["toolUseId"]?.string ?? "", name: use["name"]?.string ?? "",
                    input: .complete(use["input"] ?? .null)))
        }
        let result = try #require(block["toolResult"])
        return .toolResult(
            ToolResult(
                toolUseID: result["toolUseId"]?.string ?? "",
                content: (result["content"]?.array ?? []).map { content in
                    content["text"]?.string.map { .text($0) } ?? .json(content["json"] ?? .null)
                }, isError: result["status"]?.string == "error"))
    }

    // MARK: Completions

    private static func completions(_ input: JSON, _ model: String) throws -> TurnRequest {
        var turn = TurnRequest(model: model, messages: [])
        for message in input["messages"]?.array ?? [] {
            if message["role"]?.string == "system" {
                turn.system.append(SystemText(message["content"]?.string ?? ""))
            } else {
                turn.messages.append(
                    TurnMessage(try role(message), try completionsParts(message["content"])))
            }
        }
        turn.limits.maximumTokens = (input["max_tokens"] ?? input["max_completion_tokens"])?.int
            .map(Int.init)
        turn.limits.temperature = input["temperature"]?.double
        turn.limits.topP = input["top_p"]?.double
        turn.limits.stopSequences = strings(input["stop"])
        turn.tools = (input["tools"]?.array ?? []).map { tool in
            ToolDefinition(
                name: tool["function"]?["name"]?.string ?? "",
                description: tool["function"]?["description"]?.string,
                inputSchema: tool["function"]?["parameters"] ?? .null)
        }
        if input["tool_choice"]?.string == "auto" {
            turn.toolChoice = ToolChoice(
                .auto, allowsParallel: input["parallel_tool_calls"]?.bool)
        }
        return turn
    }

    private static func completionsParts(_ content: JSON?) throws -> [TurnPart] {
        if let text = content?.string { return [.text(text)] }
        return try (content?.array ?? []).map { part in
            guard let address = part["image_url"]?["url"]?.string else {
                return .text(part["text"]?.string ?? "")
            }
            let halves = address.dropFirst("data:".count).split(separator: ";base64,")
            return TurnPart(
                .image(
                    AttachedFile(
                        mediaType: String(halves[0]), bytes: try decoded(String(halves[1])))))
        }
    }
}

extension String {
    /// What follows a prefix; nil where it is not there.
    func suffix(after prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
