package import JSONText
package import Providers
package import Vault
package import VaultCrypto

/// Where each secret of a provider may go.
///
/// A secret is given for a server. When it is stored, the origin to which the provider led then is
/// kept beside it, as `keyOrigin` or `clientSecretOrigin` in the settings of the vault's row; when
/// it is looked for, the provider has to lead to the same scheme, host and port. Another file of
/// providers, a new address and another region give it to nobody else. A secret without an origin
/// is given to nobody.
package enum SecretOrigins {
    /// The members of settings, which no file of providers and nobody who types settings may give.
    package static let members = [ProviderSecrets.key, ProviderSecrets.clientSecret].map(member)

    private static func member(_ secret: String) -> String { secret + "Origin" }

    /// The settings with the origin of a secret.
    ///
    /// - Parameters:
    ///   - secret: `ProviderSecrets.key` or `clientSecret`.
    ///   - provider: The vault's row that holds the secret.
    ///   - configuration: How the provider is asked, which a managed file may say.
    /// - Returns: The row to store with the secret.
    /// - Throws: `badInput` where the provider leads nowhere.
    package static func binding(
        _ secret: String, of provider: ProviderSettings, to configuration: ProviderConfiguration
    ) throws(VaultError) -> ProviderSettings {
        var provider = provider
        provider.settings[member(secret)] = .string(try configuration.origin().description)
        return provider
    }

    /// Why a secret that is there is not used; nil where it may be.
    ///
    /// - Parameters:
    ///   - secret: As above.
    ///   - row: The settings of the vault's row that holds it.
    ///   - configuration: How the provider is asked now.
    /// - Returns: One sentence with its remedy.
    /// - Throws: `badInput` where the provider leads nowhere.
    package static func refusal(
        of secret: String, _ row: JSONObject, _ configuration: ProviderConfiguration
    ) throws(VaultError) -> CredentialError? {
        let origin = try configuration.origin().description
        let given = row[member(secret)]?.string
        guard given != origin else { return nil }
        let isKey = secret == ProviderSecrets.key
        let name = configuration.name
        let subject = "The \(isKey ? "key" : "application's secret") of \(name)"
        let what =
            given.map { "was given for \($0), and the provider now leads to \(origin)" }
            ?? "was stored without the server that it is for"
        let option = isKey ? "--key-file" : "--client-secret-file"
        return CredentialError(
            .notAllowed,
            "\(subject) \(what); give it again with `coffer provider set \(name) \(option) FILE`.")
    }
}

extension ProviderConfiguration {
    /// Where its requests go, as its adapter says: scheme, host and port.
    ///
    /// - Throws: `badInput` where the settings give an address that cannot be.
    package func origin() throws(VaultError) -> WebOrigin {
        let model = (try? model(nil)) ?? ConfiguredModel(id: "any")
        let adapter = try adapter(for: model, ProviderSecrets())
        return try ResidencyForecast(adapter, model: model.id, policy: nil).origin
    }
}

extension ProviderSecrets {
    /// Reads the secrets of a provider that may go where it leads; what is not there stays nil.
    ///
    /// - Parameters:
    ///   - entry: The provider.
    ///   - vault: The vault whose row of that name holds the secrets.
    /// - Throws: `badInput` for settings that cannot be; what the database reports.
    package init(of entry: ProviderCatalogue.Entry, in vault: Vault) throws(VaultError) {
        self.init()
        guard let row = try Self.row(entry.name, in: vault) else { return }
        let configuration = try entry.configuration()
        for name in [Self.key, Self.clientSecret] {
            guard let secret = try Self.secret(name, of: entry.name, in: vault) else { continue }
            if let refusal = try SecretOrigins.refusal(of: name, row, configuration) {
                self.refusal = self.refusal ?? refusal
            } else if name == Self.key {
                key = secret
            } else {
                clientSecret = secret
            }
        }
    }

    private static func row(
        _ name: String, in vault: Vault
    ) throws(VaultError) -> JSONObject? {
        do {
            return try vault.provider(name).settings
        } catch  where error.code == .notFound {
            return nil
        }
    }

    private static func secret(
        _ name: String, of provider: String, in vault: Vault
    ) throws(VaultError) -> Secret? {
        do {
            return Secret(try vault.secret(name, of: provider))
        } catch  where error.code == .notFound {
            return nil
        }
    }
}
