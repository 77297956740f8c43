package import JSONText
package import Providers
import Vault

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
    /// Members of `extra.exchange` of the message: kind of credential, TLS peer, bytes, attempts,
    /// request id.
    package var exchange = JSONObject()

    package init() {}

    var facts: TurnFacts {
        var facts = TurnFacts()
        facts.provider = provider
        facts.host = host
        facts.region = region
        if !exchange.isEmpty { facts.extra["exchange"] = .object(exchange) }
        return facts
    }
}

/// Sends turns to a provider: what a chat needs of a network, and all that it knows of one.
package protocol TurnTransport: Sendable {
    /// Sends a turn and hands on its answer as it comes.
    ///
    /// Attempts that fail before anything was shown may be repeated here, by `RetryRule`; the
    /// receiver sees one answer, which ends with one of `finished` and `failed`. The next news
    /// waits until the receiver has taken the one before. When the task is cancelled, nothing more
    /// is sent or received, and the receipt says what was.
    ///
    /// - Parameters:
    ///   - request: The turn.
    ///   - receive: Takes the news.
    /// - Returns: Where the turn went.
    /// - Throws: What `receive` throws; `ProviderError` where the turn was refused before it went
    ///   anywhere; `CancellationError`.
    func send(
        _ request: TurnRequest, _ receive: @escaping @Sendable (TransportNews) async throws -> Void
    ) async throws -> TurnReceipt
}
