import Foundation
import JSONText
import Providers
import Testing

/// Credential flows of the official clients beside ours: requests, and what came of them.
///
/// Deviations, each with its reason:
/// 1. google-auth also looks up the project and `allowedLocations`, and was asked twice by the
///    recorder; neither belongs to the credential.
/// 2. `accept: */*` is a default of Python's client; ours is left to the transport.
/// 3. JSON bodies are compared as values; Python writes spaces.
@Suite(.enabled(if: WireData.folder != nil, WireData.skipped))
struct RecordedCredentialTests {
    static let cases = [
        "aws.assume_role", "aws.container_full_badhost", "aws.container_relative",
        "aws.credential_process", "aws.env_vs_AWS_PROFILE", "aws.sso_session_refresh",
        "aws.web_identity", "azure.workload_identity", "google.external_account_authorized_user",
        "google.external_account_file", "google.external_account_url_impersonation",
        "google.impersonated_service_account",
    ]

    @Test func `Every recorded flow has a case here`() throws {
        let recorded = try WireData.names("requests").filter { $0.hasPrefix("auth.") }
        #expect(recorded == Self.cases.map { "auth.\($0).json" })
        print("recorded credential flows: \(Self.cases.count) compared")
    }

    @Test(arguments: cases)
    func `A flow sends the recorded requests and comes to the recorded end`(
        _ name: String
    ) async throws {
        let recording = try WireData.json("requests/auth.\(name).json")
        let scene = try CredentialScene(RecordedScenes.script(name, recording))
        let choice = RecordedScenes.find(name, scene.surroundings)
        let expected = try #require(recording["result"])
        if expected["raised"] != nil {
            #expect(choice.error?.kind == .notAllowed)
        } else {
            let credential = try await choice.issue(in: scene)
            if let token = expected["token"]?.string, expected["access"] == nil {
                #expect(credential.token == token)
            } else {
                let keys = ["access", "secret", "token"].map { expected[$0]?.string }
                #expect(credential.keyTexts == keys)
                let region = expected["region"]?.string
                #expect(choice.region == region)
            }
        }
        let theirs = Self.requests(recording)
        #expect(scene.requests.count == theirs.count)
        for (ours, theirs) in zip(scene.requests, theirs) { Self.compare(ours, theirs, name) }
    }

    /// Those of the credential, each once (deviation 1).
    private static func requests(_ recording: JSON) -> [JSON] {
        var seen: [JSON] = []
        for request in recording["requests"]?.array ?? [] {
            let isElsewhere =
                request["host"]?.string == "cloudresourcemanager.googleapis.com"
                || request["path"]?.string?.hasSuffix("/allowedLocations") == true
            let isNew = !seen.contains {
                $0["path"] == request["path"] && $0["body_raw"] == request["body_raw"]
            }
            if !isElsewhere, isNew { seen.append(request) }
        }
        return seen
    }

    private static func compare(_ ours: WireRequest, _ theirs: JSON, _ name: String) {
        #expect(ours.method.rawValue == theirs["method"]?.string, "\(name)")
        #expect(ours.origin.host == theirs["host"]?.string, "\(name)")
        #expect(ours.path == theirs["path"]?.string, "\(name)")
        #expect(ours.query == theirs["query"]?.string, "\(name)")
        let headers = theirs["headers"]?.object ?? [:]
        let ignored: Set = ["x-amz-date", "accept"]
        let names = Set(headers.members.map(\.key)).union(
            ours.headers.all.map { $0.name.lowercased() })
        for header in names.subtracting(ignored) {
            #expect(ours.headers[header] == headers[header]?.string, "\(name): \(header)")
        }
        if let accept = headers["accept"]?.string, accept != "*/*" {
            #expect(ours.headers["accept"] == accept, "\(name)")
        }
        if let json = theirs["body_json"] {
            let body = try? JSONReader.parse(ours.body)
            #expect(Sameness.holds(body, json), "\(name)")
        } else {
            #expect(
                String(decoding: ours.body, as: UTF8.self) == theirs["body_raw"]?.string, "\(name)")
        }
    }
}

/// What the official clients were given when they were recorded.
enum RecordedScenes {
    static func find(_ name: String, _ surroundings: Surroundings) -> CredentialChoice {
        if name.hasPrefix("google.") {
            return GoogleCredentialSearch.run(file: nil, in: surroundings)
        }
        if name.hasPrefix("azure.") {
            return EntraCredentialSearch.run(EntraSettings(), in: surroundings)
        }
        return AWSCredentialSearch.run(AWSCredentialSettings(), in: surroundings)
    }

