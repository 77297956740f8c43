import ArgumentParser
import Chat
import JSONText
import Vault
import VaultCrypto

/// The settings of a provider as they are typed.
struct ProviderArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "vertex, bedrock, foundry, gateway (Anthropic's form) or openai (OpenAI's form).",
            valueName: "kind"))
    var kind: ProviderKind?

    @Option(help: ArgumentHelp("Google's project, for vertex.", valueName: "id"))
    var project: String?

    @Option(
        help: ArgumentHelp("The region, for vertex and bedrock.", valueName: "name"))
    var region: String?

    @Option(help: ArgumentHelp("The resource, for foundry.", valueName: "name"))
    var resource: String?

    @Option(help: ArgumentHelp("The server's address.", valueName: "https://…"))
    var baseURL: String?

    @Option(
        help: ArgumentHelp(
            "A model; may be repeated, and the first is the default.", valueName: "id"))
    var model: [String] = []

    @Option(
        help: ArgumentHelp(
            "Store the key in this file's first line in the vault; - is standard input.",
            valueName: "file"),
        completion: .file())
    var keyFile: String?

    @Option(
        help: ArgumentHelp("Take the key from this variable at each use.", valueName: "name"))
    var keyVariable: String?

    @Option(
        help: ArgumentHelp("Take this profile of the AWS files, for bedrock.", valueName: "name"))
    var profile: String?

    @Option(
        help: ArgumentHelp("Take this credentials file of Google, for vertex.", valueName: "file"),
        completion: .file())
    var credentialsFile: String?

    @Option(help: ArgumentHelp("The tenant of Entra, for foundry.", valueName: "id"))
    var tenant: String?

    @Option(help: ArgumentHelp("The application in Entra, for foundry.", valueName: "id"))
    var client: String?

    @Option(
        help: ArgumentHelp(
            "Store the application's secret in this file's first line in the vault; - is standard "
                + "input.", valueName: "file"),
        completion: .file())
    var clientSecretFile: String?

    @Option(
        help: ArgumentHelp("Take the credential from this program.", valueName: "path"),
        completion: .file())
    var helper: String?

    @Option(
        help: ArgumentHelp(
            "Trust the certificate authorities of this PEM file besides the system's; may be "
                + "repeated.", valueName: "file"),
        completion: .file())
    var caFile: [String] = []

    @Option(help: ArgumentHelp("Go through this proxy.", valueName: "http://host:port"))
    var proxy: String?

    @Flag(help: "The server wants no key.")
    var noKey = false

    @Flag(help: "Ask this provider unless another is named.")
    var `default` = false

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Any setting, as api=converse or connection.idleSeconds=60; may be repeated.",
            valueName: "key=value"))
    var sets: [String] = []

    func validate() throws {
        for text in sets where !text.contains("=") || text.hasPrefix("=") {
            throw ValidationError("--set takes KEY=VALUE; \(text) has no value.")
        }
        if noKey, keyFile != nil || keyVariable != nil || helper != nil {
            throw ValidationError("--no-key goes with no key and no helper.")
        }
        if keyFile != nil, clientSecretFile != nil {
            throw ValidationError(
                "--key-file is for a key of the resource, --client-secret-file for an application; "
                    + "give one.")
        }
    }

    /// Whether anything of the settings was given; a secret is no setting.
    var isEmpty: Bool {
        let words = [kind?.rawValue] + texts.map(\.value)
        return words.allSatisfy { $0 == nil } && model.isEmpty && sets.isEmpty && caFile.isEmpty
            && !noKey && !`default`
    }

    /// The settings that are one text each, by their place.
    private var texts: [(path: [String], value: String?)] {
        [
            (["project"], project), (["region"], region), (["resource"], resource),
            (["baseURL"], baseURL), (["credential", "variable"], keyVariable),
            (["credential", "profile"], profile), (["credential", "tenant"], tenant),
            (["credential", "client"], client),
            (["credential", "file"], credentialsFile.map(Place.absolute)),
            (["credential", "helper", "path"], helper.map(Place.absolute)),
            (["connection", "proxy"], proxy),
        ]
    }

    /// The settings with what was typed.
    ///
    /// - Parameter settings: What there is already.
    /// - Returns: The settings as they shall be.
    /// - Throws: `badInput` for a key that leads into something that is no object.
    func applied(to settings: JSONObject) throws -> JSONObject {
        var settings = settings
        for case (let path, let text?) in texts {
            settings = try Self.setting(settings, path, .string(text))
        }
        if !caFile.isEmpty {
            let files = caFile.map { JSON.string(Place.absolute($0)) }
            settings = try Self.setting(settings, ["connection", "authorities"], .array(files))
        }
        try applyModels(&settings)
        if noKey { settings = try Self.setting(settings, ["credential", "none"], .bool(true)) }
        if `default` { settings["default"] = .bool(true) }
        for text in sets { settings = try Self.applying(text, to: settings) }
        return settings
    }

    /// What is named becomes known, and the first the default.
    private func applyModels(_ settings: inout JSONObject) throws {
        guard let first = model.first else { return }
        var models = settings["models"]?.array ?? []
        let known = Set(models.flatMap { [$0.string, $0["id"]?.string, $0["alias"]?.string] })
        models += model.filter { !known.contains($0) }.map(JSON.string)
        settings["models"] = .array(models)
        settings["defaultModel"] = .string(first)
    }

    // MARK: Any setting

    /// `a.b=value`: a value is JSON where it can be read as that, and text otherwise; an empty one
    /// takes the setting away.
    private static func applying(_ text: String, to settings: JSONObject) throws -> JSONObject {
        guard let mark = text.firstIndex(of: "=") else { return settings }
        let path = text[..<mark].split(separator: ".", omittingEmptySubsequences: false)
            .map(String.init)
        let value = String(text[text.index(after: mark)...])
        guard path.allSatisfy({ !$0.isEmpty }) else {
            throw ValidationError("--set takes KEY=VALUE; \(text) has no key.")
        }
        if let key = path.first, SecretOrigins.members.contains(key) {
            throw VaultError(
                .badInput,
                "\(key) says for which server a secret was given; give the secret again to change "
                    + "it.")
        }
        return try setting(settings, path, value.isEmpty ? nil : json(value))
    }

    private static func json(_ text: String) -> JSON {
        // Only what is clearly meant as JSON: a number that is part of a name stays text.
        (try? JSONReader.parse(text)) ?? .string(text)
    }

    private static func setting(
        _ object: JSONObject, _ path: [String], _ value: JSON?
    ) throws -> JSONObject {
        var object = object
        guard let key = path.first else { return object }
        guard path.count > 1 else {
            if let value { object[key] = value } else { object = object.without([key]) }
            return object
        }
        guard let member = (object[key] ?? .object(JSONObject())).object else {
            throw VaultError(
                .badInput, "The setting \(key) has no members; set it as a whole.")
        }
        object[key] = .object(try setting(member, Array(path.dropFirst()), value))
        return object
    }
}

