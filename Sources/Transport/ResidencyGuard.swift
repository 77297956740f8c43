package import Policy
package import Providers

/// Says of each request whether it may leave, by what it finally is: host, path, model and purpose.
///
/// | purpose | allowed |
/// |---|---|
/// | `model` | what the policy's `residency` allows for the place that `PlaceReader` reads |
/// | `credential`, `machineIdentity` | the hosts that the credential's flow declares for it |
///
/// The list of models of Amazon Bedrock and the members of a profile come from a host of their own;
/// questions there carry no prompt, and are allowed where the region is.
///
/// Every transport has a guard and asks it of every request, so that nothing is sent around it.
package struct ResidencyGuard: Sendable {
    private let policy: PolicyDocument?
    private let reader: PlaceReader
    private let credentialHosts: [CredentialHost]
    private let barring: ResidencyRefusal?

    /// - Parameters:
    ///   - policy: The policy in force; nil where there is none, which bars no model.
    ///   - profiles: Member regions of Bedrock's inference profiles, by id or ARN.
    ///   - credentialHosts: What the credential's flow declares (`CredentialFlow.hosts`).
    ///   - barring: Refuses every request, whatever it is: where the policy cannot be read.
    package init(
        policy: PolicyDocument?, profiles: [String: [String]] = [:],
        credentialHosts: [CredentialHost] = [], barring: ResidencyRefusal? = nil
    ) {
        self.barring = barring
        self.policy = policy
        reader = PlaceReader(profiles: profiles)
        self.credentialHosts = credentialHosts
    }

    /// Decides about a request as it stands.
    package func check(_ request: WireRequest) -> ResidencyDecision {
        if let barring { return .refused(barring) }
        return switch request.purpose {
        case .model: policy?.residency(of: place(of: request)) ?? .unrestricted
        case .credential, .machineIdentity: credential(request)
        }
    }

    /// Where a request would make a model run, whatever the policy says to it.
    package func place(of request: WireRequest) -> InferencePlace {
        if let region = Self.regionOfCatalogue(request) {
            return .bedrock(BedrockTarget(region: region, model: .bare("list")))
        }
        return reader.place(of: request)
    }

    private func credential(_ request: WireRequest) -> ResidencyDecision {
        let host = CredentialHost(origin: request.origin, purpose: request.purpose)
        if credentialHosts.contains(host) { return .unrestricted }
        return .refused(
            ResidencyRefusal(
                rule: "credential hosts",
                what: "Refused: the credential's source does not say that it talks to "
                    + request.origin.authority, remedy: "check the settings of the credential"))
    }

    /// The region whose models, or whose profile, a request to Bedrock's control plane asks about.
    private static func regionOfCatalogue(_ request: WireRequest) -> String? {
        let labels = request.origin.host.split(separator: ".").map(String.init)
        guard request.method == .get, request.body.isEmpty, request.origin.scheme == .https,
            request.origin.port == 443, labels.count == 4, labels[0] == "bedrock",
            labels[2...] == ["amazonaws", "com"]
        else { return nil }
        let words = request.path.split(separator: "/", omittingEmptySubsequences: false)
        let isList = words == ["", "foundation-models"]
        let isProfile = words.count == 3 && words[1] == "inference-profiles" && words[2] != ".."
        return isList || isProfile ? labels[1] : nil
    }
}
