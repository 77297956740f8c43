import JSONText
import Providers
import Vault

/// Turns the events of an answer into steps of the journal.
///
/// Text is handed on and not kept, so that memory does not grow with the answer. What nobody is
/// shown in pieces is kept until its part ends, and is one step then: a tool's input, the signature
/// of thoughts, citations.
struct AnswerSteps {
    private enum Kind {
        case plain
        case thinking
        case text
        case tool(id: String, name: String, begun: JSON)
    }

    private struct OpenPart {
        var place: Int
        var kind: Kind
        /// The signature, or a tool's input.
        var held = ""
        var citations: [JSON] = []
    }

    /// Parts by their number in the stream.
    private var parts: [Int: OpenPart] = [:]
    private var count = 0
    private var usage = Usage()
    private(set) var stop: StopReason?
    /// The tools whose input is whole.
    private(set) var tools: [ToolUse] = []
    /// Whether a tool was asked for with an input that cannot be read.
    private(set) var hasBrokenTool = false

    /// The steps that an event is.
    mutating func take(_ event: TurnEvent) -> [TurnChange] {
        switch event {
        case .started(let id, let model):
            // The message's model is the one that was asked, by which policy and prices go.
            var facts = TurnFacts()
            facts.extra["answerID"] = id.map(JSON.string)
            facts.extra["answerModel"] = model.map(JSON.string)
            return [.facts(facts)]
        case .began(let number, let beginning): return begin(number, beginning)
        case .text(let number, let piece), .thinking(let number, let piece):
            return parts[number].map { [.text($0.place, piece)] } ?? []
        case .signature(let number, let piece), .toolInput(let number, let piece):
            parts[number]?.held += piece
            return []
        case .citation(let number, let citation):
            parts[number]?.citations.append(citation)
            return []
        case .ended(let number): return end(number)
        case .usage(let newer):
            usage.update(newer)
            var facts = TurnFacts()
            facts.usage = usage.json
            return [.facts(facts)]
        case .stopped(let reason, let sequence): return stop(reason, sequence)
        case .other: return []
        case .finished, .failed: return endAll()
        }
    }

    /// The steps that end what is open: an input of which nobody said that it is whole is not.
    mutating func endAll() -> [TurnChange] {
        parts.keys.sorted().flatMap { end($0, isWhole: false) }
    }

    private mutating func stop(_ reason: StopReason, _ sequence: String?) -> [TurnChange] {
        stop = reason
        var facts = TurnFacts()
        facts.stopReason = reason.word
        if let sequence { facts.extra["stopSequence"] = .string(sequence) }
        return [.facts(facts)]
    }

    private mutating func begin(_ number: Int, _ beginning: PartBeginning) -> [TurnChange] {
        var open = OpenPart(place: count, kind: .plain)
        count += 1
        var part: Part
        switch beginning {
        case .text(let text): (part, open.kind) = (.init(.text, text: text), .text)
        case .thinking(let text, let signature):
            (part, open.kind, open.held) = (.init(.thinking, text: text), .thinking, signature)
        case .redactedThinking(let data): part = StoredPart.redacted(data)
        case .refusal: part = StoredPart.refusal("")
        case .toolUse(let id, let name, let input):
            part = StoredPart.unfinishedTool(id: id, name: name, text: "")
            open.kind = .tool(id: id, name: name, begun: input ?? .object([:]))
        case .other(let object): part = .init(.other, data: .object(object))
        }
        parts[number] = open
        return [.part(open.place, part)]
    }

    private mutating func end(_ number: Int, isWhole: Bool = true) -> [TurnChange] {
        guard let part = parts.removeValue(forKey: number) else { return [] }
        switch part.kind {
        case .plain: return []
        case .thinking:
            return part.held.isEmpty ? [] : [.data(part.place, StoredPart.signature(part.held))]
        case .text:
            guard !part.citations.isEmpty else { return [] }
            return [.data(part.place, StoredPart.citations(part.citations))]
        case .tool(let id, let name, let begun):
            return endTool(part, id, name, begun: begun, isWhole: isWhole)
        }
    }

    /// A tool's input is read when all of it is there; what cannot be read stays as text.
    ///
    /// One without any text is as it began.
    private mutating func endTool(
        _ part: OpenPart, _ id: String, _ name: String, begun: JSON, isWhole: Bool
    ) -> [TurnChange] {
        let text = part.held
        let said = isWhole ? try? JSONReader.parse(text) : nil
        guard let input = text.isEmpty ? begun : said,
            !input.isNested(deeperThan: JSON.deepestOfModel)
        else {
            hasBrokenTool = true
            return [.part(part.place, StoredPart.unfinishedTool(id: id, name: name, text: text))]
        }
        let tool = ToolUse(id: id, name: name, input: .complete(input))
        tools.append(tool)
        return [.part(part.place, StoredPart.tool(tool, input))]
    }
}

extension StopReason {
    /// The word that is stored.
    var word: String {
        switch self {
        case .endOfTurn: "end_turn"
        case .maximumTokens: "max_tokens"
        case .stopSequence: "stop_sequence"
        case .toolUse: "tool_use"
        case .pause: "pause_turn"
        case .refusal: "refusal"
        case .contextFull: "model_context_window_exceeded"
        case .filtered: "filtered"
        case .other(let word): word
        }
    }
}

extension Usage {
    /// What is stored: the numbers that the provider said.
    var json: JSONObject {
        var object = JSONObject()
        object["inputTokens"] = inputTokens.map { .integer($0) }
        object["outputTokens"] = outputTokens.map { .integer($0) }
        object["cacheReadTokens"] = cacheReadTokens.map { .integer($0) }
        object["cacheWriteTokens"] = cacheWriteTokens.map { .integer($0) }
        object["reasoningTokens"] = reasoningTokens.map { .integer($0) }
        object["serviceTier"] = serviceTier.map(JSON.string)
        object["inferencePlace"] = inferencePlace.map(JSON.string)
        return object
    }
}
