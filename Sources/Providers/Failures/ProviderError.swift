package import Policy

/// Why a provider gave no answer, or none to its end.
package struct ProviderError: Error, Sendable, Equatable {
    /// Families by which the program decides what to do next.
    package enum Kind: String, Sendable, CaseIterable {
        /// The request is not one that the provider takes.
        case invalidRequest
        /// The provider has no such setting, or not with this version of its interface.
        case unsupported
        case authentication, expiredCredential, permission
        case notFound, conflict, tooLarge
        case rateLimited, quotaExhausted, overloaded
        case timeout, modelNotReady, modelFault, serverFault
        /// No connection, or one that broke.
        case connection
        /// The server's certificate is not one that this machine trusts for its name.
        case untrusted
        /// The server sends on to another address; nothing goes there.
        case redirected
        /// Residency does not allow it; nothing was sent.
        case notAllowed
        /// The stream ended before the answer did.
        case cut
        /// The bytes are not in the provider's format.
        case malformed
    }

    package var kind: Kind
    /// The HTTP status; nil where the error came in the middle of a stream or from our side.
    package var status: Int?
    /// The provider's own word, such as `rate_limit_error` or `ThrottlingException`; a text that is
    /// no word is left out.
    package var providerCode: String?
    /// What the provider says, on one line and cut short; it may quote the request, and
    /// `SentSecrets` takes the secrets out of it.
    package var providerMessage: String?
    /// The provider's name of the request, for its support.
    package var requestID: String?
    /// What the provider asked to wait, in milliseconds.
    package var retryAfterMilliseconds: Int?
    /// Whether the provider said that trying again helps, or that it does not.
    package var shouldRetry: Bool?

    package init(
        _ kind: Kind, status: Int? = nil, code: String? = nil, message: String? = nil
    ) {
        self.kind = kind
        self.status = status
        providerCode = code.flatMap(Self.word)
        providerMessage = message.map(Self.shortened)
    }

    /// The longest message, in characters.
    static let longestMessage = 500

    /// A text as a code or the name of a request; nil where it is none.
    ///
    /// Such a word has 1 to 200 letters, digits and `-_.:/+=` of ASCII.
    static func word(_ text: String) -> String? {
        guard (1...SentSecrets.longestWord).contains(text.utf8.count) else { return nil }
        let marks = Set("-_.:/+=".utf8)
        return text.utf8.allSatisfy { $0.isLetterOrDigit || marks.contains($0) } ? text : nil
    }

    /// One line of at most 500 characters, without characters that steer a terminal.
    private static func shortened(_ text: String) -> String {
        let plain = text.unicodeScalars.prefix(longestMessage).map { scalar in
            scalar.properties.generalCategory == .control ? " " : Character(scalar)
        }
        return String(plain)
    }
}

extension ProviderError {
    /// A refusal where errors of turns are expected; its sentence is the message.
    package init(_ refusal: ResidencyRefusal) {
        self.init(.notAllowed, message: refusal.description)
    }
}

extension ProviderError: CustomStringConvertible {
    /// One sentence with its remedy; what the provider said is in `providerMessage`.
    package var description: String {
        switch kind {
        case .invalidRequest:
            "The provider does not take the request; read its message and change what it names."
        case .unsupported: "The provider does not take this setting; leave it out."
        case .authentication:
            "The provider does not know the credential; look whether it is the right one."
        case .expiredCredential: "The credential has expired; sign in again and repeat the turn."
        case .permission:
            "The credential may not use this model; ask whoever administers the account."
        case .notFound:
            "The provider has no such model or deployment; check its name and the region."
        case .conflict: "The provider is at work on the same; repeat the turn."
        case .tooLarge: "The conversation is larger than the provider takes; leave out files."
        case .rateLimited: "The provider takes no more requests for now; wait and repeat the turn."
        case .quotaExhausted:
            "The account's quota is used up; ask whoever administers the account."
        case .overloaded: "The provider is overloaded; wait and repeat the turn."
        case .timeout: "The provider took too long; repeat the turn."
        case .modelNotReady: "The model is not ready yet; wait a minute and repeat the turn."
        case .modelFault: "The model failed; repeat the turn."
        case .serverFault: "The provider failed; repeat the turn."
        case .connection: "The connection to the provider failed; check it and repeat the turn."
        case .untrusted:
            "The server's certificate is not trusted; check the address, or name its authority in "
                + "the provider's settings."
        case .notAllowed:
            "The policy does not let the request go where it would; choose a provider that is "
                + "allowed."
        case .redirected:
            "The server sends on to another address, and nothing goes there; set the provider's "
                + "address to the right one."
        case .cut:
            "The answer ended before its end; repeat the turn."
        case .malformed:
            "The provider answered in a form that is not its own; check the endpoint's address."
        }
    }
}
