import VaultCrypto

/// A parser of `application/vnd.amazon.eventstream`, without I/O.
///
/// A frame is, with numbers of four bytes, big-endian:
///
///     total length | headers length | CRC-32 of these eight bytes | headers | payload
///                  | CRC-32 of all before it
///
/// 1. The first CRC is checked before a length is believed, so that no damaged length makes the
///    reader wait for bytes that never come.
/// 2. A payload has at most 25,165,824 bytes and headers have 131,072, as the official client has
///    it; more is refused before it is kept.
/// 3. Bytes left over at the end are a fault. The official client says nothing then.
package struct EventStreamParser: StreamFraming {
    package static let longestPayloadBytes = 25_165_824
    package static let longestHeadersBytes = 131_072
    /// Both lengths and both checksums.
    private static let overheadBytes = 16
    private static let preludeBytes = 12

    private var buffer: [UInt8] = []
    private var isOver = false

    package init() {}

    package mutating func take(_ bytes: [UInt8]) -> [StreamStep<EventStreamFrame>] {
        if isOver { return [] }
        buffer += bytes
        var steps: [StreamStep<EventStreamFrame>] = []
        var start = 0
        do {
            while let (frame, end) = try Self.frame(buffer[start...]) {
                steps.append(.frame(frame))
                start = end
            }
            buffer.removeFirst(start)
        } catch {
            isOver = true
            buffer = []
            steps.append(.fault(error))
        }
        return steps
    }

    package mutating func end() -> [StreamStep<EventStreamFrame>] {
        if isOver { return [] }
        isOver = true
        return buffer.isEmpty ? [] : [.fault(.cut(leftoverBytes: buffer.count))]
    }

    /// The frame that the bytes begin with and where it ends; nil while it is not complete.
    private static func frame(
        _ bytes: ArraySlice<UInt8>
    ) throws(StreamFault) -> (EventStreamFrame, end: Int)? {
        guard bytes.count >= preludeBytes else { return nil }
        let start = bytes.startIndex
        let total = Int(number(bytes, at: start))
        let headers = Int(number(bytes, at: start + 4))
        guard checksum(bytes[start..<start + 8]) == number(bytes, at: start + 8) else {
            throw .preludeChecksum
        }
        guard total >= overheadBytes, headers <= total - overheadBytes else {
            throw .malformedFrame
        }
        guard headers <= longestHeadersBytes,
            total - overheadBytes - headers <= longestPayloadBytes
        else { throw .tooLong }
        guard bytes.count >= total else { return nil }
        let end = start + total
        guard checksum(bytes[start..<end - 4]) == number(bytes, at: end - 4) else {
            throw .frameChecksum
        }
        let payload = start + preludeBytes + headers
        guard let read = EventStreamHeaderReader.read(bytes[start + preludeBytes..<payload]) else {
            throw .malformedFrame
        }
        return (EventStreamFrame(headers: read, payload: Array(bytes[payload..<end - 4])), end)
    }

    private static func number(_ bytes: ArraySlice<UInt8>, at index: Int) -> UInt32 {
        bytes[index..<index + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var checksum = CRC32Checksum()
        unsafe checksum.update(bytes.span.bytes)
        return checksum.value
    }
}
