import Foundation
import Providers
import Testing

/// One way to a credential with all that it needs: the conformance tests run over each.
struct CredentialCase: Sendable, CustomTestStringConvertible {
    var name: String
    var source: CredentialSource
    var script: CredentialScene.Script
    /// Method, host and path of each request.
    var requests: [String] = []
    /// The token, or the secret key of a pair, that comes out.
    var outcome = "CANARY-issued"
    var find: @Sendable (Surroundings) -> CredentialChoice

    var testDescription: String { name }

    static let all = aws + awsRoles + google + googleFederation + entra + keys

    static let files = (
        config: "/h/.aws/config", credentials: "/h/.aws/credentials",
        google: "/h/.config/gcloud/application_default_credentials.json"
    )

    static func aws(
        _ name: String, _ source: CredentialSource, _ script: CredentialScene.Script,
        requests: [String] = [], settings: AWSCredentialSettings = AWSCredentialSettings()
    ) -> CredentialCase {
        var script = script
        script.environment["AWS_REGION"] = "eu-central-1"
        return CredentialCase(name: name, source: source, script: script, requests: requests) {
            AWSCredentialSearch.run(settings, in: $0)
        }
    }

    static func google(
        _ name: String, _ source: CredentialSource, file: String,
        files: [String: String] = [:], environment: [String: String] = [:],
        program: String? = nil, requests: [String] = []
    ) -> CredentialCase {
        var script = CredentialScene.Script(
            environment: environment.merging(["GOOGLE_APPLICATION_CREDENTIALS": "/g.json"]) { $1 },
            files: files.merging(["/g.json": file]) { $1 }, answer: Answers.google)
        if let program { script.program = { _ in program } }
        return CredentialCase(name: name, source: source, script: script, requests: requests) {
            GoogleCredentialSearch.run(file: nil, in: $0)
        }
    }
}

// MARK: AWS

extension CredentialCase {
    static let aws: [CredentialCase] = [
        aws(
            "aws.bearer", .awsBearer,
            .init(environment: ["AWS_BEARER_TOKEN_BEDROCK": "CANARY-issued"])),
        aws(
            "aws.environment", .awsEnvironment,
            .init(environment: [
                "AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "CANARY-issued",
                "AWS_SESSION_TOKEN": "CANARY-session",
            ])),
        aws(
            "aws.profile", .awsProfile,
            .init(
                environment: ["AWS_PROFILE": "work"],
                files: [
                    files.credentials: """
                    # of the office
                    [work]
                    aws_access_key_id = AKP
                    aws_secret_access_key=CANARY-issued
                    """
                ])),
        aws(
            "aws.process", .awsProcess,
            .init(
                files: [files.config: "[default]\ncredential_process = /opt/keys --arg 'a b'\n"],
                program: { _ in Answers.keys(token: "SessionToken") })),
        aws(
            "aws.sso", .awsSSO,
            .init(
                files: [
                    files.config: Answers.signOnProfile,
                    Answers.signOnPath: Answers.signOn(until: "2026-11-23T13:00:00Z"),
                ], answer: Answers.aws),
            requests: ["GET portal.sso.eu-west-1.amazonaws.com/federation/credentials"]),
        aws(
            "aws.sso.renewed", .awsSSO,
            .init(
                files: [
                    files.config: Answers.signOnProfile,
                    Answers.signOnPath: Answers.signOn(until: "2026-11-23T05:00:00UTC"),
                ], answer: Answers.aws),
            requests: [
                "POST oidc.eu-west-1.amazonaws.com/token",
                "GET portal.sso.eu-west-1.amazonaws.com/federation/credentials",
            ]),
        aws(
            "aws.container", .awsContainer,
            .init(
                environment: [
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/t",
                ], files: ["/t": "Basic CANARY-container\n"], answer: Answers.aws),
            requests: ["GET 169.254.170.23/v1/credentials"]),
        aws(
            "aws.instance", .awsInstance, .init(answer: Answers.aws),
            requests: [
                "PUT 169.254.169.254/latest/api/token",
                "GET 169.254.169.254/latest/meta-data/iam/security-credentials/",
                "GET 169.254.169.254/latest/meta-data/iam/security-credentials/box",
            ]),
    ]

    static let awsRoles: [CredentialCase] = [
        aws(
            "aws.role", .awsRole,
            .init(
                environment: ["AWS_PROFILE": "r"],
                files: [
                    files.config: """
                    [profile r]
                    role_arn = arn:aws:iam::123456789012:role/r
                    source_profile = base
                    [profile base]
                    aws_access_key_id = AKB
                    aws_secret_access_key = CANARY-base
                    """
                ], answer: Answers.aws),
            requests: ["POST sts.eu-central-1.amazonaws.com/"]),
        aws(
            "aws.role.instance", .awsRole,
            .init(
                files: [
                    files.config: """
                    [default]
                    role_arn = arn:aws:iam::123456789012:role/r
                    credential_source = Ec2InstanceMetadata
                    """
                ], answer: Answers.aws),
            requests: [
                "PUT 169.254.169.254/latest/api/token",
                "GET 169.254.169.254/latest/meta-data/iam/security-credentials/",
                "GET 169.254.169.254/latest/meta-data/iam/security-credentials/box",
                "POST sts.eu-central-1.amazonaws.com/",
            ]),
        aws(
            "aws.web-identity", .awsWebIdentity,
            .init(
                environment: [
                    "AWS_WEB_IDENTITY_TOKEN_FILE": "/t",
                    "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/r",
                ], files: ["/t": "CANARY.web.identity"], answer: Answers.aws),
            requests: ["POST sts.eu-central-1.amazonaws.com/"]),
    ]
}

