import ArgumentParser
import Chat
import JSONText
import Providers
import Vault
import VaultCrypto

struct ProviderAdd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a provider, and try it.",
        usage: """
            coffer provider add <name> [--kind <kind>] [<settings>] [--no-check]
            coffer provider add [<name>] --local [--port <n>]
            """,
        discussion: """
            Asks on the terminal for what the kind needs and was not given. A key comes from a \
            file, from standard input or from a hidden question, and is kept in the vault; a \
            credential that the official clients would find on this machine is found too. Then \
            the provider is tried as `coffer provider check` does; it stays whatever comes of that.

            --local looks at the loopback ports of Ollama, llama.cpp, vLLM and LM Studio for a \
            server of OpenAI's form. Where such a server runs its model is its operator's affair \
            and is never verified: under a policy it has to be declared.

            EXAMPLES:
              coffer provider add work --kind vertex --project p --region europe-west4
              coffer provider add llm --kind gateway --base-url https://llm.example.org \\
                --model made-up-1 --key-file key.txt
              coffer provider add --local
            """)

    @Argument(help: "The provider's name.")
    var name: String?

    @Flag(help: "Look for a model server on this machine.")
    var local = false

    @Option(help: ArgumentHelp("With --local: look at this port.", valueName: "n"))
    var port: Int?

    @OptionGroup(title: "Settings") var arguments: ProviderArguments

    @Flag(help: "Do not try it.")
    var noCheck = false

    @OptionGroup var file: ProvidersFileOption
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if !local, name == nil { throw ValidationError("Give the provider a name.") }
        if !local, port != nil { throw ValidationError("--port goes with --local.") }
        if local, !arguments.isEmpty {
            throw ValidationError("--local finds out the settings; leave the others out.")
        }
        if let port, !(1...65_535).contains(port) {
            throw ValidationError("--port is a number from 1 to 65535.")
        }
    }

    func run() throws {
        try options.withVault { vault in
            var draft = local ? try localDraft() : try typedDraft()
            let name = draft.settings.name
            let catalogue = try file.catalogue(of: vault)
            guard !catalogue.entries.contains(where: { $0.name == name }) else {
                throw VaultError(
                    .exists,
                    "There is a provider \(name) already; `coffer provider set \(name)` changes it."
                )
            }
            let configuration = try ProviderConfiguration(draft.settings)
            if let key = draft.key.take() {
                try vault.setProvider(
                    try SecretOrigins.binding(
                        ProviderSecrets.key, of: draft.settings, to: configuration),
                    with: ProviderSecrets.key, key)
            } else {
                try arguments.store(draft.settings, configuration, in: vault, options)
            }
            try conclude(name, vault)
        }
    }

    private func conclude(_ name: String, _ vault: Vault) throws {
        if !options.json, !options.quiet { Output.line("Added the provider \(name).") }
        let entry = try file.catalogue(of: vault).entry(name)
        SecretLikeSettings.tell(entry.settings.settings, options)
        if noCheck {
            if options.json { Output.json(ProviderView(entry).object) }
            return
        }
        try ProviderExamination(vault, entry, model: nil, isTurnWanted: false).report(options)
    }

    // MARK: What it is

    /// Settings, and a key that was typed.
    private struct Draft: ~Copyable {
        var settings: ProviderSettings
        var key: SecretBytes?
    }

    private func typedDraft() throws -> Draft {
        var settings = try arguments.applied(to: JSONObject())
        let kind = try self.kind()
        if Prompt.canAsk { try ProviderQuestions(kind).complete(&settings) }
        var draft = Draft(
            settings: ProviderSettings(
                name: name ?? "", kind: kind.rawValue, settings: settings), key: nil)
        if Prompt.canAsk, wantsKey(kind, settings) {
            // Without a key Foundry is asked with a token of Entra.
            let without = kind == .foundry ? "to sign in with Entra" : "for none"
            draft.key = try Prompt.askSecret("Key (Enter \(without))")
        }
        return draft
    }

    private func kind() throws -> ProviderKind {
        if let kind = arguments.kind { return kind }
        let words = ProviderKind.allCases.map(\.rawValue).joined(separator: ", ")
        guard Prompt.canAsk else {
            throw ValidationError("Give --kind, one of \(words).")
        }
        while true {
            let answer = try Prompt.ask("Kind (\(words))", proposal: nil)
            if let kind = ProviderKind(rawValue: answer) { return kind }
        }
    }

    private func wantsKey(_ kind: ProviderKind, _ settings: JSONObject) -> Bool {
        guard !arguments.hasSecret, settings["credential"] == nil else { return false }
        return [.gateway, .openai, .foundry].contains(kind)
    }

    private func localDraft() throws -> Draft {
        let servers = try LocalServers.find(port: port)
        guard let server = try chosen(servers) else {
            throw CommandFailure(code: "cancelled", exit: 1, message: "Nothing was changed.")
        }
        options.note(LocalServers.words(server))
        return Draft(settings: server.settings(name: name ?? server.name), key: nil)
    }

    private func chosen(_ servers: [LocalServers.Server]) throws -> LocalServers.Server? {
        guard let first = servers.first else {
            throw VaultError(
                .notFound,
                "No model server answers at \(LocalServers.places(port)); start one, or give "
                    + "--port.")
        }
        if !Prompt.canAsk {
            guard servers.count == 1 else {
                let places = servers.map(\.address).joined(separator: ", ")
                throw VaultError(
                    .badInput, "Several servers answer (\(places)); choose one with --port.")
            }
            return first
        }
        for server in servers {
            let question = "Add \(server.title) at \(server.address), model \(server.model)?"
            let answer = try Prompt.ask("\(question) (y, n)", proposal: "y").lowercased()
            if ["y", "yes"].contains(answer) { return server }
        }
        return nil
    }
}

