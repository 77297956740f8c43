import Foundation
import JSONText

/// A token for an identity of another cloud or company: workload and workforce identity federation
/// (RFC 8693).
struct GoogleExternalAccount: CredentialFlow {
    let audience: String
    let tokenType: String
    let address: CredentialAddress
    let subject: any SubjectTokenSource
    /// Where the pool wants an OAuth client of its own.
    let client: (id: String, secret: Secret)?
    let userProject: String?
    /// `GoogleScope.iam` where the token is only used to become a service account.
    let scope: String

    var source: CredentialSource { .googleExternal }
    var hosts: [CredentialHost] { subject.hosts + [address.declared()] }

    /// The flow of a file, with the impersonation that it asks for.
    ///
    /// - Parameters:
    ///   - file: A file of type `external_account`.
    ///   - environment: Says whether a program may be run.
    /// - Returns: The flow.
    /// - Throws: What is wrong with the file.
    static func flow(
        _ file: CredentialDocument, _ environment: CredentialEnvironment
    ) throws(CredentialError) -> any CredentialFlow {
        let url = try file.optional("service_account_impersonation_url")
        let account = try GoogleExternalAccount(
            file, environment, scope: url == nil ? GoogleScope.cloud : GoogleScope.iam)
        guard let url else { return account }
        let settings = try file.member("service_account_impersonation")
        var flow = try GoogleImpersonation(
            account, url, of: file, delegates: nil,
            lifetimeSeconds: try settings?.integer("token_lifetime_seconds") ?? 3600)
        flow.source = .googleExternal
        return flow
    }

    private init(
        _ file: CredentialDocument, _ environment: CredentialEnvironment, scope: String
    ) throws(CredentialError) {
        self.scope = scope
        audience = try file.text("audience")
        tokenType = try file.text("subject_token_type")
        address = try CredentialAddress(
            try file.optional("token_url") ?? "https://sts.googleapis.com/v1/token",
            "\"token_url\" in \(file.name.loweredAtStart)", allows: CredentialAddress.isGoogle)
        let id = try file.optional("client_id")
        let secret = try file.optionalSecret("client_secret")
        client = id.map { ($0, secret ?? Secret("")) }
        userProject = try file.optional("workforce_pool_user_project")
        guard let settings = try file.member("credential_source") else {
            throw CredentialError(
                .malformed, "\(file.name) has no \"credential_source\"; make it anew with gcloud.")
        }
        subject = try SubjectTokens.source(
            settings, SubjectTokens.Use(file, audience, tokenType), environment)
    }

    func issue(
        _ occasion: CredentialOccasion, in surroundings: Surroundings
    ) async throws(CredentialError) -> Credential {
        let token = try await subject.token(in: surroundings)
        var fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("audience", audience), ("scope", scope),
            ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ("subject_token", token.reveal()), ("subject_token_type", tokenType),
        ]
        // A client of its own names the project; without one the option does.
        if let userProject, client == nil {
            let options = "{\"userProject\": \(JSONWriter.line(.string(userProject)))}"
            fields.append(("options", PercentEncoding.encode(options, keeping: "/")))
        }
        let request = TokenExchange.form(
            address.base, fields, basic: client.map { ($0.id, $0.secret) })
        let document = try TokenExchange.document(
            try await surroundings.send(request), from: address.host,
            remedy: "check the pool, the provider and its conditions")
        return try TokenExchange.token(document, source: source, now: surroundings.now())
    }
}

/// Where an external account's own token comes from.
protocol SubjectTokenSource: Sendable {
    var hosts: [CredentialHost] { get }
    func token(in surroundings: Surroundings) async throws(CredentialError) -> Secret
}

/// `credential_source` of a file.
enum SubjectTokens {
    /// What a source is told of the account.
    struct Use {
        var audience: String
        var tokenType: String
        var impersonated: String?
        var fileName: String

        init(
            _ file: CredentialDocument, _ audience: String, _ tokenType: String
        ) throws(CredentialError) {
            self.audience = audience
            self.tokenType = tokenType
            fileName = file.name
            let url = try file.optional("service_account_impersonation_url")
            // …/serviceAccounts/EMAIL:generateAccessToken
            impersonated = url?.split(separator: "/").last?.split(separator: ":").first
                .map(String.init)
        }
    }

    static func source(
        _ settings: CredentialDocument, _ use: Use, _ environment: CredentialEnvironment
    ) throws(CredentialError) -> any SubjectTokenSource {
        let kinds = ["file", "url", "executable", "environment_id", "certificate"].filter { kind in
            // For AWS `url` is one of several addresses.
            settings.object[kind] != nil
                && !(kind == "url" && settings.object["environment_id"] != nil)
        }
        guard kinds.count == 1 else {
            throw CredentialError(
                kinds.isEmpty ? .malformed : .ambiguous,
                "\(settings.name) must have one of file, url, executable and environment_id; "
                    + "make it anew with gcloud.")
        }
        switch kinds[0] {
        case "file":
            return SubjectFile(path: try settings.text("file"), format: try Format(settings))
        case "url": return try SubjectAddress(settings)
        case "executable": return try SubjectProgram(settings, use, environment)
        case "environment_id": return try SubjectOfAWS(settings, use)
        default:
            throw CredentialError(
                .unsupported,
                "\(settings.name) asks for a certificate, which Coffer does not use; "
                    + "make it anew with another source.")
        }
    }

    /// How a file or an answer holds the token: as it is, or in a member of an object.
    struct Format {
        private let field: String?

        init(_ settings: CredentialDocument) throws(CredentialError) {
            let format = try settings.member("format")
            switch try format?.optional("type") ?? "text" {
            case "text": field = nil
            case "json": field = try format?.text("subject_token_field_name")
            default:
                throw CredentialError(
                    .malformed,
                    "\(settings.name) has a format other than text and json; "
                        + "correct it.")
            }
        }

        func token(_ bytes: [UInt8], _ name: String) throws(CredentialError) -> Secret {
            if let field { return try CredentialDocument(bytes, name).secret(field) }
            return try Secret.token(bytes, name)
        }
    }
}

/// A token in a file that something else renews.
private struct SubjectFile: SubjectTokenSource {
    var path: String
    var format: SubjectTokens.Format
    var hosts: [CredentialHost] { [] }

    func token(in surroundings: Surroundings) async throws(CredentialError) -> Secret {
        try format.token(try surroundings.file(path), "The file \(path)")
    }
}

/// A token that a service gives.
private struct SubjectAddress: SubjectTokenSource {
    let address: CredentialAddress
    let headers: [SecretHeader]
    let format: SubjectTokens.Format

    init(_ settings: CredentialDocument) throws(CredentialError) {
        address = try CredentialAddress(
            try settings.text("url"), "\"url\" in \(settings.name.loweredAtStart)")
        headers = try SecretHeader.list(settings, "headers")
        format = try SubjectTokens.Format(settings)
    }

    var hosts: [CredentialHost] { [address.declared(.machineIdentity)] }

    func token(in surroundings: Surroundings) async throws(CredentialError) -> Secret {
        var request = address.request()
        for header in headers { request.headers[header.name] = header.value.reveal() }
        let answer = try await surroundings.send(request, for: .machineIdentity)
        guard (200..<300).contains(answer.status) else {
            throw TokenExchange.refusal(
                answer, from: address.host, remedy: "check what gives the token there")
        }
        return try format.token(answer.body, "The answer of \(address.host)")
    }
}
