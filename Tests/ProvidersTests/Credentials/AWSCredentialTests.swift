import Foundation
import JSONText
import Providers
import Testing

/// The order of AWS sources, what is ambiguous, and the files of profiles.
@Suite struct AWSCredentialTests {
    private func find(
        _ environment: [String: String] = [:], config: String? = nil, credentials: String? = nil,
        _ settings: AWSCredentialSettings = AWSCredentialSettings()
    ) throws -> CredentialChoice {
        var script = CredentialScene.Script(environment: environment)
        script.files[CredentialCase.files.config] = config
        script.files[CredentialCase.files.credentials] = credentials
        return AWSCredentialSearch.run(settings, in: try CredentialScene(script).surroundings)
    }

    private static let keys = ["AWS_ACCESS_KEY_ID": "AKE", "AWS_SECRET_ACCESS_KEY": "SKE"]
    private static let web = [
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "arn:r", "AWS_REGION": "eu-west-1",
    ]
    private static let role = """
        [default]
        role_arn = arn:r
        source_profile = base
        [profile base]
        credential_process = /p
        """

    @Test func `The first source that is there wins, and the report says what was passed over`()
        throws
    {
        let stored = "[default]\naws_access_key_id=AKD\naws_secret_access_key=SKD\n"
        #expect(try find().report.chosen?.source == .awsInstance)
        #expect(try find(credentials: stored).report.chosen?.source == .awsProfile)
        #expect(try find(Self.web, credentials: stored).report.chosen?.source == .awsWebIdentity)
        #expect(try find(Self.web, config: Self.role).report.chosen?.source == .awsRole)
        let environment = Self.web.merging(Self.keys) { $1 }
        #expect(try find(environment, config: Self.role).report.chosen?.source == .awsEnvironment)
        let named = try find(
            environment, credentials: stored, AWSCredentialSettings(profile: "default"))
        #expect(named.report.chosen?.source == .awsProfile)
        #expect(named.report.description.contains("passed over: AWS keys of the environment"))
        #expect(try find(["AWS_BEARER_TOKEN_BEDROCK": "b"]).report.chosen?.source == .awsBearer)
    }

    @Test func `What is ambiguous is refused by name`() throws {
        let bearer = ["AWS_BEARER_TOKEN_BEDROCK": "b"]
        let pairs = """
            [default]
            aws_access_key_id = A
            aws_secret_access_key = S
            credential_process = /p
            """
        let choices = [
            try find(bearer.merging(Self.keys) { $1 }),
            try find(bearer, AWSCredentialSettings(profile: "default")),
            try find(["AWS_ACCESS_KEY_ID": "A"]), try find(["AWS_SECRET_ACCESS_KEY": "S"]),
            try find(config: pairs), try find(config: "[default]\naws_access_key_id = A\n"),
            try find([
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/a",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "https://c.example.com/",
            ]),
            try find(
                ["AWS_REGION": "eu-west-1"],
                config: Self.role.replacing(
                    "base\n", with: "base\ncredential_source = Environment\n", maxReplacements: 1)),
            try find(config: "[default]\na = b\n[default]\n"),
            try find(
                ["AWS_REGION": "eu-west-1"],
                config: """
                    [default]
                    role_arn = arn:r
                    source_profile = other
                    [profile other]
                    role_arn = arn:s
                    source_profile = default
                    """),
        ]
        for choice in choices.enumerated() {
            #expect(choice.element.error?.kind == .ambiguous, "case \(choice.offset)")
            #expect(choice.element.report.entries.last?.outcome == .failed)
        }
    }

    @Test func `A source that is there and broken ends the search`() throws {
        #expect(try find(["AWS_PROFILE": "gone"]).error?.kind == .absent)
        let alone = ["AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_REGION": "eu-west-1"]
        #expect(try find(alone).error?.sentence.contains("AWS_ROLE_ARN") == true)
        #expect(try find(config: Self.role).error?.sentence.contains("region") == true)
        let elsewhere = ["AWS_REGION": "evil.example.com/"]
        #expect(try find(elsewhere, config: Self.role).error?.kind == .malformed)
        let empty = AWSCredentialSettings(profile: "p")
        #expect(try find(config: "[profile p]\nregion = eu-west-1\n", empty).error?.kind == .absent)
        #expect(try find(["AWS_EC2_METADATA_DISABLED": "true"]).error?.kind == .absent)
    }

