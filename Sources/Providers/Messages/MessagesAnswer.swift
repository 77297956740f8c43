import JSONText

/// Answers of the Messages form.
enum MessagesAnswer {
    /// Reads an answer that came whole.
    static func read(_ body: JSON) throws(ProviderError) -> Answer {
        guard body["type"]?.string == "message", let blocks = body["content"]?.array else {
            throw ProviderError(.malformed, message: "The answer is not a message.")
        }
        var events: [TurnEvent] = [.started(id: body["id"]?.string, model: body["model"]?.string)]
        for (index, block) in blocks.enumerated() {
            guard let block = block.object else {
                throw ProviderError(.malformed, message: "A block of the answer is no object.")
            }
            events.append(.began(part: index, beginning(block)))
            let citations = block["citations"]?.array ?? []
            events += citations.map { .citation(part: index, $0) }
            events.append(.ended(part: index))
        }
        events.append(.usage(usage(body["usage"])))
        if let word = body["stop_reason"]?.string {
            events.append(.stopped(reason(word), sequence: body["stop_sequence"]?.string))
        }
        return AnswerAssembler.answer(events + [.finished])
    }

    /// What kind of part a block begins.
    static func beginning(_ block: JSONObject) -> PartBeginning {
        let text: (String) -> String = { block[$0]?.string ?? "" }
        switch block["type"]?.string {
        case "text": return .text(text("text"))
        case "thinking": return .thinking(text("thinking"), signature: text("signature"))
        case "redacted_thinking": return .redactedThinking(text("data"))
        case "tool_use":
            return .toolUse(id: text("id"), name: text("name"), input: block["input"])
        default: return .other(block)
        }
    }

    static func usage(_ object: JSON?) -> Usage {
        var usage = Usage()
        let number: (String) -> Int? = { object?[$0]?.int.map(Int.init) }
        usage.inputTokens = number("input_tokens")
        usage.outputTokens = number("output_tokens")
        usage.cacheReadTokens = number("cache_read_input_tokens")
        usage.cacheWriteTokens = number("cache_creation_input_tokens")
        usage.serviceTier = object?["service_tier"]?.string
        usage.inferencePlace = object?["inference_geo"]?.string
        return usage
    }

    static func reason(_ word: String) -> StopReason {
        switch word {
        case "end_turn": .endOfTurn
        case "max_tokens": .maximumTokens
        case "stop_sequence": .stopSequence
        case "tool_use": .toolUse
        case "pause_turn": .pause
        case "refusal": .refusal
        case "model_context_window_exceeded": .contextFull
        default: .other(word)
        }
    }
}
