import Foundation
import JSONText
import VaultCrypto

/// Keys of a role, by a sign-in to IAM Identity Center that a person has made with AWS's tools.
///
/// The sign-in lies in `~/.aws/sso/cache/`, in a file that is named after the SHA-1 of the
/// session's name, or of the start address where a profile has no session. A token that has ended
/// is renewed with the file's refresh token, and the file is replaced: the old refresh token may
/// not work again, for other tools either. Without a refresh token nothing is asked.
struct AWSSingleSignOn: CredentialFlow {
    let account: String
    let role: String
    /// The session's name or the start address.
    let cacheKey: String
    /// What a person types to sign in.
    let profile: String
    private let tokens: CredentialAddress
    private let portal: CredentialAddress

    /// The sign-in of a profile.
    ///
    /// - Throws: `malformed`, where the region is no word.
    init(
        region: String, account: String, role: String, cacheKey: String, profile: String
    ) throws(CredentialError) {
        let domain = "\(try AWSRegion.checked(region)).\(AWSRegion.suffix(of: region))"
        tokens = try CredentialAddress("https://oidc.\(domain)/token", "sso_region")
        portal = try CredentialAddress(
            "https://portal.sso.\(domain)/federation/credentials", "sso_region")
        self.account = account
        self.role = role
        self.cacheKey = cacheKey
        self.profile = profile
    }

    var source: CredentialSource { .awsSSO }
    var hosts: [CredentialHost] { [tokens.declared(), portal.declared()] }

    var cachePath: String {
        "~/.aws/sso/cache/" + Hex.text(SHA1Digest.hash(utf8: cacheKey)) + ".json"
    }

    private var remedy: String { "run aws sso login --profile \(profile)" }

    func issue(
        _ occasion: CredentialOccasion, in surroundings: Surroundings
    ) async throws(CredentialError) -> Credential {
        let token = try await accessToken(surroundings)
        let fields = [("role_name", role), ("account_id", account)]
        let request = portal.request(
            query: TokenExchange.formText(fields),
            headers: ["x-amz-sso_bearer_token": token.reveal()])
        let document = try TokenExchange.document(
            try await surroundings.send(request), from: request.origin.host, remedy: remedy)
        guard let keys = try document.member("roleCredentials") else {
            throw CredentialError(
                .malformed, "The answer of \(request.origin.host) holds no keys; try again.")
        }
        let end = try keys.integer("expiration").map {
            Date(timeIntervalSince1970: Double($0) / 1000)
        }
        return try AWSKeys.credential(
            try keys.text("accessKeyId"), try keys.secret("secretAccessKey"),
            try keys.optionalSecret("sessionToken"), expires: end, source: source)
    }

    private func accessToken(_ surroundings: Surroundings) async throws(CredentialError) -> Secret {
        guard let bytes = try surroundings.fileIfPresent(cachePath) else {
            throw CredentialError(.expired, "Nobody has signed in to AWS yet; \(remedy).")
        }
        let cache = try CredentialDocument(bytes, "The file \(cachePath)")
        let token = try cache.secret("accessToken")
        let now = surroundings.now()
        if let end = try cache.moment("expiresAt"), end > now.addingTimeInterval(300) {
            return token
        }
        let registered = try cache.moment("registrationExpiresAt").map { $0 > now } ?? true
        guard registered, let refresh = try cache.optionalSecret("refreshToken") else {
            throw CredentialError(.expired, "The sign-in to AWS has ended; \(remedy).")
        }
        return try await renewed(cache, refresh, surroundings)
    }

    private func renewed(
        _ cache: CredentialDocument, _ refresh: Secret, _ surroundings: Surroundings
    ) async throws(CredentialError) -> Secret {
        let body: JSONObject = [
            "grantType": .string("refresh_token"), "clientId": .string(try cache.text("clientId")),
            "clientSecret": .string(try cache.secret("clientSecret").reveal()),
            "refreshToken": .string(refresh.reveal()),
        ]
        var request = tokens.request(.post, headers: ["content-type": "application/json"])
        request.body = Array(JSONWriter.line(.object(body)).utf8)
        let answer = try TokenExchange.document(
            try await surroundings.send(request), from: request.origin.host, remedy: remedy)
        let token = try answer.secret("accessToken")
        try keep(answer, cache, surroundings)
        return token
    }

    /// Writes the new sign-in where the old one was.
    private func keep(
        _ answer: CredentialDocument, _ cache: CredentialDocument, _ surroundings: Surroundings
    ) throws(CredentialError) {
        var object = cache.object
        object["accessToken"] = .string(try answer.text("accessToken"))
        let lifetime = try answer.integer("expiresIn") ?? 0
        let end = surroundings.now().addingTimeInterval(Double(lifetime))
        object["expiresAt"] = .string(end.formatted(.iso8601))
        if let refresh = try answer.optionalSecret("refreshToken") {
            object["refreshToken"] = .string(refresh.reveal())
        }
        // The token in hand works all the same; a file that cannot be written shows at the next
        // renewal, which says how to sign in.
        try? surroundings.files.replace(
            surroundings.environment.resolved(cachePath),
            with: Array(JSONWriter.line(.object(object)).utf8))
    }
}
