import Foundation
import JSONText
import VaultCrypto

@testable import Providers

/// Answers of providers: the events keep the promises of `TurnEvent`, whatever a server sends and
/// in whatever pieces, and what is kept of them can be read again.
enum AnswerJudges {
    static let targets = [
        FuzzTarget(
            name: "messages", judge: judgeMessages, seeds: { events(messages) },
            words: words(messages) + kinds),
        FuzzTarget(
            name: "completions", judge: judgeCompletions, seeds: { events(completions) },
            words: words(completions) + ["tool_calls", "function_call", "arguments", "refusal"]),
        FuzzTarget(name: "invoke", judge: judgeInvoke, seeds: { lines(messages) }, words: kinds),
        FuzzTarget(
            name: "converse", judge: judgeConverse, seeds: converseSeeds,
            words: ["contentBlockIndex", "reasoningContent", "redactedContent", "toolUse", "\n"]),
        FuzzTarget(name: "answer", judge: judgeWhole, seeds: wholeSeeds, words: kinds),
        FuzzTarget(
            name: "failure", judge: judgeFailure, seeds: failureSeeds,
            words: [
                "retry-after: ", "retry-after-ms: ", "x-amzn-errortype: ", "nan", "1e308", " GMT",
            ]),
    ]

    private static let kinds = [
        "content_block_start", "content_block_delta", "content_block_stop", "message_delta",
        "redacted_thinking", "signature_delta", "citations_delta", "input_json_delta", "\"index\":",
        "stop_reason", "9223372036854775807", "-1",
    ]

    // MARK: Seeds

