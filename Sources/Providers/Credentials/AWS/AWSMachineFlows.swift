import Foundation
import JSONText

/// Keys of the role of an EC2 machine, by version 2 of its metadata service; version 1, which
/// answers without a session, is not asked.
struct AWSInstanceMetadata: CredentialFlow {
    var address = CredentialAddress(WebOrigin(machineService: "169.254.169.254"))

    var source: CredentialSource { .awsInstance }
    var hosts: [CredentialHost] { [address.declared(.machineIdentity)] }

    private static let remedy = "give the machine a role, or set another credential"

    func issue(
        _ occasion: CredentialOccasion, in surroundings: Surroundings
    ) async throws(CredentialError) -> Credential {
        let token = try await session(surroundings)
        let folder = "/latest/meta-data/iam/security-credentials/"
        let names = try await text(folder, token, surroundings)
        guard let role = names.split(whereSeparator: \.isNewline).first else {
            throw CredentialError(.absent, "This machine has no role of AWS; \(Self.remedy).")
        }
        let answer = try await get(
            folder + PercentEncoding.encode(role), token, surroundings)
        let document = try TokenExchange.document(
            answer, from: address.host, remedy: Self.remedy)
        if let code = document.object["Code"]?.string, code != "Success" {
            throw CredentialError(
                .refused, "The metadata service gives no keys for the machine's role; try again.")
        }
        return try AWSKeyDocument.credential(document, token: "Token", source: source)
    }

    /// The region in which the machine runs.
    func region(_ path: String, in surroundings: Surroundings) async throws(CredentialError)
        -> String
    {
        let token = try await session(surroundings)
        return try await text(path, token, surroundings)
    }

    private func session(_ surroundings: Surroundings) async throws(CredentialError) -> Secret {
        let request = address.request(
            .put, path: "/latest/api/token",
            headers: ["x-aws-ec2-metadata-token-ttl-seconds": "21600"])
        let answer = try await surroundings.send(request, for: .machineIdentity)
        let token = Secret(bytes: answer.body)
        guard answer.status == 200, token.fitsHeader else {
            throw TokenExchange.refusal(answer, from: address.host, remedy: Self.remedy)
        }
        return token
    }

    private func get(
        _ path: String, _ token: Secret, _ surroundings: Surroundings
    ) async throws(CredentialError) -> WireAnswer {
        try await surroundings.send(
            address.request(path: path, headers: ["x-aws-ec2-metadata-token": token.reveal()]),
            for: .machineIdentity)
    }

    private func text(
        _ path: String, _ token: Secret, _ surroundings: Surroundings
    ) async throws(CredentialError) -> String {
        let answer = try await get(path, token, surroundings)
        guard answer.status == 200, let text = String(validating: answer.body, as: UTF8.self) else {
            throw TokenExchange.refusal(answer, from: address.host, remedy: Self.remedy)
        }
        return text
    }
}

/// Keys of a container's role: an address of the container's host, with a token where there is one.
struct AWSContainer: CredentialFlow {
    var address: CredentialAddress
    var token: Secret?
    /// Read at each renewal; it wins over `token`.
    var tokenFile: String?

    var source: CredentialSource { .awsContainer }
    var hosts: [CredentialHost] { [address.declared(.machineIdentity)] }

    func issue(
        _ occasion: CredentialOccasion, in surroundings: Surroundings
    ) async throws(CredentialError) -> Credential {
        var request = address.request(headers: ["accept": "application/json"])
        if let tokenFile {
            let text = String(decoding: try surroundings.file(tokenFile), as: UTF8.self)
            request.headers["authorization"] = try Self.checked(
                text.trimmingCharacters(in: .whitespacesAndNewlines), "The file \(tokenFile)")
        } else if let token {
            request.headers["authorization"] = try Self.checked(
                token.reveal(), "AWS_CONTAINER_AUTHORIZATION_TOKEN")
        }
        let answer = try await surroundings.send(request, for: .machineIdentity)
        let document = try TokenExchange.document(
            answer, from: address.host, remedy: "check the role of the container")
        return try AWSKeyDocument.credential(document, token: "Token", source: source)
    }
}

extension AWSContainer {
    /// A whole value of `Authorization`: a token, or a scheme and a token.
    private static func checked(_ text: String, _ name: String) throws(CredentialError) -> String {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard (1...2).contains(words.count), words.allSatisfy({ Secret(String($0)).isToken }) else {
            throw CredentialError(.malformed, "\(name) does not hold one token; set it again.")
        }
        return text
    }
}

/// `AccessKeyId`, `SecretAccessKey`, a token and `Expiration` of an object.
enum AWSKeyDocument {
    static func credential(
        _ document: CredentialDocument, token: String, source: CredentialSource
    ) throws(CredentialError) -> Credential {
        try AWSKeys.credential(
            try document.text("AccessKeyId"), try document.secret("SecretAccessKey"),
            try document.optionalSecret(token), expires: try document.moment("Expiration"),
            source: source)
    }
}
