import Chat
import JSONText
import Policy
import Providers
import Vault

extension ProviderError {
    /// One sentence for people: what failed and what to do, with the provider's own words where
    /// they cannot hold a credential.
    var sentence: String {
        guard let said = quotableMessage, !said.isEmpty else { return description }
        let isOwn = status == nil && Self.ownWords.contains(kind)
        // Our own words are a sentence of their own, or say what it is that failed.
        if isOwn, said.contains(";") { return said }
        return isOwn
            ? "\(description.dropLast()) (\(said.trimmingSuffix(".")))."
            : "\(description) It says: \(said)\(Self.isEnded(said) ? "" : ".")"
    }

    /// Whether what follows is read as another sentence.
    private static func isEnded(_ text: String) -> Bool {
        let last = text.last { !$0.isWhitespace && !"\"')]”’".contains($0) }
        return last.map { ".!?…".contains($0) } ?? true
    }

    private static let ownWords: Set<Kind> = [
        .authentication, .expiredCredential, .connection, .unsupported, .notAllowed, .untrusted,
        .redirected, .timeout, .cut,
    ]
}

/// Decisions about residency as people read them.
enum ResidencyWords {
    /// `allowed by residency.allow[1]: declared "EU"`.
    static func sentence(_ forecast: ResidencyForecast) -> String {
        switch forecast.decision {
        case .unrestricted:
            "not restricted: the policy says nothing of residency"
                + (forecast.place.unknownProfile.map { "; " + unknownRegions(of: $0) } ?? "")
        case .allowed(_, .verified(let regions)):
            "allowed by \(forecast.rule ?? "the policy"): runs in "
                + "\(regions.joined(separator: ", ")), by host, path and model (verified)"
        case .allowed(_, .declared(let words)):
            "allowed by \(forecast.rule ?? "the policy"): \(words), as the policy declares; "
                + "nothing in a request shows it"
        case .refused(let refusal): refusal.description
        }
    }

    /// A clause.
    static func unknownRegions(of profile: String) -> String {
        "the regions of the profile \(profile) are not known"
    }

    static func json(_ forecast: ResidencyForecast) -> JSONObject {
        var object: JSONObject = [
            "host": .string(forecast.origin.authority), "region": .text(forecast.region),
            "profile": .text(forecast.place.unknownProfile), "rule": .text(forecast.rule),
        ]
        switch forecast.decision {
        case .unrestricted:
            object["decision"] = .string("unrestricted")
            object["basis"] = .string("unrestricted")
        case .allowed(_, let basis):
            object["decision"] = .string("allowed")
            switch basis {
            case .verified(let regions):
                object["basis"] = .string("verified")
                object["regions"] = .array(regions.map(JSON.string))
            case .declared(let words):
                object["basis"] = .string("declared")
                object["declared"] = .string(words)
            }
        case .refused(let refusal):
            object["decision"] = .string("refused")
            object["basis"] = .null
            object["why"] = .string(refusal.what)
            object["remedy"] = .string(refusal.remedy)
        }
        object["allowed"] = .array(forecast.allowances.map { .string($0.words) })
        return object
    }
}

extension ResidencyAllowance {
    /// `bedrock: regions eu-central-1, profiles eu`.
    var words: String {
        let list = { (words: [String]) in words.joined(separator: ", ") }
        return switch self {
        case .vertex(let regions): "vertex: regions \(list(regions))"
        case .bedrock(let regions, let profiles):
            "bedrock: regions \(list(regions))"
                + (profiles.isEmpty ? "" : ", profiles \(list(profiles))")
        case .foundry(let resources, let declared):
            "foundry: resources \(list(resources)), declared \(declared)"
        case .gateway(let hosts, let declared):
            "gateway: hosts \(list(hosts)), declared \(declared)"
        }
    }
}

extension String {
    /// The text without a sign at its end.
    fileprivate func trimmingSuffix(_ sign: Character) -> Substring {
        last == sign ? dropLast() : self[...]
    }
}
