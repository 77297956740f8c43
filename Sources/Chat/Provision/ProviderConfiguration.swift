package import Providers
package import VaultCrypto

/// The kinds of interface that a provider may have; the raw value is the word of settings.
package enum ProviderKind: String, Sendable, CaseIterable {
    /// Claude on Google Vertex AI.
    case vertex
    /// Amazon Bedrock.
    case bedrock
    /// Claude on Microsoft Foundry.
    case foundry
    /// A server that speaks Anthropic's Messages form.
    case gateway
    /// A server that speaks OpenAI's chat completions.
    case openai
}

/// How a provider is asked, read from its settings.
///
/// Settings are a JSON object: in the vault, beside the name and the kind, or in a managed file
/// (`ManagedProviders`), where `kind` is a member. They hold no secret. Every member that is not
/// listed here for the kind is an error, and so is one of another type.
///
/// | member | kinds | when absent | meaning |
/// |---|---|---|---|
/// | `project` | vertex | an error | Google's project. |
/// | `region` | vertex, bedrock | an error | A region; for vertex also `eu`, `us` and `global`. |
/// | `api` | bedrock | `invoke` | `invoke`, `converse`, `messages`, or `mantle`: `BedrockAPI`. |
/// | `resource` | foundry | an error without `baseURL` | The first word of the resource's host. |
/// | `baseURL` | all | an error for gateway, openai | An address: `https://host[:port][/path]`. |
/// | `apiVersion` | all that speak the Messages form | that of 2023 | The interface's version. |
/// | `limitName` | openai | `max_tokens` | Or `max_completion_tokens`. |
/// | `query` | openai, gateway | none | A query on each request, encoded. |
/// | `keyHeader` | gateway, openai, foundry | `authorization` | The header that takes the key. |
/// | `headers` | gateway, openai, foundry, bedrock | none | Further headers, by name. No keys. |
/// | `credential` | all | the kind's own search | `CredentialSettings`. |
/// | `models` | all | none | A list of ids, or of objects: `ConfiguredModel`. |
/// | `defaultModel` | all | the first of `models` | An id or an alias. |
/// | `caching` | all but openai | `false` | Whether the provider may keep what it has read. |
/// | `maximumTokens` | all | 8192, for openai none | The longest answer, in tokens. |
/// | `currency` | all | none | Of the prices, three capital letters; needed with prices. |
/// | `connection` | all | | `ConnectionSettings`. |
/// | `default` | all | `false` | Whether it is the one that is asked unless another is named. |
package struct ProviderConfiguration: Sendable, Equatable {
    package enum Endpoint: Sendable, Equatable {
        case vertex(project: String, location: String)
        case bedrock(region: String, BedrockAPI)
        /// Nil where `baseURL` says it all.
        case foundry(resource: String?)
        case gateway
        case openai(CompletionsAdapter.LimitName)
    }

    /// Which of Bedrock's interfaces is spoken.
    package enum BedrockAPI: String, Sendable, CaseIterable {
        /// InvokeModel, with Claude's own body.
        case invoke
        /// Converse, which takes models of all vendors.
        case converse
        /// The Messages form at `bedrock-runtime`.
        case messages
        /// The Messages form at `bedrock-mantle`.
        case mantle
    }

    /// What people call the provider.
    package var name: String
    package var endpoint: Endpoint
    package var base: BaseURL?
    package var apiVersion: String?
    package var query = ""
    /// Nil for `authorization`.
    package var keyHeader: String?
    package var headers = WireHeaders()
    package var credential = CredentialSettings()
    package var models: [ConfiguredModel] = []
    package var defaultModel: String?
    package var maximumTokens: Int?
    package var currency: String?
    package var connection = ConnectionSettings()
    package var isDefault = false
    /// Whether turns are marked so that the provider may keep what it has read, for a cheaper next
    /// one.
    package var caches = false

    package var kind: ProviderKind {
        switch endpoint {
        case .vertex: .vertex
        case .bedrock: .bedrock
        case .foundry: .foundry
        case .gateway: .gateway
        case .openai: .openai
        }
    }

    /// The model that is meant by a name.
    ///
    /// - Parameter name: An alias or an id, also one that the settings do not list; nil for the
    ///   default one.
    /// - Returns: What is known of it.
    /// - Throws: `badInput` where there is no default.
    package func model(_ name: String?) throws(VaultError) -> ConfiguredModel {
        guard let wanted = name ?? defaultModel ?? models.first?.id else {
            throw VaultError(
                .badInput,
                "The provider \(self.name) has no default model; give --model, or set one with "
                    + "`coffer provider set \(self.name) --model ID`.")
        }
        return models.first { $0.alias == wanted } ?? models.first { $0.id == wanted }
            ?? ConfiguredModel(id: wanted)
    }

    /// The prices of the models that have some, by id.
    package var prices: [String: TokenPrices] {
        models.reduce(into: [:]) { prices, model in prices[model.id] = model.prices }
    }

    /// The longest answer that a model is asked for; nil leaves it to the provider.
    package func maximumTokens(of model: ConfiguredModel) -> Int? {
        if let own = model.maximumTokens ?? maximumTokens { return own }
        // The Messages form refuses a request without a limit.
        if case .openai = endpoint { return nil }
        return 8192
    }
}

/// A model that the settings list: a text is its id alone, an object has these members.
///
/// `id`; `alias`, a short name; `apiVersion`, where it wants another one than the provider;
/// `maximumTokens`; `prices`, per million tokens: `{"input","output","cacheRead","cacheWrite"}`, of
/// which the latter two may be absent.
package struct ConfiguredModel: Sendable, Equatable {
    /// As the provider writes it; for Foundry the name of the deployment.
    package var id: String
    package var alias: String?
    package var apiVersion: String?
    package var maximumTokens: Int?
    package var prices: TokenPrices?

    package init(id: String) { self.id = id }
}

/// `connection` of settings: what there is between this machine and the provider.
///
/// `authorities`: PEM files with certificate authorities that are trusted besides the system's;
/// `proxy`: `http://host:port` of a proxy for CONNECT; `connectSeconds`, `idleSeconds` and
/// `totalSeconds`: the longest waits, up to a day.
package struct ConnectionSettings: Sendable, Equatable {
    package var authorities: [String] = []
    package var proxy: WebOrigin?
    package var connectSeconds: Int?
    package var idleSeconds: Int?
    package var totalSeconds: Int?

    package init() {}
}
