import JSONText
import Policy
import Providers
import Testing
import Transport

/// What the guard lets go, in front of a server that would answer everything.
@Suite(.timeLimit(.minutes(2))) struct GuardTests {
    private static let union = """
        {"provider":"vertex","regions":["europe-west1","europe-west4","eu"]},
        {"provider":"bedrock","regions":["eu-central-1"],"profiles":["eu"]},
        {"provider":"foundry","resources":["our-models"],"declared":"EU data zone"},
        {"provider":"gateway","hosts":["llm.example.org"],"declared":"EU"}
        """

    private static func refusal(
        _ adapter: any ProviderAdapter, _ model: String, _ allow: String = union
    ) async throws -> ResidencyRefusal? {
        var scene = try Scene()
        scene.policy = try Scene.policy(allow)
        do {
            _ = try await scene.send(adapter, model: model)
        } catch let refusal as ResidencyRefusal {
            return refusal
        }
        return nil
    }

    // MARK: Adapters

    @Test(arguments: [
        "global", "us", "us-east5", "europe-west2", "europe-west4.evil", "EUROPE-WEST4",
    ])
    func `Vertex AI outside the regions is refused before anything is sent`(
        location: String
    ) async throws {
        let adapter = VertexAdapter(project: "p", location: location)
        do {
            let refusal = try await Self.refusal(adapter, "m")
            #expect(refusal?.rule.hasPrefix("residency.allow") == true)
        } catch let error as ProviderError {
            // A location that makes no host, or not the one that it says.
            #expect(error.kind == .unsupported)
        }
    }

    @Test(arguments: [
        "global.anthropic.claude-a", "us.anthropic.claude-a", "eu.anthropic.claude-unresolved",
        "arn:aws:bedrock:eu-central-1:123456789012:prompt-router/x", "claude-a", "",
    ])
    func `models of Bedrock that may run elsewhere are refused`(model: String) async throws {
        let place = BedrockPlace(region: "eu-central-1")
        for adapter in [BedrockAdapter(place), ConverseAdapter(place)] as [any ProviderAdapter] {
            #expect(try await Self.refusal(adapter, model) != nil)
        }
        let messages = try MessagesAdapter(.runtime, region: "eu-central-1", signs: true)
        #expect(try await Self.refusal(messages, model) != nil)
    }

    @Test(arguments: ["us-east-1", "eu-central-2", "eu-west-1"])
    func `regions of Bedrock that nobody allowed are refused`(region: String) async throws {
        let adapter = BedrockAdapter(BedrockPlace(region: region))
        #expect(try await Self.refusal(adapter, "anthropic.claude-a") != nil)
        let mantle = try MessagesAdapter(.mantle, region: region, signs: false)
        #expect(try await Self.refusal(mantle, "anthropic.claude-a") != nil)
    }

    @Test func `Anthropic's own hosts and another resource are refused`() async throws {
        for address in [
            "https://api.anthropic.com", "https://claude.googleapis.com/v1/projects/p/x",
            "https://aws-external-anthropic.eu-central-1.api.aws",
        ] {
            let adapter = MessagesAdapter(gateway: try BaseURL(address), placement: .bearer)
            #expect(try await Self.refusal(adapter, "anthropic.claude-a") != nil)
        }
        let foundry = try MessagesAdapter(foundry: "their-models", usesKey: true)
        #expect(try await Self.refusal(foundry, "claude") != nil)
    }

    // MARK: Base addresses

    /// Addresses that look like allowed ones to somebody.
    static let hostile = [
        "https://llm.example.org.evil.example", "https://evil.example/llm.example.org",
        "https://llm.example.org:8443", "https://LLM.example.org.",
        "https://llm.example.org@evil.example",
        "https://user:pass@llm.example.org", "https://evil.example#llm.example.org",
        "https://evil.example?llm.example.org", "https://evil.example\\@llm.example.org",
        "https://llm.example.org\u{3002}evil.example", "https://llm.ex\u{0430}mple.org",
        "https://xn--llm-example-org.example", "https://127.0.0.1", "https://127.1",
        "https://0x7f.0.0.1", "https://2130706433", "https://[::ffff:127.0.0.1]", "https://[::1]",
        "https://0177.0.0.1", "https://llm%2eexample.org",
        "https://llm.example.org%00.evil.example",
        "http://llm.example.org", "https://localhost", "https:///llm.example.org",
        "https://europe-west4-aiplatform.googleapis.com.evil.example",
        "https://bedrock-runtime.eu-central-1.amazonaws.com.evil.example",
        "https://our-models.services.ai.azure.com.evil.example", "https://169.254.169.254",
        "ftp://llm.example.org", "https://llm.example.org:443@evil.example",
        "https://llm_example.org",
    ]

    @Test(arguments: hostile)
    func `an address that only looks allowed is refused or is none`(address: String) async throws {
        for make in [
            { MessagesAdapter(gateway: try BaseURL(address), placement: .bearer) },
            { CompletionsAdapter(try BaseURL(address)) },
            {
                var place = BedrockPlace(region: "eu-central-1")
                place.base = try BaseURL(address)
                return BedrockAdapter(place)
            },
            {
                var adapter = VertexAdapter(project: "p", location: "europe-west4")
                adapter.base = try BaseURL(address + "/v1")
                return adapter
            },
        ] as [() throws -> any ProviderAdapter] {
            let adapter: any ProviderAdapter
            do {
                adapter = try make()
            } catch is WebOrigin.Fault {
                continue
            }
            #expect(try await Self.refusal(adapter, "anthropic.claude-a") != nil)
        }
    }

    @Test(arguments: [
        "https://LLM.Example.ORG", "https://llm.example.org:443", "https://llm.example.org/claude",
    ])
    func `the allowed host in another form is the allowed host`(address: String) throws {
        let adapter = MessagesAdapter(gateway: try BaseURL(address), placement: .bearer)
        let residency = ResidencyGuard(policy: try Scene.policy(Self.union))
        let request = try adapter.request(for: Scene.turn("m"), streaming: true)
        guard case .allowed(3, .declared("EU")) = residency.check(request) else {
            Issue.record("\(residency.check(request))")
            return
        }
    }

    // MARK: In front of everything

    @Test func `no request passes the guard, whatever sends it`() async throws {
        let server = try ScriptedServer()
        var scene = try Scene(server)
        scene.policy = try Scene.policy(Self.union)
        let adapter = try scene.gateway("well")
        let request = try adapter.request(for: Scene.turn("m"), streaming: true)
        let transport = try scene.transport(adapter)
        let error = await #expect(throws: ProviderError.self) {
            try await scene.http().exchange(request, maximumBytes: 100)
        }
        #expect(error?.kind == .notAllowed)
        await #expect(throws: ResidencyRefusal.self) {
            try await scene.http().stream(request) { _ in }
        }
        await #expect(throws: ResidencyRefusal.self) { try await transport.models() }
        await #expect(throws: ResidencyRefusal.self) { try await transport.count(Scene.turn("m")) }
        await #expect(throws: ResidencyRefusal.self) {
            try await transport.send(Scene.turn("m")) { _ in }
        }
        #expect(try server.requests().isEmpty)
    }

    @Test func `a credential that leads elsewhere is refused where the request goes out`()
        async throws
    {
        struct Diverting: TurnCredential {
            let kind = "diverting"
            func authorize(
                _ request: WireRequest, _ placement: CredentialPlacement
            ) async throws(ProviderError) -> WireRequest {
                var request = request
                request.origin = (try? WebOrigin("https://evil.example")) ?? request.origin
                return request
            }
            func renew() async throws(ProviderError) {}
        }
        var scene = try Scene()
        let host = "localhost:\(scene.server.port)"
        scene.policy = try Scene.policy(
            #"{"provider":"gateway","hosts":["\#(host)"],"declared":"here"}"#)
        let transport = ProviderTransport(
            name: "test", adapter: try scene.gateway("well"), credential: Diverting(),
            over: try scene.http(), pace: scene.pace.value)
        await #expect(throws: ResidencyRefusal.self) {
            try await transport.send(Scene.turn("m")) { _ in }
        }
    }

    @Test func `no policy, and a policy without residency, bar no model`() throws {
        let adapter = VertexAdapter(project: "p", location: "global")
        let request = try adapter.request(for: Scene.turn("m"), streaming: true)
        #expect(ResidencyGuard(policy: nil).check(request) == .unrestricted)
    }

    // MARK: Credentials and questions about models

    @Test func `requests for credentials go to the hosts that the flow declares, for that purpose`()
        throws
    {
        let token = try WebOrigin("https://oauth2.googleapis.com")
        let residency = ResidencyGuard(
            policy: try Scene.policy(Self.union),
            credentialHosts: [CredentialHost(origin: token, purpose: .credential)])
        func decision(_ origin: WebOrigin, _ purpose: WirePurpose) -> ResidencyDecision {
            var request = WireRequest(.post, origin, path: "/token")
            request.purpose = purpose
            return residency.check(request)
        }
        #expect(decision(token, .credential) == .unrestricted)
        for (origin, purpose) in [
            (token, WirePurpose.machineIdentity), (token, .model),
            (try WebOrigin("https://oauth2.googleapis.com:8443"), .credential),
            (try WebOrigin("https://evil.example"), .credential),
            (try WebOrigin("https://evil.example"), .machineIdentity),
        ] {
            guard case .refused = decision(origin, purpose) else {
                Issue.record("\(origin) for \(purpose) is not refused")
                continue
            }
        }
    }

    @Test func `Bedrock's list and profiles are asked for in allowed regions`() throws {
        let residency = ResidencyGuard(policy: try Scene.policy(Self.union))
        for (region, isAllowed) in [("eu-central-1", true), ("us-east-1", false)] {
            let place = BedrockPlace(region: region)
            let requests = [
                BedrockAdapter(place).modelsRequest(),
                place.profileRequest("eu.anthropic.claude-a"),
                place.profileRequest("arn:aws:bedrock:eu-central-1:1:inference-profile/eu.x"),
            ]
            for request in requests {
                let decision = residency.check(try #require(request))
                if case .allowed(1, .verified(["eu-central-1"])) = decision {
                    #expect(isAllowed)
                } else {
                    #expect(!isAllowed, "\(decision)")
                }
            }
        }
        // With a body it is no question any more.
        var request = try #require(BedrockPlace(region: "eu-central-1").profileRequest("eu.x"))
        request.body = [1]
        guard case .refused = residency.check(request) else {
            Issue.record("a body was let go")
            return
        }
    }

    @Test func `another guard over the same connections knows what the first did not`() async throws
    {
        var scene = try Scene()
        scene.policy = try Scene.policy(Self.union)
        let request = try ConnectionTests.request(scene, "well")
        let first = try scene.http()
        await #expect(throws: ProviderError.self) {
            try await first.exchange(request, maximumBytes: 10_000)
        }
        let second = first.guarded { ResidencyGuard(policy: nil) }
        #expect(try await second.exchange(request, maximumBytes: 10_000).status == 200)
        await second.shutdown()
        await #expect(throws: ProviderError.self) {
            try await second.exchange(request, maximumBytes: 10_000)
        }
    }

    // MARK: The proxy's address

    @Test(arguments: [
        ("http://proxy.example:3128", "proxy.example", 3128),
        ("http://proxy.example", "proxy.example", 80),
        ("HTTP://Proxy.Example:443", "proxy.example", 443),
    ])
    func `a proxy is a host and a port`(text: String, host: String, port: Int) throws {
        let proxy = try WebOrigin(proxy: text)
        #expect(proxy.host == host && proxy.port == port && proxy.scheme == .http)
    }

    @Test(arguments: [
        "https://proxy.example", "http://user:pass@proxy.example", "proxy.example:3128",
        "socks5://proxy.example", "http://proxy.example/path", "http://127.1:80",
    ])
    func `other proxies are refused`(text: String) {
        #expect(throws: WebOrigin.Fault.self) { try WebOrigin(proxy: text) }
    }
}
