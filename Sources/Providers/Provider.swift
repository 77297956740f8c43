package import JSONText

/// What one kind of endpoint wants to be asked, and how it answers: values in, values out.
///
/// An adapter opens no connection and holds no credential. What every adapter has to do is in
/// `Tests/ProvidersTests/AdapterConformanceTests.swift`.
package protocol ProviderAdapter: Sendable {
    /// Where a credential goes in this endpoint's requests.
    var placement: CredentialPlacement { get }

    /// A turn's request without a credential.
    ///
    /// - Parameters:
    ///   - turn: What is asked.
    ///   - streaming: Whether the answer shall come as it is made.
    /// - Returns: The request.
    /// - Throws: `unsupported` where the endpoint has no way to say what the turn says.
    func request(for turn: TurnRequest, streaming: Bool) throws(ProviderError) -> WireRequest

    /// A request for the number of tokens of a turn; nil where the endpoint counts none.
    func countRequest(for turn: TurnRequest) throws(ProviderError) -> WireRequest?

    /// A request for a page of the list of models; nil where the endpoint has no list.
    ///
    /// - Parameter last: `lastOfPage` of the page before; nil for the first.
    /// - Returns: The request, without a credential.
    func modelsRequest(after last: String?) -> WireRequest?

    /// The ids of the models in the answer to a `modelsRequest`.
    func models(_ body: JSON) -> [String]

    /// The decoder of an answer that streams.
    func stream() -> any AnswerDecoding

    /// An answer that came whole.
    func answer(_ body: JSON) throws(ProviderError) -> Answer
}

/// Where a credential goes.
package enum CredentialPlacement: Sendable, Equatable {
    /// `Authorization: Bearer …`.
    case bearer
    /// The value alone, in each of these headers.
    case headers([String])
    /// AWS Signature Version 4.
    case signature(SigningScope)
}

extension ProviderAdapter {
    /// The first page of the list of models; nil where the endpoint has no list.
    package func modelsRequest() -> WireRequest? { modelsRequest(after: nil) }

    /// The last id of a page that another one follows, as Anthropic says it; nil behind the last.
    package func lastOfPage(_ body: JSON) -> String? {
        body["has_more"]?.bool == true ? body["last_id"]?.string : nil
    }

    /// The number of tokens in the answer to a `countRequest`.
    package func tokenCount(_ body: JSON) -> Int? { body["input_tokens"]?.int.map(Int.init) }

    /// The ids in a list as Anthropic and OpenAI give it.
    package func models(_ body: JSON) -> [String] {
        (body["data"]?.array ?? []).compactMap { $0["id"]?.string }
    }

    /// An answer's bytes, read strictly.
    package func answer(bytes: [UInt8]) throws(ProviderError) -> Answer {
        do {
            return try answer(try JSONReader.parse(bytes))
        } catch let error as ProviderError {
            throw error
        } catch {
            throw ProviderError(.malformed, message: "\(error)")
        }
    }
}

extension WireRequest {
    /// Puts a token or key where the endpoint wants it.
    ///
    /// - Parameters:
    ///   - token: The credential.
    ///   - placement: The adapter's `placement`; a signature's place takes a bearer token, as
    ///     Bedrock does.
    package mutating func authorize(token: String, _ placement: CredentialPlacement) {
        switch placement {
        case .bearer, .signature: headers["authorization"] = "Bearer \(token)"
        case .headers(let names):
            // A setting may put another value there for a gateway in between.
            for name in names where headers[name] == nil { headers[name] = token }
        }
    }
}
