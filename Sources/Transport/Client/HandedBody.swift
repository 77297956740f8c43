import NIOCore
import Synchronization

/// Counts the bytes of a request's body that were handed to a connection.
///
/// The HTTP client asks for the body when the connection stands, the server is trusted and the head
/// of the request is on its way; before that nothing has been sent.
package final class HandedBytes: Sendable {
    private struct State {
        var isBegun = false
        var hasHandshakeFailed = false
        var count = 0
    }
    private let state = Mutex(State())

    package init() {}

    /// Whether the connection stood, so that something was sent.
    package var isBegun: Bool { state.withLock(\.isBegun) }
    /// The bytes of the body that were handed over.
    package var count: Int { state.withLock(\.count) }

    /// Whether the server was reached, and no encryption was agreed on with it.
    package var hasHandshakeFailed: Bool { state.withLock(\.hasHandshakeFailed) }

    func handshakeFails() { state.withLock { $0.hasHandshakeFailed = !$0.isBegun } }

    /// A request, also one without a body, has been answered.
    func begin() { state.withLock { $0.isBegun = true } }

    fileprivate func add(_ bytes: Int) {
        state.withLock { state in
            state.isBegun = true
            state.count += bytes
        }
    }
}

/// A body as the HTTP client takes it: piece by piece, as the connection takes them.
struct HandedBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    private static let pieceBytes = 65_536

    let body: [UInt8]
    let handed: HandedBytes

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var rest: ArraySlice<UInt8>
        fileprivate let handed: HandedBytes

        mutating func next() async -> ByteBuffer? {
            guard !rest.isEmpty else { return nil }
            let piece = rest.prefix(HandedBody.pieceBytes)
            rest = rest.dropFirst(piece.count)
            handed.add(piece.count)
            return ByteBuffer(bytes: piece)
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(rest: body[...], handed: handed)
    }
}
