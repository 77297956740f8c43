import Foundation
import JSONText
import VaultCrypto

/// What Google's tokens are asked for.
enum GoogleScope {
    static let cloud = "https://www.googleapis.com/auth/cloud-platform"
    /// Of a token that is good for nothing but becoming a service account.
    static let iam = "https://www.googleapis.com/auth/iam"
}

/// A token for a service account's key: a signed statement is exchanged (RFC 7523).
struct GoogleServiceAccount: CredentialFlow {
    let email: String
    let keyID: String?
    let address: CredentialAddress
    /// The audience of the statement, as the file has it.
    let audience: String
    var scope = GoogleScope.cloud
    private let key: SigningKeyBox

    var source: CredentialSource { .googleServiceAccount }
    var hosts: [CredentialHost] { [address.declared()] }

    /// - Parameter file: A key file of type `service_account`.
    /// - Throws: What is wrong with it.
    init(_ file: CredentialDocument) throws(CredentialError) {
        email = try file.text("client_email")
        keyID = try file.optional("private_key_id")
        audience = try file.optional("token_uri") ?? "https://oauth2.googleapis.com/token"
        address = try CredentialAddress(
            audience, "\"token_uri\" in \(file.name.loweredAtStart)",
            allows: CredentialAddress.isGoogle)
        guard let signer = RSASigner(pem: Array(try file.text("private_key").utf8)) else {
            throw CredentialError(
                .malformed, "\(file.name) holds no RSA key in \"private_key\"; get a new key file.")
        }
        key = SigningKeyBox(signer)
    }

    func issue(
        _ occasion: CredentialOccasion, in surroundings: Surroundings
    ) async throws(CredentialError) -> Credential {
        let now = surroundings.now()
        let fields = [
            ("assertion", try statement(now)),
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ]
        let answer = try await surroundings.send(TokenExchange.form(address.base, fields))
        let document = try TokenExchange.document(
            answer, from: address.host, remedy: "check the service account and its key")
        return try TokenExchange.token(document, source: source, now: now)
    }

    /// A JSON Web Token (RFC 7519) of an hour, signed with RS256.
    private func statement(_ now: Date) throws(CredentialError) -> String {
        var header: JSONObject = ["typ": .string("JWT"), "alg": .string("RS256")]
        header["kid"] = keyID.map(JSON.string)
        let issued = Int64(now.timeIntervalSince1970)
        let claims: JSONObject = [
            "iat": .integer(issued), "exp": .integer(issued + 3600), "iss": .string(email),
            "aud": .string(audience), "scope": .string(scope),
        ]
        let parts = [header, claims].map { Base64URL.text(JSONWriter.line(.object($0)).utf8) }
        let body = parts.joined(separator: ".")
        guard let signature = key.signer.signature(of: Array(body.utf8)) else {
            throw CredentialError(
                .malformed, "The key of the service account does not sign; get one.")
        }
        return body + "." + Base64URL.text(signature)
    }
}

/// A key that several flows share.
private final class SigningKeyBox: Sendable {
    let signer: RSASigner
    init(_ signer: consuming RSASigner) { self.signer = signer }
}

/// Base64 for addresses, without padding (RFC 4648, section 5).
private enum Base64URL {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        Base64.string(Array(bytes), .unpadded).replacing("+", with: "-").replacing("/", with: "_")
    }
}

/// A person's token, renewed with what `gcloud auth application-default login` left.
struct GoogleUser: CredentialFlow {
    let clientID: String
    let clientSecret: Secret
    let refreshToken: Secret
    let address: CredentialAddress
    let quotaProject: String?

    var source: CredentialSource { .googleUser }
    var hosts: [CredentialHost] { [address.declared()] }

    /// - Parameter file: A file of type `authorized_user`.
    /// - Throws: What is wrong with it.
    init(_ file: CredentialDocument) throws(CredentialError) {
        clientID = try file.text("client_id")
        clientSecret = try file.secret("client_secret")
        refreshToken = try file.secret("refresh_token")
        quotaProject = try file.word("quota_project_id")
        address = try CredentialAddress(
            try file.optional("token_uri") ?? "https://oauth2.googleapis.com/token",
            "\"token_uri\" in \(file.name.loweredAtStart)", allows: CredentialAddress.isGoogle)
    }

    func issue(
        _ occasion: CredentialOccasion, in surroundings: Surroundings
    ) async throws(CredentialError) -> Credential {
        let fields = [
            ("grant_type", "refresh_token"), ("client_id", clientID),
            ("client_secret", clientSecret.reveal()), ("refresh_token", refreshToken.reveal()),
        ]
        let answer = try await surroundings.send(TokenExchange.form(address.base, fields))
        let document = try TokenExchange.document(
            answer, from: address.host, remedy: "run gcloud auth application-default login")
        return try TokenExchange.token(document, source: source, now: surroundings.now())
    }
}

/// A token of somebody who signed in through a workforce pool.
///
/// The server may give a new refresh token; it is used from then on and written nowhere, as the
/// official client does.
struct GoogleExternalUser: CredentialFlow {
    let clientID: String
    let clientSecret: Secret
    let address: CredentialAddress
    let quotaProject: String?
    private let refreshToken: Renewable

    var source: CredentialSource { .googleExternalUser }
    var hosts: [CredentialHost] { [address.declared()] }

