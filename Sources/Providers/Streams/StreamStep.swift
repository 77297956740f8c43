/// What a framing parser found next in the bytes of a stream.
///
/// A fault is the last step: what follows it in the stream is not looked at.
package enum StreamStep<Frame: Sendable & Equatable>: Sendable, Equatable {
    case frame(Frame)
    case fault(StreamFault)
}

/// Why the bytes of a stream are not what its format says.
package enum StreamFault: Error, Sendable, Equatable {
    /// The stream ended inside a frame; so many bytes were left over.
    case cut(leftoverBytes: Int)
    /// A frame says, or shows, that it is longer than any honest one.
    case tooLong
    /// The CRC of a frame's first eight bytes does not fit.
    case preludeChecksum
    /// The CRC of a whole frame does not fit.
    case frameChecksum
    /// Lengths or headers of a frame contradict each other.
    case malformedFrame
}

/// Cuts the bytes of a stream into frames, whatever pieces they come in.
package protocol StreamFraming: Sendable {
    associatedtype Frame: Sendable & Equatable

    /// Takes the next bytes and answers the frames that are complete with them.
    mutating func take(_ bytes: [UInt8]) -> [StreamStep<Frame>]

    /// Says that no more bytes come; answers a fault where something is left over.
    mutating func end() -> [StreamStep<Frame>]
}
