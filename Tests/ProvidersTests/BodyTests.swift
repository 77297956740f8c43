import JSONText
import Providers
import Testing

/// One turn with all that a turn can hold, in the body of each form.
@Suite struct BodyTests {
    private static func turn() -> TurnRequest {
        var turn = TurnRequest(model: "m", messages: [])
        turn.system = [SystemText("Be brief.", cache: CacheMark(lifetime: "1h"))]
        let report = AttachedFile(mediaType: "application/pdf", bytes: [4, 5])
        turn.messages = [
            TurnMessage(
                .user,
                [
                    TurnPart(.image(AttachedFile(mediaType: "image/png", bytes: [1, 2, 3]))),
                    TurnPart(
                        .document(
                            DocumentPart(
                                .file(report), title: "Q1_report.pdf", wantsCitations: true))),
                    TurnPart(.document(DocumentPart(.text("Plain."), title: "n.txt"))),
                    TurnPart(.text("Read."), cache: CacheMark()),
                ]),
            TurnMessage(
                .assistant,
                [
                    TurnPart(.thinking("hm", signature: "c2ln")),
                    TurnPart(.redactedThinking("b3Bh")),
                    .text("I look."),
                    TurnPart(
                        .toolUse(
                            ToolUse(
                                id: "t1", name: "look_up",
                                input: .complete(.object(["word": .string("Köln")]))))),
                ]),
            TurnMessage(
                .user,
                [
                    TurnPart(
                        .toolResult(
                            ToolResult(
                                toolUseID: "t1",
                                content: [.text("a"), .json(.object(["n": .integer(1)]))],
                                isError: true))),
                    .text("Go on."),
                ]),
        ]
        turn.tools = [
            ToolDefinition(
                name: "look_up", description: "Looks up.",
                inputSchema: .object(["type": .string("object")]), cache: CacheMark())
        ]
        turn.toolChoice = ToolChoice(.tool("look_up"))
        turn.limits.maximumTokens = 64
        turn.limits.stopSequences = ["END"]
        turn.effort = "high"
        return turn
    }

    private func check(_ request: WireRequest, _ expected: String) throws {
        let body = try JSONReader.parse(request.body)
        let wanted = try JSONReader.parse(expected)
        #expect(Sameness.holds(body, wanted), "\(JSONWriter.line(body))")
    }

