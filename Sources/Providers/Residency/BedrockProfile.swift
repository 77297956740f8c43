package import JSONText

/// What Amazon Bedrock says of an inference profile (GetInferenceProfile).
package struct BedrockProfile: Sendable, Equatable {
    package var id: String
    package var arn: String
    /// The regions of its models, sorted, each once.
    ///
    /// An empty text stands for a model without a region in its name, which runs anywhere.
    package var regions: [String]

    /// Reads the answer; nil where it does not describe an active profile.
    package init?(_ body: JSON) {
        guard let id = body["inferenceProfileId"]?.string, body["status"]?.string == "ACTIVE",
            let arn = body["inferenceProfileArn"]?.string, let models = body["models"]?.array,
            !models.isEmpty
        else { return nil }
        var regions: Set<String> = []
        for model in models {
            // arn:aws:bedrock:REGION::foundation-model/ID
            let parts = (model["modelArn"]?.string ?? "").split(
                separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
            guard parts.count == 6, parts[2] == "bedrock" else { return nil }
            regions.insert(String(parts[3]))
        }
        self.id = id
        self.arn = arn
        self.regions = regions.sorted()
    }
}
