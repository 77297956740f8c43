package import Foundation

/// What a request is authorised with, for as long as it lasts.
package struct Credential: Sendable, Equatable {
    package enum Material: Sendable, Equatable {
        case token(Secret)
        case keys(AWSKeys)
    }

    package var material: Material
    /// When it ends; nil where nobody said.
    package var expires: Date?
    /// Where it came from; a turn's record names this.
    package var source: CredentialSource
    /// Further headers that a helper program gives; they replace others of the same name.
    package var headers: [SecretHeader] = []

    package init(_ material: Material, expires: Date? = nil, source: CredentialSource) {
        self.material = material
        self.expires = expires
        self.source = source
    }
}

/// A header whose value is not shown.
package struct SecretHeader: Sendable, Equatable {
    package var name: String
    package var value: Secret

    package init(name: String, value: Secret) {
        self.name = name
        self.value = value
    }
}

/// An AWS key pair that several requests share.
package struct AWSKeys: Sendable, Equatable {
    package var accessKeyID: String
    package var secretAccessKey: Secret
    package var sessionToken: Secret?

    package init(accessKeyID: String, secretAccessKey: Secret, sessionToken: Secret?) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }

    /// The pair as the signature takes it.
    package func forSigning() -> AWSCredentials {
        AWSCredentials(
            accessKeyID: accessKeyID, secretAccessKey: secretAccessKey.revealBytes(),
            sessionToken: sessionToken?.reveal())
    }
}

extension WireRequest {
    /// Puts a credential where the endpoint wants it.
    ///
    /// - Parameters:
    ///   - credential: The credential.
    ///   - placement: The adapter's `placement`.
    ///   - date: The moment of a signature.
    /// - Throws: `unsupported` where keys are given to an endpoint that takes tokens.
    package mutating func authorize(
        _ credential: Credential, _ placement: CredentialPlacement, at date: Date
    ) throws(CredentialError) {
        switch (credential.material, placement) {
        case (.token(let token), _): authorize(token: token.reveal(), placement)
        case (.keys(let keys), .signature(let scope)):
            sign(for: scope, with: keys.forSigning(), at: SigningTime(date))
            signer = keys.secretAccessKey
        case (.keys, _):
            throw CredentialError(
                .unsupported,
                "This provider takes a token, and the credential is an AWS key pair; "
                    + "choose another credential for it.")
        }
        for header in credential.headers { headers[header.name] = header.value.reveal() }
    }
}