    private static let messages = #"""
        "max_tokens":64,"stop_sequences":["END"],
        "system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral","ttl":"1h"}}],
        "output_config":{"effort":"high"},"thinking":{"type":"enabled","budget_tokens":32},
        "tools":[{"name":"look_up","description":"Looks up.","input_schema":{"type":"object"},
        "cache_control":{"type":"ephemeral"}}],"tool_choice":{"type":"tool","name":"look_up"},
        "messages":[{"role":"user","content":[
        {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AQID"}},
        {"type":"document","title":"Q1_report.pdf","citations":{"enabled":true},
        "source":{"type":"base64","media_type":"application/pdf","data":"BAU="}},
        {"type":"document","title":"n.txt",
        "source":{"type":"text","media_type":"text/plain","data":"Plain."}},
        {"type":"text","text":"Read.","cache_control":{"type":"ephemeral"}}]},
        {"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"c2ln"},
        {"type":"redacted_thinking","data":"b3Bh"},{"type":"text","text":"I look."},
        {"type":"tool_use","id":"t1","name":"look_up","input":{"word":"Köln"}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","is_error":true,
        "content":[{"type":"text","text":"a"},{"type":"text","text":"{\"n\":1}"}]},
        {"type":"text","text":"Go on."}]}]
        """#

    @Test func `The Messages form, with the version where each endpoint wants it`() throws {
        var turn = Self.turn()
        turn.thinking = .budget(tokens: 32)
        turn.userID = "u-1"
        turn.betas = ["b1", "b2"]
        let common = Self.messages + #","metadata":{"user_id":"u-1"}"#
        let vertex = VertexAdapter(project: "p", location: "europe-west4")
        let google = try vertex.request(for: turn, streaming: true)
        try check(google, "{\(common),\"stream\":true,\"anthropic_version\":\"vertex-2023-10-16\"}")
        #expect(google.headers["anthropic-beta"] == "b1,b2")
        let bedrock = BedrockAdapter(BedrockPlace(region: "eu-central-1"))
        let amazon = try bedrock.request(for: turn, streaming: true)
        try check(
            amazon,
            "{\(common),\"anthropic_version\":\"bedrock-2023-05-31\",\"anthropic_beta\":[\"b1\",\"b2\"]}"
        )
        let foundry = try MessagesAdapter(foundry: "r", usesKey: true)
        let azure = try foundry.request(for: turn, streaming: false)
        try check(azure, "{\(common),\"stream\":false,\"model\":\"m\"}")
        #expect(azure.headers["anthropic-version"] == "2023-06-01")
    }

    @Test func `A count of tokens is asked for without limits`() throws {
        var turn = Self.turn()
        turn.messages = [TurnMessage(.user, [.text("Hi")])]
        turn.tools = []
        turn.toolChoice = nil
        turn.effort = nil
        turn.system = []
        let gateway = MessagesAdapter(
            gateway: try BaseURL("https://llm.example.org"), placement: .bearer)
        let request = try #require(try gateway.countRequest(for: turn))
        #expect(request.path == "/v1/messages/count_tokens")
        try check(request, #"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#)
    }

    @Test func `Converse`() throws {
        var turn = Self.turn()
        turn.thinking = .budget(tokens: 32)
        turn.betas = ["b1"]
        let adapter = ConverseAdapter(BedrockPlace(region: "eu-central-1"))
        try check(
            try adapter.request(for: turn, streaming: true),
            #"""
            {"system":[{"text":"Be brief."},{"cachePoint":{"type":"default","ttl":"1h"}}],
            "inferenceConfig":{"maxTokens":64,"stopSequences":["END"]},
            "additionalModelRequestFields":{"thinking":{"type":"enabled","budget_tokens":32},
            "output_config":{"effort":"high"},"anthropic_beta":["b1"]},
            "toolConfig":{"tools":[{"toolSpec":{"name":"look_up","description":"Looks up.",
            "inputSchema":{"json":{"type":"object"}}}},{"cachePoint":{"type":"default"}}],
            "toolChoice":{"tool":{"name":"look_up"}}},
            "messages":[{"role":"user","content":[
            {"image":{"format":"png","source":{"bytes":"AQID"}}},
            {"document":{"format":"pdf","name":"Q1 report","source":{"bytes":"BAU="},
            "citations":{"enabled":true}}},
            {"document":{"format":"txt","name":"n","source":{"bytes":"UGxhaW4u"}}},
            {"text":"Read."},{"cachePoint":{"type":"default"}}]},
            {"role":"assistant","content":[
            {"reasoningContent":{"reasoningText":{"text":"hm","signature":"c2ln"}}},
            {"reasoningContent":{"redactedContent":"b3Bh"}},{"text":"I look."},
            {"toolUse":{"toolUseId":"t1","name":"look_up","input":{"word":"Köln"}}}]},
            {"role":"user","content":[{"toolResult":{"toolUseId":"t1","status":"error",
            "content":[{"text":"a"},{"json":{"n":1}}]}},{"text":"Go on."}]}]}
            """#)
        for change in [
            { (turn: inout TurnRequest) in turn.userID = "u" },
            { $0.toolChoice = ToolChoice(.none) },
            { $0.toolChoice = ToolChoice(.auto, allowsParallel: false) },
        ] {
            var other = turn
            change(&other)
            #expect(throws: ProviderError.self) {
                try adapter.request(for: other, streaming: true)
            }
        }
    }

    @Test func `Chat completions`() throws {
        var turn = Self.turn()
        turn.userID = "u-1"
        let adapter = CompletionsAdapter(try BaseURL("https://llm.example.org/v1"))
        try check(
            try adapter.request(for: turn, streaming: true),
            #"""
            {"model":"m","stream":true,"stream_options":{"include_usage":true},"max_tokens":64,
            "stop":["END"],"reasoning_effort":"high","user":"u-1",
            "tools":[{"type":"function","function":{"name":"look_up","description":"Looks up.",
            "parameters":{"type":"object"}}}],
            "tool_choice":{"type":"function","function":{"name":"look_up"}},
            "messages":[{"role":"system","content":"Be brief."},
            {"role":"user","content":[
            {"type":"image_url","image_url":{"url":"data:image/png;base64,AQID"}},
            {"type":"file","file":{"filename":"Q1_report.pdf",
            "file_data":"data:application/pdf;base64,BAU="}},
            {"type":"text","text":"Plain."},{"type":"text","text":"Read."}]},
            {"role":"assistant","content":"I look.","tool_calls":[{"id":"t1","type":"function",
            "function":{"name":"look_up","arguments":"{\"word\":\"Köln\"}"}}]},
            {"role":"tool","tool_call_id":"t1","content":"a\n{\"n\":1}"},
            {"role":"user","content":"Go on."}]}
            """#)
        turn.thinking = .budget(tokens: 32)
        #expect(throws: ProviderError.self) { try adapter.request(for: turn, streaming: true) }
    }
}
