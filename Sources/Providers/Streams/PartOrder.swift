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
/// small: an answer with more parts, with more beside its text and thoughts (inputs, ids and names
/// of tools, signatures, citations, parts of kinds that are not known; whether a part begins with
/// it or it comes later), with longer names or with deeper values has failed as `malformed`, and
/// what came before counts.
struct PartOrder: Sendable {
    static let mostParts = 4_096
    static let mostHeldBytes = 16 << 20
    /// The longest name of a tool, in bytes; providers take 64 to 128.
    static let longestName = 200
    /// The longest id of a tool's use, in bytes: gateways put a signature of thoughts into it.
    static let longestID = 16_384
    /// All names and ids of an answer, in bytes.
    static let mostNamingBytes = 1 << 20

    private enum Kind { case text, thinking, refusal, tool, other }

    private var open: [Int: Kind] = [:]
    private var parts = 0
    private var heldBytes = 0
    private var namingBytes = 0

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
            return open[part] == .text ? count(citation) ?? [event] : []
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
        if let fault = fault(of: beginning) { return fault }
        open[part] = Self.kind(beginning)
        return end + [.began(part: part, beginning)]
    }

    private static func kind(_ beginning: PartBeginning) -> Kind {
        switch beginning {
        case .text: .text
        case .thinking: .thinking
        case .refusal: .refusal
        case .toolUse: .tool
        case .redactedThinking, .other: .other
        }
    }

    /// Counts what a part begins with; what has failed where that is without bound.
    private mutating func fault(of beginning: PartBeginning) -> [TurnEvent]? {
        switch beginning {
        case .text, .refusal: return nil
        case .thinking(_, let signature): return count(signature.utf8.count)
        case .redactedThinking(let data): return count(data.utf8.count)
        case .toolUse(let id, let name, let input):
            namingBytes += id.utf8.count + name.utf8.count
            guard name.utf8.count <= Self.longestName, id.utf8.count <= Self.longestID,
                namingBytes <= Self.mostNamingBytes
            else { return Self.malformed("The answer asks for a tool by an endless name.") }
            return input.flatMap { count($0) }
        case .other(let object): return count(.object(object))
        }
    }

    private mutating func count(_ value: JSON) -> [TurnEvent]? {
        guard !value.isNested(deeperThan: JSON.deepestOfModel) else { return Self.tooDeep }
        return count(JSONWriter.line(value).utf8.count)
    }

    private mutating func count(_ bytes: Int) -> [TurnEvent]? {
        heldBytes += bytes
        guard heldBytes > Self.mostHeldBytes else { return nil }
        return Self.malformed("The answer has more than 16 MiB beside its text.")
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
        return count(bytes) ?? [event]
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