    /// - Parameter file: A file of type `external_account_authorized_user`.
    /// - Throws: What is wrong with it.
    init(_ file: CredentialDocument) throws(CredentialError) {
        clientID = try file.text("client_id")
        clientSecret = try file.secret("client_secret")
        refreshToken = Renewable(try file.secret("refresh_token"))
        quotaProject = try file.word("quota_project_id")
        address = try CredentialAddress(
            try file.optional("token_url") ?? "https://sts.googleapis.com/v1/oauthtoken",
            "\"token_url\" in \(file.name.loweredAtStart)", allows: CredentialAddress.isGoogle)
    }

    func issue(
        _ occasion: CredentialOccasion, in surroundings: Surroundings
    ) async throws(CredentialError) -> Credential {
        let fields = [
            ("grant_type", "refresh_token"), ("refresh_token", refreshToken.current.reveal()),
        ]
        let request = TokenExchange.form(
            address.base, fields, basic: (clientID, clientSecret))
        let document = try TokenExchange.document(
            try await surroundings.send(request), from: address.host,
            remedy: "run gcloud auth application-default login")
        if let new = try document.optionalSecret("refresh_token") { refreshToken.replace(new) }
        return try TokenExchange.token(document, source: source, now: surroundings.now())
    }
}

/// The token of a service account that another identity may become.
struct GoogleImpersonation: CredentialFlow {
    let base: any CredentialFlow
    let address: CredentialAddress
    /// nil is sent as null, as for external accounts.
    let delegates: [String]?
    let lifetimeSeconds: Int64
    /// Whose quota is charged: the project of the base.
    let quotaProject: String?
    var source: CredentialSource = .googleImpersonation

    var hosts: [CredentialHost] { base.hosts + [address.declared()] }

    init(
        _ base: any CredentialFlow, _ url: String, of file: CredentialDocument,
        delegates: [String]?, lifetimeSeconds: Int64, quotaProject: String? = nil
    ) throws(CredentialError) {
        self.base = base
        self.delegates = delegates
        self.quotaProject = quotaProject
        guard (60...43_200).contains(lifetimeSeconds) else {
            throw CredentialError(
                .malformed,
                "\(file.name) asks for tokens of a lifetime that is not between 60 and "
                    + "43200 seconds; correct it.")
        }
        self.lifetimeSeconds = lifetimeSeconds
        let name = "\"service_account_impersonation_url\" in \(file.name.loweredAtStart)"
        address = try CredentialAddress(url, name) { host in
            host.hasPrefix("iamcredentials.") && host.hasSuffix(".googleapis.com")
        }
        guard address.base.path.hasSuffix(":generateAccessToken"), address.query.isEmpty else {
            throw CredentialError(.malformed, "\(name) asks for no access token; correct it.")
        }
    }

    func issue(
        _ occasion: CredentialOccasion, in surroundings: Surroundings
    ) async throws(CredentialError) -> Credential {
        let credential = try await base.issue(occasion, in: surroundings)
        var request = address.request(
            .post, headers: ["content-type": "application/json"])
        try request.authorize(credential, .bearer, at: surroundings.now())
        request.headers["x-goog-user-project"] = quotaProject
        let body: JSONObject = [
            "delegates": delegates.map { .array($0.map(JSON.string)) } ?? .null,
            "scope": .array([.string(GoogleScope.cloud)]),
            "lifetime": .string("\(lifetimeSeconds)s"),
        ]
        request.body = Array(JSONWriter.line(.object(body)).utf8)
        let document = try TokenExchange.document(
            try await surroundings.send(request), from: address.host,
            remedy: "check that the identity may become the service account")
        return Credential(
            .token(try document.secret("accessToken")), expires: try document.moment("expireTime"),
            source: source)
    }
}

/// The token of the machine's service account.
struct GoogleMetadata: CredentialFlow {
    var address: CredentialAddress

    var source: CredentialSource { .googleMetadata }
    var hosts: [CredentialHost] { [address.declared(.machineIdentity)] }

    /// - Parameter environment: `GCE_METADATA_HOST` may name another of the machine's own
    /// addresses.
    /// - Throws: `notAllowed`.
    init(_ environment: CredentialEnvironment) throws(CredentialError) {
        let host = environment["GCE_METADATA_HOST"] ?? "metadata.google.internal"
        address = try CredentialAddress("http://" + host, "GCE_METADATA_HOST")
    }

    func issue(
        _ occasion: CredentialOccasion, in surroundings: Surroundings
    ) async throws(CredentialError) -> Credential {
        let request = address.request(
            path: "/computeMetadata/v1/instance/service-accounts/default/token",
            query: TokenExchange.formText([("scopes", GoogleScope.cloud)]),
            headers: ["metadata-flavor": "Google"])
        let remedy = "give the machine a service account, or set another credential"
        let answer = try await surroundings.send(request, for: .machineIdentity)
        guard answer.headers["metadata-flavor"] == "Google" else {
            throw CredentialError(
                .refused,
                "What answers at \(address.host) is no metadata server of Google; "
                    + "\(remedy).")
        }
        let document = try TokenExchange.document(answer, from: address.host, remedy: remedy)
        return try TokenExchange.token(document, source: source, now: surroundings.now())
    }
}

extension String {
    /// For the middle of a sentence: `the file …`.
    var loweredAtStart: String { prefix(1).lowercased() + dropFirst() }
}
