package import Providers

/// What an organisation sets of connections; TLS verification is always on and has no switch.
package struct TransportSettings: Sendable, Equatable {
    /// Paths of PEM files with further authorities, beside those that the system trusts.
    package var authorities: [String] = []
    /// A proxy that is asked to `CONNECT`, for every server but those of this machine; read it with
    /// `WebOrigin(proxy:)`.
    ///
    /// Variables of the environment name none: where prompts go is in the settings alone.
    package var proxy: WebOrigin?
    /// So long may nothing come while an answer is waited for.
    package var idleSeconds = 300.0
    /// So long may a connection and its TLS handshake take.
    package var connectSeconds = 15.0
    /// So long may an answer take from the request to its end.
    package var totalSeconds = 3600.0

    package init() {}
}
