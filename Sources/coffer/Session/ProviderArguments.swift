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
        help: ArgumentHelp("Take the credential from this program.", valueName: "path"),
        completion: .file())
    var helper: String?

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
    }

    /// Whether anything of the settings was given; a key is no setting.
    var isEmpty: Bool {
        [kind?.rawValue, project, region, resource, baseURL, keyVariable, helper]
            .allSatisfy { $0 == nil } && model.isEmpty && sets.isEmpty && !noKey && !`default`
    }

    /// The settings with what was typed.
    ///
    /// - Parameter settings: What there is already.
    /// - Returns: The settings as they shall be.
    /// - Throws: `badInput` for a key that leads into something that is no object.
    func applied(to settings: JSONObject) throws -> JSONObject {
        var settings = settings
        let texts: [(String, String?)] = [
            ("project", project), ("region", region), ("resource", resource),
            ("baseURL", baseURL),
        ]
        for (key, text) in texts {
            if let text { settings[key] = .string(text) }
        }
        try applyModels(&settings)
        if let keyVariable {
            settings = try Self.setting(settings, ["credential", "variable"], .string(keyVariable))
        }
        if let helper {
            settings = try Self.setting(
                settings, ["credential", "helper", "path"], .string(Place.absolute(helper)))
        }
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

/// The key of a provider on its way into the vault.
enum ProviderKey {
    /// Stores the first line of a file.
    ///
    /// - Parameters:
    ///   - path: The file; `-` is standard input.
    ///   - provider: A provider of the vault.
    ///   - vault: The vault.
    ///   - options: The options of every command.
    /// - Throws: `badInput` for a file that is not there, is empty or holds no key.
    static func store(
        _ path: String, of provider: String, in vault: Vault, _ options: GlobalOptions
    ) throws {
        if path == "-", options.passphraseFile == "-" {
            throw ValidationError("Passphrase and key cannot both be standard input.")
        }
        try store(read(path, options), of: provider, in: vault)
    }

    static func store(
        _ key: consuming SecretBytes, of provider: String, in vault: Vault
    ) throws {
        try vault.setSecret(ProviderSecrets.key, of: provider, key)
    }

    private static func read(_ path: String, _ options: GlobalOptions) throws -> SecretBytes {
        guard path == "-" || Place.exists(path) else {
            throw VaultError(.badInput, "There is no key file \(path); check the path.")
        }
        do throws(VaultError) {
            return try NewSecret.read(path, options)
        } catch {
            throw VaultError(
                error.code,
                "The key could not be read from \(InputFile.name(path)); its first line has to be "
                    + "the key.")
        }
    }
}
