import JSONText
import Providers
import Testing
import VaultCrypto

/// One adapter, and one scripted answer in the form of its endpoint.
///
/// The scripts are written by hand in the forms that the providers document; all of them say the
/// same: a thought, a text, the wish for a tool.
struct AdapterCase: Sendable, CustomTestStringConvertible {
    var name: String
    var adapter: any ProviderAdapter
    var host: String
    /// The streamed answer, event by event.
    var script: [[UInt8]]
    /// What the endpoint puts into a stream when it fails.
    var failure: [UInt8]
    /// The whole answer as one JSON value.
    var whole: String
    /// From this event on the answer counts as whole, should the stream end.
    var lastNeeded: Int

    var testDescription: String { name }
    var bytes: [UInt8] { script.flatMap(\.self) }

    static let place = BedrockPlace(region: "eu-central-1")

    static func all() throws -> [AdapterCase] {
        let gateway = MessagesAdapter(
            gateway: try BaseURL("https://llm.example.org/claude"), placement: .bearer)
        let messages: [(String, any ProviderAdapter, String)] = [
            (
                "Vertex AI", VertexAdapter(project: "p", location: "europe-west4"),
                "europe-west4-aiplatform.googleapis.com"
            ),
            (
                "Foundry", try MessagesAdapter(foundry: "our-models", usesKey: true),
                "our-models.services.ai.azure.com"
            ),
            ("gateway", gateway, "llm.example.org"),
            (
                "Mantle", try MessagesAdapter(.mantle, region: "eu-north-1", signs: true),
                "bedrock-mantle.eu-north-1.api.aws"
            ),
            (
                "Messages at Bedrock",
                try MessagesAdapter(.runtime, region: "eu-west-1", signs: true),
                "bedrock-runtime.eu-west-1.amazonaws.com"
            ),
        ]
        let sse = messages.map { name, adapter, host in
            AdapterCase(
                name: name, adapter: adapter, host: host, script: Script.messages.map(Script.event),
                failure: Script.event(Script.messagesFailure), whole: Script.messagesWhole,
                lastNeeded: Script.messages.count - 1)
        }
        return sse + [invoke, converse, try completions()]
    }

