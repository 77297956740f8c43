/// An answer that was read to its end.
///
/// Its body may hold a token; therefore its descriptions show the status alone.
package struct WireAnswer: Sendable, Equatable {
    package var status: Int
    package var headers: WireHeaders
    package var body: [UInt8]

    package init(status: Int, headers: WireHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

extension WireAnswer: CustomStringConvertible, CustomReflectable {
    package var description: String { "status \(status), \(body.count) bytes" }
    package var customMirror: Mirror { Mirror(self, children: ["answer": description]) }
}

/// Sends one request and reads its whole answer: what credentials need of a transport.
package protocol WireExchange: Sendable {
    /// - Parameters:
    ///   - request: The request.
    ///   - maximumBytes: The longest body that is read.
    /// - Returns: The answer, whatever its status.
    /// - Throws: What kept an answer from coming.
    func exchange(
        _ request: WireRequest, maximumBytes: Int
    ) async throws(ProviderError) -> WireAnswer
}
