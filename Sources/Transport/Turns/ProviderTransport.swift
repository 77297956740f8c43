import JSONText
import Policy
package import Providers

/// Sends turns to one provider.
///
/// 1. The guard that holds at the time is asked of the request before a credential is looked for or
///    renewed, and once more of what goes out (`HTTPTransport`): a policy may come into force while
///    one waits, or between the rounds of a tool.
/// 2. The answer is decoded as it comes, and handed on event by event.
/// 3. What the server says beside the model's words is without what was sent as a secret
///    (`SentSecrets`), whatever it quotes.
/// 4. An attempt that fails is judged by `RetryRule`: it is repeated after a wait, or with another
///    credential, or it was the last one. Once a person has seen something, nothing is repeated.
/// 5. A turn that failed, or whose next attempt the policy refuses, ends with `failed` and a
///    receipt; only what never went out is thrown.
package struct ProviderTransport: TurnTransport {
    package let name: String
    package let adapter: any ProviderAdapter
    private let credential: any TurnCredential
    private let transport: HTTPTransport
    private let rule: RetryRule
    private let pace: TurnPace

    /// - Parameters:
    ///   - name: The provider's name in the settings, for the record of turns.
    ///   - adapter: What its endpoint wants to be asked.
    ///   - credential: What proves who asks.
    ///   - transport: The network, with its guard.
    ///   - rule: When an attempt is repeated.
    ///   - pace: Waiting, chance and the time of day.
    package init(
        name: String, adapter: any ProviderAdapter, credential: any TurnCredential,
        over transport: HTTPTransport, rule: RetryRule = RetryRule(), pace: TurnPace = .real
    ) {
        self.name = name
        self.adapter = adapter
        self.credential = credential
        self.transport = transport
        self.rule = rule
        self.pace = pace
    }

    package func send(
        _ request: TurnRequest, _ receive: @escaping @Sendable (TransportNews) async throws -> Void
    ) async throws -> TurnReceipt {
        let request = try adapter.request(for: request, streaming: true)
        let record = TurnRecord(provider: name, credential: credential.kind)
        do {
            try await repeatedly(request, record, receive)
        } catch let refusal as ResidencyRefusal where record.hasAttempts {
            // What was sent before it stays in the record.
            record.refuses(refusal)
            try await receive(.event(.failed(ProviderError(refusal))))
        } catch {
            // A turn that nobody waits for has still gone somewhere.
            guard Task.isCancelled, error is CancellationError else { throw error }
        }
        return record.receipt
    }

    /// Asks for the beginning of an answer, which is kept nowhere; with it the reading ends.
    ///
    /// - Parameters:
    ///   - request: The turn.
    ///   - characters: So many of its text are wanted at most.
    /// - Returns: The text without what was sent as a secret, and where the turn went.
    /// - Throws: `ResidencyRefusal`, whatever was sent before; `CancellationError`;
    ///   `ProviderError`.
    package func beginning(
        of request: TurnRequest, characters: Int
    ) async throws -> (text: String, receipt: TurnReceipt) {
        let record = TurnRecord(provider: name, credential: credential.kind)
        // A secret that begins within what is wanted is read to its end.
        let beginning = AnswerBeginning(characters: characters + 2_000)
        do {
            try await repeatedly(adapter.request(for: request, streaming: true), record) { news in
                try beginning.take(news)
            }
        } catch is AnswerBeginning.Enough {}
        let text = record.secrets.masked(beginning.text)
        return (String(text.prefix(characters)), record.receipt)
    }

    // MARK: Attempts

    private enum AttemptEnd: Sendable {
        case finished
        case failed(ProviderError)
        /// There was nothing to send it with.
        case notSent(ProviderError)
    }

    private func repeatedly(
        _ request: WireRequest, _ record: TurnRecord,
        _ receive: @escaping @Sendable (TransportNews) async throws -> Void
    ) async throws {
        var situation = RetryRule.Situation()
        while true {
            let error: ProviderError
            switch try await attempt(request, record, receive) {
            case .finished: return
            case .notSent(let reason): return try await receive(.event(.failed(reason)))
            case .failed(let reason): error = record.secrets.masked(reason)
            }
            // What broke because nobody waits any more is no failure of the provider's.
            try Task.checkCancellation()
            situation.hasShownOutput = record.hasShown
            switch rule.decide(error, situation, chance: pace.chance()) {
            case .retry(let milliseconds):
                situation.retries += 1
                try await receive(.retrying(because: error, afterMilliseconds: milliseconds))
                try await pace.wait(milliseconds)
            case .renewCredential:
                situation.hasRenewedCredential = true
                do {
                    try await renew(for: request)
                } catch let error as ProviderError {
                    return try await receive(.event(.failed(error)))
                }
                try await receive(.retrying(because: error, afterMilliseconds: 0))
            case .giveUp: return try await receive(.event(.failed(error)))
            }
        }
    }

    private func attempt(
        _ request: WireRequest, _ record: TurnRecord,
        _ receive: @escaping @Sendable (TransportNews) async throws -> Void
    ) async throws -> AttemptEnd {
        let outgoing: WireRequest
        do {
            outgoing = try await authorized(request)
        } catch let error as ProviderError {
            return .notSent(error)
        }
        // What is recorded of an attempt is what let it go.
        let guarding = transport.currentGuard()
        let decision = guarding.check(outgoing)
        if case .refused(let refusal) = decision { throw refusal }
        let bytes = record.sends(
            outgoing, besides: request, through: transport.proxy(for: outgoing), decision,
            guarding.place(of: outgoing))
        do {
            let network = transport.guarded { guarding }
            return try await network.stream(outgoing, counting: bytes) { stream in
                record.answered(stream)
                guard (200..<300).contains(stream.status) else {
                    return .failed(try await failure(stream))
                }
                return try await decode(stream, record, receive)
            }
        } catch let error as ProviderError {
            return .failed(error)
        }
    }

    private func decode(
        _ stream: WireStream, _ record: TurnRecord,
        _ receive: @Sendable (TransportNews) async throws -> Void
    ) async throws -> AttemptEnd {
        if let error = Self.unexpected(stream.headers) {
            // It is read for its length alone, which the record has of every answer.
            _ = try? await stream.collect(maximumBytes: Self.errorLimitBytes)
            try Task.checkCancellation()
            return .failed(error)
        }
        var decoder = adapter.stream()
        while let bytes = try await stream.next() {
            if let end = try await hand(on: decoder.take(bytes), record, receive) { return end }
        }
        return try await hand(on: decoder.end(), record, receive) ?? .failed(ProviderError(.cut))
    }

    /// Hands events on up to the last one; nil where that has not come yet.
    private func hand(
        on events: [TurnEvent], _ record: TurnRecord,
        _ receive: @Sendable (TransportNews) async throws -> Void
    ) async throws -> AttemptEnd? {
        for event in events {
            if case .failed(let error) = event { return .failed(error) }
            record.hands(event)
            try await receive(.event(record.secrets.masked(event)))
            if event.isLast { return .finished }
        }
        return nil
    }

    // MARK: The credential

    /// A request as it goes out, with the credential in it.
    ///
    /// - Throws: `ResidencyRefusal` where it may not go: no credential is looked for then;
    ///   `ProviderError` where there is none; `CancellationError`.
    package func authorized(_ request: WireRequest) async throws -> WireRequest {
        try await whileAllowed(request) { () throws(ProviderError) in
            try await credential.authorize(request, adapter.placement)
        }
    }

    private func renew(for request: WireRequest) async throws {
        try await whileAllowed(request) { () throws(ProviderError) in
            try await credential.renew()
        }
    }

    /// A refusal that comes while a credential is asked for is the reason that counts.
    private func whileAllowed<Value: Sendable>(
        _ request: WireRequest, _ body: () async throws(ProviderError) -> Value
    ) async throws -> Value {
        try transport.permit(request)
        do throws(ProviderError) {
            return try await body()
        } catch {
            try Task.checkCancellation()
            try transport.permit(request)
            throw error
        }
    }

    // MARK: Answers that are none

    /// The longest body of an error that is read.
    private static let errorLimitBytes = 65_536

    private func failure(_ stream: WireStream) async throws -> ProviderError {
        let (body, _) = try await stream.collect(maximumBytes: Self.errorLimitBytes)
        return FailureReader.error(
            status: stream.status, headers: stream.headers, body: body, now: pace.now())
    }

    /// An answer that cannot be a stream of this provider.
    private static func unexpected(_ headers: WireHeaders) -> ProviderError? {
        if let coding = headers["content-encoding"], coding.lowercased() != "identity" {
            return ProviderError(.malformed, message: "The answer is compressed; it was not asked.")
        }
        let type = headers["content-type"]?.split(separator: ";").first?.lowercased() ?? ""
        guard ["application/json", "text/html"].contains(type) else { return nil }
        return ProviderError(
            .malformed, message: "The server does not stream its answer; it sends \(type).")
    }

    // MARK: Questions beside turns

    /// The longest list or count that is read.
    private static let listLimitBytes = 8 << 20
    /// More than that many pages of models no endpoint has.
    private static let mostPages = 100

    /// The ids of the models that the endpoint lists.
    ///
    /// - Returns: The ids, in the order of the endpoint, of all pages.
    /// - Throws: `unsupported` where it lists none; `malformed` for a list without end;
    ///   `ResidencyRefusal`; `ProviderError`.
    package func models() async throws -> [String] {
        guard var request = adapter.modelsRequest() else {
            throw ProviderError(
                .unsupported, message: "The endpoint lists no models; name one in the settings.")
        }
        var models: [String] = []
        for _ in 1...Self.mostPages {
            let (page, secrets) = try await ask(request)
            models += adapter.models(page).map(secrets.masked)
            guard let last = adapter.lastOfPage(page),
                let next = adapter.modelsRequest(after: last)
            else { return models }
            request = next
        }
        throw ProviderError(.malformed, message: "The list of models does not end.")
    }

    /// The number of tokens of a turn, counted by the endpoint; nil where it counts none.
    ///
    /// - Throws: `ResidencyRefusal`, as for the turn itself; `ProviderError`.
    package func count(_ turn: TurnRequest) async throws -> Int? {
        guard let request = try adapter.countRequest(for: turn) else { return nil }
        return adapter.tokenCount(try await ask(request).body)
    }

    /// What an inference profile of Bedrock consists of.
    ///
    /// - Parameter request: `BedrockPlace.profileRequest`.
    /// - Returns: The profile; nil where the answer describes no active one.
    /// - Throws: `ResidencyRefusal`, where the region itself is not allowed; `ProviderError`.
    package func inferenceProfile(_ request: WireRequest) async throws -> BedrockProfile? {
        BedrockProfile(try await ask(request).body)
    }

    /// Asks, and once more with another credential where the first is refused.
    ///
    /// - Returns: The answer, and what was sent as a secret.
    private func ask(_ request: WireRequest) async throws -> (body: JSON, secrets: SentSecrets) {
        for attempt in 1...2 {
            let outgoing = try await authorized(request)
            let answer = try await transport.exchange(
                outgoing, maximumBytes: Self.listLimitBytes)
            let secrets = SentSecrets(outgoing, besides: request)
            guard answer.status != 200 else { return (try Self.parsed(answer.body), secrets) }
            let error = secrets.masked(
                FailureReader.error(
                    status: answer.status, headers: answer.headers, body: answer.body,
                    now: pace.now()))
            let isRefused = error.kind == .authentication || error.kind == .expiredCredential
            guard attempt == 1, isRefused else { throw error }
            try await renew(for: request)
        }
        throw ProviderError(.authentication)
    }

    private static func parsed(_ body: [UInt8]) throws -> JSON {
        do {
            return try JSONReader.parse(body)
        } catch {
            throw ProviderError(.malformed, message: "\(error)")
        }
    }
}
