package import JSONText

/// Claude on Amazon Bedrock by InvokeModel and InvokeModelWithResponseStream.
///
/// The model stands in the path and nothing of it in the body, nor does `stream`; the version and
/// the names of betas stand in the body. The path is percent-encoded as boto3 does it, `:` too.
package struct BedrockAdapter: ProviderAdapter {
    package var place: BedrockPlace
    package var version = MessagesVersion.bedrock

    package init(_ place: BedrockPlace) { self.place = place }

    package var placement: CredentialPlacement { .signature(place.scope) }

    package func request(
        for turn: TurnRequest, streaming: Bool
    ) throws(ProviderError) -> WireRequest {
        var body = try MessagesBody(turn: turn, version: version).members()
        body["anthropic_version"] = .string(version.text)
        if !turn.betas.isEmpty { body["anthropic_beta"] = .array(turn.betas.map(JSON.string)) }
        let call = streaming ? "invoke-with-response-stream" : "invoke"
        return try place.endpoint().post(BedrockPlace.path(turn.model, call), body)
    }

    package func countRequest(for turn: TurnRequest) throws(ProviderError) -> WireRequest? { nil }
    package func modelsRequest(after last: String?) -> WireRequest? { place.modelsRequest() }
    package func models(_ body: JSON) -> [String] { BedrockPlace.models(body) }
    package func stream() -> any AnswerDecoding {
        AnswerStream(EventStreamParser(), InvokeFrames())
    }

    package func answer(_ body: JSON) throws(ProviderError) -> Answer {
        try MessagesAnswer.read(body)
    }
}

/// A region of Amazon Bedrock, or an endpoint of the organisation's own in front of it.
package struct BedrockPlace: Sendable, Equatable {
    package var region: String
    package var base: BaseURL?
    /// Guardrails, trace, tier: headers that the organisation wants on each request.
    package var extraHeaders = WireHeaders()

    package init(region: String) { self.region = region }

    var scope: SigningScope { SigningScope(service: "bedrock", region: region) }

    func endpoint() throws(ProviderError) -> Endpoint {
        var endpoint = try Endpoint(base, host: "bedrock-runtime.\(region).amazonaws.com")
        endpoint.settings = extraHeaders
        return endpoint
    }

    static func path(_ model: String, _ call: String) -> String {
        "/model/\(PercentEncoding.encode(model))/\(call)"
    }

    /// The list of models, from the control plane.
    func modelsRequest() -> WireRequest? {
        controlRequest("/foundation-models", query: "byProvider=anthropic")
    }

    /// The ids in the answer to it.
    static func models(_ body: JSON) -> [String] {
        (body["modelSummaries"]?.array ?? []).compactMap { $0["modelId"]?.string }
    }

    /// What an inference profile consists of: `BedrockProfile` reads the answer.
    package func profileRequest(_ profile: String) -> WireRequest? {
        controlRequest("/inference-profiles/\(PercentEncoding.encode(profile))", query: "")
    }

    private func controlRequest(_ path: String, query: String) -> WireRequest? {
        guard base == nil else { return nil }
        let endpoint = try? Endpoint(nil, host: "bedrock.\(region).amazonaws.com")
        return endpoint?.get(path, query: query)
    }
}
