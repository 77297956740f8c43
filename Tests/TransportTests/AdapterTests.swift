import JSONText
import Providers
import Testing
import Transport

/// Every adapter over TLS, against the scripted server.
@Suite(.timeLimit(.minutes(2))) struct AdapterTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        /// Model ids begin so; Bedrock's have a vendor.
        var vendor = ""
        var adapter: @Sendable (String) throws -> any ProviderAdapter
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "Vertex AI") { url in
            var adapter = VertexAdapter(project: "p", location: "europe-west4")
            adapter.base = try BaseURL(url + "/v1")
            return adapter
        },
        Case(name: "Bedrock InvokeModel", vendor: "anthropic.") { url in
            BedrockAdapter(try place(url))
        },
        Case(name: "Bedrock Converse", vendor: "anthropic.") { url in
            ConverseAdapter(try place(url))
        },
        Case(name: "Messages at Bedrock", vendor: "anthropic.") { url in
            var adapter = try MessagesAdapter(.runtime, region: "eu-central-1", signs: true)
            adapter.base = try BaseURL(url + "/anthropic")
            return adapter
        },
        Case(name: "Mantle", vendor: "anthropic.") { url in
            var adapter = try MessagesAdapter(.mantle, region: "eu-central-1", signs: true)
            adapter.base = try BaseURL(url + "/anthropic")
            return adapter
        },
        Case(name: "Foundry") { url in
            var adapter = try MessagesAdapter(foundry: "our-models", usesKey: true)
            adapter.base = try BaseURL(url + "/anthropic")
            return adapter
        },
        Case(name: "gateway") { url in
            MessagesAdapter(gateway: try BaseURL(url + "/llm"), placement: .headers(["x-api-key"]))
        },
        Case(name: "chat completions") { url in
            CompletionsAdapter(try BaseURL(url + "/v1"))
        },
    ]

    private static func place(_ url: String) throws -> BedrockPlace {
        var place = BedrockPlace(region: "eu-central-1")
        place.base = try BaseURL(url)
        return place
    }

    static let keys = AWSKeys(
        accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("the-secret-of-tests"),
        sessionToken: Secret("the-session-of-tests"))

    /// Its signatures have to fit the secret key of `keys`.
    static let signing = Result {
        try ScriptedServer(["--aws-secret", "the-secret-of-tests"])
    }

    private func scene() throws -> Scene {
        var scene = try Scene(try Self.signing.get())
        scene.credential = TestCredential(keys: Self.keys)
        return scene
    }

    @Test(arguments: cases, ["everything", "bytes"])
    func `gives the answer that the script says`(adapter: Case, script: String) async throws {
        let scene = try scene()
        let sent = try await scene.send(
            try adapter.adapter(scene.server.url), model: adapter.vendor + script)
        let answer = sent.answer
        #expect(answer.state == .finished)
        #expect(answer.text == "Schöne Grüße 😀")
        guard case .thinking(let thought, _) = answer.parts.first else {
            Issue.record("there is no thought, but \(answer.parts)")
            return
        }
        #expect(thought == "So be it.")
        #expect(
            answer.runnableTools.map(\.input) == [.complete(.object(["word": .string("Köln")]))])
        #expect(answer.usage.inputTokens == 11 && answer.usage.outputTokens == 22)
        #expect(sent.attempts == 1 && sent.waits.isEmpty)
    }

    @Test(arguments: cases)
    func `knows an error of its endpoint`(adapter: Case) async throws {
        let scene = try scene()
        let sent = try await scene.send(
            try adapter.adapter(scene.server.url), model: adapter.vendor + "forbidden")
        #expect(sent.failure?.kind == .permission && sent.failure?.status == 403)
        #expect(sent.failure?.providerMessage == "This model is not for you")
        #expect(sent.attempts == 1)
    }

    @Test(arguments: cases)
    func `knows a failure in the stream, and repeats nothing`(adapter: Case) async throws {
        let scene = try scene()
        let sent = try await scene.send(
            try adapter.adapter(scene.server.url), model: adapter.vendor + "breaks")
        #expect(sent.answer.text == "Some text ")
        #expect(sent.failure?.providerMessage == "Overloaded")
        #expect(sent.attempts == 1 && sent.retried.isEmpty)
    }

    @Test(arguments: cases)
    func `takes a limit of tokens for no wish of a tool`(adapter: Case) async throws {
        let scene = try scene()
        let sent = try await scene.send(
            try adapter.adapter(scene.server.url), model: adapter.vendor + "limit")
        #expect(sent.answer.state == .finished && sent.answer.runnableTools.isEmpty)
        #expect(sent.answer.stop == .maximumTokens)
    }

    @Test(arguments: cases)
    func `counts tokens and lists models where its endpoint does`(adapter: Case) async throws {
        let scene = try scene()
        let adapting = try adapter.adapter(scene.server.url)
        let transport = try scene.transport(adapting)
        let count = try await transport.count(Scene.turn(adapter.vendor + "m"))
        let counts = try adapting.countRequest(for: Scene.turn("m")) != nil
        #expect((count != nil) == counts && count != 0)
        if adapting.modelsRequest() != nil {
            #expect(try await transport.models() == ["scripted-1", "scripted-2"])
        } else {
            await #expect(throws: ProviderError.self) { try await transport.models() }
        }
    }

    @Test func `a signature with another key is refused, which shows that they are looked at`()
        async throws
    {
        var scene = try scene()
        scene.credential = TestCredential(
            ["1"],
            keys: AWSKeys(
                accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("another"), sessionToken: nil))
        let adapter = try #require(Self.cases.first { $0.name == "Bedrock InvokeModel" })
        let sent = try await scene.send(
            try adapter.adapter(scene.server.url), model: "anthropic.well")
        #expect(sent.failure?.kind == .authentication)
    }

    @Test func `a request without what the provider requires gets the provider's error`()
        async throws
    {
        let scene = try Scene()
        let transport = try scene.http()
        let origin = try WebOrigin(scene.server.url)
        let headers: WireHeaders = ["authorization": "Bearer k", "anthropic-version": "2023-06-01"]
        let answer = try await transport.exchange(
            WireRequest(
                .post, origin, path: "/v1/messages", headers: headers,
                body: Array(#"{"model":"m","messages":[]}"#.utf8)), maximumBytes: 10_000)
        #expect(answer.status == 400)
        let body = try JSONReader.parse(answer.body)
        #expect(body["error"]?["message"]?.string == "max_tokens: Field required")
    }
}
