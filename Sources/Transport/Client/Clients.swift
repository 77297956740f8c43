import AsyncHTTPClient
import NIOCore
import NIOPosix
import NIOSSL
import Providers
import Synchronization

/// The HTTP clients of a transport: one that connects to servers, and one that asks the proxy to.
///
/// Their threads are the process's own (NIO's singleton), so that nothing has to be ended when the
/// process does; connections are closed by `shutdown`, or when the last transport goes.
final class Clients: Sendable {
    private let direct: HTTPClient
    private let proxied: HTTPClient?
    private let isShutDown = Mutex(false)

    init(_ settings: TransportSettings) throws(ProviderError) {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: try Self.encryption(settings), redirectConfiguration: .disallow,
            timeout: .init(connect: .milliseconds(Int64(settings.connectSeconds * 1000))),
            decompression: .disabled)
        configuration.httpVersion = .http1Only
        // Whether to try again is the rule's to say, and whether it was tried the record's.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.http1_1ConnectionDebugInitializer = PeerMark.add
        if let proxy = settings.proxy, proxy.scheme != .http {
            throw ProviderError(
                .unsupported,
                message: "The proxy \(proxy) would be asked with encryption, which is not "
                    + "supported; write http://host:port.")
        }
        direct = HTTPClient(
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
        proxied = settings.proxy.map { proxy in
            var configuration = configuration
            configuration.proxy = .server(host: proxy.host, port: proxy.port)
            return HTTPClient(
                eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
                configuration: configuration)
        }
    }

    private static func encryption(
        _ settings: TransportSettings
    ) throws(ProviderError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .fullVerification
        configuration.minimumTLSVersion = .tlsv12
        for path in settings.authorities {
            guard let certificates = try? NIOSSLCertificate.fromPEMFile(path),
                !certificates.isEmpty
            else {
                throw ProviderError(
                    .unsupported,
                    message: "The file of authorities \(path) holds no certificates in PEM; "
                        + "check its name in the provider's settings.")
            }
            configuration.additionalTrustRoots.append(.certificates(certificates))
        }
        return configuration
    }

    /// The client for a server; what is on this machine, or is a service of its cloud, is asked
    /// directly.
    func client(for origin: WebOrigin) -> HTTPClient {
        isProxied(origin) ? proxied ?? direct : direct
    }

    /// Whether the proxy is asked to lead to a server.
    func isProxied(_ origin: WebOrigin) -> Bool {
        proxied != nil && origin.scheme == .https && !origin.isLoopback
    }

    func shutdown() async {
        guard
            isShutDown.withLock({ done in
                defer { done = true }
                return !done
            })
        else { return }
        try? await direct.shutdown()
        try? await proxied?.shutdown()
    }

    deinit {
        guard !isShutDown.withLock(\.self) else { return }
        // A client that was not told to close counts as a fault of the program.
        Task { [direct, proxied] in
            try? await direct.shutdown()
            try? await proxied?.shutdown()
        }
    }
}
