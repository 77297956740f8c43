/// One profile of AWS: names and values, which are not shown.
struct AWSProfile: Sendable, CustomStringConvertible, CustomReflectable {
    let name: String
    private let values: [String: String]

    init(name: String, _ values: [String: String]) {
        self.name = name
        self.values = values
    }

    subscript(key: String) -> String? { values[key].flatMap { $0.isEmpty ? nil : $0 } }

    var description: String { "profile \(name)" }
    var customMirror: Mirror { Mirror(self, children: []) }
}

/// The files in which AWS keeps profiles (AWS SDKs and tools reference guide, "Shared config and
/// credentials files").
///
/// The config file has `[default]`, `[profile NAME]` and `[sso-session NAME]`; the credentials file
/// has `[NAME]`. Lines are `key = value`; `#` and `;` begin comments; an indented line belongs to
/// the one above it and says nothing here. A section or a key that stands twice is refused, since
/// two readers would see two profiles.
struct AWSProfileFiles: Sendable {
    let configPath: String
    let credentialsPath: String
    private var config: [String: [String: String]] = [:]
    private var credentials: [String: [String: String]] = [:]

    init(_ surroundings: Surroundings) throws(CredentialError) {
        let environment = surroundings.environment
        configPath = environment["AWS_CONFIG_FILE"] ?? "~/.aws/config"
        credentialsPath = environment["AWS_SHARED_CREDENTIALS_FILE"] ?? "~/.aws/credentials"
        if let bytes = try surroundings.fileIfPresent(configPath) {
            config = try Self.sections(bytes, configPath)
        }
        if let bytes = try surroundings.fileIfPresent(credentialsPath) {
            credentials = try Self.sections(bytes, credentialsPath)
        }
    }

    /// A profile of both files; where both have a key, the credentials file's counts.
    func profile(_ name: String) -> AWSProfile? {
        let configured = config["profile \(name)"] ?? (name == "default" ? config["default"] : nil)
        let stored = credentials[name]
        guard configured != nil || stored != nil else { return nil }
        var values = configured ?? [:]
        if let stored {
            // A pair is never mixed from two files.
            if stored["aws_access_key_id"] != nil {
                for key in AWSProfile.keyNames { values[key] = nil }
            }
            values.merge(stored) { _, new in new }
        }
        return AWSProfile(name: name, values)
    }

    /// A session of IAM Identity Center.
    func session(_ name: String) -> AWSProfile? {
        config["sso-session \(name)"].map { AWSProfile(name: name, $0) }
    }

    // MARK: Reading

    private static func sections(
        _ bytes: [UInt8], _ path: String
    ) throws(CredentialError) -> [String: [String: String]] {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CredentialError(.malformed, "The file \(path) is not UTF-8; write it anew.")
        }
        var all: [String: [String: String]] = [:]
        var section: String?
        for (index, line) in text.split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline
        ).enumerated() {
            let place = "Line \(index + 1) of \(path)"
            let plain = line.trimmed
            if plain.isEmpty || plain.hasPrefix("#") || plain.hasPrefix(";") { continue }
            if plain.hasPrefix("[") {
                let name = try heading(plain, place)
                guard all.updateValue([:], forKey: name) == nil else {
                    throw CredentialError(
                        .ambiguous, "\(place) begins a section a second time; make them one.")
                }
                section = name
                continue
            }
            if line.first == " " || line.first == "\t" { continue }
            guard let section, let equals = plain.firstIndex(of: "=") else {
                throw CredentialError(
                    .malformed, "\(place) is neither a section nor a key with a value; correct it.")
            }
            let key = plain[..<equals].trimmed.lowercased()
            let value = String(plain[plain.index(after: equals)...].trimmed)
            guard all[section]?.updateValue(value, forKey: key) == nil else {
                throw CredentialError(
                    .ambiguous, "\(place) sets a key a second time; take one of them away.")
            }
        }
        return all
    }

    /// `profile a b` of `[profile "a b"]`.
    private static func heading(
        _ line: Substring, _ place: String
    ) throws(CredentialError) -> String {
        guard let end = line.lastIndex(of: "]") else {
            throw CredentialError(.malformed, "\(place) has no ] at its end; correct it.")
        }
        let words = line[line.index(after: line.startIndex)..<end]
            .split(maxSplits: 1) { $0 == " " || $0 == "\t" }
        return words.map { word in
            String(word.trimmed).trimmingQuotes
        }.joined(separator: " ")
    }
}

extension AWSProfile {
    static let keyNames = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"]
}

extension StringProtocol {
    fileprivate var trimmed: Substring {
        Substring(self).drop { $0.isWhitespace }.trimmedAtEnd
    }
}

extension Substring {
    fileprivate var trimmedAtEnd: Substring {
        var rest = self
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}

extension String {
    fileprivate var trimmingQuotes: String {
        guard count >= 2, let quote = first, quote == last, quote == "\"" || quote == "'" else {
            return self
        }
        return String(dropFirst().dropLast())
    }
}
