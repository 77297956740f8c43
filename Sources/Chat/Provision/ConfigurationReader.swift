package import JSONText
import Providers
package import Vault
package import VaultCrypto

extension ProviderConfiguration {
    /// Reads settings strictly.
    ///
    /// - Parameters:
    ///   - name: What people call the provider.
    ///   - kind: The word of its kind.
    ///   - settings: See `ProviderConfiguration`.
    /// - Throws: `badInput` with one sentence about the first member that is wrong.
    package init(name: String, kind: String, settings: JSONObject) throws(VaultError) {
        guard let kind = ProviderKind(rawValue: kind) else {
            let kinds = ProviderKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw VaultError(
                .badInput,
                "The provider \(name) cannot be used. Its kind \(kind) is not known; set it anew "
                    + "with one of these: \(kinds).")
        }
        let object = try SettingsObject(
            .object(settings), at: "", of: name, keys: ConfigurationReader.keys(kind),
            ownKeys: SecretOrigins.members)
        self = try ConfigurationReader(object: object, kind: kind).read()
    }

    /// The same of what the vault keeps.
    package init(_ stored: ProviderSettings) throws(VaultError) {
        try self.init(name: stored.name, kind: stored.kind, settings: stored.settings)
    }
}

/// Goes through the settings of one provider.
struct ConfigurationReader {
    let object: SettingsObject
    let kind: ProviderKind

    /// The members that a kind has.
    static func keys(_ kind: ProviderKind) -> [String] {
        let own: [String] =
            switch kind {
            case .vertex: ["project", "region", "apiVersion", "caching"]
            case .bedrock: ["region", "api", "apiVersion", "headers", "caching"]
            case .foundry: ["resource", "apiVersion", "keyHeader", "headers", "caching"]
            case .gateway: ["apiVersion", "query", "keyHeader", "headers", "caching"]
            case .openai: ["limitName", "query", "keyHeader", "headers"]
            }
        return own + [
            "baseURL", "credential", "models", "defaultModel", "maximumTokens", "currency",
            "connection", "default",
        ]
    }

    private static func credentialKeys(_ kind: ProviderKind) -> [String] {
        switch kind {
        case .vertex: ["helper", "file"]
        case .bedrock: ["helper", "profile"]
        case .foundry: ["helper", "variable", "tenant", "client"]
        case .gateway, .openai: ["helper", "variable", "none"]
        }
    }

    func read() throws(VaultError) -> ProviderConfiguration {
        let base = try object.address("baseURL")
        var configuration = ProviderConfiguration(
            name: object.provider, endpoint: try endpoint(base), base: base)
        configuration.apiVersion = try version(object)
        configuration.query = try query()
        configuration.keyHeader = try keyHeader()
        configuration.headers = try headers()
        configuration.credential = try credential()
        configuration.currency = try currency()
        configuration.models = try models(configuration.currency)
        configuration.maximumTokens = try object.number("maximumTokens", 1...10_000_000)
        configuration.connection = try connection()
        configuration.isDefault = try object.flag("default")
        if Self.keys(kind).contains("caching") {
            configuration.caches = try object.flag("caching")
        }
        configuration.defaultModel = try object.text("defaultModel")
        return configuration
    }

    // MARK: The endpoint

    private func endpoint(_ base: BaseURL?) throws(VaultError) -> ProviderConfiguration.Endpoint {
        switch kind {
        case .vertex:
            return .vertex(
                project: try plain("project", "name Google's project"),
                location: try plain("region", "name a region, or eu, us or global"))
        case .bedrock:
            return .bedrock(
                region: try plain("region", "name a region, such as eu-central-1"),
                try object.word("api", ProviderConfiguration.BedrockAPI.self) ?? .invoke)
        case .foundry:
            guard base == nil || object.object["resource"] != nil else {
                return .foundry(resource: nil)
            }
            return .foundry(
                resource: try plain("resource", "name the resource, the first word of its host"))
        case .gateway:
            try requireBase(base)
            return .gateway
        case .openai:
            try requireBase(base)
            return .openai(
                try object.word("limitName", CompletionsAdapter.LimitName.self) ?? .maximum)
        }
    }