    private static var invoke: AdapterCase {
        let failure = Framing.frame(
            [(":message-type", "exception"), (":exception-type", "throttlingException")],
            Array(#"{"message":"slow down"}"#.utf8))
        return AdapterCase(
            name: "Bedrock InvokeModel", adapter: BedrockAdapter(place),
            host: "bedrock-runtime.eu-central-1.amazonaws.com",
            script: Script.messages.map { Script.frame("chunk", Script.padded($0)) },
            failure: failure, whole: Script.messagesWhole, lastNeeded: Script.messages.count - 1)
    }

    private static var converse: AdapterCase {
        let failure = Framing.frame(
            [(":message-type", "exception"), (":exception-type", "throttlingException")],
            Array(#"{"message":"slow down"}"#.utf8))
        return AdapterCase(
            name: "Bedrock Converse", adapter: ConverseAdapter(place),
            host: "bedrock-runtime.eu-central-1.amazonaws.com",
            script: Script.converse.map { Script.frame($0.0, $0.1) }, failure: failure,
            whole: Script.converseWhole, lastNeeded: Script.converse.count - 2)
    }

    private static func completions() throws -> AdapterCase {
        AdapterCase(
            name: "chat completions",
            adapter: CompletionsAdapter(try BaseURL("http://127.0.0.1:11434/v1")),
            host: "127.0.0.1", script: Script.completions.map { Array("data: \($0)\n\n".utf8) },
            failure: Array(
                ("data: {\"error\":{\"message\":\"slow down\",\"type\":\"rate_limit_error\"}}\n\n")
                    .utf8), whole: Script.completionsWhole,
            lastNeeded: Script.completions.count - 3)
    }
}

/// The scripts of `AdapterCase`.
enum Script {
    static func event(_ json: String) -> [UInt8] {
        let type = (try? JSONReader.parse(json))?["type"]?.string ?? ""
        return Array("event: \(type)\ndata: \(json)\n\n".utf8)
    }

    static func frame(_ type: String, _ payload: String) -> [UInt8] {
        Framing.frame(
            [
                (":event-type", type), (":content-type", "application/json"),
                (":message-type", "event"),
            ], Array(payload.utf8))
    }

    static func padded(_ json: String) -> String {
        #"{"bytes":"\#(Base64.string(Array(json.utf8)))","p":"abcdefgh"}"#
    }

    static let messagesFailure =
        #"{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}"#

    static let messages = [
        #"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":11,"output_tokens":1}}}"#,
        #"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"So "}}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"be it."}}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}"#,
        #"{"type":"content_block_stop","index":0}"#,
        #"{"type":"ping"}"#,
        #"{"type":"later_invention","x":1}"#,
        #"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#,
        #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Schöne "}}"#,
        #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Grüße 😀"}}"#,
        #"{"type":"content_block_stop","index":1}"#,
        #"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t1","name":"look_up","input":{}}}"#,
        #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"word\":"}}"#,
        #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"\"Köln\"}"}}"#,
        #"{"type":"content_block_stop","index":2}"#,
        #"{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":22}}"#,
        #"{"type":"message_stop"}"#,
    ]
    static let messagesWhole = #"""
        {"id":"msg_1","type":"message","role":"assistant","model":"m","content":[
        {"type":"thinking","thinking":"So be it.","signature":"c2ln"},
        {"type":"text","text":"Schöne Grüße 😀"},
        {"type":"tool_use","id":"t1","name":"look_up","input":{"word":"Köln"}}],
        "stop_reason":"tool_use","usage":{"input_tokens":11,"output_tokens":22}}
        """#

    static let converse = [
        ("messageStart", #"{"role":"assistant"}"#),
        (
            "contentBlockDelta",
            #"{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"So be it."}}}"#
        ),
        (
            "contentBlockDelta",
            #"{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"c2ln"}}}"#
        ),
        ("contentBlockStop", #"{"contentBlockIndex":0}"#),
        ("contentBlockDelta", #"{"contentBlockIndex":1,"delta":{"text":"Schöne "}}"#),
        ("contentBlockDelta", #"{"contentBlockIndex":1,"delta":{"text":"Grüße 😀"}}"#),
        ("contentBlockStop", #"{"contentBlockIndex":1}"#),
        ("laterInvention", #"{"x":1}"#),
        (
            "contentBlockStart",
            #"{"contentBlockIndex":2,"start":{"toolUse":{"toolUseId":"t1","name":"look_up"}}}"#
        ),
        (
            "contentBlockDelta",
            #"{"contentBlockIndex":2,"delta":{"toolUse":{"input":"{\"word\":\"Köln\"}"}}}"#
        ),
        ("contentBlockStop", #"{"contentBlockIndex":2}"#),
        ("messageStop", #"{"stopReason":"tool_use"}"#),
        ("metadata", #"{"usage":{"inputTokens":11,"outputTokens":22},"metrics":{"latencyMs":9}}"#),
    ]
    static let converseWhole = #"""
        {"output":{"message":{"role":"assistant","content":[
        {"reasoningContent":{"reasoningText":{"text":"So be it.","signature":"c2ln"}}},
        {"text":"Schöne Grüße 😀"},
        {"toolUse":{"toolUseId":"t1","name":"look_up","input":{"word":"Köln"}}}]}},
        "stopReason":"tool_use","usage":{"inputTokens":11,"outputTokens":22}}
        """#

    static let completions = [
        #"{"id":"c1","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#,
        #"{"id":"c1","model":"m","choices":[{"index":0,"delta":{"reasoning_content":"So be it."}}]}"#,
        #"{"id":"c1","model":"m","choices":[{"index":0,"delta":{"content":"Schöne "}}]}"#,
        #"{"id":"c1","model":"m","choices":[{"index":0,"delta":{"content":"Grüße 😀"}}]}"#,
        #"{"id":"c1","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"look_up","arguments":""}}]}}]}"#,
        #"{"id":"c1","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"word\":\"Köln\"}"}}]}}]}"#,
        #"{"id":"c1","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
        #"{"id":"c1","model":"m","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":22}}"#,
        "[DONE]",
    ]
    static let completionsWhole = #"""
        {"id":"c1","model":"m","choices":[{"index":0,"finish_reason":"tool_calls","message":{
        "role":"assistant","reasoning_content":"So be it.","content":"Schöne Grüße 😀",
        "tool_calls":[{"id":"t1","type":"function","function":{"name":"look_up",
        "arguments":"{\"word\":\"Köln\"}"}}]}}],"usage":{"prompt_tokens":11,"completion_tokens":22}}
        """#
}
