import Policy

/// What a model id of Amazon Bedrock is.
///
/// - `vendor.model`: a model in the endpoint's own region.
/// - `geography.vendor.model`: an inference profile over a geography, or over the world: `global`.
/// - `arn:aws:bedrock:REGION:ACCOUNT:inference-profile/ID`, and the same with
///   `application-inference-profile`: profiles, the latter of the account's own, which hide what is
///   behind them.
///
/// Everything else is unknown: routers, models of the account's own, vendors that are not listed.
enum BedrockModelID: Equatable {
    case bare
    case profile(geography: String)
    case accountProfile(region: String, geography: String?)
    case unknown

    private static let vendors: Set<String> = [
        "ai21", "amazon", "anthropic", "cohere", "deepseek", "google", "luma", "meta", "minimax",
        "mistral", "moonshot", "nvidia", "openai", "qwen", "stability", "twelvelabs", "writer",
        "zai",
    ]

    init(_ text: String) {
        if text.hasPrefix("arn:") {
            self = Self.arn(text)
            return
        }
        let words = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard Self.isPlain(text), words.count >= 2, words.allSatisfy({ !$0.isEmpty }) else {
            self = .unknown
            return
        }
        if Self.vendors.contains(words[0]) {
            self = .bare
        } else if words.count >= 3, Self.vendors.contains(words[1]),
            words[0] == "global" || BedrockGeography(rawValue: words[0]) != nil
        {
            self = .profile(geography: words[0])
        } else {
            self = .unknown
        }
    }

    private static func arn(_ text: String) -> BedrockModelID {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
            .map(String.init)
        guard parts.count == 6, ["aws", "aws-cn", "aws-us-gov", "aws-eusc"].contains(parts[1]),
            parts[2] == "bedrock", AmazonPlaces.isRegion(parts[3]),
            parts[4].allSatisfy(\.isNumber)
        else { return .unknown }
        let halves = parts[5].split(separator: "/", omittingEmptySubsequences: false)
            .map(String.init)
        guard halves.count == 2, isPlain(halves[1]), !halves[1].isEmpty else { return .unknown }
        switch halves[0] {
        case "inference-profile":
            guard case .profile(let geography) = BedrockModelID(halves[1]) else { return .unknown }
            return .accountProfile(region: parts[3], geography: geography)
        case "application-inference-profile":
            return .accountProfile(region: parts[3], geography: nil)
        default: return .unknown
        }
    }

    /// Small letters, digits and `.:-_`.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || [0x2E, 0x3A, 0x2D, 0x5F].contains(byte)
        }
    }
}
