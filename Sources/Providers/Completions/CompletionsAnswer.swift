import JSONText

/// Answers in the form of OpenAI's chat completions.
enum CompletionsAnswer {
    static func read(_ body: JSON) throws(ProviderError) -> Answer {
        guard let choice = body["choices"]?.array?.first, let message = choice["message"] else {
            throw ProviderError(.malformed, message: "The answer has no message.")
        }
        var machine = CompletionsMachine()
        // A whole answer is a stream of one piece: the members have the same names.
        var events = machine.take(
            body, delta: message, finish: choice["finish_reason"]?.string)
        events += machine.end()
        return AnswerAssembler.answer(events)
    }

    static func usage(_ object: JSON) -> Usage {
        var usage = Usage()
        let number: (JSON?) -> Int? = { $0?.int.map(Int.init) }
        usage.inputTokens = number(object["prompt_tokens"])
        usage.outputTokens = number(object["completion_tokens"])
        usage.cacheReadTokens = number(object["prompt_tokens_details"]?["cached_tokens"])
        usage.reasoningTokens = number(object["completion_tokens_details"]?["reasoning_tokens"])
        return usage
    }

    static func reason(_ word: String) -> StopReason {
        switch word {
        case "stop": .endOfTurn
        case "length": .maximumTokens
        case "tool_calls", "function_call": .toolUse
        case "content_filter": .filtered
        default: .other(word)
        }
    }
}
