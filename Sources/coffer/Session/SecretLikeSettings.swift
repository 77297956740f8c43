import Foundation
import JSONText

/// Settings of a provider that look like secrets.
///
/// Settings are kept as they are and shown to whoever opens the vault. What a name or a value only
/// suggests is no error, so that it is said and not refused.
enum SecretLikeSettings {
    private static let names = [
        "key", "token", "secret", "password", "authorization", "credential",
    ]
    private static let beginnings = [
        "sk-", "bearer ", "basic ", "eyj", "akia", "aiza", "ghp_", "github_pat_", "xoxb-",
    ]
    /// How many places a sentence names.
    private static let most = 5

    /// Where they are, as `headers.x-custom` and `query.key`; what they are is not said.
    static func places(in settings: JSONObject) -> [String] {
        let headers = settings["headers"]?.object?.members ?? []
        let pairs = (settings["query"]?.string ?? "").split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : "")
        }
        return headers.filter { isSuspect($0.key, $0.value.string ?? "") }.map {
            "headers.\($0.key)"
        }
            + pairs.filter { isSuspect($0.name, $0.value) }.map { "query.\($0.name)" }
    }

    /// Says which they are, and where a key belongs.
    static func tell(_ settings: JSONObject, _ options: GlobalOptions) {
        let places = places(in: settings)
        guard !places.isEmpty else { return }
        let more = places.count > most ? ", …" : ""
        options.note(
            "Settings are not secret, and these look like secrets: "
                + "\(places.prefix(most).joined(separator: ", "))\(more). Give a key with "
                + "--key-file, --key-variable or --helper; the setting keyHeader names its header.")
    }

    private static func isSuspect(_ name: String, _ value: String) -> Bool {
        guard !value.isEmpty else { return false }
        let name = name.lowercased()
        let value = (value.removingPercentEncoding ?? value).lowercased()
        return names.contains { name.contains($0) } || beginnings.contains { value.hasPrefix($0) }
    }
}
