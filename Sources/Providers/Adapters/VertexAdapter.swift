package import JSONText

/// Claude on Google Vertex AI, operated by Google.
///
/// The model stands in the path, the version in the body; `@` of a model id stays as it is. Host
/// and path both name the location: a region, `eu`, `us` or `global`.
package struct VertexAdapter: ProviderAdapter {
    package var project: String
    package var location: String
    package var version = MessagesVersion.vertex
    /// For an endpoint of the organisation's own; nil for Google's host of the location.
    package var base: BaseURL?

    package init(project: String, location: String) {
        self.project = project
        self.location = location
    }

    package var placement: CredentialPlacement { .bearer }

    /// Google's host of a location.
    package static func host(of location: String) -> String {
        switch location {
        case "global": "aiplatform.googleapis.com"
        case "eu", "us": "aiplatform.\(location).rep.googleapis.com"
        default: "\(location)-aiplatform.googleapis.com"
        }
    }

    package func request(
        for turn: TurnRequest, streaming: Bool
    ) throws(ProviderError) -> WireRequest {
        var body = try MessagesBody(turn: turn, version: version).members()
        body["stream"] = .bool(streaming)
        let method = streaming ? "streamRawPredict" : "rawPredict"
        return try request("\(turn.model):\(method)", body, turn.betas)
    }

    package func countRequest(for turn: TurnRequest) throws(ProviderError) -> WireRequest? {
        var body = MessagesBody(turn: turn, version: version).counted()
        body["model"] = .string(turn.model)
        return try request("count-tokens:rawPredict", body, turn.betas)
    }

    package func modelsRequest(after last: String?) -> WireRequest? { nil }
    package func stream() -> any AnswerDecoding {
        AnswerStream(ServerSentEvents(), MessagesEvents())
    }

    package func answer(_ body: JSON) throws(ProviderError) -> Answer {
        try MessagesAnswer.read(body)
    }

    private func request(
        _ call: String, _ body: JSONObject, _ betas: [String]
    ) throws(ProviderError) -> WireRequest {
        var body = body
        body["anthropic_version"] = .string(version.text)
        let place = try Endpoint(base, host: Self.host(of: location), under: "/v1")
        let words = [project, location, call].map { PercentEncoding.encode($0, keeping: "@:") }
        let path =
            "/projects/\(words[0])/locations/\(words[1])/publishers/anthropic/models/\(words[2])"
        return place.post(path, body, headers: Endpoint.betas(betas))
    }
}
