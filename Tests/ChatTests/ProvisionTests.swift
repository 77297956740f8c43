import Foundation
import JSONText
import Policy
import Providers
import Testing
import Vault
import VaultCrypto

@testable import Chat

@Suite("Providers from settings")
struct ProvisionTests {
    private func read(
        _ kind: String, _ settings: String
    ) throws -> ProviderConfiguration {
        let object = try #require(JSONReader.parse(settings).object)
        return try ProviderConfiguration(name: "work", kind: kind, settings: object)
    }

    /// The request that a turn would be.
    private func request(
        _ configuration: ProviderConfiguration, model: String? = nil,
        secrets: ProviderSecrets = ProviderSecrets()
    ) throws -> (WireRequest, CredentialPlacement) {
        let model = try configuration.model(model)
        let adapter = try configuration.adapter(for: model, secrets)
        var turn = TurnRequest(model: model.id, messages: [TurnMessage(.user, [.text("a")])])
        turn.limits.maximumTokens = configuration.maximumTokens(of: model)
        return (try adapter.request(for: turn, streaming: true), adapter.placement)
    }

    private func body(_ request: WireRequest) throws -> JSON { try JSONReader.parse(request.body) }

    // MARK: Kinds

    @Test func `Vertex is asked at its region, in the version of the model`() throws {
        let configuration = try read(
            "vertex",
            """
            {"project":"p-1","region":"europe-west4","models":[
             {"id":"made-up-1@1","alias":"small","apiVersion":"2026-10-21","maximumTokens":99},
             "made-up-2"],"defaultModel":"small"}
            """)
        let (small, placement) = try request(configuration)
        #expect(small.origin.host == "europe-west4-aiplatform.googleapis.com")
        #expect(
            small.path
                == "/v1/projects/p-1/locations/europe-west4/publishers/anthropic/models/"
                + "made-up-1@1:streamRawPredict")
        #expect(try body(small)["anthropic_version"] == .string("2026-10-21"))
        #expect(try body(small)["max_tokens"] == .integer(99))
        #expect(placement == .bearer)
        let (other, _) = try request(configuration, model: "made-up-2")
        #expect(try body(other)["anthropic_version"] == .string("vertex-2023-10-16"))
        #expect(try body(other)["max_tokens"] == .integer(8192))
    }

    @Test(arguments: [
        ("invoke", "bedrock-runtime.eu-central-1.amazonaws.com", "/invoke-with-response-stream"),
        ("converse", "bedrock-runtime.eu-central-1.amazonaws.com", "/converse-stream"),
        ("messages", "bedrock-runtime.eu-central-1.amazonaws.com", "/anthropic/v1/messages"),
        ("mantle", "bedrock-mantle.eu-central-1.api.aws", "/anthropic/v1/messages"),
    ])
    func `Bedrock is asked by the interface of the settings`(
        _ api: String, _ host: String, _ path: String
    ) throws {
        let configuration = try read(
            "bedrock",
            """
            {"region":"eu-central-1","api":"\(api)","models":["anthropic.made-up-1"],
             "headers":{"X-Amzn-Bedrock-Trace":"ENABLED"}}
            """)
        let (request, placement) = try request(configuration)
        #expect(request.origin.host == host && request.path.hasSuffix(path))
        #expect(request.headers["x-amzn-bedrock-trace"] == "ENABLED")
        guard case .signature(let scope) = placement else {
            Issue.record("\(placement)")
            return
        }
        #expect(scope.region == "eu-central-1")
    }

    @Test func `Foundry takes its resource's key in two headers, and a token in one`() throws {
        let configuration = try read("foundry", #"{"resource":"ours","models":["deployed"]}"#)
        let (token, bearer) = try request(configuration)
        #expect(token.origin.host == "ours.services.ai.azure.com" && bearer == .bearer)
        let key = ProviderSecrets(key: Secret("k"))
        #expect(
            try request(configuration, secrets: key).1 == .headers(["x-api-key", "api-key"]))
        let elsewhere = try read("foundry", #"{"baseURL":"https://f.example.org/a"}"#)
        #expect(try request(elsewhere, model: "m").0.origin.host == "f.example.org")
    }

    @Test func `A gateway gets its key where it wants it, with headers and a query`() throws {
        let configuration = try read(
            "gateway",
            """
            {"baseURL":"https://llm.example.org/llm","keyHeader":"X-Api-Key","query":"a=1",
             "headers":{"x-tenant":"t"},"apiVersion":"2026-10-21"}
            """)
        let (request, placement) = try request(configuration, model: "made-up-1")
        #expect(request.path == "/llm/v1/messages" && request.query == "a=1")
        #expect(request.headers["x-tenant"] == "t")
        #expect(request.headers["anthropic-version"] == "2026-10-21")
        #expect(placement == .headers(["x-api-key"]))
    }

    @Test func `OpenAI's form has the limit's name of the settings, and none by itself`() throws {
        let plain = try read("openai", #"{"baseURL":"http://127.0.0.1:11434/v1"}"#)
        let (request, placement) = try request(plain, model: "llama")
        #expect(request.path == "/v1/chat/completions" && placement == .bearer)
        #expect(try body(request)["max_tokens"] == nil)
        let other = try read(
            "openai",
            """
            {"baseURL":"https://a.example.org/v1","limitName":"max_completion_tokens",
             "maximumTokens":7}
            """)
        let (limited, _) = try self.request(other, model: "m")
        #expect(try body(limited)["max_completion_tokens"] == .integer(7))
    }

    // MARK: Strictness

    @Test(arguments: [
        ("vertex", #"{"region":"eu"}"#, "project is missing"),
        ("vertex", #"{"project":"p"}"#, "region is missing"),
        ("vertex", #"{"project":"p/../q","region":"eu"}"#, "project has other signs"),
        ("vertex", #"{"project":"p","region":"eu","api":"invoke"}"#, "api is not known"),
        ("bedrock", #"{"region":"eu-central-1","api":"soap"}"#, "api has to be one of"),
        ("foundry", #"{}"#, "resource is missing"),
        ("gateway", #"{}"#, "baseURL is missing"),
        ("gateway", #"{"baseURL":"http://llm.example.org"}"#, "baseURL is not encrypted"),
        ("gateway", #"{"baseURL":"https://u@llm.example.org"}"#, "baseURL has a user name"),
        ("gateway", #"{"baseURL":7}"#, "baseURL has to be text"),
        ("openai", #"{"baseURL":"https://a.b/v1","apiVersion":"x"}"#, "apiVersion is not known"),
        (
            "gateway", #"{"baseURL":"https://a.b","headers":{"Authorization":"x"}}"#,
            "headers.Authorization is said by Coffer itself"
        ),
        (
            "gateway", #"{"baseURL":"https://a.b","headers":{"x-a":"b\nc"}}"#,
            "headers.x-a is no header"
        ),
        (
            "gateway", #"{"baseURL":"https://a.b","keyHeader":"host"}"#,
            "keyHeader is no header for a key"
        ),
        (
            "gateway", #"{"baseURL":"https://a.b","models":[{"alias":"a"}]}"#,
            "models[0].id is missing"
        ),
        (
            "gateway", #"{"baseURL":"https://a.b","models":["a",{"id":"b","alias":"a"}]}"#,
            "models[1] has the name a of another"
        ),
        (
            "gateway",
            #"{"baseURL":"https://a.b","models":[{"id":"a","prices":{"input":1,"output":2}}]}"#,
            "currency is missing"
        ),
        (
            "gateway",
            #"{"baseURL":"https://a.b","currency":"EUR","models":[{"id":"a","prices":{"input":-1}}]}"#,
            "models[0].prices.input has to be a price"
        ),
        (
            "gateway", #"{"baseURL":"https://a.b","connection":{"idleSeconds":0}}"#,
            "connection.idleSeconds has to be a whole number from 1"
        ),
        (
            "gateway", #"{"baseURL":"https://a.b","connection":{"proxy":"socks://a"}}"#,
            "connection.proxy is no proxy"
        ),
        (
            "gateway", #"{"baseURL":"https://a.b","credential":{"helper":{"path":"print"}}}"#,
            "credential.helper.path has to be a path"
        ),
        (
            "gateway", #"{"baseURL":"https://a.b","credential":{"none":true,"variable":"A"}}"#,
            "credential.none says that there is no key"
        ),
        (
            "vertex", #"{"project":"p","region":"eu","credential":{"profile":"x"}}"#,
            "credential.profile is not known"
        ),
        ("nonsense", "{}", "kind nonsense is not known"),
    ])
    func `What is wrong is named in one sentence`(
        _ kind: String, _ settings: String, _ words: String
    ) throws {
        let error = #expect(throws: VaultError.self) { try read(kind, settings) }
        #expect(error?.code == .badInput)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(error?.message.hasPrefix("The provider work cannot be used. ") == true)
        #expect(error?.message.hasSuffix(".") == true)
    }

    // MARK: Models, prices, credentials

    @Test func `Models are found by alias and id, and prices go by id`() throws {
        let configuration = try read(
            "gateway",
            """
            {"baseURL":"https://a.b","currency":"EUR","maximumTokens":5,"models":[
             {"id":"made-up-1","alias":"small","prices":{"input":0.25,"output":1.5}}]}
            """)
        #expect(try configuration.model("small").id == "made-up-1")
        #expect(try configuration.model("made-up-1").alias == "small")
        #expect(try configuration.model("other").id == "other")
        #expect(try configuration.model(nil).id == "made-up-1")
        let price = try #require(configuration.prices["made-up-1"])
        #expect(price.input == Decimal(string: "0.25") && price.cacheRead == price.input)
        #expect(try configuration.maximumTokens(of: configuration.model(nil)) == 5)
        let none = try read("gateway", #"{"baseURL":"https://a.b"}"#)
        #expect(throws: VaultError.self) { try none.model(nil) }
    }

    private func surroundings(_ variables: [String: String]) -> Surroundings {
        Surroundings(
            wire: NoNetwork(), now: { Date(timeIntervalSince1970: 0) },
            environment: CredentialEnvironment(variables), files: MachineFiles(),
            programs: MachinePrograms())
    }

    @Test func `A key of the vault, a variable or a program is found, and nothing else read`()
        throws
    {
        let plain = try read("gateway", #"{"baseURL":"https://a.b"}"#)
        let around = surroundings(["ANTHROPIC_API_KEY": "canary", "HOME": "/nowhere"])
        let none = try #require(plain.credentialChoice(ProviderSecrets(), in: around))
        #expect(throws: CredentialError.self) { try none.flow.get() }
        let stored = plain.credentialChoice(ProviderSecrets(key: Secret("k")), in: around)
        #expect(stored?.report.chosen?.source == .storedKey)
        let variable = try read(
            "gateway",
            #"{"baseURL":"https://a.b","credential":{"variable":"ANTHROPIC_API_KEY"}}"#)
        let found = variable.credentialChoice(ProviderSecrets(), in: around)
        #expect(found?.report.chosen?.source == .variable)
        let helped = try read(
            "vertex",
            """
            {"project":"p","region":"eu","credential":{"helper":{"path":"/usr/bin/true"}}}
            """)
        let helper = helped.credentialChoice(ProviderSecrets(), in: around)
        #expect(helper?.report.chosen?.source == .helper)
        let keyless = try read(
            "openai", #"{"baseURL":"http://127.0.0.1:1/v1","credential":{"none":true}}"#)
        #expect(keyless.credentialChoice(ProviderSecrets(), in: around) == nil)
    }

    // MARK: Residency

    @Test func `The forecast is the policy's decision about the very request`() throws {
        let policy = try PolicyDocument.read(
            Array(
                """
                {"version":1,"timeZone":"UTC","retention":[],"residency":{"allow":[
                 {"provider":"vertex","regions":["europe-west4"]}]}}
                """.utf8), timeZoneFile: TimeZoneFolder.file)
        func forecast(_ settings: String, _ kind: String = "vertex") throws -> ResidencyForecast {
            let configuration = try read(kind, settings)
            let model = try configuration.model("anthropic.made-up-1")
            return try ResidencyForecast(
                configuration.adapter(for: model, ProviderSecrets()), model: model.id,
                policy: policy)
        }
        let inside = try forecast(#"{"project":"p","region":"europe-west4"}"#)
        #expect(
            inside.decision == .allowed(element: 0, .verified(regions: ["europe-west4"])))
        #expect(inside.rule == "residency.allow[0]" && inside.region == "europe-west4")
        let elsewhere = try forecast(
            #"{"project":"p","region":"europe-west4","baseURL":"https://llm.example.org"}"#)
        guard case .refused(let refusal) = elsewhere.decision else {
            Issue.record("a base address elsewhere was allowed")
            return
        }
        #expect(refusal.rule == "residency.allow")
        guard case .refused = try forecast(#"{"project":"p","region":"global"}"#).decision else {
            Issue.record("global was allowed")
            return
        }
    }

    @Test(
        arguments: [
            ("anthropic.made-up-1", nil, "eu-central-1"),
            ("global.anthropic.made-up-1", nil, "global"),
            ("us.anthropic.made-up-1", nil, nil),
            ("eu.anthropic.made-up-1", ["eu-central-1", "eu-west-1"], "eu-central-1, eu-west-1"),
            ("global.anthropic.made-up-1", ["", "us-east-1"], "global"),
            ("us.anthropic.made-up-1", ["", "us-east-1"], nil),
        ] as [(String, [String]?, String?)])
    func `The region of a profile is told where it is known, and is not the endpoint's`(
        _ model: String, _ regions: [String]?, _ region: String?
    ) throws {
        let configuration = try read("bedrock", #"{"region":"eu-central-1"}"#)
        let forecast = try ResidencyForecast(
            configuration.adapter(for: ConfiguredModel(id: model), ProviderSecrets()),
            model: model, policy: nil, profiles: regions.map { [model: $0] } ?? [:])
        #expect(forecast.region == region)
        #expect(forecast.place.unknownProfile == (region == nil ? model : nil))
    }

    @Test func `A policy that cannot be read bars every place`() throws {
        let configuration = try read("gateway", #"{"baseURL":"https://llm.example.org"}"#)
        let barring = ResidencyRefusal(rule: "policy", what: "Refused: x", remedy: "y")
        let forecast = try ResidencyForecast(
            configuration.adapter(for: ConfiguredModel(id: "m"), ProviderSecrets()), model: "m",
            policy: nil, barring: barring)
        #expect(forecast.decision == .refused(barring) && forecast.rule == "policy")
    }
}