extension ProviderKind: ExpressibleByArgument {}

extension ProviderArguments {
    /// Stores a provider, and the secret of a file with the server that it is for.
    ///
    /// - Parameters:
    ///   - provider: The vault's row.
    ///   - configuration: How the provider is asked, which a managed file may say.
    ///   - vault: The vault.
    ///   - options: The options of every command.
    /// - Throws: `badInput` for a file that is not there, is empty or holds no secret; nothing is
    ///   stored then.
    func store(
        _ provider: ProviderSettings, _ configuration: ProviderConfiguration, in vault: Vault,
        _ options: GlobalOptions
    ) throws {
        guard let (name, file) = secretFiles.first else { return try vault.setProvider(provider) }
        if file == "-", options.passphraseFile == "-" {
            throw ValidationError("Passphrase and key cannot both be standard input.")
        }
        let secret = try Self.secret(in: file, options)
        try vault.setProvider(
            try SecretOrigins.binding(name, of: provider, to: configuration), with: name, secret)
    }

    /// Whether a secret was given.
    var hasSecret: Bool { !secretFiles.isEmpty }

    private var secretFiles: [(name: String, file: String)] {
        [(ProviderSecrets.key, keyFile), (ProviderSecrets.clientSecret, clientSecretFile)]
            .compactMap { name, file in file.map { (name, $0) } }
    }

    private static func secret(
        in file: String, _ options: GlobalOptions
    ) throws -> SecretBytes {
        guard file == "-" || Place.exists(file) else {
            throw VaultError(.badInput, "There is no key file \(file); check the path.")
        }
        do throws(VaultError) {
            return try NewSecret.read(file, options)
        } catch {
            throw VaultError(
                error.code,
                "The key could not be read from \(InputFile.name(file)); its first line has to be "
                    + "the key.")
        }
    }
}
