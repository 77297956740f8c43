import JSONText
import Providers
import Testing

/// How an answer is put together, where adapters do not differ.
@Suite struct AnswerTests {
    private func answer(_ input: String, _ stop: StopReason) -> Answer {
        AnswerAssembler.answer([
            .started(id: "a", model: "m"),
            .began(part: 7, .toolUse(id: "t", name: "delete", input: nil)),
            .toolInput(part: 7, input), .ended(part: 7), .stopped(stop, sequence: nil), .finished,
        ])
    }

    @Test func `A tool is run only where the answer stopped for it with a whole input`() {
        #expect(answer(#"{"path":"/a"}"#, .toolUse).runnableTools.count == 1)
        #expect(answer(#"{"path":"/a"}"#, .maximumTokens).runnableTools.isEmpty)
        #expect(answer(#"{"path":"/a"#, .toolUse).runnableTools.isEmpty)
        #expect(answer(#"{"path":"/a"#, .maximumTokens).runnableTools.isEmpty)
    }

    @Test func `A cut input is kept as it came and not repaired`() {
        let parts = answer(#"{"path":"/a"#, .maximumTokens).parts
        #expect(
            parts == [
                .toolUse(ToolUse(id: "t", name: "delete", input: .unfinished(#"{"path":"/a"#)))
            ])
    }

    @Test func `A tool without any input has an empty one`() {
        #expect(answer("", .toolUse).runnableTools.map(\.input) == [.complete(.object([:]))])
    }

    @Test func `What was built so far can be read before the end`() {
        var assembler = AnswerAssembler()
        assembler.take(.began(part: 0, .text("")))
        assembler.take(.text(part: 0, "Half"))
        #expect(assembler.answer.text == "Half" && assembler.answer.state == .unfinished)
        assembler.take(.failed(ProviderError(.connection)))
        #expect(assembler.answer.text == "Half")
        #expect(assembler.answer.state == .failed(ProviderError(.connection)))
    }

    @Test func `Pieces of a part that never began change nothing`() {
        let answer = AnswerAssembler.answer([
            .text(part: 3, "x"), .toolInput(part: 3, "{"), .signature(part: 3, "s"),
            .ended(part: 3),
            .finished,
        ])
        #expect(answer.parts.isEmpty)
    }

    @Test func `Numbers of tokens are totals, and what is left out stays`() {
        var first = Usage()
        first.inputTokens = 25
        first.outputTokens = 1
        var second = Usage()
        second.outputTokens = 15
        let answer = AnswerAssembler.answer([.usage(first), .usage(second), .finished])
        #expect(answer.usage.inputTokens == 25 && answer.usage.outputTokens == 15)
    }

    @Test func `Lists of models and counts of tokens are read`() throws {
        let list = try JSONReader.parse(#"{"data":[{"id":"a"},{"id":"b"},{}],"has_more":false}"#)
        let gateway = CompletionsAdapter(try BaseURL("https://llm.example.org/v1"))
        #expect(gateway.models(list) == ["a", "b"])
        let bedrock = ConverseAdapter(BedrockPlace(region: "eu-central-1"))
        let summaries = try JSONReader.parse(#"{"modelSummaries":[{"modelId":"anthropic.a"}]}"#)
        #expect(bedrock.models(summaries) == ["anthropic.a"])
        let count = try JSONReader.parse(#"{"input_tokens":14}"#)
        #expect(VertexAdapter(project: "p", location: "eu").tokenCount(count) == 14)
        #expect(bedrock.tokenCount(summaries) == nil)
    }

    @Test func `An event without a type of its own has that of its line`() {
        var stream = VertexAdapter(project: "p", location: "eu").stream()
        let text =
            "event: error\ndata: {\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}\n\n"
        guard case .failed(let error) = stream.take(Array(text.utf8)).first else {
            return #expect(Bool(false))
        }
        #expect(error.kind == .overloaded && error.providerMessage == "m")
    }

    @Test func `A setting that the version refuses is refused before it is sent`() throws {
        var turn = TurnRequest(model: "m", messages: [TurnMessage(.user, [.text("Hi")])])
        turn.limits.temperature = 0.5
        var adapter = VertexAdapter(project: "p", location: "eu")
        #expect(try adapter.request(for: turn, streaming: true).body.isEmpty == false)
        adapter.version = .october2026
        #expect(throws: ProviderError.self) { try adapter.request(for: turn, streaming: true) }
    }

    @Test func `Settings that give another host than the provider's are refused`() throws {
        let turn = TurnRequest(model: "m", messages: [])
        for location in ["evil.example/", "a@evil.example", "EU-WEST-1", "", "x.y."] {
            let adapter = VertexAdapter(project: "p", location: location + "/x#")
            #expect(throws: ProviderError.self) { try adapter.request(for: turn, streaming: true) }
        }
        for region in ["evil.example/", "a@evil.example#", "EU", "eu-west-1?"] {
            let adapter = BedrockAdapter(BedrockPlace(region: region))
            #expect(throws: ProviderError.self) { try adapter.request(for: turn, streaming: true) }
            #expect(throws: WebOrigin.Fault.self) {
                try MessagesAdapter(.mantle, region: region, signs: true)
            }
        }
        #expect(throws: WebOrigin.Fault.self) {
            try MessagesAdapter(foundry: "evil.example/x", usesKey: true)
        }
    }
}
