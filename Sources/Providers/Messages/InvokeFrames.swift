import JSONText
import VaultCrypto

/// The Messages form in the frames of Bedrock's InvokeModelWithResponseStream.
///
/// An event `chunk` has the payload `{"bytes": base64 of one event, "p": padding}`; other events
/// are passed over. An exception or error in the stream is the answer's end.
struct InvokeFrames: AnswerMachine {
    private var machine = MessagesMachine()

    mutating func take(_ frame: EventStreamFrame) -> [TurnEvent] {
        if let error = FailureReader.error(inFrame: frame) { return [.failed(error)] }
        guard frame.text(":event-type") == "chunk" else { return [] }
        guard let event = Self.event(frame) else { return [machine.malformed()] }
        return machine.take(event)
    }

    mutating func end() -> [TurnEvent] { machine.end() }

    /// The event that a `chunk` carries.
    static func event(_ frame: EventStreamFrame) -> JSON? {
        guard let payload = try? JSONReader.parse(frame.payload),
            let text = payload["bytes"]?.string, let bytes = Base64.decode(text.utf8)
        else { return nil }
        return try? JSONReader.parse(bytes)
    }
}
