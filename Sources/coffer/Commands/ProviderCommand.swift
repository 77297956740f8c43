import ArgumentParser
import Chat
import JSONText
import Providers
import Transport
import Vault
import VaultCrypto

struct ProviderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provider",
        abstract: "Set the providers of models, and see whether they can be asked.",
        discussion: """
            A provider is Vertex AI, Bedrock, Foundry, or a gateway that speaks Anthropic's or \
            OpenAI's form. Its settings and its key lie in the vault; an administrator may give \
            providers in /etc/coffer/providers.json, which go before those of the same name. \
            PROVIDERS.md describes all settings.

            EXAMPLES:
              coffer provider add work --kind vertex --project p --region europe-west4
              coffer provider add --local
              coffer provider check work
            """,
        subcommands: [
            ProviderList.self, ProviderAdd.self, ProviderSet.self, ProviderShow.self,
            ProviderCheck.self, ProviderModels.self, ProviderRemove.self,
        ], defaultSubcommand: ProviderList.self)
}

struct ProviderList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the providers.",
        usage: "coffer provider list [<options>]",
        discussion: """
            With --json each is an object with name, kind, managed, default, model, host and fault, \
            which says what is wrong with its settings.

            EXAMPLE:
              coffer provider list
            """)

    @OptionGroup var file: ProvidersFileOption
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            let entries = try file.catalogue(of: vault).entries
            for entry in entries {
                let view = ProviderView(entry)
                if options.json { Output.json(view.object) } else { view.showLine() }
            }
            if entries.isEmpty {
                options.note(
                    "There is no provider yet; `coffer provider add NAME` sets one, and `coffer "
                        + "provider add --local` looks for a model server on this machine.")
            }
        }
    }
}

struct ProviderShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a provider's settings; a secret is named and not shown.",
        usage: "coffer provider show <name> [<options>]",
        discussion: """
            EXAMPLE:
              coffer provider show work
            """)

    @OptionGroup var provider: NamedProvider
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            let entry = try provider.entry(in: vault)
            SecretLikeSettings.tell(entry.settings.settings, options)
            let secrets = (try? vault.secretNames(of: entry.name)) ?? []
            let view = ProviderView(entry)
            if options.json {
                var object = view.object
                object["settings"] = .object(entry.settings.settings)
                object["secrets"] = .array(secrets.map(JSON.string))
                return Output.json(object)
            }
            view.showLine()
            for member in entry.settings.settings.members {
                let value = member.value.string ?? JSONWriter.line(member.value)
                let lines = Wrapping.lines(
                    of: Printable.line("\(member.key): \(value)"), width: Console.width - 2)
                for line in lines { Output.line("  " + line) }
            }
            for secret in secrets { Output.line("  secret in the vault: \(secret)") }
        }
    }
}

struct ProviderModels: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List the models that a provider names, and those of its settings.",
        usage: "coffer provider models <name> [<options>]",
        discussion: """
            With --json each is an object with id, alias, configured and offered, which is null \
            where the provider has no list.

            EXAMPLE:
              coffer provider models work
            """)

    @OptionGroup var provider: NamedProvider
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            let entry = try provider.entry(in: vault)
            let configured = try entry.configuration().models
            // Which model it is asked with makes no difference to the list.
            let opening = try ChatOpening(vault, entry, model: configured.first?.id ?? "any")
            let offered = try offered(opening)
            for model in configured { show(model, offered.map { $0.contains(model.id) }, true) }
            let known = Set(configured.map(\.id))
            for id in offered ?? [] where !known.contains(id) {
                show(ConfiguredModel(id: id), true, false)
            }
            if offered == nil {
                options.note("The provider has no list of models; these are those of the settings.")
            }
        }
    }

    private func offered(_ opening: ChatOpening) throws -> [String]? {
        guard opening.adapter.modelsRequest() != nil else { return nil }
        Interruption.watch()
        return try AsyncWork.run {
            do {
                let models = try await opening.transport.models()
                opening.close()
                return models
            } catch {
                opening.close()
                throw error
            }
        }
    }

    private func show(_ model: ConfiguredModel, _ isOffered: Bool?, _ isConfigured: Bool) {
        if options.json {
            return Output.json([
                "id": .string(model.id), "alias": .text(model.alias),
                "configured": .bool(isConfigured), "offered": isOffered.map(JSON.bool) ?? .null,
            ])
        }
        var notes: [String] = []
        if let alias = model.alias { notes.append("alias \(alias)") }
        if isConfigured { notes.append("in the settings") }
        if isOffered == false { notes.append("not in the provider's list") }
        let tail = notes.isEmpty ? "" : "  (\(notes.joined(separator: "; ")))"
        Output.line(Printable.line(model.id + tail))
    }
}

struct ProviderRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a provider and its key from the vault.",
        usage: "coffer provider remove <name> [--yes] [<options>]",
        discussion: """
            Conversations stay, and what is known of where they went.

            EXAMPLE:
              coffer provider remove work
            """)

    @Argument(help: "The provider's name.")
    var name: String

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            guard try vault.providers().contains(where: { $0.name == name }) else {
                throw VaultError(
                    .notFound,
                    "The vault has no provider \(name); `coffer provider list` shows those there "
                        + "are, and one that is managed is its administrator's to remove.")
            }
            if !yes, try !vault.secretNames(of: name).isEmpty {
                try Confirmation.require(
                    "Remove the provider \(name) and its key?",
                    otherwise: "The provider has a key, which cannot be had back; give --yes when "
                        + "nobody can be asked.")
            }
            try vault.removeProvider(name)
            if options.json {
                Output.json(["name": .string(name), "removed": .bool(true)])
            } else if !options.quiet {
                Output.line("Removed the provider \(Printable.line(name)).")
            }
        }
    }
}

/// A provider as it is listed.
struct ProviderView {
    private let entry: ProviderCatalogue.Entry
    private let configuration: ProviderConfiguration?
    private let fault: String?

    init(_ entry: ProviderCatalogue.Entry) {
        self.entry = entry
        do {
            configuration = try entry.configuration()
            fault = nil
        } catch {
            configuration = nil
            fault = error.message
        }
    }

    private var model: ConfiguredModel? { try? configuration?.model(nil) }

    /// Where a turn goes, as the adapter says it.
    private var host: String? {
        guard let configuration else { return nil }
        let model = model ?? ConfiguredModel(id: "any")
        guard let adapter = try? configuration.adapter(for: model, ProviderSecrets()) else {
            return nil
        }
        let forecast = try? ResidencyForecast(adapter, model: model.id, policy: nil)
        return forecast?.origin.authority
    }

    var object: JSONObject {
        [
            "name": .string(entry.name), "kind": .string(entry.settings.kind),
            "managed": .bool(entry.isManaged),
            "default": .bool(configuration?.isDefault ?? false), "model": .text(model?.id),
            "host": .text(host), "fault": .text(fault),
        ]
    }

    func showLine() {
        var facts = [entry.settings.kind]
        if let host { facts.append(host) }
        if let model { facts.append("model \(model.alias ?? model.id)") }
        if configuration?.isDefault == true { facts.append("default") }
        if entry.isManaged { facts.append("managed") }
        let text = "\(entry.name): \(facts.joined(separator: ", "))"
        for line in Wrapping.lines(of: Printable.line(text), width: Console.width) {
            Output.line(line)
        }
        if let fault {
            for line in Wrapping.lines(
                of: Printable.line(fault), width: Console.width, indent: "  ")
            { Output.line(line) }
        }
    }
}
