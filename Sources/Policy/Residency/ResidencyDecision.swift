/// Whether a request may go where it would go.
package enum ResidencyDecision: Sendable, Equatable {
    /// How it is known where the model runs.
    package enum Basis: Sendable, Equatable {
        /// By host, path and model, as the provider documents them: these are the regions.
        case verified(regions: [String])
        /// By the word of an administrator; nothing in the request shows it.
        case declared(String)
    }

    /// The policy says nothing of residency.
    case unrestricted
    /// Allowed by the element of `residency.allow` with this index.
    case allowed(element: Int, Basis)
    case refused(ResidencyRefusal)
}

/// A request that residency does not allow.
package struct ResidencyRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// The place in the policy that refuses: `residency.allow[1]`, or `residency.allow` where no
    /// element is about this provider.
    package let rule: String
    /// What was refused and why.
    package let what: String
    /// What would be allowed, or what to do.
    package let remedy: String

    /// - Parameters:
    ///   - rule: The place of the rule that refuses.
    ///   - what: What was refused and why; begins with `Refused:`.
    ///   - remedy: What to do, or what would be allowed.
    package init(rule: String, what: String, remedy: String) {
        self.rule = rule
        self.what = what
        self.remedy = remedy
    }

    /// One sentence.
    package var description: String { "\(what) (\(rule)); \(remedy)." }
}

extension PolicyDocument {
    /// Decides whether a request may go to a place.
    ///
    /// Only what is known to be good is allowed: forms that are not known are refused, and so are
    /// places that the endpoint's operator chooses. A global form is never allowed, and a profile
    /// of Bedrock only when each of its member regions is.
    package func residency(of place: InferencePlace) -> ResidencyDecision {
        guard let residency else { return .unrestricted }
        return ResidencyRules(allowances: residency).decide(place)
    }
}

/// The rules of residency over the elements of one policy.
struct ResidencyRules {
    var allowances: [ResidencyAllowance]

    func decide(_ place: InferencePlace) -> ResidencyDecision {
        switch place {
        case .vertex(let location): vertex(location)
        case .bedrock(let target): bedrock(target)
        case .foundry(let resource): foundry(resource)
        case .gateway(let host): gateway(host)
        case .operatorsChoice(let name):
            .refused(
                ResidencyRefusal(
                    rule: "residency.allow",
                    what: "Refused: where \(name) runs models is its "
                        + "operator's choice", remedy: "choose a provider at a region"))
        case .unknown(let why):
            .refused(
                ResidencyRefusal(
                    rule: "residency.allow", what: "Refused: \(why)",
                    remedy: "use an endpoint and a model id in the provider's documented form"))
        }
    }

    // MARK: Providers

    private func vertex(_ location: String) -> ResidencyDecision {
        first(.vertex, "Vertex AI at location \(location)") { allowance in
            guard case .vertex(let regions) = allowance, location != "global",
                regions.contains(location)
            else { return nil }
            return .verified(regions: [location])
        }
    }

    private func foundry(_ resource: String) -> ResidencyDecision {
        first(.foundry, "the Foundry resource \(resource)") { allowance in
            guard case .foundry(let resources, let declared) = allowance,
                resources.contains(resource)
            else { return nil }
            return .declared(declared)
        }
    }

    private func gateway(_ host: String) -> ResidencyDecision {
        first(.gateway, "the server \(host)") { allowance in
            guard case .gateway(let hosts, let declared) = allowance, hosts.contains(host) else {
                return nil
            }
            return .declared(declared)
        }
    }

    private func bedrock(_ target: BedrockTarget) -> ResidencyDecision {
        switch target.model {
        case .bare(let id):
            return first(.bedrock, "the model \(id) at Bedrock in \(target.region)") { allowance in
                guard case .bedrock(let regions, _) = allowance, regions.contains(target.region)
                else { return nil }
                return .verified(regions: [target.region])
            }
        case .profile(let id, let geography, let members):
            return first(.bedrock, named(id, geography, members)) { allowance in
                guard case .bedrock(let regions, let profiles) = allowance,
                    regions.contains(target.region), geography.map(profiles.contains) ?? true,
                    let members, !members.isEmpty
                else { return nil }
                let inside = Set(regions).union(
                    profiles.compactMap(BedrockGeography.init).flatMap(\.regions))
                return inside.isSuperset(of: members) ? .verified(regions: members) : nil
            }
        }
    }

    /// A profile and what speaks against it.
    private func named(_ id: String, _ geography: String?, _ members: [String]?) -> String {
        if geography == "global" {
            return "the inference profile \(id), which runs models in any region,"
        }
        guard let members, !members.isEmpty else {
            return "the inference profile \(id), whose regions are not known,"
        }
        let sorted = members.map { $0.isEmpty ? "any region" : $0 }
        return "the inference profile \(id), which runs models in "
            + "\(PolicyValues.list(sorted, "and")),"
    }

    // MARK: Elements

    /// The first element about a provider that allows it.
    private func first(
        _ provider: ResidencyAllowance.Provider, _ what: String,
        _ basis: (ResidencyAllowance) -> ResidencyDecision.Basis?
    ) -> ResidencyDecision {
        let own = allowances.enumerated().filter { $0.element.provider == provider }
        for (index, allowance) in own {
            if let basis = basis(allowance) { return .allowed(element: index, basis) }
        }
        guard let last = own.last else {
            let providers = Set(allowances.map(\.provider.rawValue)).sorted()
            let remedy =
                providers.isEmpty
                ? "no provider is allowed" : "allowed is \(PolicyValues.list(providers, "and"))"
            return .refused(
                ResidencyRefusal(
                    rule: "residency.allow", what: "Refused: \(what) is not allowed",
                    remedy: remedy))
        }
        let allowed = PolicyValues.list(own.map(\.element.summary), "and")
        return .refused(
            ResidencyRefusal(
                rule: "residency.allow[\(last.offset)]", what: "Refused: \(what) is not allowed",
                remedy: "allowed are \(allowed)"))
    }
}
