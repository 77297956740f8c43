package import Policy
package import Providers
package import VaultCrypto

/// What residency says of a model before anybody types: the request that a turn would be, and the
/// policy's decision about it.
///
/// It is made of the very request that the adapter makes, as the transport's guard does once more
/// when it is sent.
package struct ResidencyForecast: Sendable {
    /// Scheme, host and port.
    package let origin: WebOrigin
    package let place: InferencePlace
    package let decision: ResidencyDecision
    /// `residency.allow[1]`: the line of the policy that decides; nil without a restriction.
    package let rule: String?
    /// What the policy would allow, where it refuses.
    package let allowances: [ResidencyAllowance]

    /// - Parameters:
    ///   - adapter: Of the provider and the model.
    ///   - model: The model's id.
    ///   - policy: The policy in force; nil without one.
    ///   - profiles: The member regions of Bedrock's profiles that were asked for.
    ///   - barring: Refuses every place, whatever it is: where the policy cannot be read.
    /// - Throws: `badInput` where the provider cannot be asked so.
    package init(
        _ adapter: any ProviderAdapter, model: String, policy: PolicyDocument?,
        profiles: [String: [String]] = [:], barring: ResidencyRefusal? = nil
    ) throws(VaultError) {
        let message = TurnMessage(.user, [TurnPart(.text("?", citations: []))])
        var turn = TurnRequest(model: model, messages: [message])
        turn.limits.maximumTokens = 1
        let request: WireRequest
        do {
            request = try adapter.request(for: turn, streaming: true)
        } catch {
            throw VaultError(
                .badInput, error.providerMessage ?? "\(error)")
        }
        origin = request.origin
        place = PlaceReader(profiles: profiles).place(of: request)
        decision =
            barring.map(ResidencyDecision.refused) ?? policy?.residency(of: place) ?? .unrestricted
        allowances = policy?.residency ?? []
        rule =
            switch decision {
            case .unrestricted: nil
            case .allowed(let element, _): "residency.allow[\(element)]"
            case .refused(let refusal): refusal.rule
            }
    }

    /// Where the model runs, in the provider's words: a region, several with commas between them,
    /// or `global`; nil where nothing says it.
    package var region: String? {
        if case .allowed(_, .verified(let regions)) = decision {
            return regions.joined(separator: ", ")
        }
        return place.knownRegion
    }

    /// An inference profile whose regions have to be asked for before it can be decided.
    package var unresolvedProfile: String? {
        if case .bedrock(let target) = place, case .profile(let id, _, nil) = target.model {
            return id
        }
        return nil
    }
}
