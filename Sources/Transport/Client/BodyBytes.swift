import Synchronization

/// Counts the bytes of bodies of one request: what was handed to a connection, and what was taken
/// from it.
///
/// The HTTP client asks for the body when the connection stands, the server is trusted and the head
/// of the request is on its way; before that nothing has been sent.
package final class BodyBytes: Sendable {
    private struct State {
        var isBegun = false
        var hasHandshakeFailed = false
        var handed = 0
        var taken = 0
    }
    private let state = Mutex(State())

    package init() {}

    /// Whether the connection stood, so that something was sent.
    package var isBegun: Bool { state.withLock(\.isBegun) }
    /// The bytes of the request's body that were handed over.
    package var handed: Int { state.withLock(\.handed) }
    /// The bytes of the answer's body that were taken, whatever the answer is.
    package var taken: Int { state.withLock(\.taken) }

    /// Whether the server was reached, and no encryption was agreed on with it.
    package var hasHandshakeFailed: Bool { state.withLock(\.hasHandshakeFailed) }

    func handshakeFails() { state.withLock { $0.hasHandshakeFailed = !$0.isBegun } }

    /// A request, also one without a body, has been answered.
    func begin() { state.withLock { $0.isBegun = true } }

    func hand(_ count: Int) {
        state.withLock { state in
            state.isBegun = true
            state.handed += count
        }
    }

    func take(_ count: Int) { state.withLock { $0.taken += count } }
}
