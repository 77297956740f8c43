import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Policy
import Providers

/// What errors of the network mean to whoever waits for an answer.
enum TransportFault {
    /// The error of a turn; what is none of the network's stays as it is.
    ///
    /// - Parameters:
    ///   - error: What was thrown.
    ///   - origin: The server, for the sentence.
    /// - Returns: The error that is thrown in its place.
    static func error(_ error: any Error, from origin: WebOrigin) -> any Error {
        switch error {
        case let error as HTTPClientError: client(error, origin)
        case let error as NIOSSLError: encryption("\(error)", origin)
        case let error as NIOSSLExtraError: encryption("\(error)", origin)
        case is BoringSSLError: encryption("\(error)", origin)
        case HTTPParserError.invalidEOFState:
            ProviderError(.connection, message: "\(origin.authority) hung up in its answer.")
        case is HTTPParserError:
            ProviderError(.malformed, message: "The server's answer is not HTTP.")
        case let error as NIOConnectionError:
            ProviderError(.connection, message: unreachable(error, origin))
        case is ChannelError, is IOError:
            ProviderError(.connection, message: "The connection to \(origin.authority) broke.")
        default: error
        }
    }

    /// Whether it is about TLS.
    static func isAboutEncryption(_ error: any Error) -> Bool {
        error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError
    }

    private static func client(_ error: HTTPClientError, _ origin: WebOrigin) -> any Error {
        switch error {
        case .connectTimeout, .deadlineExceeded, .readTimeout, .writeTimeout,
            .getConnectionFromPoolTimeout, .tlsHandshakeTimeout, .httpProxyHandshakeTimeout:
            ProviderError(.timeout, message: "\(origin.authority) did not answer in time.")
        case .cancelled, .requestStreamCancelled: CancellationError()
        case .proxyAuthenticationRequired, .invalidProxyResponse:
            ProviderError(
                .connection,
                message: "The proxy does not lead to \(origin.authority); check its address.")
        default:
            ProviderError(
                isAboutHeaders(error) ? .unsupported : .connection,
                message: "\(origin.authority): \(error.shortDescription).")
        }
    }

    private static func isAboutHeaders(_ error: HTTPClientError) -> Bool {
        error.shortDescription.hasPrefix("Invalid header")
    }

    /// A certificate that does not convince is no passing fault.
    private static func encryption(_ text: String, _ origin: WebOrigin) -> ProviderError {
        let isUntrusted =
            text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("ailedToValidateHostname")
        guard isUntrusted else {
            return ProviderError(
                .connection, message: "No encryption could be agreed on with \(origin.authority).")
        }
        return ProviderError(
            .untrusted,
            message: "The certificate of \(origin.authority) is not trusted, or not for this name.")
    }

    private static func unreachable(_ error: NIOConnectionError, _ origin: WebOrigin) -> String {
        error.connectionErrors.isEmpty
            ? "There is no address of \(error.host)." : "\(origin.authority) takes no connection."
    }
}
