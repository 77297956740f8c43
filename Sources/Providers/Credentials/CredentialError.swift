/// Why there is no credential: one sentence that says what to do next.
///
/// A sentence names files, variables, members, profiles and hosts. It never holds a value that was
/// read from one of them, nor what a server or a program said in words of its own.
package struct CredentialError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        /// Nothing is configured.
        case absent
        /// Two sources say different things, and neither is preferred in silence.
        case ambiguous
        /// A file or program could not be read to its end.
        case unreadable
        /// What was read is not in the form of its kind.
        case malformed
        /// A rule of Coffer's bars it: a host, or a program that was not allowed.
        case notAllowed
        /// The server does not accept it.
        case refused
        /// It has ended, and only a person can renew it.
        case expired
        /// The server did not answer, or failed.
        case unreachable
        /// A form that exists elsewhere and not here.
        case unsupported
    }

    package let kind: Kind
    package let sentence: String

    package init(_ kind: Kind, _ sentence: String) {
        self.kind = kind
        // Names come from files and variables, and a terminal obeys control characters.
        let plain = sentence.unicodeScalars.map { scalar in
            scalar.properties.generalCategory == .control ? " " : Character(scalar)
        }
        self.sentence = String(plain.prefix(600))
    }

    package var description: String { sentence }

    /// The same as the error of a turn.
    package var asProviderError: ProviderError {
        let kind: ProviderError.Kind =
            switch self.kind {
            case .expired: .expiredCredential
            case .unreachable: .connection
            case .unsupported: .unsupported
            default: .authentication
            }
        return ProviderError(kind, message: sentence)
    }
}
