import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Providers

/// A request as the HTTP client takes it, compared with what it was made of.
///
/// The client takes one text and reads host, port and path from it. Readers of URLs differ in what
/// they forgive, and the guard has judged the parts; therefore the parts that the client will read
/// have to be the same.
struct OutgoingRequest: Sendable {
    let request: HTTPClientRequest

    /// - Parameters:
    ///   - wire: The request as the guard has seen it.
    ///   - bytes: Counts what is handed to the connection.
    /// - Throws: `unsupported` where a part would become another; where a header is not a
    ///   setting's to set.
    init(_ wire: WireRequest, _ bytes: BodyBytes) throws(ProviderError) {
        let query = wire.query.isEmpty ? "" : "?" + wire.query
        let text = "\(wire.origin.scheme.rawValue)://\(wire.origin.authority)\(wire.path)\(query)"
        guard Self.reads(text, as: wire) else {
            throw ProviderError(
                .unsupported,
                message: "The address of the request cannot be written down without doubt; "
                    + "check the path in the provider's settings.")
        }
        var request = HTTPClientRequest(url: text)
        request.method = HTTPMethod(rawValue: wire.method.rawValue)
        for header in wire.headers.all {
            guard !Self.own.contains(header.name.lowercased()) else {
                throw ProviderError(
                    .unsupported,
                    message: "The header \(header.name) cannot be set; take it out of the "
                        + "provider's settings.")
            }
            request.headers.add(name: header.name, value: header.value)
        }
        // What is compressed may be a thousand times longer than what was read.
        request.headers.add(name: "accept-encoding", value: "identity")
        if wire.headers["user-agent"] == nil {
            request.headers.add(name: "user-agent", value: "coffer")
        }
        if !wire.body.isEmpty {
            let body = HandedBody(body: wire.body, bytes: bytes)
            request.body = .stream(body, length: .known(Int64(wire.body.count)))
        }
        self.request = request
    }

    /// Headers that say where a request goes and how it is framed, and those that others add to it.
    private static let own: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer",
        "upgrade", "expect", "cookie", "accept-encoding", "proxy-authorization",
        "proxy-connection", PeerMark.header,
    ]

    /// Whether the client reads the text as it is meant, by the functions that the client uses.
    private static func reads(_ text: String, as wire: WireRequest) -> Bool {
        guard let url = URL(string: text), url.user == nil, url.password == nil,
            url.fragment == nil, url.scheme == wire.origin.scheme.rawValue,
            let parts = URLComponents(url: url, resolvingAgainstBaseURL: true)
        else { return false }
        let plain = wire.origin.host.trimmingCharacters(in: ["[", "]"])
        let port = url.port ?? (wire.origin.scheme == .https ? 443 : 80)
        return url.host?.trimmingCharacters(in: ["[", "]"]) == plain && port == wire.origin.port
            && parts.percentEncodedPath == wire.path && (url.query ?? "") == wire.query
    }
}
