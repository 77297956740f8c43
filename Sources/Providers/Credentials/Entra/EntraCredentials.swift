import Foundation

/// What a provider's settings say of Microsoft Entra.
package struct EntraSettings: Sendable {
    package var tenant: String?
    package var client: String?
    /// A client secret of the vault.
    package var secret: Secret?

    package init(tenant: String? = nil, client: String? = nil, secret: Secret? = nil) {
        self.tenant = tenant
        self.client = client
        self.secret = secret
    }
}

/// Which Entra credential is used. The first of these that is there:
///
/// 1. the client secret of the settings;
/// 2. `AZURE_CLIENT_SECRET`;
/// 3. the token of the file that `AZURE_FEDERATED_TOKEN_FILE` names;
/// 4. the managed identity of the machine; `AZURE_CLIENT_ID` chooses one of several.
///
/// 1 to 3 need a tenant and a client: of the settings, or `AZURE_TENANT_ID` and `AZURE_CLIENT_ID`.
/// A client secret beside a file is refused as ambiguous.
package enum EntraCredentialSearch {
    /// Finds the source; asks no server.
    ///
    /// - Parameters:
    ///   - settings: The provider's settings.
    ///   - surroundings: Variables and files.
    /// - Returns: The flow or why there is none, and the report.
    package static func run(
        _ settings: EntraSettings, in surroundings: Surroundings
    ) -> CredentialChoice {
        CredentialSearch.run { (search) throws(CredentialError) in
            try find(settings, surroundings.environment, &search)
        }
    }

    private static func find(
        _ settings: EntraSettings, _ environment: CredentialEnvironment,
        _ search: inout CredentialSearch
    ) throws(CredentialError) -> any CredentialFlow {
        let (secretName, fileName) = ("AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE")
        let secret = settings.secret ?? environment[secretName].map(Secret.init)
        let place = settings.secret == nil ? secretName : "settings"
        let file = environment[fileName]
        if let secret {
            search.look(at: .entraSecret, place)
            guard file == nil || settings.secret != nil else {
                throw CredentialError(
                    .ambiguous, "\(secretName) and \(fileName) are both set; unset one of them.")
            }
            if file != nil {
                search.passOver(.entraFederated, fileName, "the settings have a client secret")
            }
            search.look(at: .entraSecret, place)
            let client = try EntraClient(settings, environment)
            return search.choose(
                EntraApplication(client: client, proof: .secret(secret)), place,
                "an application with a secret")
        }
        search.absent(.entraSecret, place)
        if let file {
            search.look(at: .entraFederated, fileName)
            let client = try EntraClient(settings, environment)
            return search.choose(
                EntraApplication(client: client, proof: .tokenFile(file)), fileName,
                "the workload has a token for an application")
        }
        search.absent(.entraFederated, fileName)
        let identity = EntraManagedIdentity(
            client: settings.client ?? environment["AZURE_CLIENT_ID"])
        return search.choose(
            identity, identity.address.host, "nothing else is set; the machine is asked")
    }
}

/// An application of Entra, and the server that knows it.
struct EntraClient: Sendable {
    let id: String
    let address: CredentialAddress

    init(
        _ settings: EntraSettings, _ environment: CredentialEnvironment
    ) throws(CredentialError) {
        guard let tenant = settings.tenant ?? environment["AZURE_TENANT_ID"],
            let id = settings.client ?? environment["AZURE_CLIENT_ID"]
        else {
            throw CredentialError(
                .absent,
                "The credential of Entra needs a tenant and a client; set AZURE_TENANT_ID "
                    + "and AZURE_CLIENT_ID, or the provider's settings.")
        }
        let isPlain = tenant.utf8.allSatisfy { $0.isLetterOrDigit || "-.".utf8.contains($0) }
        guard isPlain, tenant.contains(where: \.isLetter) || tenant.contains("-") else {
            throw CredentialError(.malformed, "The tenant of Entra is no name or id; correct it.")
        }
        self.id = id
        var authority = environment["AZURE_AUTHORITY_HOST"] ?? "https://login.microsoftonline.com"
        if !authority.contains("://") { authority = "https://" + authority }
        let server = try CredentialAddress(
            authority, "AZURE_AUTHORITY_HOST", allows: CredentialAddress.isEntra)
        address = CredentialAddress(
            server.base.origin, path: server.base.path + "/\(tenant)/oauth2/v2.0/token")
    }
}

/// The client credentials grant of Entra, with a secret or a federated token (RFC 7521).
struct EntraApplication: CredentialFlow {
    enum Proof: Sendable {
        case secret(Secret)
        /// Read at each renewal.
        case tokenFile(String)
    }

    static let scope = "https://ai.azure.com/.default"

    var client: EntraClient
    var proof: Proof

    var source: CredentialSource {
        switch proof {
        case .secret: .entraSecret
        case .tokenFile: .entraFederated
        }
    }
    var hosts: [CredentialHost] { [client.address.declared()] }

    func issue(
        _ occasion: CredentialOccasion, in surroundings: Surroundings
    ) async throws(CredentialError) -> Credential {
        var fields: [(String, String)]
        switch proof {
        case .secret(let secret): fields = [("client_secret", secret.reveal())]
        case .tokenFile(let path):
            fields = [
                ("client_assertion", try surroundings.token(path).reveal()),
                (
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
                ),
            ]
        }
        fields += [
            ("client_id", client.id), ("grant_type", "client_credentials"), ("scope", Self.scope),
        ]
        let answer = try await surroundings.send(TokenExchange.form(client.address.base, fields))
        let document = try TokenExchange.document(
            answer, from: client.address.host,
            remedy: "check the tenant, the application and its secret")
        return try TokenExchange.token(document, source: source, now: surroundings.now())
    }
}

/// The identity of an Azure machine, from its metadata service.
struct EntraManagedIdentity: CredentialFlow {
    /// One of several identities of the machine.
    var client: String?
    var address = CredentialAddress(WebOrigin(machineService: "169.254.169.254"))

    var source: CredentialSource { .entraManaged }
    var hosts: [CredentialHost] { [address.declared(.machineIdentity)] }

    func issue(
        _ occasion: CredentialOccasion, in surroundings: Surroundings
    ) async throws(CredentialError) -> Credential {
        var fields = [("api-version", "2018-02-01"), ("resource", "https://ai.azure.com")]
        if let client { fields.append(("client_id", client)) }
        let request = address.request(
            path: "/metadata/identity/oauth2/token", query: TokenExchange.formText(fields),
            headers: ["metadata": "true"])
        let answer = try await surroundings.send(request, for: .machineIdentity)
        let document = try TokenExchange.document(
            answer, from: address.host,
            remedy: "give the machine an identity, or set another credential")
        return try TokenExchange.token(document, source: source, now: surroundings.now())
    }
}
