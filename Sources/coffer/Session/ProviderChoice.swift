import ArgumentParser
import Chat
import Vault
import VaultCrypto

/// Where the providers are that a command may use.
struct ProvidersFileOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Take the providers of this file before the vault's, in place of "
                + "/etc/coffer/providers.json.", valueName: "file"),
        completion: .file())
    var providers: String?

    /// The managed providers and those of the vault.
    ///
    /// - Throws: What is wrong with the file; what the database reports.
    func catalogue(of vault: Vault) throws(VaultError) -> ProviderCatalogue {
        try ProviderCatalogue(
            vault, managed: providers.map { .file(Place.absolute($0)) } ?? .ofDevice)
    }
}

/// A provider that a command is about.
struct NamedProvider: ParsableArguments {
    @Argument(help: "The provider's name.")
    var name: String

    @OptionGroup var file: ProvidersFileOption

    /// - Throws: `notFound` where there is none of that name.
    func entry(in vault: Vault) throws(VaultError) -> ProviderCatalogue.Entry {
        try file.catalogue(of: vault).entry(name)
    }
}

/// Which provider and model a command asks.
struct ProviderChoice: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The provider; without it the only one, or the default one.", valueName: "name"))
    var provider: String?

    @Option(
        help: ArgumentHelp(
            "The model: an alias of the provider's settings, or an id as the provider writes it.",
            valueName: "model"))
    var model: String?

    @OptionGroup var file: ProvidersFileOption
}
