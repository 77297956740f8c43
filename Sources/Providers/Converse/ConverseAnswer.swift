import JSONText

/// Answers of Converse.
enum ConverseAnswer {
    static func read(_ body: JSON) throws(ProviderError) -> Answer {
        guard let blocks = body["output"]?["message"]?["content"]?.array else {
            throw ProviderError(.malformed, message: "The answer has no message.")
        }
        var events: [TurnEvent] = [.started(id: nil, model: nil)]
        for (index, block) in blocks.enumerated() {
            events.append(.began(part: index, beginning(block)))
            events.append(.ended(part: index))
        }
        events.append(.usage(usage(body["usage"])))
        if let word = body["stopReason"]?.string {
            events.append(.stopped(reason(word), sequence: nil))
        }
        return AnswerAssembler.answer(events + [.finished])
    }

    private static func beginning(_ block: JSON) -> PartBeginning {
        if let text = block["text"]?.string { return .text(text) }
        if let use = block["toolUse"] { return toolUse(use) }
        if let thoughts = block["reasoningContent"]?["reasoningText"] {
            return .thinking(
                thoughts["text"]?.string ?? "", signature: thoughts["signature"]?.string ?? "")
        }
        if let data = block["reasoningContent"]?["redactedContent"]?.string {
            return .redactedThinking(data)
        }
        return .other(block.object ?? [:])
    }

    static func toolUse(_ use: JSON) -> PartBeginning {
        .toolUse(
            id: use["toolUseId"]?.string ?? "", name: use["name"]?.string ?? "",
            input: use["input"])
    }

    static func usage(_ object: JSON?) -> Usage {
        var usage = Usage()
        let number: (String) -> Int? = { object?[$0]?.int.map(Int.init) }
        usage.inputTokens = number("inputTokens")
        usage.outputTokens = number("outputTokens")
        usage.cacheReadTokens = number("cacheReadInputTokens")
        usage.cacheWriteTokens = number("cacheWriteInputTokens")
        return usage
    }

    static func reason(_ word: String) -> StopReason {
        switch word {
        case "guardrail_intervened", "content_filtered": .filtered
        default: MessagesAnswer.reason(word)
        }
    }
}
