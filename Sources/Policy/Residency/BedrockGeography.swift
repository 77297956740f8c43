/// The geographies over which Amazon Bedrock's inference profiles spread requests.
///
/// The first word of a profile's id names one. It is no promise: profiles of `eu` have had members
/// in Zurich. Therefore each member of a profile is looked at. One is inside when it is among the
/// regions here, which are those of the member states for `eu` and of the country for `us`, `jp`,
/// `au`, `ca` and `us-gov`, or among the regions that the policy names. `apac` is no jurisdiction:
/// there the policy has to name the regions.
package enum BedrockGeography: String, Sendable, CaseIterable {
    case eu, us, apac, jp, au, ca
    case usGov = "us-gov"

    /// The regions that lie in the jurisdiction.
    package var regions: Set<String> {
        switch self {
        case .eu:
            [
                "eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3",
            ]
        case .us: ["us-east-1", "us-east-2", "us-west-1", "us-west-2"]
        case .apac: []
        case .jp: ["ap-northeast-1", "ap-northeast-3"]
        case .au: ["ap-southeast-2", "ap-southeast-4"]
        case .ca: ["ca-central-1", "ca-west-1"]
        case .usGov: ["us-gov-east-1", "us-gov-west-1"]
        }
    }
}