    @Test(arguments: [
        ("http://127.0.0.1:8080/c", true), ("http://localhost/c", true),
        ("http://169.254.170.2/c", true), ("http://169.254.170.23/v1/credentials", true),
        ("http://[fd00:ec2::23]/v1", true), ("https://broker.example.com/c?a=b", true),
        ("http://10.0.0.5/c", false), ("http://169.254.170.2.example.com/c", false),
        ("http://169.254.170.2@10.0.0.5/c", false), ("http://169.254.169.254/../c", false),
        ("ftp://169.254.170.2/c", false), ("https://u:p@broker.example.com/", false),
    ])
    func `A container's address is https, or a service of the machine`(
        _ address: String, _ isAllowed: Bool
    ) throws {
        let choice = try find(["AWS_CONTAINER_CREDENTIALS_FULL_URI": address])
        #expect((choice.error == nil) == isAllowed)
        #expect(isAllowed || choice.error?.kind == .notAllowed)
    }

    @Test func `Profiles are read as AWS writes them`() async throws {
        let config = """
            ; the office's
            [ profile "two words" ]
            s3 =
                max_concurrent_requests = 20
            Region=eu-north-1
            aws_access_key_id = AKC
            aws_secret_access_key = a=b#c
            """
        let scene = try CredentialScene(.init())
        let settings = AWSCredentialSettings(profile: "two words")
        let choice = try find(config: config, settings)
        #expect(choice.region == "eu-north-1")
        #expect(try await choice.issue(in: scene).keyTexts == ["AKC", "a=b#c", nil])
        let stored = "[two words]\naws_access_key_id = AKS\naws_secret_access_key = SKS\n"
        let both = try find(
            config: config + "\naws_session_token = T\n", credentials: stored, settings)
        #expect(try await both.issue(in: scene).keyTexts == ["AKS", "SKS", nil])
    }

    @Test func `A renewed sign-in is written back for the other tools`() async throws {
        let item = try #require(CredentialCase.all.first { $0.name == "aws.sso.renewed" })
        var script = item.script
        script.answer = { (request) throws(ProviderError) in
            request.path == "/token"
                ? .json(#"{"accessToken": "A2", "expiresIn": 3600, "refreshToken": "R2"}"#)
                : try Answers.aws(request)
        }
        let scene = try CredentialScene(script)
        _ = try await item.find(scene.surroundings).issue(in: scene)
        let cache = try JSONReader.parse(try #require(scene.files[Answers.signOnPath]))
        #expect(cache["accessToken"]?.string == "A2")
        #expect(cache["refreshToken"]?.string == "R2")
        #expect(cache["expiresAt"]?.string == "2026-11-23T06:52:00Z")
        #expect(cache["clientId"]?.string == "cid")
        #expect(cache["startUrl"]?.string == "https://corp.awsapps.com/start")
    }

    @Test func `An ended sign-in without a way to renew it asks nobody`() async throws {
        let item = try #require(CredentialCase.all.first { $0.name == "aws.sso.renewed" })
        let ended = Answers.signOn(until: "2026-11-23T05:00:00Z")
        for cache in [
            ended.replacing("refreshToken", with: "x"), ended.replacing("2099", with: "2019"), nil,
        ] {
            let scene = try CredentialScene(item.script)
            scene.write(Answers.signOnPath, cache)
            do {
                _ = try await item.find(scene.surroundings).issue(in: scene)
                Issue.record("there is no sign-in")
            } catch let error as CredentialError {
                #expect(error.kind == .expired)
                #expect(error.sentence.contains("run aws sso login --profile default"))
            }
            #expect(scene.requests.isEmpty)
        }
    }

    @Test func `An ended web identity says so by AWS's own word`() async throws {
        let item = try #require(CredentialCase.all.first { $0.name == "aws.web-identity" })
        var script = item.script
        script.answer = { _ in
            let said =
                "<ErrorResponse><Error><Code>ExpiredTokenException</Code></Error></ErrorResponse>"
            return WireAnswer(status: 400, body: Array(said.utf8))
        }
        let scene = try CredentialScene(script)
        let error = await #expect(throws: CredentialError.self) {
            try await item.find(scene.surroundings).issue(in: scene)
        }
        #expect(error?.kind == .expired)
        #expect(error?.sentence.contains("ExpiredTokenException") == true)
    }
}
