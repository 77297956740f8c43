import JSONText

/// Turns the frames of one provider's stream into events.
package protocol AnswerMachine: Sendable {
    associatedtype Frame: Sendable & Equatable

    /// What a frame says.
    mutating func take(_ frame: Frame) -> [TurnEvent]

    /// Says that the stream has ended in order; answers `finished` or `failed` if neither was
    /// said.
    mutating func end() -> [TurnEvent]
}

/// Turns the bytes of an answer into events.
package protocol AnswerDecoding: Sendable {
    /// Takes the next bytes; after `finished` or `failed` nothing follows, whatever bytes come.
    mutating func take(_ bytes: [UInt8]) -> [TurnEvent]

    /// Says that the body has ended in order.
    mutating func end() -> [TurnEvent]

    /// Says that the body will not go on; nothing comes of it where the answer was over already.
    mutating func fail(_ error: ProviderError) -> [TurnEvent]
}

/// A stream of an answer: framing below, a provider's machine above it, and `PartOrder` on top.
///
/// The events do not depend on how the bytes are cut into pieces.
package struct AnswerStream<Framing: StreamFraming, Machine: AnswerMachine>: AnswerDecoding
where Framing.Frame == Machine.Frame {
    private var framing: Framing
    private var machine: Machine
    private var order = PartOrder()
    private var isOver = false

    package init(_ framing: Framing, _ machine: Machine) {
        self.framing = framing
        self.machine = machine
    }

    package mutating func take(_ bytes: [UInt8]) -> [TurnEvent] {
        if isOver { return [] }
        let steps = framing.take(bytes)
        return upToLast(steps.flatMap { events(of: $0) })
    }

    package mutating func end() -> [TurnEvent] {
        if isOver { return [] }
        let steps = framing.end()
        let events = upToLast(steps.flatMap { self.events(of: $0) })
        return isOver ? events : events + upToLast(ordered(machine.end()))
    }

    package mutating func fail(_ error: ProviderError) -> [TurnEvent] {
        if isOver { return [] }
        isOver = true
        return [.failed(error)]
    }

    private mutating func events(of step: StreamStep<Framing.Frame>) -> [TurnEvent] {
        switch step {
        case .frame(let frame): ordered(machine.take(frame))
        case .fault(let fault): [.failed(ProviderError(fault))]
        }
    }

    private mutating func ordered(_ events: [TurnEvent]) -> [TurnEvent] {
        events.flatMap { order.take($0) }
    }

    private mutating func upToLast(_ events: [TurnEvent]) -> [TurnEvent] {
        guard let last = events.firstIndex(where: \.isLast) else { return events }
        isOver = true
        return Array(events[...last])
    }
}

extension TurnEvent {
    /// Whether nothing follows.
    package var isLast: Bool {
        switch self {
        case .finished, .failed: true
        default: false
        }
    }
}

extension ProviderError {
    /// What a fault of the framing means for the answer.
    init(_ fault: StreamFault) {
        switch fault {
        case .cut: self.init(.cut)
        case .tooLong: self.init(.malformed, message: "A frame is longer than any honest one.")
        case .preludeChecksum, .frameChecksum:
            self.init(.malformed, message: "A frame does not fit its checksum.")
        case .malformedFrame: self.init(.malformed, message: "A frame contradicts itself.")
        }
    }
}