/// Asks for what a kind needs.
struct ProviderQuestions {
    private let kind: ProviderKind

    init(_ kind: ProviderKind) { self.kind = kind }

    private struct Member {
        var key: String
        var question: String
        /// A variable of the official clients whose value is proposed.
        var variables: [String] = []
        var proposal: String?
    }

    private var members: [Member] {
        switch kind {
        case .vertex:
            [
                Member(
                    key: "project", question: "Google's project",
                    variables: ["ANTHROPIC_VERTEX_PROJECT_ID", "GOOGLE_CLOUD_PROJECT"]),
                Member(
                    key: "region", question: "Region, or eu, us, global",
                    variables: ["CLOUD_ML_REGION"], proposal: "eu"),
            ]
        case .bedrock:
            [
                Member(
                    key: "region", question: "Region",
                    variables: ["AWS_REGION", "AWS_DEFAULT_REGION"], proposal: "eu-central-1")
            ]
        case .foundry:
            [
                Member(
                    key: "resource", question: "Resource, the first word of its host",
                    variables: ["ANTHROPIC_FOUNDRY_RESOURCE"])
            ]
        case .gateway:
            [
                Member(
                    key: "baseURL", question: "Address, https://host/path",
                    variables: ["ANTHROPIC_BASE_URL"])
            ]
        case .openai:
            [
                Member(
                    key: "baseURL", question: "Address, https://host/v1",
                    variables: ["OPENAI_BASE_URL"])
            ]
        }
    }

    /// Fills in what is missing.
    func complete(_ settings: inout JSONObject) throws {
        for member in members where settings[member.key] == nil {
            // Where an address says it all, no resource is asked for.
            if kind == .foundry, settings["baseURL"] != nil { continue }
            let known = member.variables.lazy.compactMap { Place.variable($0) }.first
            let answer = try Prompt.ask(member.question, proposal: known ?? member.proposal)
            settings[member.key] = .string(answer)
        }
        if settings["models"] == nil {
            let noun = kind == .foundry ? "Deployment" : "Model"
            let answer = try Prompt.ask("\(noun), by its id", proposal: nil)
            settings["models"] = .array([.string(answer)])
        }
    }
}

struct ProviderSet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Change a provider's settings or its key.",
        usage: "coffer provider set <name> [<settings>] [<options>]",
        discussion: """
            What is not named stays. `--set KEY=` takes a setting away. The settings of a managed \
            provider are its administrator's; its key may be set here.

            EXAMPLES:
              coffer provider set work --region eu --default
              coffer provider set llm --key-file new-key.txt
              coffer provider set llm --set connection.idleSeconds=60 --set currency=EUR
            """)

    @Argument(help: "The provider's name.")
    var name: String

    @OptionGroup(title: "Settings") var arguments: ProviderArguments
    @OptionGroup var file: ProvidersFileOption
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if arguments.isEmpty, !arguments.hasSecret {
            throw ValidationError("Name what shall change; `coffer provider show` shows what is.")
        }
    }

    func run() throws {
        try options.withVault { vault in
            let catalogue = try file.catalogue(of: vault)
            let entry = try catalogue.entry(name)
            if entry.isManaged {
                try arguments.store(
                    managedRow(entry, vault), entry.configuration(), in: vault, options)
            } else {
                var settings = entry.settings
                settings.kind = arguments.kind?.rawValue ?? settings.kind
                settings.settings = try arguments.applied(to: settings.settings)
                let configuration = try ProviderConfiguration(settings)
                try arguments.store(settings, configuration, in: vault, options)
                if arguments.default { try takeDefault(from: catalogue, vault) }
            }
            let changed = try file.catalogue(of: vault).entry(name)
            SecretLikeSettings.tell(changed.settings.settings, options)
            try show(changed, vault)
        }
    }

    /// What it is now; a secret that was given for another server is named at once.
    private func show(_ entry: ProviderCatalogue.Entry, _ vault: Vault) throws {
        let view = ProviderView(entry)
        if options.json {
            Output.json(view.object)
        } else if !options.quiet {
            view.showLine()
        }
        if let refusal = try ProviderSecrets(of: entry, in: vault).refusal {
            options.note(refusal.sentence)
        }
    }

    /// One provider is the default.
    private func takeDefault(from catalogue: ProviderCatalogue, _ vault: Vault) throws {
        for other in catalogue.entries where other.name != name && !other.isManaged {
            guard other.settings.settings["default"]?.bool == true else { continue }
            var settings = other.settings
            settings.settings = settings.settings.without(["default"])
            try vault.setProvider(settings)
        }
    }

    /// A row of the vault that holds the key of a managed provider, and nothing else.
    private func managedRow(
        _ entry: ProviderCatalogue.Entry, _ vault: Vault
    ) throws -> ProviderSettings {
        guard arguments.isEmpty else {
            throw VaultError(
                .refused,
                "The provider \(name) is managed, and its settings are its administrator's; only "
                    + "--key-file and --client-secret-file are taken.")
        }
        return try vault.providers().first { $0.name == name }
            ?? ProviderSettings(name: name, kind: entry.settings.kind, settings: JSONObject())
    }
}