    private static let messages = [
        #"{"type":"message_start","message":{"id":"m","model":"c","usage":{"input_tokens":3}}}"#,
        #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Yes"}}"#,
        #"""
        {"type":"content_block_delta","index":0,"delta":{"type":"citations_delta",\#
        "citation":{}}}
        """#,
        #"{"type":"content_block_stop","index":0}"#,
        #"""
        {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t",\#
        "name":"f"}}
        """#,
        #"""
        {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta",\#
        "partial_json":"{\"a\":1}"}}
        """#,
        #"{"type":"content_block_stop","index":1}"#,
        #"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}}"#,
        #"{"type":"message_stop"}"#,
    ]

    private static let completions = [
        #"""
        {"id":"c","model":"g","choices":[{"index":0,"delta":{"role":"assistant",\#
        "content":"Y"}}]}
        """#,
        #"{"choices":[{"index":0,"delta":{"reasoning_content":"hm","refusal":"no"}}]}"#,
        #"""
        {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"t","function":{"name":"f",\#
        "arguments":"{}"}}]}}]}
        """#,
        #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}"#,
        "[DONE]",
    ]

    private static let converse = [
        ("messageStart", #"{"role":"assistant"}"#),
        ("contentBlockDelta", #"{"contentBlockIndex":0,"delta":{"text":"Yes"}}"#),
        ("contentBlockStop", #"{"contentBlockIndex":0}"#),
        (
            "contentBlockStart",
            #"{"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"t","name":"f"}}}"#
        ),
        ("contentBlockDelta", #"{"contentBlockIndex":1,"delta":{"toolUse":{"input":"{}"}}}"#),
        (
            "contentBlockDelta",
            #"{"contentBlockIndex":2,"delta":{"reasoningContent":{"text":"hm","signature":"s"}}}"#
        ),
        ("messageStop", #"{"stopReason":"tool_use"}"#),
        ("metadata", #"{"usage":{"inputTokens":3,"outputTokens":4}}"#),
    ]

    private static func words(_ events: [String]) -> [String] {
        ["data: ", "event: ", "\n\n"] + events.map { "data: \($0)\n\n" }
    }

    private static func events(_ list: [String]) -> [[UInt8]] {
        let whole = list.map { "data: \($0)\n\n" }.joined()
        return [Array(whole.utf8), Array(whole.utf8.dropLast(20))]
    }

    private static func lines(_ list: [String]) -> [[UInt8]] {
        [Array(list.joined(separator: "\n").utf8)]
    }

    private static func converseSeeds() -> [[UInt8]] {
        lines(converse.map { "\($0.0) \($0.1)" }) + lines(["!exception {\"message\":\"no\"}"])
    }

    private static func wholeSeeds() -> [[UInt8]] {
        let content =
            #"""
            [{"type":"text","text":"Y","citations":[{}]},{"type":"tool_use","id":"t","name":"f",\#
            "input":{"a":[1]}},{"type":"thinking","thinking":"h","signature":"s"}]
            """#
        return [
            .seed(
                0,
                #"""
                {"type":"message","id":"m","content":\#(content),"stop_reason":"end_turn",\#
                "usage":{"input_tokens":1}}
                """#
            ),
            .seed(
                1,
                #"""
                {"choices":[{"message":{"content":"Y","tool_calls":[{"id":"t",\#
                "function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}]}
                """#
            ),
            .seed(
                2,
                #"""
                {"output":{"message":{"content":[{"text":"Y"},{"toolUse":{"toolUseId":"t",\#
                "name":"f","input":{}}}]}},"stopReason":"end_turn","usage":{"inputTokens":3}}
                """#
            ),
        ]
    }

    private static func failureSeeds() -> [[UInt8]] {
        [
            """
            429 retry-after: 3\nrequest-id: r-1\n\n{\"type\":\"error\",\
            \"error\":{\"type\":\"rate_limit_error\",\"message\":\"slow\"}}
            """,
            """
            503 retry-after: Sun, 06 Nov 1994 08:49:37 GMT\n\n[{\"error\":{\"code\":503,\
            \"status\":\"UNAVAILABLE\"}}]
            """,
            "400 x-amzn-errortype: ValidationException:http://a\n\n{\"message\":\"no\"}",
            "401 x-should-retry: false\nretry-after-ms: 1e3\n\n<html>no</html>",
        ].map { Array($0.utf8) }
    }

    // MARK: Streams

    private static func judgeMessages(_ input: [UInt8]) -> String? {
        judge(input) { AnswerStream(ServerSentEvents(), MessagesEvents()) }
    }

    private static func judgeCompletions(_ input: [UInt8]) -> String? {
        judge(input) { AnswerStream(ServerSentEvents(), CompletionsEvents()) }
    }

    private static func judgeInvoke(_ input: [UInt8]) -> String? {
        let frames = input.split(separator: 0x0A).map { line in
            let payload = #"{"bytes":"\#(Base64.string(Array(line)))","p":"ab"}"#
            return frame(type: "chunk", Array(payload.utf8))
        }
        return judge(Array(frames.joined())) { AnswerStream(EventStreamParser(), InvokeFrames()) }
    }

    /// Lines of a frame's kind, a blank and its payload; of an exception, a `!` first.
    private static func judgeConverse(_ input: [UInt8]) -> String? {
        let frames = input.split(separator: 0x0A).map { line in
            let kind = line.prefix { $0 != 0x20 }
            return frame(
                type: String(decoding: kind, as: UTF8.self), Array(line.dropFirst(kind.count + 1)))
        }
        return judge(Array(frames.joined())) { AnswerStream(EventStreamParser(), ConverseFrames()) }
    }

    private static func frame(type: String, _ payload: [UInt8]) -> [UInt8] {
        let isException = type.hasPrefix("!")
        let name = isException ? ":exception-type" : ":event-type"
        let texts = [
            (":message-type", isException ? "exception" : "event"),
            (name, String(type.drop { $0 == "!" }.prefix(100))),
        ]
        var headers: [UInt8] = []
        for (name, value) in texts {
            headers += [UInt8(name.utf8.count)] + Array(name.utf8)
            headers += [7, UInt8(value.utf8.count >> 8), UInt8(value.utf8.count & 0xFF)]
            headers += Array(value.utf8)
        }
        return StreamJudges.frame(headers: headers, payload: payload)
    }

    private static func judge(
        _ bytes: [UInt8], _ stream: () -> any AnswerDecoding
    ) -> String? {
        func events(_ pieces: [Int]) -> [TurnEvent] {
            var stream = stream()
            var events: [TurnEvent] = []
            for piece in StreamJudges.cut(bytes, pieces) { events += stream.take(piece) }
            events += stream.end()
            return events + stream.take(bytes) + stream.end()
                + stream.fail(ProviderError(.connection))
        }
        let whole = events([Int.max])
        guard whole == events(StreamJudges.lengths(bytes)) else {
            return "pieces change the events"
        }
        guard whole.count(where: \.isLast) == 1, whole.last?.isLast == true else {
            return "an answer has no end, or something follows it"
        }
        if let flaw = flaw(whole) { return flaw }
        let answer = AnswerAssembler.answer(whole)
        guard answer.state != .unfinished else { return "an answer without a state" }
        return flaw(answer)
    }

    /// What is wrong with the order of events.
    private static func flaw(_ events: [TurnEvent]) -> String? {
        var open: Set<Int> = []
        for event in events {
            switch event {
            case .began(let part, _):
                guard open.insert(part).inserted else { return "a part begins twice" }
            case .ended(let part):
                guard open.remove(part) != nil else { return "a part ends that is not open" }
            case .text(let part, _), .thinking(let part, _), .signature(let part, _),
                .citation(let part, _), .toolInput(let part, _):
                guard open.contains(part) else { return "a piece belongs to nothing" }
            case .failed(let error):
                if let flaw = flaw(error) { return flaw }
            default: break
            }
        }
        return nil
    }

    private static func flaw(_ error: ProviderError) -> String? {
        let said = [error.providerMessage, error.providerCode, error.requestID].compactMap(\.self)
        let isPlain = said.joined().unicodeScalars.allSatisfy {
            $0.properties.generalCategory != .control
        }
        guard isPlain else { return "an error steers the terminal" }
        return Refused.flaw(error.description)
    }

    /// What is wrong with an answer that is going to be kept: values inside others add levels.
    private static func flaw(_ answer: Answer) -> String? {
        var values: [JSON] = []
        for part in answer.parts {
            switch part {
            case .text(_, let citations): values += citations
            case .toolUse(let use):
                if case .complete(let input) = use.input { values.append(input) }
            case .other(let object): values.append(.object(object))
            default: break
            }
        }
        for value in values {
            guard let again = try? JSONReader.parse(JSONWriter.line(value)), again == value,
                !value.isNested(deeperThan: JSON.deepestOfModel)
            else { return "a value cannot be kept" }
        }
        return nil
    }

    // MARK: Whole answers and failures

    /// The first byte: the form of Messages, of chat completions, of Converse.
    private static func judgeWhole(_ input: [UInt8]) -> String? {
        let (mode, rest) = input.split(3)
        guard let body = try? JSONReader.parse(rest) else { return nil }
        do throws(ProviderError) {
            let answer =
                switch mode {
                case 0: try MessagesAnswer.read(body)
                case 1: try CompletionsAnswer.read(body)
                default: try ConverseAnswer.read(body)
                }
            return answer.state == .unfinished ? "an answer without a state" : nil
        } catch {
            return error.kind == .malformed ? flaw(error) : "an error of another kind"
        }
    }

    /// A status, headers each on a line, an empty line and a body.
    private static func judgeFailure(_ input: [UInt8]) -> String? {
        let status = input.prefix { (0x30...0x39).contains($0) }.prefix(3)
        var rest = input.dropFirst(status.count)
        var headers: [WireHeader] = []
        while let end = rest.firstIndex(of: 0x0A), headers.count < 20 {
            let line = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[end...].dropFirst()
            if line.isEmpty { break }
            let parts = line.split(separator: ":", maxSplits: 1).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            if parts.count == 2 { headers.append(WireHeader(parts[0], parts[1])) }
        }
        let error = FailureReader.error(
            status: Int(String(decoding: status, as: UTF8.self)) ?? 500,
            headers: WireHeaders(headers), body: Array(rest),
            now: Date(timeIntervalSince1970: 1_700_000_000))
        if let wait = error.retryAfterMilliseconds, !(0...86_400_000).contains(wait) {
            return "it waits for \(wait) ms"
        }
        return flaw(error)
    }
}
