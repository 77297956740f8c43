package import JSONText

/// A gateway or a server that speaks the form of OpenAI's chat completions.
package struct CompletionsAdapter: ProviderAdapter {
    /// What a server calls the limit of tokens.
    package enum LimitName: String, Sendable, CaseIterable {
        case maximum = "max_tokens"
        case maximumOfCompletion = "max_completion_tokens"
    }

    /// The address; `/chat/completions` is put behind its path, which usually ends in `/v1`.
    package var base: BaseURL
    package var placement = CredentialPlacement.bearer
    package var limitName = LimitName.maximum
    /// A query of a setting, encoded, on each request: Azure wants `api-version` there.
    package var query = ""
    /// Headers of a setting, such as `OpenAI-Organization`; they replace ours.
    package var extraHeaders = WireHeaders()

    package init(_ base: BaseURL) { self.base = base }

    private var endpoint: Endpoint {
        var endpoint = Endpoint(base)
        endpoint.query = query
        endpoint.settings = extraHeaders
        return endpoint
    }

    package func request(
        for turn: TurnRequest, streaming: Bool
    ) throws(ProviderError) -> WireRequest {
        var body = try CompletionsBody(turn: turn, limitName: limitName.rawValue).members()
        if streaming {
            body["stream"] = .bool(true)
            body["stream_options"] = .object(["include_usage": .bool(true)])
        }
        return endpoint.post("/chat/completions", body)
    }

    package func countRequest(for turn: TurnRequest) throws(ProviderError) -> WireRequest? { nil }
    package func modelsRequest(after last: String?) -> WireRequest? { endpoint.get("/models") }
    package func stream() -> any AnswerDecoding {
        AnswerStream(ServerSentEvents(), CompletionsEvents())
    }

    package func answer(_ body: JSON) throws(ProviderError) -> Answer {
        try CompletionsAnswer.read(body)
    }
}
