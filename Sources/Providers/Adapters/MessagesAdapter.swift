package import JSONText

/// Every endpoint that speaks the Messages form as Anthropic does: model and `stream` in the body,
/// the version in a header, server-sent events.
///
/// Which one it is, is in the address and in where the credential goes.
package struct MessagesAdapter: ProviderAdapter {
    package var base: BaseURL
    package var placement: CredentialPlacement
    package var version = MessagesVersion.direct
    /// A query of a setting, encoded, on each request.
    package var query = ""
    /// Headers of a setting, on each request; they replace ours.
    package var extraHeaders = WireHeaders()
    /// Whether the endpoint counts tokens and lists models.
    package var countsTokens = true, listsModels = true

    /// An Anthropic-compatible gateway.
    ///
    /// - Parameters:
    ///   - base: The address; `/v1/messages` is put behind its path.
    ///   - placement: Where the gateway wants its key: gateways differ.
    package init(gateway base: BaseURL, placement: CredentialPlacement) {
        self.base = base
        self.placement = placement
    }

    /// Claude on Microsoft Foundry; the model of a turn is the name of the deployment.
    ///
    /// - Parameters:
    ///   - resource: The name of the resource, the first word of its host.
    ///   - usesKey: Whether a key of the resource is sent, in both headers that such endpoints
    ///     read, or a token of Entra.
    /// - Throws: What is wrong with the name.
    package init(foundry resource: String, usesKey: Bool) throws(WebOrigin.Fault) {
        guard !resource.contains(where: { ".:/@".contains($0) }) else {
            throw WebOrigin.Fault("is not the name of a resource, which has no dots and slashes")
        }
        base = try BaseURL("https://\(resource).services.ai.azure.com/anthropic")
        placement = usesKey ? .headers(["x-api-key", "api-key"]) : .bearer
        listsModels = false
    }

    /// The Messages form on a host of AWS.
    package enum AWSHost: String, Sendable, CaseIterable {
        /// `bedrock-mantle.REGION.api.aws`.
        case mantle = "bedrock-mantle"
        /// `bedrock-runtime.REGION.amazonaws.com`.
        case runtime = "bedrock"
    }

    /// The Messages form on a host of AWS, signed or with a bearer token.
    package init(_ host: AWSHost, region: String, signs: Bool) throws(WebOrigin.Fault) {
        let name =
            switch host {
            case .mantle: "bedrock-mantle.\(region).api.aws"
            case .runtime: "bedrock-runtime.\(region).amazonaws.com"
            }
        base = try BaseURL("https://\(name)/anthropic")
        guard base.origin.host == name else { throw WebOrigin.Fault("is not a region") }
        let scope = SigningScope(service: host.rawValue, region: region)
        placement = signs ? .signature(scope) : .bearer
        listsModels = false
    }

    private var endpoint: Endpoint {
        var endpoint = Endpoint(base)
        endpoint.query = query
        endpoint.settings = extraHeaders
        return endpoint
    }

    private var versionHeader: WireHeaders { ["anthropic-version": version.text] }

    package func request(
        for turn: TurnRequest, streaming: Bool
    ) throws(ProviderError) -> WireRequest {
        var body = try MessagesBody(turn: turn, version: version).members()
        body["model"] = .string(turn.model)
        body["stream"] = .bool(streaming)
        let headers = versionHeader + Endpoint.betas(turn.betas)
        return endpoint.post("/v1/messages", body, headers: headers)
    }

    package func countRequest(for turn: TurnRequest) throws(ProviderError) -> WireRequest? {
        guard countsTokens else { return nil }
        var body = MessagesBody(turn: turn, version: version).counted()
        body["model"] = .string(turn.model)
        let headers = versionHeader + Endpoint.betas(turn.betas)
        return endpoint.post("/v1/messages/count_tokens", body, headers: headers)
    }

    package func modelsRequest(after last: String?) -> WireRequest? {
        guard listsModels else { return nil }
        let further = last.map { "&after_id=\(PercentEncoding.encode($0))" } ?? ""
        return endpoint.get("/v1/models", query: "limit=20\(further)", headers: versionHeader)
    }

    package func stream() -> any AnswerDecoding {
        AnswerStream(ServerSentEvents(), MessagesEvents())
    }

    package func answer(_ body: JSON) throws(ProviderError) -> Answer {
        try MessagesAnswer.read(body)
    }
}
