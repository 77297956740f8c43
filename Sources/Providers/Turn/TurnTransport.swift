package import JSONText
package import Policy

/// What a transport says while a turn is under way.
package enum TransportNews: Sendable, Equatable {
    case event(TurnEvent)
    /// An attempt failed before anything was shown; another one follows.
    case retrying(because: ProviderError, afterMilliseconds: Int)
}

/// Where a turn went, and how: what is kept with the answer.
///
/// It has no credential, and nothing that anybody wrote.
package struct TurnReceipt: Sendable, Equatable {
    package var provider: String?
    package var host: String?
    package var region: String?
    /// Members of `extra.exchange` of the message.
    ///
    /// - `credential`: its kind and place, in words.
    /// - `scheme`: `https`, or `http` of a server on this machine.
    /// - `tls`: `version`, and of the server's certificate `subject`, `issuer` and `sha256`; absent
    ///   with `http`, and where no answer came.
    /// - `handshake`: `failed` where the last attempt reached the server, and no encryption was
    ///   agreed on: it did not convince, or wanted none.
    /// - `address`: the IP address that was connected to; with `proxy`, that of the proxy.
    /// - `proxy`: the proxy that was asked to lead there.
    /// - `requestBytes`, `responseBytes`: lengths of the bodies, of all attempts together; of
    ///   requests what was handed to a connection.
    /// - `attempts`: how often it was tried.
    /// - `unsent`: how many of them found no connection, so that nothing was sent; absent for none.
    /// - `profile`: the inference profile whose regions are not known.
    /// - `requestID`: the provider's own name of the request.
    /// - `basis`: `verified`, `declared` or `unrestricted`; `declared`: the administrator's words;
    ///   `rule`: the element of the policy that allowed it.
    package var exchange = JSONObject()
    /// Why the policy did not let a further attempt go; nil where it let all of them.
    package var refusal: ResidencyRefusal?

    package init() {}
}

/// Sends turns to a provider: what a chat needs of a network, and all that it knows of one.
package protocol TurnTransport: Sendable {
    /// Sends a turn and hands on its answer as it comes.
    ///
    /// Attempts that fail before anything was shown may be repeated here, by `RetryRule`; the
    /// receiver sees one answer, which ends with one of `finished` and `failed`. The next news
    /// waits until the receiver has taken the one before. When the task is cancelled, nothing more
    /// is sent or received, and the receipt says what was. So it does where a policy that came into
    /// force meanwhile refuses another attempt: the answer ends with `failed` then, and the receipt
    /// has the refusal.
    ///
    /// - Parameters:
    ///   - request: The turn.
    ///   - receive: Takes the news.
    /// - Returns: Where the turn went.
    /// - Throws: What `receive` throws; before the turn went anywhere, `ResidencyRefusal` where the
    ///   policy does not let it go, and `ProviderError` where it cannot be asked at all.
    func send(
        _ request: TurnRequest, _ receive: @escaping @Sendable (TransportNews) async throws -> Void
    ) async throws -> TurnReceipt
}
