package import Providers

/// Where the proof of identity is looked for: `credential` of settings.
///
/// It holds none itself.
///
/// | member | kinds | meaning |
/// |---|---|---|
/// | `helper` | all | A program: `{"path","arguments","timeoutSeconds","lifetimeSeconds"}`. |
/// | `variable` | gateway, openai, foundry | The variable of the environment that holds a key. |
/// | `none` | gateway, openai | `true`: the server wants no key. |
/// | `file` | vertex | A credentials file of Google. |
/// | `profile` | bedrock | A profile of the AWS files. |
/// | `tenant`, `client` | foundry | An application of Entra. |
///
/// A key or an application's secret is a secret of the vault: `key` or `clientSecret`.
package struct CredentialSettings: Sendable, Equatable {
    package struct Program: Sendable, Equatable {
        package var path: String
        package var arguments: [String] = []
        package var timeoutSeconds = 60
        package var lifetimeSeconds = 3600
    }

    package var helper: Program?
    package var variable: String?
    package var isNone = false
    package var file: String?
    package var profile: String?
    package var tenant: String?
    package var client: String?

    package init() {}
}

/// The secrets of a provider that lie in the vault.
package struct ProviderSecrets: Sendable {
    /// Names of secrets in the vault.
    package static let key = "key", clientSecret = "clientSecret"

    package var key: Secret?
    package var clientSecret: Secret?
    /// Why one that is there is held back: it was given for another server.
    package var refusal: CredentialError?

    package init(key: Secret? = nil, clientSecret: Secret? = nil) {
        self.key = key
        self.clientSecret = clientSecret
    }
}

extension ProviderConfiguration {
    /// Looks for the credential; asks no server and runs no program.
    ///
    /// - Parameters:
    ///   - secrets: What the vault has.
    ///   - surroundings: Variables and files; its wire is not used.
    /// - Returns: What the search came to; nil where the provider wants no credential.
    package func credentialChoice(
        _ secrets: ProviderSecrets, in surroundings: Surroundings
    ) -> CredentialChoice? {
        if credential.isNone { return nil }
        // A helper program comes before everything, whatever the kind.
        if credential.helper != nil { return keyChoice(secrets, surroundings) }
        // What is held back is no reason to look for another identity.
        if let refusal = secrets.refusal, kind != .vertex { return Self.refused(refusal) }
        switch endpoint {
        case .vertex:
            return GoogleCredentialSearch.run(file: credential.file, in: surroundings)
        case .bedrock(let region, _):
            let settings = AWSCredentialSettings(
                bearer: secrets.key, profile: credential.profile, region: region)
            return AWSCredentialSearch.run(settings, in: surroundings)
        case .foundry where usesResourceKey(secrets) && namesApplication(secrets):
            return Self.refused(
                CredentialError(
                    .ambiguous,
                    "The settings have a key of the resource and an application of Entra; take one "
                        + "of them away, and give an application's secret with "
                        + "--client-secret-file."))
        case .foundry where secrets.key == nil && credential.variable == nil:
            let settings = EntraSettings(
                tenant: credential.tenant, client: credential.client, secret: secrets.clientSecret)
            return EntraCredentialSearch.run(settings, in: surroundings)
        case .foundry, .gateway, .openai: return keyChoice(secrets, surroundings)
        }
    }

    /// Whether what goes into a request of Foundry is a key of the resource, not a token of Entra.
    func usesResourceKey(_ secrets: ProviderSecrets) -> Bool {
        credential.helper == nil && (secrets.key != nil || credential.variable != nil)
    }

    private func namesApplication(_ secrets: ProviderSecrets) -> Bool {
        credential.tenant != nil || credential.client != nil || secrets.clientSecret != nil
    }

    private static func refused(_ refusal: CredentialError) -> CredentialChoice {
        var report = CredentialReport()
        report.entries.append(
            .init(
                source: .storedKey, place: "settings", outcome: .failed, reason: refusal.sentence))
        return CredentialChoice(flow: .failure(refusal), report: report)
    }

    private func keyChoice(
        _ secrets: ProviderSecrets, _ surroundings: Surroundings
    ) -> CredentialChoice {
        var settings = KeySettings(key: secrets.key, variable: credential.variable)
        do throws(CredentialError) {
            settings.helper = try credential.helper.map { (helper) throws(CredentialError) in
                try CredentialProgram(
                    path: helper.path, arguments: helper.arguments,
                    timeLimitSeconds: helper.timeoutSeconds,
                    lifetimeSeconds: helper.lifetimeSeconds)
            }
        } catch {
            return CredentialChoice(flow: .failure(error), report: CredentialReport())
        }
        return KeySearch.run(settings, in: surroundings)
    }
}

/// A search for credentials needs none of this: it asks no server.
package struct NoNetwork: WireExchange {
    package init() {}

    package func exchange(
        _ request: WireRequest, maximumBytes: Int
    ) async throws(ProviderError) -> WireAnswer {
        throw ProviderError(.connection)
    }
}