// MARK: Google

extension CredentialCase {
    static let google: [CredentialCase] = [
        google(
            "google.service-account", .googleServiceAccount, file: Answers.serviceAccount,
            requests: ["POST oauth2.googleapis.com/token"]),
        google(
            "google.user", .googleUser, file: Answers.user,
            requests: ["POST oauth2.googleapis.com/token"]),
        google(
            "google.external-user", .googleExternalUser,
            file: """
                {"type": "external_account_authorized_user", "client_id": "c",
                 "client_secret": "CANARY-client", "refresh_token": "CANARY-refresh"}
                """,
            requests: ["POST sts.googleapis.com/v1/oauthtoken"]),
        google(
            "google.impersonation", .googleImpersonation,
            file: """
                {"type": "impersonated_service_account", "delegates": [],
                 "service_account_impersonation_url": "\(Answers.impersonation)",
                 "source_credentials": \(Answers.user)}
                """,
            requests: [
                "POST oauth2.googleapis.com/token",
                "POST iamcredentials.googleapis.com" + Answers.impersonationPath,
            ]),
        CredentialCase(
            name: "google.metadata", source: .googleMetadata, script: .init(answer: Answers.google),
            requests: [
                "GET metadata.google.internal/computeMetadata/v1/instance/service-accounts/"
                    + "default/token"
            ]
        ) { GoogleCredentialSearch.run(file: nil, in: $0) },
    ]

    private static let exchange = "POST sts.googleapis.com/v1/token"

    static let googleFederation: [CredentialCase] = [
        google(
            "google.external.file", .googleExternal,
            file: Answers.external(#"{"file": "/t"}"#), files: ["/t": "CANARY.subject\n"],
            requests: [exchange]),
        google(
            "google.external.url", .googleExternal,
            file: Answers.external(
                #"""
                {"url": "https://issuer.example.com/subject",
                 "headers": {"Authorization": "CANARY-header"},
                 "format": {"type": "json", "subject_token_field_name": "tok"}}
                """#, impersonates: true),
            requests: [
                "GET issuer.example.com/subject", exchange,
                "POST iamcredentials.googleapis.com" + Answers.impersonationPath,
            ]),
        google(
            "google.external.program", .googleExternal,
            file: Answers.external(#"{"executable": {"command": "/opt/subject --quiet"}}"#),
            environment: ["GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES": "1"],
            program: """
                {"version": 1, "success": true, "expiration_time": 1795416000,
                 "token_type": "urn:ietf:params:oauth:token-type:id_token",
                 "id_token": "CANARY.subject"}
                """,
            requests: [exchange]),
        google(
            "google.external.aws", .googleExternal, file: Answers.external(Answers.subjectOfAWS),
            requests: [
                "PUT 169.254.169.254/latest/api/token",
                "GET 169.254.169.254/latest/meta-data/placement/availability-zone",
                "PUT 169.254.169.254/latest/api/token",
                "GET 169.254.169.254/latest/meta-data/iam/security-credentials/",
                "GET 169.254.169.254/latest/meta-data/iam/security-credentials/box", exchange,
            ]),
    ]
}

// MARK: Entra and keys

extension CredentialCase {
    private static func entra(
        _ name: String, _ source: CredentialSource, _ environment: [String: String],
        requests: [String]
    ) -> CredentialCase {
        let script = CredentialScene.Script(
            environment: environment,
            files: source == .entraFederated ? ["/t": "CANARY.federated"] : [:],
            answer: Answers.entra)
        return CredentialCase(name: name, source: source, script: script, requests: requests) {
            EntraCredentialSearch.run(EntraSettings(), in: $0)
        }
    }

    static let entra: [CredentialCase] = [
        entra(
            "entra.secret", .entraSecret,
            [
                "AZURE_TENANT_ID": "tid", "AZURE_CLIENT_ID": "cid",
                "AZURE_CLIENT_SECRET": "CANARY-secret",
            ], requests: ["POST login.microsoftonline.com/tid/oauth2/v2.0/token"]),
        entra(
            "entra.federated", .entraFederated,
            [
                "AZURE_TENANT_ID": "tid", "AZURE_CLIENT_ID": "cid",
                "AZURE_FEDERATED_TOKEN_FILE": "/t",
            ], requests: ["POST login.microsoftonline.com/tid/oauth2/v2.0/token"]),
        entra(
            "entra.managed", .entraManaged, [:],
            requests: ["GET 169.254.169.254/metadata/identity/oauth2/token"]),
    ]

    private static func helper(_ name: String, prints text: String) -> CredentialCase {
        CredentialCase(name: name, source: .helper, script: .init(program: { _ in text })) {
            do throws(CredentialError) {
                let helper = try CredentialProgram(
                    path: "/opt/helper", arguments: ["--for", "coffer"])
                return KeySearch.run(
                    KeySettings(helper: helper, key: Secret("CANARY-old")), in: $0)
            } catch {
                return CredentialChoice(flow: .failure(error), report: CredentialReport())
            }
        }
    }

    static let keys: [CredentialCase] = [
        helper("helper.token", prints: "CANARY-issued\n"),
        helper(
            "helper.object",
            prints: #"{"token": "CANARY-issued", "headers": {"x-team": "CANARY-team"}}"#),
        CredentialCase(name: "key.stored", source: .storedKey, script: .init()) {
            KeySearch.run(KeySettings(key: Secret("CANARY-issued")), in: $0)
        },
        CredentialCase(
            name: "key.variable", source: .variable,
            script: .init(environment: ["GATEWAY_KEY": "CANARY-issued"])
        ) { KeySearch.run(KeySettings(variable: "GATEWAY_KEY"), in: $0) },
    ]
}