    private func requireBase(_ base: BaseURL?) throws(VaultError) {
        guard base == nil else { return }
        throw object.fault("baseURL", "is missing; write the address, https://host/path")
    }

    /// A word that becomes part of a host or of a path.
    private func plain(_ key: String, _ remedy: String) throws(VaultError) -> String {
        let text = try object.requiredText(key, remedy)
        let marks = Set("-_.:".utf8)
        let isPlain = text.utf8.allSatisfy { byte in
            Self.isLetterOrDigit(byte) || marks.contains(byte)
        }
        guard isPlain else {
            throw object.fault(
                key, "has other signs than letters, digits and -_.: in it; \(remedy)")
        }
        return text
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private func version(_ object: SettingsObject) throws(VaultError) -> String? {
        guard let text = try object.text("apiVersion") else { return nil }
        let isPlain = text.utf8.allSatisfy { Self.isLetterOrDigit($0) || $0 == 0x2D }
        guard isPlain else {
            throw object.fault("apiVersion", "is no version, such as 2023-06-01; correct it")
        }
        return text
    }

    private func query() throws(VaultError) -> String {
        guard let text = try object.text("query") else { return "" }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x23 && $0 != 0x3F })
        else {
            throw object.fault(
                "query", "has to be encoded, without ? and #, as api-version=2024-10-21")
        }
        return text
    }

    // MARK: Headers

    /// What the transport or the credential says.
    private static let reserved: Set = [
        "authorization", "proxy-authorization", "x-api-key", "api-key", "cookie", "host",
        "content-length", "content-type", "transfer-encoding", "connection", "accept-encoding",
        "x-goog-api-key", "x-amz-security-token", "x-amz-date",
    ]

    private static func isHeaderName(_ text: String) -> Bool {
        let marks = Set("!#$%&'*+-.^_`|~".utf8)
        return !text.isEmpty
            && text.utf8.allSatisfy { isLetterOrDigit($0) || marks.contains($0) }
    }

    private func keyHeader() throws(VaultError) -> String? {
        guard let text = try object.text("keyHeader") else { return nil }
        let bars = Self.reserved.subtracting(["x-api-key", "api-key", "x-goog-api-key"])
        if text.lowercased() == "authorization" { return nil }
        guard Self.isHeaderName(text), !bars.contains(text.lowercased()) else {
            throw object.fault("keyHeader", "is no header for a key; write x-api-key, for example")
        }
        return text.lowercased()
    }

    private func headers() throws(VaultError) -> WireHeaders {
        guard let value = object.object["headers"] else { return WireHeaders() }
        guard let members = value.object?.members, members.count <= 100 else {
            throw object.fault("headers", "has to be an object, in { }, of names and texts")
        }
        var headers = WireHeaders()
        for member in members {
            let key = "headers.\(member.key)"
            guard Self.isHeaderName(member.key), let text = member.value.string,
                text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), text.utf8.count <= 4096
            else { throw object.fault(key, "is no header of visible ASCII; correct it") }
            guard !Self.reserved.contains(member.key.lowercased()) else {
                throw object.fault(
                    key,
                    "is said by Coffer itself; take it away, and give keys with --key-file")
            }
            headers[member.key] = text
        }
        return headers
    }

    // MARK: The credential

    private func credential() throws(VaultError) -> CredentialSettings {
        var settings = CredentialSettings()
        let keys = Self.credentialKeys(kind)
        guard let member = try object.member("credential", keys: keys) else { return settings }
        settings.helper = try helper(member)
        if keys.contains("variable"), let name = try member.text("variable") {
            guard name.utf8.allSatisfy({ Self.isLetterOrDigit($0) || $0 == 0x5F }) else {
                throw member.fault("variable", "is no name of a variable; correct it")
            }
            settings.variable = name
        }
        if keys.contains("none") { settings.isNone = try member.flag("none") }
        settings.file = try member.absolutePath("file")
        settings.profile = try member.text("profile")
        settings.tenant = try member.text("tenant")
        settings.client = try member.text("client")
        if settings.isNone, settings.helper != nil || settings.variable != nil {
            throw member.fault("none", "says that there is no key; take it or the key away")
        }
        return settings
    }

    private func helper(
        _ credential: SettingsObject
    ) throws(VaultError) -> CredentialSettings.Program? {
        let keys = ["path", "arguments", "timeoutSeconds", "lifetimeSeconds"]
        guard let member = try credential.member("helper", keys: keys) else { return nil }
        let path = try member.requiredText("path", "name the program by a path that begins with /")
        guard path.hasPrefix("/") else {
            throw member.fault("path", "has to be a path that begins with /")
        }
        var helper = CredentialSettings.Program(path: path)
        helper.arguments = try member.texts("arguments")
        helper.timeoutSeconds = try member.number("timeoutSeconds", 1...600) ?? 60
        helper.lifetimeSeconds = try member.number("lifetimeSeconds", 1...86_400) ?? 3600
        return helper
    }

    // MARK: Models

    private func currency() throws(VaultError) -> String? {
        guard let text = try object.text("currency") else { return nil }
        let isCode = text.utf8.count == 3 && text.utf8.allSatisfy { (0x41...0x5A).contains($0) }
        guard isCode else { throw object.fault("currency", "has to be a code such as EUR or USD") }
        return text
    }

    private func models(_ currency: String?) throws(VaultError) -> [ConfiguredModel] {
        var models: [ConfiguredModel] = []
        var names: Set<String> = []
        for (index, value) in try object.list("models").enumerated() {
            let model = try model(value, at: "models[\(index)]", currency)
            for name in [model.id, model.alias].compactMap(\.self)
            where !names.insert(name).inserted {
                throw object.fault("models[\(index)]", "has the name \(name) of another; change it")
            }
            models.append(model)
        }
        return models
    }

    private func model(
        _ value: JSON, at path: String, _ currency: String?
    ) throws(VaultError) -> ConfiguredModel {
        if let id = value.string, !id.isEmpty { return ConfiguredModel(id: id) }
        var keys = ["id", "alias", "maximumTokens", "prices"]
        if Self.keys(kind).contains("apiVersion") { keys.append("apiVersion") }
        let member = try SettingsObject(value, at: path, of: object.provider, keys: keys)
        var model = ConfiguredModel(
            id: try member.requiredText("id", "write the model's id as the provider does"))
        model.alias = try member.text("alias")
        model.apiVersion = try version(member)
        model.maximumTokens = try member.number("maximumTokens", 1...10_000_000)
        model.prices = try prices(member)
        if model.prices != nil, currency == nil {
            throw object.fault("currency", "is missing; prices need one, such as EUR")
        }
        return model
    }

    private func prices(_ model: SettingsObject) throws(VaultError) -> TokenPrices? {
        let keys = ["input", "output", "cacheRead", "cacheWrite"]
        guard let member = try model.member("prices", keys: keys) else { return nil }
        guard let input = try member.price("input") else {
            throw member.fault("input", "is missing; write the price of a million tokens")
        }
        guard let output = try member.price("output") else {
            throw member.fault("output", "is missing; write the price of a million tokens")
        }
        return TokenPrices(
            input: input, output: output, cacheRead: try member.price("cacheRead"),
            cacheWrite: try member.price("cacheWrite"))
    }

    // MARK: The connection

    private func connection() throws(VaultError) -> ConnectionSettings {
        var settings = ConnectionSettings()
        let keys = ["authorities", "proxy", "connectSeconds", "idleSeconds", "totalSeconds"]
        guard let member = try object.member("connection", keys: keys) else { return settings }
        settings.authorities = try member.texts("authorities")
        guard settings.authorities.allSatisfy({ $0.hasPrefix("/") }) else {
            throw member.fault("authorities", "has to be a list of paths that begin with /")
        }
        if let proxy = try member.text("proxy") {
            do {
                settings.proxy = try WebOrigin(proxy: proxy)
            } catch {
                throw member.fault("proxy", error.clause)
            }
        }
        settings.connectSeconds = try member.number("connectSeconds", 1...86_400)
        settings.idleSeconds = try member.number("idleSeconds", 1...86_400)
        settings.totalSeconds = try member.number("totalSeconds", 1...86_400)
        return settings
    }
}
