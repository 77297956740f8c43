/// Where an organisation lets models run: one element of `residency.allow`.
///
/// The four forms, by their member `provider`:
///
/// - `vertex`, with `regions`: Google's regions, and the multi-regions `eu` and `us`.
/// - `bedrock`, with `regions`, and `profiles` where requests may be spread over a geography: the
///   first word of an inference profile's id, such as `eu`. See `BedrockGeography`.
/// - `foundry`, with `resources` and `declared`: what the administrator knows of the deployments,
///   since nothing in a request shows it.
/// - `gateway`, with `hosts`, with a port where it is not the usual one, and `declared`.
package enum ResidencyAllowance: Sendable, Equatable {
    package enum Provider: String, Sendable, CaseIterable {
        case vertex, bedrock, foundry, gateway
    }

    case vertex(regions: [String])
    case bedrock(regions: [String], profiles: [String])
    case foundry(resources: [String], declared: String)
    case gateway(hosts: [String], declared: String)

    package var provider: Provider {
        switch self {
        case .vertex: .vertex
        case .bedrock: .bedrock
        case .foundry: .foundry
        case .gateway: .gateway
        }
    }

    /// What is allowed, for a sentence: `regions europe-west4 and eu`.
    var summary: String {
        let list = { PolicyValues.list($0, "and") }
        return switch self {
        case .vertex(let regions): "regions \(list(regions))"
        case .bedrock(let regions, []): "regions \(list(regions))"
        case .bedrock(let regions, let profiles):
            "regions \(list(regions)) and profiles of \(list(profiles))"
        case .foundry(let resources, _): "resources \(list(resources))"
        case .gateway(let hosts, _): "hosts \(list(hosts))"
        }
    }
}
