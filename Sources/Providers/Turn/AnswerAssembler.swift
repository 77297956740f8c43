import JSONText

/// Builds an answer from its events; what was built so far can be read at any time.
package struct AnswerAssembler: Sendable {
    /// What grows piece by piece, apart from the parts: there each piece would copy all before it.
    private struct Growing: Sendable {
        var text = ""
        var signature = ""
        /// Of a tool's input, until it is whole.
        var input = ""
    }

    private var built = Answer()
    /// As many as there are parts.
    private var growing: [Growing] = []
    /// Place of each of the stream's own part numbers.
    private var places: [Int: Int] = [:]

    package init() {}

    /// The answer that a list of events gives.
    package static func answer(_ events: some Sequence<TurnEvent>) -> Answer {
        var assembler = AnswerAssembler()
        for event in events { assembler.take(event) }
        return assembler.answer
    }

    /// The answer so far.
    package var answer: Answer {
        var answer = built
        for (place, growing) in growing.enumerated() {
            answer.parts[place] = Self.part(answer.parts[place], growing)
        }
        return answer
    }

    private static func part(_ part: PartContent, _ growing: Growing) -> PartContent {
        switch part {
        case .text(_, let citations): return .text(growing.text, citations: citations)
        case .thinking: return .thinking(growing.text, signature: growing.signature)
        case .refusal: return .refusal(growing.text)
        case .toolUse(var use) where !growing.input.isEmpty:
            use.input = .unfinished(growing.input)
            return .toolUse(use)
        default: return part
        }
    }

    package mutating func take(_ event: TurnEvent) {
        switch event {
        case .started(let id, let model):
            built.id = id
            built.model = model
        case .began(let part, let beginning): begin(part, beginning)
        case .text(let part, let piece), .thinking(let part, let piece):
            if let place = places[part] { growing[place].text += piece }
        case .signature(let part, let piece):
            if let place = places[part] { growing[place].signature += piece }
        case .toolInput(let part, let piece):
            if let place = places[part] { growing[place].input += piece }
        case .citation(let part, let citation): cite(part, citation)
        case .ended(let part): end(part)
        case .usage(let usage): built.usage.update(usage)
        case .stopped(let reason, let sequence):
            built.stop = reason
            built.stopSequence = sequence
        case .other: break
        case .finished: built.state = .finished
        case .failed(let error): built.state = .failed(error)
        }
    }

    private mutating func begin(_ part: Int, _ beginning: PartBeginning) {
        places[part] = built.parts.count
        var start = Growing()
        switch beginning {
        case .text(let text):
            start.text = text
            built.parts.append(.text(""))
        case .thinking(let text, let signature):
            start.text = text
            start.signature = signature
            built.parts.append(.thinking("", signature: ""))
        case .redactedThinking(let data): built.parts.append(.redactedThinking(data))
        case .refusal: built.parts.append(.refusal(""))
        case .toolUse(let id, let name, let input):
            let input = ToolUse.Input.complete(input ?? .object([:]))
            built.parts.append(.toolUse(ToolUse(id: id, name: name, input: input)))
        case .other(let object): built.parts.append(.other(object))
        }
        growing.append(start)
    }

    private mutating func cite(_ part: Int, _ citation: JSON) {
        guard let place = places[part], case .text(_, let citations) = built.parts[place] else {
            return
        }
        built.parts[place] = .text("", citations: citations + [citation])
    }

    /// Reads a tool's input when all of it is there; without any text the input stays as it began,
    /// and one that is no JSON stays unfinished.
    private mutating func end(_ part: Int) {
        guard let place = places[part], case .toolUse(var use) = built.parts[place],
            let input = try? JSONReader.parse(growing[place].input),
            !input.isNested(deeperThan: JSON.deepestOfModel)
        else { return }
        use.input = .complete(input)
        built.parts[place] = .toolUse(use)
        growing[place].input = ""
    }
}
