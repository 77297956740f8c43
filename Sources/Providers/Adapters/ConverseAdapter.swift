package import JSONText

/// Models of Amazon Bedrock by Converse and ConverseStream.
package struct ConverseAdapter: ProviderAdapter {
    package var place: BedrockPlace

    package init(_ place: BedrockPlace) { self.place = place }

    package var placement: CredentialPlacement { .signature(place.scope) }

    package func request(
        for turn: TurnRequest, streaming: Bool
    ) throws(ProviderError) -> WireRequest {
        let body = try ConverseBody(turn: turn).members()
        let call = streaming ? "converse-stream" : "converse"
        var request = try place.endpoint().post(BedrockPlace.path(turn.model, call), body)
        // The official client sends none, and the stream is not of the kind it would name.
        request.headers["accept"] = nil
        return request
    }

    package func countRequest(for turn: TurnRequest) throws(ProviderError) -> WireRequest? { nil }
    package func modelsRequest(after last: String?) -> WireRequest? { place.modelsRequest() }
    package func models(_ body: JSON) -> [String] { BedrockPlace.models(body) }
    package func stream() -> any AnswerDecoding {
        AnswerStream(EventStreamParser(), ConverseFrames())
    }

    package func answer(_ body: JSON) throws(ProviderError) -> Answer {
        try ConverseAnswer.read(body)
    }
}
