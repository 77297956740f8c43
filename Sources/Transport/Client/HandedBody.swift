import NIOCore

/// A body as the HTTP client takes it: piece by piece, as the connection takes them.
struct HandedBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    private static let pieceBytes = 65_536

    let body: [UInt8]
    let bytes: BodyBytes

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var rest: ArraySlice<UInt8>
        fileprivate let bytes: BodyBytes

        mutating func next() async -> ByteBuffer? {
            guard !rest.isEmpty else { return nil }
            let piece = rest.prefix(HandedBody.pieceBytes)
            rest = rest.dropFirst(piece.count)
            bytes.hand(piece.count)
            return ByteBuffer(bytes: piece)
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(rest: body[...], bytes: bytes)
    }
}
