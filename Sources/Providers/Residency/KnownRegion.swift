package import Policy

extension InferencePlace {
    /// Where the model runs, as far as the request and what was asked for show it: a region,
    /// several with commas between them, or `global`; nil where nothing shows it.
    ///
    /// The region of an endpoint is not that of an inference profile, which leads elsewhere.
    package var knownRegion: String? {
        switch self {
        case .vertex(let location): return location
        case .bedrock(let target):
            switch target.model {
            case .bare: return target.region
            case .profile(_, geography: "global", members: _): return "global"
            case .profile(_, geography: _, let members):
                // A member without a region runs anywhere.
                guard let members, !members.isEmpty, !members.contains("") else { return nil }
                return members.joined(separator: ", ")
            }
        case .foundry, .gateway, .operatorsChoice, .unknown: return nil
        }
    }

    /// The inference profile that keeps the region from being known; nil where there is none.
    package var unknownProfile: String? {
        guard knownRegion == nil, case .bedrock(let target) = self,
            case .profile(let id, geography: _, members: _) = target.model
        else { return nil }
        return id
    }
}
