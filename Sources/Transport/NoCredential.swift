package import Providers

/// For servers that ask for nothing, such as one on this machine.
package struct NoCredential: TurnCredential {
    package let kind = "none"

    package init() {}

    package func authorize(
        _ request: WireRequest, _ placement: CredentialPlacement
    ) async throws(ProviderError) -> WireRequest { request }

    package func renew() async throws(ProviderError) {
        throw ProviderError(
            .authentication, message: "The server asks for a credential; set one for the provider.")
    }
}
