import JSONText

/// The pieces of an answer in the form of OpenAI's chat completions.
///
/// The answer is whole when a piece gave a `finish_reason`; the numbers of tokens may come after
/// it. `[DONE]` is not waited for: many servers leave it out. A stream that ends without a
/// `finish_reason` was cut.
struct CompletionsMachine: Sendable {
    private var hasBegun = false
    private var hasFinished = false
    private var isOver = false
    private var count = 0
    private var textPart: Int?
    private var thinkingPart: Int?
    private var refusalPart: Int?
    /// The part of each call of a tool, by the number that the server gives it.
    private var toolParts: [Int: Int] = [:]

    /// What one piece says.
    mutating func take(_ chunk: JSON) -> [TurnEvent] {
        if isOver { return [] }
        if let error = chunk["error"], !error.isNull {
            isOver = true
            return [.failed(FailureReader.error(inStream: chunk))]
        }
        guard let choices = chunk["choices"]?.array else { return [malformed()] }
        let choice = choices.first { ($0["index"]?.int ?? 0) == 0 }
        return take(chunk, delta: choice?["delta"], finish: choice?["finish_reason"]?.string)
    }

    /// What a piece says whose message has been found.
    mutating func take(_ chunk: JSON, delta: JSON?, finish: String?) -> [TurnEvent] {
        var events: [TurnEvent] = []
        if !hasBegun, delta != nil {
            hasBegun = true
            events.append(.started(id: chunk["id"]?.string, model: chunk["model"]?.string))
        }
        if let delta { events += pieces(delta) }
        if let finish, !hasFinished {
            hasFinished = true
            events += (0..<count).map { .ended(part: $0) }
            events.append(.stopped(CompletionsAnswer.reason(finish), sequence: nil))
        }
        if let usage = chunk["usage"], usage.object != nil {
            events.append(.usage(CompletionsAnswer.usage(usage)))
        }
        return events
    }

    /// The end of the stream, or `[DONE]`.
    mutating func end() -> [TurnEvent] {
        if isOver { return [] }
        isOver = true
        return [hasFinished ? .finished : .failed(ProviderError(.cut))]
    }

    mutating func malformed() -> TurnEvent {
        isOver = true
        return .failed(
            ProviderError(.malformed, message: "A piece of the answer lacks what it must have."))
    }

    private mutating func pieces(_ delta: JSON) -> [TurnEvent] {
        var events: [TurnEvent] = []
        let thoughts = delta["reasoning_content"] ?? delta["reasoning"]
        if let text = thoughts?.string, !text.isEmpty {
            let part = open(\.thinkingPart, .thinking("", signature: ""), &events)
            events.append(.thinking(part: part, text))
        }
        if let text = delta["content"]?.string, !text.isEmpty {
            events.append(.text(part: open(\.textPart, .text(""), &events), text))
        }
        if let text = delta["refusal"]?.string, !text.isEmpty {
            events.append(.text(part: open(\.refusalPart, .refusal, &events), text))
        }
        for (place, call) in (delta["tool_calls"]?.array ?? []).enumerated() {
            self.call(call, place, &events)
        }
        return events
    }

    private mutating func open(
        _ place: WritableKeyPath<Self, Int?>, _ beginning: PartBeginning,
        _ events: inout [TurnEvent]
    ) -> Int {
        if let part = self[keyPath: place] { return part }
        let part = begin(beginning, &events)
        self[keyPath: place] = part
        return part
    }

    private mutating func begin(_ beginning: PartBeginning, _ events: inout [TurnEvent]) -> Int {
        defer { count += 1 }
        events.append(.began(part: count, beginning))
        return count
    }

    private mutating func call(_ call: JSON, _ place: Int, _ events: inout [TurnEvent]) {
        let number = call["index"]?.int.flatMap { Int(exactly: $0) } ?? place
        let function = call["function"]
        if toolParts[number] == nil {
            let beginning = PartBeginning.toolUse(
                id: call["id"]?.string ?? "", name: function?["name"]?.string ?? "", input: nil)
            toolParts[number] = begin(beginning, &events)
        }
        if let part = toolParts[number], let text = function?["arguments"]?.string, !text.isEmpty {
            events.append(.toolInput(part: part, text))
        }
    }
}

/// The same in server-sent events.
struct CompletionsEvents: AnswerMachine {
    private var machine = CompletionsMachine()

    mutating func take(_ frame: ServerSentEvents.Event) -> [TurnEvent] {
        if frame.data.elementsEqual("[DONE]".utf8) { return machine.end() }
        guard let chunk = try? JSONReader.parse(frame.data) else { return [machine.malformed()] }
        return machine.take(chunk)
    }

    mutating func end() -> [TurnEvent] { machine.end() }
}
