import Foundation
import JSONText
import Providers
import Testing
import VaultCrypto

/// What the conformance tests do not see of Google's and Entra's flows.
@Suite struct GoogleCredentialTests {
    private func find(
        _ file: String, _ environment: [String: String] = [:]
    ) throws -> CredentialChoice {
        let scene = try CredentialScene(
            .init(environment: environment, files: ["/g.json": file]))
        return GoogleCredentialSearch.run(file: "/g.json", in: scene.surroundings)
    }

    private static func part(_ text: Substring) throws -> [UInt8] {
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        return try #require(Base64.decode(plain.utf8, .unpadded))
    }

    @Test func `The statement of a service account is the one of RFC 7523`() async throws {
        let item = try #require(CredentialCase.all.first { $0.source == .googleServiceAccount })
        let scene = try CredentialScene(item.script)
        _ = try await item.find(scene.surroundings).issue(in: scene)
        let body = String(decoding: try #require(scene.requests.first).body, as: UTF8.self)
        let fields = body.split(separator: "&").map(String.init)
        let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
        #expect(fields.last == grant && fields.count == 2)
        let parts = try #require(fields[0].suffix(after: "assertion=")).split(separator: ".")
        try #require(parts.count == 3)
        let header = try JSONReader.parse(try Self.part(parts[0]))
        #expect(
            header
                == .object([
                    "typ": .string("JWT"), "alg": .string("RS256"), "kid": .string("kid-1"),
                ]))
        let claims = try JSONReader.parse(try Self.part(parts[1]))
        #expect(claims["iss"]?.string == "sa@p.iam.gserviceaccount.com")
        #expect(claims["aud"]?.string == "https://oauth2.googleapis.com/token")
        #expect(claims["scope"]?.string == "https://www.googleapis.com/auth/cloud-platform")
        #expect(claims["iat"]?.int == Int64(scene.now.timeIntervalSince1970))
        #expect(claims["exp"]?.int == Int64(scene.now.timeIntervalSince1970) + 3600)
        let signed = Array("\(parts[0]).\(parts[1])".utf8)
        guard let signer = RSASigner(pem: Array(ServiceAccountKey.pem.utf8)) else {
            Issue.record("the key of the test is no key")
            return
        }
        #expect(try Self.part(parts[2]) == signer.signature(of: signed))
    }

    @Test func `A workforce pool's project is told where no client names one`() async throws {
        let file = Answers.external(#"{"file": "/t"}"#)
        let pool = file.replacing(
            "{\"type\"", with: "{\"workforce_pool_user_project\": \"p-1\", \"type\"")
        let client = pool.replacing(
            "{\"workforce", with: "{\"client_id\": \"c\", \"client_secret\": \"s\", \"workforce")
        for (text, options, basic) in [
            (file, nil, nil), (client, nil, "Basic Yzpz"),
            (pool, "%257B%2522userProject%2522%253A%2520%2522p-1%2522%257D", nil),
        ] as [(String, String?, String?)] {
            let scene = try CredentialScene(
                .init(files: ["/g.json": text, "/t": "tok"], answer: Answers.google))
            _ = try await GoogleCredentialSearch.run(file: "/g.json", in: scene.surroundings)
                .issue(in: scene)
            let request = try #require(scene.requests.first)
            let body = String(decoding: request.body, as: UTF8.self)
            #expect(
                body.split(separator: "&").last { $0.hasPrefix("options=") }?.dropFirst(8)
                    .description == options)
            #expect(request.headers["authorization"] == basic)
        }
    }

