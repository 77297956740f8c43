package import Vault
package import VaultCrypto
import JSONText
import Providers

/// The providers that may be asked: those of the managed file, and those of the vault.
package struct ProviderCatalogue: Sendable {
    package struct Entry: Sendable {
        package var settings: ProviderSettings
        package var isManaged: Bool

        package var name: String { settings.name }

        /// - Throws: `badInput` with what is wrong with the settings.
        package func configuration() throws(VaultError) -> ProviderConfiguration {
            try ProviderConfiguration(settings)
        }
    }

    /// By name.
    package let entries: [Entry]

    /// - Throws: What `ManagedProviders.read` throws; what the database reports.
    package init(_ vault: Vault, managed: ManagedProviders) throws(VaultError) {
        var entries = try managed.read().map { Entry(settings: $0, isManaged: true) }
        let names = Set(entries.map(\.name))
        // A row of the vault under a managed name holds that provider's secrets.
        entries += try vault.providers().filter { !names.contains($0.name) }.map {
            Entry(settings: $0, isManaged: false)
        }
        self.entries = entries.sorted { $0.name < $1.name }
    }

    /// The provider of a name; without one, the only one, or the one that is set as the default.
    ///
    /// - Throws: `notFound`; `badInput` where none is meant.
    package func entry(_ name: String?) throws(VaultError) -> Entry {
        if let name {
            if let entry = entries.first(where: { $0.name == name }) { return entry }
            throw VaultError(
                .notFound,
                "There is no provider \(name); `coffer provider list` shows those there are.")
        }
        guard let first = entries.first else {
            throw VaultError(
                .notFound,
                "There is no provider yet; `coffer provider add NAME` sets one, and `coffer "
                    + "provider add --local` looks for a model server on this machine.")
        }
        if entries.count == 1 { return first }
        let defaults = entries.filter { $0.settings.settings["default"]?.bool == true }
        if let entry = defaults.first(where: \.isManaged) ?? defaults.first { return entry }
        let names = entries.map(\.name).joined(separator: ", ")
        throw VaultError(
            .badInput,
            "There are several providers (\(names)); give --provider, or set one as the default "
                + "with `coffer provider set NAME --default`.")
    }
}
