import JSONText

/// Makes the events of a stream keep the promises of `TurnEvent`, whatever a server sends.
///
/// | event | its part is open, of that kind | otherwise |
/// |---|---|---|
/// | `began` | the open one ends first | passes |
/// | `text` | passes (also for a refusal) | begins a part of text |
/// | `thinking`, `signature` | passes | begins a part of thoughts |
/// | `citation`, `toolInput` | passes | is dropped: it belongs to nothing |
/// | `ended` | passes | is dropped |
///
/// So a gateway that does not say where a part begins loses none of its words. Bounds keep memory
/// small: an answer with more parts, with more of what is shown to nobody (inputs of tools,
/// signatures, citations), or with deeper values has failed as `malformed`, and what came before
/// counts.
struct PartOrder: Sendable {
    static let mostParts = 4_096
    static let mostHeldBytes = 16 << 20

    private enum Kind { case text, thinking, refusal, tool, other }

    private var open: [Int: Kind] = [:]
    private var parts = 0
    private var heldBytes = 0

    /// The events that stand for one; `failed` is the last of an answer.
    mutating func take(_ event: TurnEvent) -> [TurnEvent] {
        switch event {
        case .began(let part, let beginning): return begin(part, beginning)
        case .text(let part, _):
            if open[part] == .refusal { return [event] }
            return ensure(part, .text) { .text("") } + [event]
        case .thinking(let part, _):
            return ensure(part, .thinking) { .thinking("", signature: "") } + [event]
        case .signature(let part, let piece):
            // Thoughts of which a provider gives the signature alone have no other beginning.
            return ensure(part, .thinking) { .thinking("", signature: "") }
                + hold(event, part, .thinking, piece.utf8.count)
        case .toolInput(let part, let piece): return hold(event, part, .tool, piece.utf8.count)
        case .citation(let part, let citation):
            guard !citation.isNested(deeperThan: JSON.deepestOfModel) else { return Self.tooDeep }
            return hold(event, part, .text, JSONWriter.line(citation).utf8.count)
        case .ended(let part): return open.removeValue(forKey: part) == nil ? [] : [event]
        case .started, .usage, .stopped, .other, .finished, .failed: return [event]
        }
    }

    private mutating func begin(_ part: Int, _ beginning: PartBeginning) -> [TurnEvent] {
        let end: [TurnEvent] = open[part] == nil ? [] : [.ended(part: part)]
        parts += 1
        guard parts <= Self.mostParts else {
            return Self.malformed("The answer has more than \(Self.mostParts) parts.")
        }
        switch beginning {
        case .text: open[part] = .text
        case .thinking: open[part] = .thinking
        case .refusal: open[part] = .refusal
        case .toolUse(_, _, let input):
            guard input?.isNested(deeperThan: JSON.deepestOfModel) != true else {
                return Self.tooDeep
            }
            open[part] = .tool
        case .other(let object):
            guard !JSON.object(object).isNested(deeperThan: JSON.deepestOfModel) else {
                return Self.tooDeep
            }
            open[part] = .other
        case .redactedThinking: open[part] = .other
        }
        return end + [.began(part: part, beginning)]
    }

    /// What begins a part where none of that kind is open.
    private mutating func ensure(
        _ part: Int, _ kind: Kind, _ beginning: () -> PartBeginning
    ) -> [TurnEvent] {
        open[part] == kind ? [] : begin(part, beginning())
    }

    private mutating func hold(
        _ event: TurnEvent, _ part: Int, _ kind: Kind, _ bytes: Int
    ) -> [TurnEvent] {
        guard open[part] == kind else { return [] }
        heldBytes += bytes
        guard heldBytes <= Self.mostHeldBytes else {
            return Self.malformed("The answer asks for tools with more than 16 MiB.")
        }
        return [event]
    }

    private static let tooDeep = malformed("The answer has values that are nested too deep.")

    private static func malformed(_ sentence: String) -> [TurnEvent] {
        [.failed(ProviderError(.malformed, message: sentence))]
    }
}

extension JSON {
    /// So many levels may a value have that a model said: what it is kept in adds some more, and
    /// `JSONReader.maximumDepth` has to hold for the whole.
    package static let deepestOfModel = 200
}
