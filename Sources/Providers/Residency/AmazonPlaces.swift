import JSONText
import Policy

/// Amazon Bedrock's hosts and paths.
///
/// Each partition has an end of its own, and its regions fit no other: `amazonaws.com` the regions
/// of the world and GovCloud, `amazonaws.com.cn` China, `amazonaws.eu` the European Sovereign
/// Cloud; `api.aws` is for both versions of IP. `-fips` changes nothing of the place.
struct AmazonPlaces {
    var profiles: [String: [String]]

    func place(
        _ labels: [String], _ path: [String], _ request: WireRequest
    ) -> InferencePlace {
        guard labels.count >= 4, let region = Self.region(labels) else {
            return .unknown("\(request.origin.host) is no known host of Amazon Bedrock")
        }
        switch labels[0] {
        case "bedrock-runtime", "bedrock-runtime-fips": return runtime(region, path, request)
        case "bedrock-mantle" where labels[2...] == ["api", "aws"]:
            return messages(region, path, request, takesProfiles: false)
        case "aws-external-anthropic": return .operatorsChoice("the Claude Platform on AWS")
        default: return .unknown("\(request.origin.host) is no known host of Amazon Bedrock")
        }
    }

    /// The region of a host, where it fits the end of the name.
    private static func region(_ labels: [String]) -> String? {
        let region = labels[1]
        guard isRegion(region) else { return nil }
        let isChinese = region.hasPrefix("cn-")
        let isSovereign = region.hasPrefix("eusc-")
        switch Array(labels[2...]) {
        case ["amazonaws", "com"], ["api", "aws"]: return isChinese || isSovereign ? nil : region
        case ["amazonaws", "com", "cn"]: return isChinese ? region : nil
        case ["amazonaws", "eu"]: return isSovereign ? region : nil
        default: return nil
        }
    }

    /// `eu-central-1`, `us-gov-west-1`, `eusc-de-east-1`: words, and a digit at the end.
    static func isRegion(_ text: String) -> Bool {
        let words = text.split(separator: "-", omittingEmptySubsequences: false)
        guard (3...4).contains(words.count), let last = words.last else { return false }
        let isLetter = { (byte: UInt8) in (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
        return last.count == 1 && last.utf8.allSatisfy { (0x31...0x39).contains($0) }
            && words.dropLast().allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isLetter) }
    }

    // MARK: Paths

    private static let calls: Set<String> = [
        "invoke", "invoke-with-response-stream", "converse", "converse-stream", "count-tokens",
    ]

    private func runtime(
        _ region: String, _ path: [String], _ request: WireRequest
    ) -> InferencePlace {
        if path.first == "anthropic" {
            return messages(region, path, request, takesProfiles: true)
        }
        guard path.count == 3, path[0] == "model", Self.calls.contains(path[2]) else {
            return .unknown("the path is not one of a model at Amazon Bedrock")
        }
        return place(region, model: path[1])
    }

    /// The Messages form, whose model stands in the body.
    private func messages(
        _ region: String, _ path: [String], _ request: WireRequest, takesProfiles: Bool
    ) -> InferencePlace {
        guard path.starts(with: ["anthropic", "v1", "messages"]),
            path.count == 3 || (path.count == 4 && path[3] == "count_tokens")
        else { return .unknown("the path is not one of a model at Amazon Bedrock") }
        guard let model = (try? JSONReader.parse(request.body))?["model"]?.string else {
            return .unknown("the request names no model")
        }
        let place = place(region, model: model)
        guard !takesProfiles, case .bedrock(let target) = place, case .profile = target.model else {
            return place
        }
        return .unknown("Bedrock's Mantle takes bare ids of models, and \(model) is none")
    }

    private func place(_ region: String, model: String) -> InferencePlace {
        switch BedrockModelID(model) {
        case .bare: return .bedrock(BedrockTarget(region: region, model: .bare(model)))
        case .profile(let geography):
            let kind = BedrockTarget.Model.profile(
                model, geography: geography, members: profiles[model])
            return .bedrock(BedrockTarget(region: region, model: kind))
        case .accountProfile(let home, let geography):
            guard home == region else {
                return .unknown("the profile \(model) is not one of \(region)")
            }
            let kind = BedrockTarget.Model.profile(
                model, geography: geography, members: profiles[model])
            return .bedrock(BedrockTarget(region: region, model: kind))
        case .unknown: return .unknown("the model id \(model) is in no known form")
        }
    }
}
