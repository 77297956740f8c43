/// One way to a credential.
///
/// A flow is made when it has been found out that its settings are there; `issue` does the work.
package protocol CredentialFlow: Sendable {
    var source: CredentialSource { get }
    /// Every host that it may talk to, for a guard and for whoever asks where requests go.
    var hosts: [CredentialHost] { get }

    /// Gets a credential, anew at each call.
    ///
    /// - Parameters:
    ///   - occasion: Why it is asked for.
    ///   - surroundings: The network, clock, files and programs that it may use.
    /// - Returns: The credential.
    /// - Throws: Why there is none.
    func issue(
        _ occasion: CredentialOccasion, in surroundings: Surroundings
    ) async throws(CredentialError) -> Credential
}

/// Why a credential is asked for; the words are those that helper programs are told.
package enum CredentialOccasion: String, Sendable, CaseIterable {
    case interactive
    case refresh = "mid-session-refresh"
    case background
    case check = "setup-test"
}

/// A host that a flow talks to.
package struct CredentialHost: Sendable, Equatable {
    package var origin: WebOrigin
    package var purpose: WirePurpose

    package init(origin: WebOrigin, purpose: WirePurpose) {
        self.origin = origin
        self.purpose = purpose
    }
}

/// Where a credential comes from; a turn's record and `coffer provider check` name it.
package enum CredentialSource: String, Sendable, CaseIterable {
    case storedKey = "stored key"
    case variable = "environment variable"
    case helper = "helper program"

    case awsBearer = "Bedrock API key"
    case awsEnvironment = "AWS keys of the environment"
    case awsProfile = "AWS keys of a profile"
    case awsProcess = "AWS credential_process"
    case awsSSO = "AWS IAM Identity Center"
    case awsRole = "AWS assumed role"
    case awsWebIdentity = "AWS web identity"
    case awsContainer = "AWS container"
    case awsInstance = "AWS instance metadata"

    case googleServiceAccount = "Google service account"
    case googleUser = "Google user"
    case googleExternal = "Google external account"
    case googleExternalUser = "Google external account's user"
    case googleImpersonation = "Google impersonated service account"
    case googleMetadata = "Google metadata server"

    case entraSecret = "Entra client secret"
    case entraFederated = "Entra federated token"
    case entraManaged = "Azure managed identity"
}
