import JSONText

/// Builds an answer from its events; what was built so far can be read at any time.
package struct AnswerAssembler: Sendable {
    package private(set) var answer = Answer()
    /// Place in `answer.parts` of each of the stream's own part numbers.
    private var places: [Int: Int] = [:]
    /// Text of tool inputs that are not whole yet, by the part's number in the stream.
    private var inputs: [Int: String] = [:]

    package init() {}

    /// The answer that a list of events gives.
    package static func answer(_ events: some Sequence<TurnEvent>) -> Answer {
        var assembler = AnswerAssembler()
        for event in events { assembler.take(event) }
        return assembler.answer
    }

    package mutating func take(_ event: TurnEvent) {
        switch event {
        case .started(let id, let model):
            answer.id = id
            answer.model = model
        case .began(let part, let beginning): begin(part, beginning)
        case .text(let part, let text), .thinking(let part, let text): append(text, to: part)
        case .signature(let part, let text): sign(part, text)
        case .citation(let part, let citation): cite(part, citation)
        case .toolInput(let part, let text): inputs[part, default: ""] += text
        case .ended(let part): end(part)
        case .usage(let usage): answer.usage.update(usage)
        case .stopped(let reason, let sequence):
            answer.stop = reason
            answer.stopSequence = sequence
        case .other: break
        case .finished: close(.finished)
        case .failed(let error): close(.failed(error))
        }
    }

    private mutating func close(_ state: Answer.State) {
        for part in inputs.keys.sorted() { end(part) }
        answer.state = state
    }

    // MARK: Parts

    private mutating func begin(_ part: Int, _ beginning: PartBeginning) {
        places[part] = answer.parts.count
        switch beginning {
        case .text(let text): answer.parts.append(.text(text))
        case .thinking(let text, let signature):
            answer.parts.append(.thinking(text, signature: signature))
        case .redactedThinking(let data): answer.parts.append(.redactedThinking(data))
        case .refusal: answer.parts.append(.refusal(""))
        case .toolUse(let id, let name, let input):
            inputs[part] = ""
            let input = ToolUse.Input.complete(input ?? .object([:]))
            answer.parts.append(.toolUse(ToolUse(id: id, name: name, input: input)))
        case .other(let object): answer.parts.append(.other(object))
        }
    }

    /// Changes a part in place; a piece of a part that never began changes nothing.
    private mutating func change(_ part: Int, _ body: (inout PartContent) -> Void) {
        guard let place = places[part] else { return }
        body(&answer.parts[place])
    }

    private mutating func append(_ piece: String, to part: Int) {
        change(part) { content in
            switch content {
            case .text(let text, let citations): content = .text(text + piece, citations: citations)
            case .thinking(let text, let signature):
                content = .thinking(text + piece, signature: signature)
            case .refusal(let text): content = .refusal(text + piece)
            default: break
            }
        }
    }

    private mutating func sign(_ part: Int, _ piece: String) {
        change(part) { content in
            guard case .thinking(let text, let signature) = content else { return }
            content = .thinking(text, signature: signature + piece)
        }
    }

    private mutating func cite(_ part: Int, _ citation: JSON) {
        change(part) { content in
            guard case .text(let text, let citations) = content else { return }
            content = .text(text, citations: citations + [citation])
        }
    }

    /// Reads a tool's input when all of it is there; without any text the input stays as it began.
    private mutating func end(_ part: Int) {
        guard let text = inputs.removeValue(forKey: part), !text.isEmpty else { return }
        let input = (try? JSONReader.parse(text)).map(ToolUse.Input.complete)
        change(part) { content in
            guard case .toolUse(var use) = content else { return }
            use.input = input ?? .unfinished(text)
            content = .toolUse(use)
        }
    }
}