    @Test func `A program is run only where it is allowed`() throws {
        let file = Answers.external(#"{"executable": {"command": "/opt/subject"}}"#)
        let name = "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"
        for environment in [[:], [name: "0"], [name: "true"]] {
            let choice = try find(file, environment)
            #expect(choice.error?.kind == .notAllowed)
            #expect(choice.error?.sentence.contains("\(name)=1") == true)
        }
        #expect(try find(file, [name: "1"]).error == nil)
    }

    @Test(arguments: [
        Answers.user.replacing(
            "{\"type\"", with: "{\"token_uri\": \"https://evil.example.com/t\", \"type\""),
        Answers.user.replacing(
            "{\"type\"", with: "{\"token_uri\": \"http://oauth2.googleapis.com/t\", \"type\""),
        Answers.user.replacing(
            "{\"type\"", with: "{\"token_uri\": \"https://x.googleapis.com.evil.io/t\", \"type\""),
        Answers.serviceAccount.replacing("oauth2.googleapis.com", with: "oauth2.evil.example"),
        Answers.external(#"{"file": "/t"}"#).replacing("sts.googleapis", with: "sts.g00gleapis"),
        Answers.external(#"{"file": "/t"}"#, impersonates: true)
            .replacing("iamcredentials.googleapis.com", with: "storage.googleapis.com"),
        Answers.external(#"{"url": "http://10.1.2.3/t"}"#),
        Answers.external(
            Answers.subjectOfAWS.replacing("http://169.254.169.254", with: "https://evil.example")),
    ])
    func `A file that leads proofs of identity elsewhere is refused`(_ file: String) throws {
        #expect(try find(file).error?.kind == .notAllowed)
    }

    @Test(arguments: [
        #"{"type": "gdch_service_account"}"#, Answers.external(#"{"certificate": {}}"#),
        #"{"type": "impersonated_service_account", "source_credentials": {"type": "x"}}"#,
        Answers.external(#"{"environment_id": "aws2"}"#),
    ])
    func `A kind of file that is not built says so`(_ file: String) throws {
        #expect(try find(file).error?.kind == .unsupported)
    }

    @Test func `A quota project that would break a header is refused`() throws {
        let file = Answers.user.replacing("proj-q", with: "p\\r\\nx: y")
        #expect(try find(file).error?.kind == .malformed)
    }

    @Test func `A new refresh token is used from then on`() async throws {
        let item = try #require(CredentialCase.all.first { $0.source == .googleExternalUser })
        var script = item.script
        script.answer = { _ in
            .json(#"{"access_token": "t", "expires_in": 60, "refresh_token": "second"}"#)
        }
        let scene = try CredentialScene(script)
        let choice = item.find(scene.surroundings)
        _ = try await choice.issue(in: scene)
        _ = try await choice.issue(in: scene)
        let bodies = scene.requests.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(bodies.map { $0.hasSuffix("refresh_token=second") } == [false, true])
    }

    @Test func `What answers without the flavour is no metadata server`() async throws {
        let scene = try CredentialScene(
            .init(answer: { _ in .json(#"{"access_token": "t", "expires_in": 60}"#) }))
        let choice = GoogleCredentialSearch.run(file: nil, in: scene.surroundings)
        let error = await #expect(throws: CredentialError.self) {
            try await choice.issue(in: scene)
        }
        #expect(error?.kind == .refused)
        #expect(scene.requests.first?.headers["metadata-flavor"] == "Google")
        let elsewhere = try CredentialScene(
            .init(environment: ["GCE_METADATA_HOST": "evil.example"]))
        let refused = GoogleCredentialSearch.run(file: nil, in: elsewhere.surroundings)
        #expect(refused.error?.kind == .notAllowed)
    }

    @Test func `A token of a program's output file is used until it ends`() async throws {
        let name = "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"
        let file = Answers.external(
            #"{"executable": {"command": "/opt/subject", "output_file": "/out"}}"#)
        let output = { @Sendable (end: Int) in
            """
            {"version": 1, "success": true, "token_type": "urn:ietf:params:oauth:token-type:jwt",
             "id_token": "tok", "expiration_time": \(end)}
            """
        }
        for (end, calls) in [(1_795_416_000, 0), (1_795_412_000, 1)] {
            var script = CredentialScene.Script(
                environment: [name: "1", "AWS_SECRET_ACCESS_KEY": "CANARY"],
                files: ["/g.json": file, "/out": output(end)], answer: Answers.google)
            script.program = { _ in output(1_795_416_000) }
            let scene = try CredentialScene(script)
            _ = try await GoogleCredentialSearch.run(file: "/g.json", in: scene.surroundings)
                .issue(in: scene)
            #expect(scene.calls.count == calls)
            let environment = scene.calls.first?.environment
            #expect(
                environment?["GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE"]
                    == (calls == 1 ? "//iam.googleapis.com/pool/prov" : nil))
            #expect(environment?["AWS_SECRET_ACCESS_KEY"] == nil)
        }
    }
}

/// What the conformance tests do not see of Entra, helpers and keys.
@Suite struct KeyCredentialTests {
    private func entra(
        _ environment: [String: String], _ settings: EntraSettings = EntraSettings()
    ) throws -> CredentialChoice {
        let scene = try CredentialScene(.init(environment: environment))
        return EntraCredentialSearch.run(settings, in: scene.surroundings)
    }

    @Test func `Entra refuses two proofs, half an application and other servers`() throws {
        let client = ["AZURE_TENANT_ID": "tid", "AZURE_CLIENT_ID": "cid"]
        let secret = client.merging(["AZURE_CLIENT_SECRET": "s"]) { $1 }
        let both = secret.merging(["AZURE_FEDERATED_TOKEN_FILE": "/t"]) { $1 }
        #expect(try entra(both).error?.kind == .ambiguous)
        #expect(try entra(["AZURE_CLIENT_SECRET": "s"]).error?.kind == .absent)
        let other = secret.merging(["AZURE_AUTHORITY_HOST": "login.evil.example"]) { $1 }
        #expect(try entra(other).error?.kind == .notAllowed)
        let path = secret.merging(["AZURE_TENANT_ID": "../x"]) { $1 }
        #expect(try entra(path).error?.kind == .malformed)
        let national = secret.merging(["AZURE_AUTHORITY_HOST": "https://login.microsoftonline.us/"])
        { $1 }
        let hosts = try entra(national).flow.get().hosts.map(\.origin.host)
        #expect(hosts == ["login.microsoftonline.us"])
        let settings = EntraSettings(tenant: "t-1", client: "c-1", secret: Secret("s"))
        #expect(try entra(both, settings).report.chosen?.place == "settings")
    }

    @Test func `A managed identity is asked for by its client`() async throws {
        let scene = try CredentialScene(
            .init(environment: ["AZURE_CLIENT_ID": "c 1"], answer: Answers.entra))
        let choice = EntraCredentialSearch.run(EntraSettings(), in: scene.surroundings)
        _ = try await choice.issue(in: scene)
        #expect(
            scene.requests.first?.query
                == "api-version=2018-02-01&resource=https%3A%2F%2Fai.azure.com&client_id=c%201")
        #expect(scene.requests.first?.headers["metadata"] == "true")
        #expect(scene.requests.first?.purpose == .machineIdentity)
    }

    @Test func `A helper is told why it is asked, and sees no secret`() async throws {
        let environment = [
            "PATH": "/usr/bin", "ANTHROPIC_API_KEY": "CANARY", "GITHUB_TOKEN": "CANARY",
            "https_proxy": "http://user:CANARY@proxy:8080", "LC_ALL": "C",
        ]
        let scene = try CredentialScene(
            .init(environment: environment, program: { _ in "tok" }))
        let helper = try CredentialProgram(path: "/opt/h", timeLimitSeconds: 7, lifetimeSeconds: 60)
        for occasion in CredentialOccasion.allCases {
            let credential = try await helper.issue(occasion, in: scene.surroundings)
            #expect(credential.expires == scene.now.addingTimeInterval(60))
        }
        #expect(scene.calls.map(\.timeLimitSeconds) == [7, 7, 7, 7])
        #expect(
            scene.calls.map { $0.environment["CLAUDE_HELPER_CONTEXT"] } == [
                "interactive", "mid-session-refresh", "background", "setup-test",
            ])
        let names = Set(scene.calls[0].environment.keys)
        #expect(names == ["PATH", "HOME", "LC_ALL", "CLAUDE_HELPER_CONTEXT"])
    }

    @Test(arguments: [
        "", "two words", "a\nb", #"{"token": ""}"#, #"{"token": "a", "headers": {"a b": "c"}}"#,
        #"{"token": "a", "headers": {"x": "c\r\nd: e"}}"#,
        #"{"token": "a", "headers": {"Host": "c"}}"#,
        #"{"token": "a"} and more"#, #"{"token": "a", "headers": ["x"]}"#, "ä",
    ])
    func `A helper that prints something else is refused`(_ output: String) async throws {
        let scene = try CredentialScene(.init(program: { _ in output }))
        let helper = try CredentialProgram(path: "/opt/h")
        let error = await #expect(throws: CredentialError.self) {
            try await helper.issue(.interactive, in: scene.surroundings)
        }
        #expect(error?.kind == .malformed)
    }

    @Test func `A helper's headers replace those of a request`() throws {
        var credential = Credential(.token(Secret("t")), source: .helper)
        credential.headers = [SecretHeader(name: "X-Api-Key", value: Secret("other"))]
        var request = WireRequest(.post, try WebOrigin("https://llm.example.org"), path: "/")
        try request.authorize(
            credential, .headers(["x-api-key"]), at: Date(timeIntervalSince1970: 0))
        #expect(request.headers["x-api-key"] == "other")
        let keys = AWSKeys(accessKeyID: "A", secretAccessKey: Secret("s"), sessionToken: nil)
        #expect(throws: CredentialError.self) {
            try request.authorize(
                Credential(.keys(keys), source: .awsProfile), .bearer,
                at: Date(timeIntervalSince1970: 0))
        }
    }

    @Test func `Keys come from where the settings say, and from one place`() throws {
        let scene = try CredentialScene(.init(environment: ["ANTHROPIC_API_KEY": "k", "K": "a b"]))
        let find = { KeySearch.run($0, in: scene.surroundings) }
        #expect(find(KeySettings()).error?.kind == .absent)
        #expect(find(KeySettings(variable: "GONE")).error?.kind == .absent)
        #expect(find(KeySettings(variable: "K")).error?.kind == .malformed)
        #expect(find(KeySettings(key: Secret("k"), variable: "K")).error?.kind == .ambiguous)
        #expect(throws: CredentialError.self) { try CredentialProgram(path: "helper") }
        #expect(throws: CredentialError.self) {
            try CredentialProgram(path: "/h", timeLimitSeconds: 0)
        }
    }

    @Test(
        arguments: [
            ("a  b\tc", ["a", "b", "c"]), (#"a "b c" d"#, ["a", "b c", "d"]),
            ("'a\\b' ''", ["a\\b", ""]),
            (#"a\ b "c\"d\e""#, ["a b", #"c"d\e"#]), ("", []), ("'a", nil), ("a\\", nil),
        ] as [(String, [String]?)])
    func `A command line is split as a shell splits it`(_ line: String, _ words: [String]?)
        async throws
    {
        let config = "[default]\ncredential_process = \(line)\n"
        let scene = try CredentialScene(
            .init(
                environment: ["AWS_EC2_METADATA_DISABLED": "true"],
                files: [CredentialCase.files.config: config],
                program: { _ in Answers.keys(token: "SessionToken") }))
        let choice = AWSCredentialSearch.run(AWSCredentialSettings(), in: scene.surroundings)
        guard let words, !words.isEmpty else {
            #expect(choice.error != nil)
            return
        }
        _ = try await choice.issue(in: scene)
        #expect(scene.calls.first.map { [$0.path] + $0.arguments } == words)
    }
}
