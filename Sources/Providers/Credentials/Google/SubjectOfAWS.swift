import Foundation
import JSONText

/// A machine or container of AWS as the subject: a signed question to AWS who asks, which Google
/// sends on (workload identity federation, "AWS security credentials").
///
/// The token is the request as percent-encoded JSON. Keys come from the environment, or else from
/// the machine's metadata service.
struct SubjectOfAWS: SubjectTokenSource {
    private let verification: String
    private let audience: String
    private let metadata = AWSInstanceMetadata()
    private let regionPath: String

    init(_ settings: CredentialDocument, _ use: SubjectTokens.Use) throws(CredentialError) {
        guard try settings.text("environment_id") == "aws1" else {
            throw CredentialError(
                .unsupported,
                "\(settings.name) has an environment_id other than aws1; make it "
                    + "anew with gcloud.")
        }
        verification = try settings.text("regional_cred_verification_url")
        audience = use.audience
        let name = "\"region_url\" in \(settings.name.loweredAtStart)"
        let path = "/latest/meta-data/placement/availability-zone"
        let address = try CredentialAddress(
            try settings.optional("region_url") ?? "http://169.254.169.254" + path, name)
        guard CredentialAddress.machineServices.contains(address.host) else {
            throw CredentialError(
                .notAllowed,
                "\(name) leads to \(address.host), which is no metadata service; "
                    + "correct it.")
        }
        regionPath = address.base.path
    }

    var hosts: [CredentialHost] { metadata.hosts }

    func token(in surroundings: Surroundings) async throws(CredentialError) -> Secret {
        let region = try AWSRegion.checked(try await region(surroundings))
        let text = verification.replacing("{region}", with: region)
        let address = try CredentialAddress(
            text, "\"regional_cred_verification_url\"",
            allows: { $0 == "sts.\(region).\(AWSRegion.suffix(of: region))" })
        let keys = try await keys(surroundings)
        var request = address.request(
            .post, headers: ["x-goog-cloud-target-resource": audience])
        request.sign(
            for: SigningScope(service: "sts", region: region), with: keys.forSigning(),
            at: SigningTime(surroundings.now()))
        let headers = (request.headers.all + [WireHeader("host", address.host)])
            .sorted { $0.name < $1.name }
            .map { JSON.object(["key": .string($0.name), "value": .string($0.value)]) }
        let statement: JSONObject = [
            "headers": .array(headers), "method": .string("POST"), "url": .string(text),
        ]
        return Secret(PercentEncoding.encode(JSONWriter.line(.object(statement)), keeping: "/"))
    }

    private func region(_ surroundings: Surroundings) async throws(CredentialError) -> String {
        let environment = surroundings.environment
        if let region = environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] {
            return region
        }
        let zone = try await metadata.region(regionPath, in: surroundings)
        // eu-central-1a is a zone of eu-central-1.
        return zone.last?.isLetter == true ? String(zone.dropLast()) : zone
    }

    private func keys(_ surroundings: Surroundings) async throws(CredentialError) -> AWSKeys {
        let environment = surroundings.environment
        if let id = environment["AWS_ACCESS_KEY_ID"],
            let secret = environment["AWS_SECRET_ACCESS_KEY"]
        {
            return AWSKeys(
                accessKeyID: id, secretAccessKey: Secret(secret),
                sessionToken: environment["AWS_SESSION_TOKEN"].map(Secret.init))
        }
        let credential = try await metadata.issue(.background, in: surroundings)
        guard case .keys(let keys) = credential.material else {
            throw CredentialError(.unsupported, "The machine gives no keys of AWS; set some.")
        }
        return keys
    }
}
