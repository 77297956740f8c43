import JSONText

/// The events of the Messages form: `message_start`, blocks with deltas, `message_delta`,
/// `message_stop`.
///
/// An answer is finished by `message_stop` alone. The official client takes a stream that ends
/// before it for a whole one. Events, blocks and deltas of unknown kinds are passed on as `other`.
struct MessagesMachine: Sendable {
    private var isOver = false
    private var hasBegun = false

    /// What one event says.
    mutating func take(_ event: JSON) -> [TurnEvent] {
        if isOver { return [] }
        switch event["type"]?.string {
        case "message_start": return start(event["message"] ?? .null)
        case "content_block_start": return begin(event)
        case "content_block_delta": return delta(event)
        case "content_block_stop": return part(event).map { [.ended(part: $0)] } ?? [malformed()]
        case "message_delta": return change(event)
        case "message_stop":
            isOver = true
            return [hasBegun ? .finished : malformed()]
        case "error":
            isOver = true
            return [.failed(FailureReader.error(inStream: event))]
        case "ping": return []
        default: return [.other(event)]
        }
    }

    /// The end of the stream.
    mutating func end() -> [TurnEvent] {
        if isOver { return [] }
        isOver = true
        return [.failed(ProviderError(.cut))]
    }

    mutating func malformed() -> TurnEvent {
        isOver = true
        return .failed(
            ProviderError(.malformed, message: "An event of the answer lacks what it must have."))
    }

    private mutating func start(_ message: JSON) -> [TurnEvent] {
        guard message.object != nil else { return [malformed()] }
        hasBegun = true
        return [
            .started(id: message["id"]?.string, model: message["model"]?.string),
            .usage(MessagesAnswer.usage(message["usage"])),
        ]
    }

    private func part(_ event: JSON) -> Int? { event["index"]?.int.flatMap { Int(exactly: $0) } }

    private mutating func begin(_ event: JSON) -> [TurnEvent] {
        guard let part = part(event), let block = event["content_block"]?.object else {
            return [malformed()]
        }
        return [.began(part: part, MessagesAnswer.beginning(block))]
    }

    private mutating func delta(_ event: JSON) -> [TurnEvent] {
        guard let part = part(event), let delta = event["delta"] else { return [malformed()] }
        let text: (String) -> String = { delta[$0]?.string ?? "" }
        switch delta["type"]?.string {
        case "text_delta": return [.text(part: part, text("text"))]
        case "thinking_delta": return [.thinking(part: part, text("thinking"))]
        case "signature_delta": return [.signature(part: part, text("signature"))]
        case "input_json_delta": return [.toolInput(part: part, text("partial_json"))]
        case "citations_delta": return [.citation(part: part, delta["citation"] ?? .null)]
        default: return [.other(event)]
        }
    }

    private func change(_ event: JSON) -> [TurnEvent] {
        var events: [TurnEvent] = []
        if event["usage"] != nil { events.append(.usage(MessagesAnswer.usage(event["usage"]))) }
        if let word = event["delta"]?["stop_reason"]?.string {
            events.append(
                .stopped(
                    MessagesAnswer.reason(word), sequence: event["delta"]?["stop_sequence"]?.string
                ))
        }
        return events
    }
}

/// The Messages form in server-sent events.
///
/// The type of an event is that of its data, and where there is none that of the `event:` line; a
/// gateway that leaves out either is read too. `[DONE]`, which some gateways put at the end, says
/// nothing here.
struct MessagesEvents: AnswerMachine {
    private var machine = MessagesMachine()

    mutating func take(_ frame: ServerSentEvents.Event) -> [TurnEvent] {
        if frame.data.elementsEqual("[DONE]".utf8) { return [] }
        guard var event = (try? JSONReader.parse(frame.data))?.object else {
            return [machine.malformed()]
        }
        if event["type"] == nil { event["type"] = frame.type.map { .string($0) } }
        return machine.take(.object(event))
    }

    mutating func end() -> [TurnEvent] { machine.end() }
}
