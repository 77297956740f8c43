import Foundation

/// A role that temporary keys are asked for.
struct AWSRole: Sendable, Equatable {
    var arn: String
    /// Named after the moment where nothing is set.
    var sessionName: String?
    var externalID: String?
    var durationSeconds: Int?

    /// The fields of a request, in the order of the official clients.
    func fields(_ action: String, now: Date) -> [(String, String)] {
        let name = sessionName ?? "coffer-\(Int(now.timeIntervalSince1970))"
        var fields = [
            ("Action", action), ("Version", "2011-06-15"), ("RoleSessionName", name),
        ]
        if let externalID { fields.append(("ExternalId", externalID)) }
        fields.append(("RoleArn", arn))
        if let durationSeconds { fields.append(("DurationSeconds", "\(durationSeconds)")) }
        return fields
    }
}

/// AWS's Security Token Service in one region (API version 2011-06-15).
struct AWSTokenService: Sendable {
    let region: String
    let address: CredentialAddress

    /// - Parameter region: The region that settings name; there is no global endpoint here.
    /// - Throws: Where there is none, or where it is no word.
    init(region: String?) throws(CredentialError) {
        guard let region else {
            throw CredentialError(
                .absent, "No region is set for assuming an AWS role; set the provider's region.")
        }
        self.region = region
        address = try CredentialAddress(
            "https://sts.\(try AWSRegion.checked(region)).\(AWSRegion.suffix(of: region))",
            "The region of AWS")
    }

    func request(_ fields: [(String, String)]) -> WireRequest {
        var request = TokenExchange.form(address.base, fields)
        request.headers["content-type"] = "application/x-www-form-urlencoded; charset=utf-8"
        return request
    }

    /// The keys of an answer.
    func credential(
        _ answer: WireAnswer, source: CredentialSource
    ) throws(CredentialError) -> Credential {
        let text = String(decoding: answer.body, as: UTF8.self)
        guard (200..<300).contains(answer.status) else {
            throw TokenExchange.refusal(
                answer, from: address.host, remedy: "check the role and who may assume it",
                word: Self.element("Code", in: text))
        }
        let block = Self.element("Credentials", in: text) ?? ""
        guard let id = Self.element("AccessKeyId", in: block),
            let secret = Self.element("SecretAccessKey", in: block),
            let token = Self.element("SessionToken", in: block).map(Secret.init),
            let end = Self.element("Expiration", in: block).flatMap(CredentialTime.date)
        else {
            throw CredentialError(
                .malformed, "The answer of \(address.host) holds no credentials; try again.")
        }
        return try AWSKeys.credential(id, Secret(secret), token, expires: end, source: source)
    }

    /// What stands between the first `<name>` and the `</name>` after it.
    ///
    /// The answers are flat and have no attributes there; a declaration of entities is refused.
    private static func element(_ name: String, in text: String) -> String? {
        guard !text.contains("<!"), let start = text.firstRange(of: "<\(name)>")?.upperBound,
            let end = text[start...].firstRange(of: "</\(name)>")?.lowerBound
        else { return nil }
        let entities = [
            ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&"),
        ]
        var value = String(text[start..<end])
        if !value.contains("<") {
            for (entity, character) in entities {
                value = value.replacing(entity, with: character)
            }
        }
        return value
    }
}

/// Regions as words of host names.
enum AWSRegion {
    static func checked(_ region: String) throws(CredentialError) -> String {
        let isPlain = region.utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }
        guard isPlain, region == region.lowercased(), (3...32).contains(region.utf8.count) else {
            throw CredentialError(
                .malformed, "The region of AWS is no word such as eu-central-1; set it again.")
        }
        return region
    }

    static func suffix(of region: String) -> String {
        if region.hasPrefix("cn-") { return "amazonaws.com.cn" }
        return region.hasPrefix("eusc-") ? "amazonaws.eu" : "amazonaws.com"
    }
}

extension AWSKeys {
    /// Keys whose parts can stand in headers.
    static func credential(
        _ id: String, _ secret: Secret, _ token: Secret?, expires: Date? = nil,
        source: CredentialSource
    ) throws(CredentialError) -> Credential {
        let isPlain = id.utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "_") }
        guard isPlain, (1...128).contains(id.utf8.count), secret.fitsHeader,
            token.map(\.fitsHeader) != false
        else {
            throw CredentialError(
                .malformed,
                "The AWS keys (\(source.rawValue)) are not in the form of such keys; "
                    + "get new ones.")
        }
        let keys = AWSKeys(accessKeyID: id, secretAccessKey: secret, sessionToken: token)
        return Credential(.keys(keys), expires: expires, source: source)
    }
}

/// AssumeRole, signed with the keys of another flow.
struct AWSAssumeRole: CredentialFlow {
    var base: any CredentialFlow
    var role: AWSRole
    var service: AWSTokenService

    var source: CredentialSource { .awsRole }
    var hosts: [CredentialHost] { base.hosts + [service.address.declared()] }

    func issue(
        _ occasion: CredentialOccasion, in surroundings: Surroundings
    ) async throws(CredentialError) -> Credential {
        let credential = try await base.issue(occasion, in: surroundings)
        guard case .keys(let keys) = credential.material else {
            throw CredentialError(
                .unsupported,
                "An AWS role is assumed with a key pair, and the source of the "
                    + "profile gives a token; name another source.")
        }
        let now = surroundings.now()
        var request = service.request(role.fields("AssumeRole", now: now))
        request.sign(
            for: SigningScope(service: "sts", region: service.region), with: keys.forSigning(),
            at: SigningTime(now))
        return try service.credential(try await surroundings.send(request), source: source)
    }
}

/// AssumeRoleWithWebIdentity: a token of a file for keys, unsigned.
struct AWSWebIdentity: CredentialFlow {
    var tokenFile: String
    var role: AWSRole
    var service: AWSTokenService

    var source: CredentialSource { .awsWebIdentity }
    var hosts: [CredentialHost] { [service.address.declared()] }

    func issue(
        _ occasion: CredentialOccasion, in surroundings: Surroundings
    ) async throws(CredentialError) -> Credential {
        let token = try surroundings.token(tokenFile)
        let fields = role.fields("AssumeRoleWithWebIdentity", now: surroundings.now())
        let request = service.request(fields + [("WebIdentityToken", token.reveal())])
        return try service.credential(try await surroundings.send(request), source: source)
    }
}
