package import Providers
package import VaultCrypto

extension ProviderConfiguration {
    /// What speaks to the provider about one model.
    ///
    /// - Parameters:
    ///   - model: Its version of the interface goes before the provider's.
    ///   - secrets: What the vault has: whether a key or a token is sent decides about its place.
    /// - Returns: The adapter.
    /// - Throws: `badInput` where the settings give an address that cannot be.
    package func adapter(
        for model: ConfiguredModel, _ secrets: ProviderSecrets
    ) throws(VaultError) -> any ProviderAdapter {
        let version = (model.apiVersion ?? apiVersion).map { MessagesVersion($0) }
        switch endpoint {
        case .vertex(let project, let location):
            var adapter = VertexAdapter(project: project, location: location)
            adapter.base = base
            if let version { adapter.version = version }
            return adapter
        case .bedrock(let region, let api):
            return try bedrock(region, api, version, signs: credential.helper == nil)
        case .foundry(let resource):
            return configured(
                try foundry(resource, usesKey: usesResourceKey(secrets)), version, keyHeader)
        case .gateway:
            return configured(
                MessagesAdapter(gateway: try address(), placement: placement), version, nil)
        case .openai(let limitName):
            var adapter = CompletionsAdapter(try address())
            adapter.placement = placement
            adapter.limitName = limitName
            adapter.query = query
            adapter.extraHeaders = headers
            return adapter
        }
    }

    private func foundry(
        _ resource: String?, usesKey: Bool
    ) throws(VaultError) -> MessagesAdapter {
        guard let resource else {
            var adapter = MessagesAdapter(
                gateway: try address(),
                placement: usesKey ? .headers(["x-api-key", "api-key"]) : .bearer)
            adapter.listsModels = false
            return adapter
        }
        var adapter = try messages { () throws(WebOrigin.Fault) in
            try MessagesAdapter(foundry: resource, usesKey: usesKey)
        }
        if let base { adapter.base = base }
        return adapter
    }

    private func bedrock(
        _ region: String, _ api: BedrockAPI, _ version: MessagesVersion?, signs: Bool
    ) throws(VaultError) -> any ProviderAdapter {
        var place = BedrockPlace(region: region)
        place.base = base
        place.extraHeaders = headers
        switch api {
        case .invoke:
            var adapter = BedrockAdapter(place)
            if let version { adapter.version = version }
            return adapter
        case .converse: return ConverseAdapter(place)
        case .messages, .mantle:
            let host: MessagesAdapter.AWSHost = api == .mantle ? .mantle : .runtime
            var adapter = try messages { () throws(WebOrigin.Fault) in
                try MessagesAdapter(host, region: region, signs: signs)
            }
            if let base { adapter.base = base }
            return configured(adapter, version, nil)
        }
    }

    /// What asks Bedrock which regions an inference profile has; nil for other providers, and where
    /// an endpoint of the organisation's own stands in front.
    ///
    /// - Parameter model: The id of the profile.
    /// - Returns: The request, which carries no word of a conversation.
    package func profileRequest(_ model: ConfiguredModel) -> WireRequest? {
        guard case .bedrock(let region, let api) = endpoint, api != .mantle, base == nil else {
            return nil
        }
        return BedrockPlace(region: region).profileRequest(model.id)
    }

    private func messages(
        _ make: () throws(WebOrigin.Fault) -> MessagesAdapter
    ) throws(VaultError) -> MessagesAdapter {
        do throws(WebOrigin.Fault) {
            return try make()
        } catch {
            throw VaultError(
                .badInput,
                "The settings of the provider \(name) name an endpoint that \(error.clause); "
                    + "correct them with `coffer provider set`.")
        }
    }

    private func configured(
        _ adapter: MessagesAdapter, _ version: MessagesVersion?, _ keyHeader: String?
    ) -> MessagesAdapter {
        var adapter = adapter
        if let version { adapter.version = version }
        if keyHeader != nil { adapter.placement = placement }
        adapter.query = query
        adapter.extraHeaders = headers
        return adapter
    }

    private var placement: CredentialPlacement {
        keyHeader.map { .headers([$0]) } ?? .bearer
    }

    private func address() throws(VaultError) -> BaseURL {
        guard let base else {
            throw VaultError(
                .badInput, "The provider \(name) has no baseURL; set it with `coffer provider set`."
            )
        }
        return base
    }
}
