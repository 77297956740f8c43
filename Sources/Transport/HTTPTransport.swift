import AsyncHTTPClient
import NIOCore
package import Policy
package import Providers

/// Sends requests over HTTP/1.1, and reads their answers.
///
/// 1. The guard that holds now is asked of every request as it goes out; what it refuses is not
///    sent, and its host is not looked up.
/// 2. Where it goes is where it says: what the HTTP client would connect to and ask for is compared
///    with the request, redirects are answers like others, and variables of the environment name no
///    proxy.
/// 3. TLS is 1.2 or newer, and certificates are verified always. Without encryption go requests to
///    this machine alone, and to the services of its cloud (`WebOrigin`).
/// 4. Answers are asked for uncompressed. The next piece of one is read when the last was taken.
/// 5. Nothing may be silent or last longer than the settings say. A cancelled task ends the
///    exchange at once, and closes its connection.
package final class HTTPTransport: WireExchange, Sendable {
    /// Says which guard holds now; it is asked anew for each request, because a policy may come
    /// into force at any time.
    package typealias CurrentGuard = @Sendable () -> ResidencyGuard

    /// What is asked of every request.
    package let currentGuard: CurrentGuard
    private let settings: TransportSettings
    private let clients: Clients

    /// - Parameters:
    ///   - settings: Authorities, proxy, timeouts.
    ///   - currentGuard: Says what is asked of every request.
    /// - Throws: `unsupported` where a file of authorities cannot be read.
    package init(
        _ settings: TransportSettings = TransportSettings(),
        currentGuard: @escaping CurrentGuard
    ) throws(ProviderError) {
        self.settings = settings
        self.currentGuard = currentGuard
        clients = try Clients(settings)
    }

    /// The same where one guard holds all along.
    package convenience init(
        _ settings: TransportSettings = TransportSettings(), guard residency: ResidencyGuard
    ) throws(ProviderError) {
        try self.init(settings, currentGuard: { residency })
    }

    private init(_ other: HTTPTransport, _ currentGuard: @escaping CurrentGuard) {
        settings = other.settings
        clients = other.clients
        self.currentGuard = currentGuard
    }

    /// The same connections under other guards: for when it becomes known which regions a profile
    /// has.
    package func guarded(by currentGuard: @escaping CurrentGuard) -> HTTPTransport {
        HTTPTransport(self, currentGuard)
    }

    /// Asks the guard of a request that is not ready yet, before anything is done for it.
    ///
    /// - Throws: The refusal.
    package func permit(_ request: WireRequest) throws(ResidencyRefusal) {
        if case .refused(let refusal) = currentGuard().check(request) { throw refusal }
    }

    /// Reads an answer while it comes.
    ///
    /// - Parameters:
    ///   - request: The request as it shall go out.
    ///   - bytes: Counts what is handed to the connection and taken from it.
    ///   - read: Takes the answer; it is over when this returns, whether or not all was read.
    /// - Returns: What `read` returns.
    /// - Throws: `ResidencyRefusal` before anything is sent; `ProviderError` for what goes wrong on
    ///   the way; `CancellationError`; what `read` throws.
    package func stream<Value: Sendable>(
        _ request: WireRequest, counting bytes: BodyBytes = BodyBytes(),
        _ read: @escaping @Sendable (WireStream) async throws -> Value
    ) async throws -> Value {
        let decision = currentGuard().check(request)
        if case .refused(let refusal) = decision { throw refusal }
        let prepared = try OutgoingRequest(request, bytes)
        let client = clients.client(for: request.origin)
        let watch = StreamWatch(settings)
        return try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask {
                do {
                    let answer = try await client.execute(
                        prepared.request, deadline: .now() + .hours(48))
                    bytes.begin()
                    return try await read(WireStream(answer, watch, decision, bytes))
                } catch {
                    if TransportFault.isAboutEncryption(error) { bytes.handshakeFails() }
                    throw TransportFault.error(error, from: request.origin)
                }
            }
            group.addTask { try await watch.expire() }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }

    package func exchange(
        _ request: WireRequest, maximumBytes: Int
    ) async throws(ProviderError) -> WireAnswer {
        do {
            return try await stream(request) { stream in
                let (body, isWhole) = try await stream.collect(maximumBytes: maximumBytes)
                guard isWhole else {
                    throw ProviderError(
                        .malformed, message: "The answer is longer than \(maximumBytes) bytes.")
                }
                return WireAnswer(status: stream.status, headers: stream.headers, body: body)
            }
        } catch let error as ProviderError {
            throw error
        } catch let refusal as ResidencyRefusal {
            throw ProviderError(refusal)
        } catch {
            throw ProviderError(.connection, message: "Nobody waits for the answer any more.")
        }
    }

    /// The proxy that a request passes; nil where it goes to its server directly.
    package func proxy(for request: WireRequest) -> WebOrigin? {
        clients.isProxied(request.origin) ? settings.proxy : nil
    }

    /// Closes all connections; transports that share them can send nothing more.
    package func shutdown() async { await clients.shutdown() }
}