    static func script(_ name: String, _ recording: JSON) throws -> CredentialScene.Script {
        var script = CredentialScene.Script()
        script.answer = answer
        if name.hasPrefix("google.") {
            let config = try #require(recording["config"])
            script.environment["GOOGLE_APPLICATION_CREDENTIALS"] = "/g.json"
            script.files = [
                "/g.json": JSONWriter.line(config), "/var/run/example/subj": "oidc.subject.token",
            ]
            return script
        }
        if name.hasPrefix("azure.") {
            script.environment = [
                "AZURE_TENANT_ID": "tid", "AZURE_CLIENT_ID": "cid",
                "AZURE_FEDERATED_TOKEN_FILE": "/t",
            ]
            script.files["/t"] = "web.identity.token"
            return script
        }
        try add(name, recording, to: &script)
        return script
    }

    private static func add(
        _ name: String, _ recording: JSON, to script: inout CredentialScene.Script
    ) throws {
        let config = CredentialCase.files.config
        let role = "arn:aws:iam::123456789012:role/r"
        switch name {
        case "aws.assume_role":
            script.environment = ["AWS_PROFILE": "ar"]
            script.files[config] = """
                [profile ar]
                role_arn = \(role)
                source_profile = base
                external_id = ext
                role_session_name = sess
                region = eu-central-1
                [profile base]
                aws_access_key_id = AKB
                aws_secret_access_key = SKB
                """
        case "aws.container_full_badhost":
            script.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://10.0.0.5/creds"
        case "aws.container_relative":
            script.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] =
                recording["config"]?["relative_uri"]?.string
        case "aws.credential_process":
            script.environment = ["AWS_PROFILE": "cp"]
            script.files[config] = "[profile cp]\ncredential_process = /path --arg \"a b\"\n"
            script.program = { call in
                #expect(call.path == "/path" && call.arguments == ["--arg", "a b"])
                return
                    #"{"Version": 1, "AccessKeyId": "AKCP", "SecretAccessKey": "SKCP", "SessionToken": "STCP"}"#
            }
        case "aws.env_vs_AWS_PROFILE":
            script.environment = [
                "AWS_PROFILE": "p", "AWS_ACCESS_KEY_ID": "AK1", "AWS_SECRET_ACCESS_KEY": "SK1",
            ]
            script.files[config] = "[profile p]\nregion = eu-west-3\n"
            script.files[CredentialCase.files.credentials] =
                "[p]\naws_access_key_id = AK2\naws_secret_access_key = SK2\n"
        case "aws.sso_session_refresh":
            script.environment = ["AWS_PROFILE": "s"]
            script.files[config] =
                "[profile s]\nregion = eu-central-1\n"
                + Answers.signOnProfile.replacing("[default]\n", with: "")
            let cache = try #require(recording["config"]?["cache"])
            script.files[Answers.signOnPath] = JSONWriter.line(cache)
        default:
            script.environment = [
                "AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": role,
                "AWS_ROLE_SESSION_NAME": "sess", "AWS_DEFAULT_REGION": "eu-central-1",
            ]
            script.files["/t"] = "web.identity.token"
        }
    }

    @Sendable static func answer(_ request: WireRequest) throws(ProviderError) -> WireAnswer {
        let role = Answers.assumed.replacing("AKI", with: "AKAR")
            .replacing("CANARY-issued", with: "SKAR").replacing("CANARY-session", with: "STAR")
        switch (request.origin.host, request.path) {
        case ("sts.eu-central-1.amazonaws.com", _): return .json(role)
        case ("169.254.170.2", _):
            return .json(
                #"{"AccessKeyId": "AKC", "SecretAccessKey": "SKC", "Token": "STC", "Expiration": "2026-11-24T00:00:00Z"}"#
            )
        case (_, "/token") where request.origin.host.hasPrefix("oidc."):
            return .json(#"{"accessToken": "SSO.NEW", "expiresIn": 28800, "refreshToken": "R2"}"#)
        case (_, "/federation/credentials"):
            return .json(
                #"{"roleCredentials": {"accessKeyId": "AKSSO", "secretAccessKey": "SKSSO", "sessionToken": "STSSO", "expiration": 1795416000000}}"#
            )
        case ("issuer.example.com", _): return .json(#"{"tok": "url.subject.token"}"#)
        case ("sts.googleapis.com", "/v1/token"): return token("fed.tok")
        case ("sts.googleapis.com", _): return token("wf.tok")
        case ("oauth2.googleapis.com", _): return token("ya29.new")
        case ("iamcredentials.googleapis.com", _):
            return .json(#"{"accessToken": "imp.tok", "expireTime": "2026-11-23T06:52:00Z"}"#)
        default: return token("entra.tok")
        }
    }

    private static func token(_ token: String) -> WireAnswer {
        .json(#"{"access_token": "\#(token)", "expires_in": 3600}"#)
    }
}
