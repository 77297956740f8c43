import Providers

/// What the servers of the conformance cases answer, and the files that lead to them.
enum Answers {
    static func keys(token: String) -> String {
        """
        {"Version": 1, "Code": "Success", "AccessKeyId": "AKI",
         "SecretAccessKey": "CANARY-issued", "\(token)": "CANARY-session",
         "Expiration": "2026-11-23T06:52:00+00:00"}
        """
    }

    static let signOnProfile = """
        [default]
        sso_session = corp
        sso_account_id = 123456789012
        sso_role_name = Dev
        [sso-session corp]
        sso_start_url = https://corp.awsapps.com/start
        sso_region = eu-west-1
        """

    /// Named after the SHA-1 of `corp`.
    static let signOnPath =
        "/h/.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json"

    static func signOn(until end: String) -> String {
        """
        {"startUrl": "https://corp.awsapps.com/start", "region": "eu-west-1",
         "accessToken": "CANARY-access", "expiresAt": "\(end)", "clientId": "cid",
         "clientSecret": "CANARY-client", "registrationExpiresAt": "2099-01-01T00:00:00Z",
         "refreshToken": "CANARY-refresh"}
        """
    }

    @Sendable static func aws(_ request: WireRequest) throws(ProviderError) -> WireAnswer {
        if request.origin.host.hasPrefix("sts.") { return .json(assumed) }
        if request.path.hasSuffix("/availability-zone") { return .json("eu-central-1a") }
        switch request.path {
        case "/token":
            return .json(#"{"accessToken": "CANARY-new", "expiresIn": 28800}"#)
        case "/federation/credentials":
            return .json(
                """
                {"roleCredentials": {"accessKeyId": "AKI", "secretAccessKey": "CANARY-issued",
                 "sessionToken": "CANARY-session", "expiration": 1795416000000}}
                """)
        case "/latest/api/token": return .json("CANARY-metadata")
        case "/latest/meta-data/iam/security-credentials/": return .json("box\n")
        default: return .json(keys(token: "Token"))
        }
    }

    static let assumed = """
        <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
          <AssumeRoleResult><Credentials><AccessKeyId>AKI</AccessKeyId>
            <SecretAccessKey>CANARY-issued</SecretAccessKey>
            <SessionToken>CANARY-session</SessionToken>
            <Expiration>2026-11-23T06:52:00Z</Expiration>
          </Credentials></AssumeRoleResult>
        </AssumeRoleResponse>
        """

    // MARK: Google

    static let user = """
        {"type": "authorized_user", "client_id": "c", "client_secret": "CANARY-client",
         "refresh_token": "CANARY-refresh", "quota_project_id": "proj-q"}
        """

    static let serviceAccount = """
        {"type": "service_account", "project_id": "p", "private_key_id": "kid-1",
         "private_key": "\(ServiceAccountKey.pem.replacing("\n", with: "\\n"))",
         "client_email": "sa@p.iam.gserviceaccount.com",
         "token_uri": "https://oauth2.googleapis.com/token"}
        """

    static let impersonationPath =
        "/v1/projects/-/serviceAccounts/sa@p.iam.gserviceaccount.com:generateAccessToken"
    static let impersonation = "https://iamcredentials.googleapis.com" + impersonationPath

    static let subjectOfAWS = """
        {"environment_id": "aws1",
         "region_url": "http://169.254.169.254/latest/meta-data/placement/availability-zone",
         "url": "http://169.254.169.254/latest/meta-data/iam/security-credentials",
         "regional_cred_verification_url":
         "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15"}
        """

    static func external(_ source: String, impersonates: Bool = false) -> String {
        """
        {"type": "external_account", "audience": "//iam.googleapis.com/pool/prov",
         "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
         "token_url": "https://sts.googleapis.com/v1/token",
         \(impersonates ? "\"service_account_impersonation_url\": \"\(impersonation)\"," : "")
         "credential_source": \(source)}
        """
    }

    @Sendable static func google(_ request: WireRequest) throws(ProviderError) -> WireAnswer {
        switch request.origin.host {
        case "issuer.example.com": return .json(#"{"tok": "CANARY.subject"}"#)
        case "iamcredentials.googleapis.com":
            return .json(
                #"{"accessToken": "CANARY-issued", "expireTime": "2026-11-23T06:52:00.5Z"}"#)
        case "169.254.169.254": return try aws(request)
        default:
            return .json(
                #"{"access_token": "CANARY-issued", "expires_in": 3599, "token_type": "Bearer"}"#,
                headers: ["Metadata-Flavor": "Google"])
        }
    }

    /// Azure's metadata service writes numbers as texts.
    @Sendable static func entra(_ request: WireRequest) throws(ProviderError) -> WireAnswer {
        .json(#"{"access_token": "CANARY-issued", "expires_in": "3599", "token_type": "Bearer"}"#)
    }
}
