import JSONText
import Providers

/// An answer in the form in which the official client prints a message.
enum MessageForm {
    static func json(_ answer: Answer) -> JSON {
        var object: JSONObject = [
            "type": .string("message"), "role": .string("assistant"),
            "content": .array(answer.parts.map { .object(block($0)) }),
        ]
        object["id"] = answer.id.map { .string($0) }
        object["model"] = answer.model.map { .string($0) }
        object["stop_reason"] = answer.stop.map { .string(word($0)) }
        object["stop_sequence"] = answer.stopSequence.map { .string($0) }
        object["usage"] = .object(usage(answer.usage))
        return .object(object)
    }

    private static func block(_ part: PartContent) -> JSONObject {
        switch part {
        case .text(let text, let citations):
            var block: JSONObject = ["type": .string("text"), "text": .string(text)]
            if !citations.isEmpty { block["citations"] = .array(citations) }
            return block
        case .thinking(let text, let signature):
            return [
                "type": .string("thinking"), "thinking": .string(text),
                "signature": .string(signature),
            ]
        case .redactedThinking(let data):
            return ["type": .string("redacted_thinking"), "data": .string(data)]
        case .toolUse(let use):
            var block: JSONObject = [
                "type": .string("tool_use"), "id": .string(use.id), "name": .string(use.name),
            ]
            if case .complete(let input) = use.input { block["input"] = input }
            return block
        case .other(let object): return object
        default: return [:]
        }
    }

    private static func word(_ reason: StopReason) -> String {
        switch reason {
        case .endOfTurn: "end_turn"
        case .maximumTokens: "max_tokens"
        case .stopSequence: "stop_sequence"
        case .toolUse: "tool_use"
        case .pause: "pause_turn"
        case .refusal: "refusal"
        case .contextFull: "model_context_window_exceeded"
        case .filtered: "content_filtered"
        case .other(let word): word
        }
    }

    private static func usage(_ usage: Usage) -> JSONObject {
        var object = JSONObject()
        object["input_tokens"] = usage.inputTokens.map { .integer($0) }
        object["output_tokens"] = usage.outputTokens.map { .integer($0) }
        object["cache_read_input_tokens"] = usage.cacheReadTokens.map { .integer($0) }
        object["cache_creation_input_tokens"] = usage.cacheWriteTokens.map { .integer($0) }
        object["service_tier"] = usage.serviceTier.map { .string($0) }
        object["inference_geo"] = usage.inferencePlace.map { .string($0) }
        return object
    }
}
