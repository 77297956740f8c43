/// Where a request would make a model run, as far as the request shows it.
///
/// The caller reads it from the final request: host, path and model, after every setting.
package enum InferencePlace: Sendable, Equatable {
    /// Google Vertex AI at a region, at `eu`, `us` or `global`; host and path agree.
    case vertex(location: String)
    case bedrock(BedrockTarget)
    /// Microsoft Foundry: the resource. How its models are deployed is not in the request.
    case foundry(resource: String)
    /// Any other server; the port stands with it where it is not the usual one.
    case gateway(host: String)
    /// A known endpoint whose operator chooses the place; its name, for a sentence.
    case operatorsChoice(String)
    /// A form that is not known; why, as a clause for a sentence.
    case unknown(String)
}

/// A model of Amazon Bedrock, asked for at the endpoint of a region.
package struct BedrockTarget: Sendable, Equatable {
    package enum Model: Sendable, Equatable {
        /// By its bare id: it runs in the endpoint's region.
        case bare(String)
        /// By an inference profile, which spreads requests over regions.
        ///
        /// `geography` is the first word of the id, nil for a profile of the account's own;
        /// `members` are the regions that Bedrock lists for it, nil where it was not asked.
        case profile(String, geography: String?, members: [String]?)
    }

    package var region: String
    package var model: Model

    package init(region: String, model: Model) {
        self.region = region
        self.model = model
    }
}
