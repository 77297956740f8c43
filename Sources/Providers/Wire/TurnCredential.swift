/// What proves to a provider who asks: what a transport needs of credentials.
package protocol TurnCredential: Sendable {
    /// What kind it is and where it comes from, for the record of a turn: `AWS profile work`. Never
    /// a secret.
    var kind: String { get }

    /// Puts the credential into a request, signing it where the endpoint wants a signature.
    ///
    /// - Parameters:
    ///   - request: The request that an adapter made.
    ///   - placement: Where the endpoint wants the credential.
    /// - Returns: The request that goes out.
    /// - Throws: Why there is no credential.
    func authorize(
        _ request: WireRequest, _ placement: CredentialPlacement
    ) async throws(ProviderError) -> WireRequest

    /// Says that the provider refused the credential, or called it expired: the next `authorize`
    /// gets a new one.
    ///
    /// - Throws: Why there can be no other.
    func renew() async throws(ProviderError)
}
