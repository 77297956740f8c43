import JSONText

/// The frames of ConverseStream: the event's type is the name of its kind, the payload its JSON.
///
/// `messageStop` ends the answer; `metadata`, with the numbers of tokens, comes after it. A stream
/// that ends without `messageStop` was cut. A block of text or of thoughts begins with its first
/// piece: `PartOrder` says so.
struct ConverseFrames: AnswerMachine {
    private var hasStopped = false
    private var isOver = false

    mutating func take(_ frame: EventStreamFrame) -> [TurnEvent] {
        if isOver { return [] }
        if let error = FailureReader.error(inFrame: frame) { return last(.failed(error)) }
        guard let payload = try? JSONReader.parse(frame.payload) else { return malformed() }
        let part = payload["contentBlockIndex"]?.int.flatMap { Int(exactly: $0) }
        switch frame.text(":event-type") {
        case "messageStart": return [.started(id: nil, model: nil)]
        case "contentBlockStart":
            guard let part, let start = payload["start"] else { return malformed() }
            return begin(part, start)
        case "contentBlockDelta":
            guard let part, let delta = payload["delta"] else { return malformed() }
            return piece(part, delta)
        case "contentBlockStop":
            guard let part else { return malformed() }
            return [.ended(part: part)]
        case "messageStop":
            guard let word = payload["stopReason"]?.string else { return malformed() }
            hasStopped = true
            return [.stopped(ConverseAnswer.reason(word), sequence: nil)]
        case "metadata":
            let usage = TurnEvent.usage(ConverseAnswer.usage(payload["usage"]))
            return hasStopped ? [usage] + last(.finished) : [usage]
        default: return [.other(payload)]
        }
    }

    mutating func end() -> [TurnEvent] {
        if isOver { return [] }
        return last(hasStopped ? .finished : .failed(ProviderError(.cut)))
    }

    private mutating func last(_ event: TurnEvent) -> [TurnEvent] {
        isOver = true
        return [event]
    }

    private mutating func malformed() -> [TurnEvent] {
        last(
            .failed(
                ProviderError(
                    .malformed, message: "An event of the answer lacks what it must have.")))
    }

    private func begin(_ part: Int, _ start: JSON) -> [TurnEvent] {
        // What says nothing is told by its first piece.
        guard let members = start.object, !members.isEmpty else { return [] }
        if let use = start["toolUse"] { return [.began(part: part, ConverseAnswer.toolUse(use))] }
        return [.began(part: part, .other(members))]
    }

    private func piece(_ part: Int, _ delta: JSON) -> [TurnEvent] {
        if let text = delta["text"]?.string {
            return [.text(part: part, text)]
        }
        if let input = delta["toolUse"]?["input"]?.string {
            return [.toolInput(part: part, input)]
        }
        guard let thoughts = delta["reasoningContent"] else { return [.other(delta)] }
        if let data = thoughts["redactedContent"]?.string {
            return [.began(part: part, .redactedThinking(data))]
        }
        var events: [TurnEvent] = []
        if let text = thoughts["text"]?.string { events.append(.thinking(part: part, text)) }
        if let text = thoughts["signature"]?.string { events.append(.signature(part: part, text)) }
        return events
    }
}
