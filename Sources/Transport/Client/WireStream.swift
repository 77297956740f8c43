import AsyncHTTPClient
package import JSONText
import NIOCore
import NIOHTTP1
package import Policy
package import Providers

/// An answer that is being read: status and headers are there, the body comes piece by piece.
///
/// It belongs to the closure that it was handed to.
package final class WireStream {
    package let status: Int
    package let headers: WireHeaders
    /// What is known of the server: `address` and `tls`, as `TurnReceipt` has them.
    package let peer: JSONObject
    /// By what the request was let go.
    package let decision: ResidencyDecision
    private var pieces: HTTPClientResponse.Body.AsyncIterator
    private let watch: StreamWatch
    private let bytes: BodyBytes

    init(
        _ answer: HTTPClientResponse, _ watch: StreamWatch, _ decision: ResidencyDecision,
        _ bytes: BodyBytes
    ) {
        watch.pause()
        status = Int(answer.status.code)
        let mark = answer.headers.first(name: PeerMark.header) ?? ""
        peer = (try? JSONReader.parse(mark))?.object ?? JSONObject()
        headers = WireHeaders(
            answer.headers.filter { $0.name != PeerMark.header }
                .map { WireHeader($0.name, $0.value) })
        self.decision = decision
        pieces = answer.body.makeAsyncIterator()
        self.watch = watch
        self.bytes = bytes
    }

    /// The next piece of the body; nil at its end.
    ///
    /// It is read from the connection when it is asked for, but for what the system's buffers and a
    /// piece or two of the client hold.
    package func next() async throws -> [UInt8]? {
        watch.resume()
        defer { watch.pause() }
        while let piece = try await pieces.next(isolation: #isolation) {
            guard piece.readableBytes > 0 else { continue }
            bytes.take(piece.readableBytes)
            return Array(piece.readableBytesView)
        }
        // The client ends a body quietly when nobody wants it any more.
        try Task.checkCancellation()
        return nil
    }

    /// The body up to a length.
    ///
    /// - Parameter maximumBytes: So many bytes are kept at most.
    /// - Returns: The bytes, and whether they are all.
    /// - Throws: What `next` throws.
    package func collect(maximumBytes: Int) async throws -> (bytes: [UInt8], isWhole: Bool) {
        var bytes: [UInt8] = []
        while let piece = try await next() {
            bytes += piece.prefix(maximumBytes - bytes.count + 1)
            if bytes.count > maximumBytes { return (Array(bytes.prefix(maximumBytes)), false) }
        }
        return (bytes, true)
    }
}
