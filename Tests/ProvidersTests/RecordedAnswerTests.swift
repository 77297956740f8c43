import Foundation
import JSONText
import Providers
import Testing

/// Bodies of answers, and what the official clients made of them.
///
/// Deviations:
/// 1. A byte-order mark is skipped and events without `event:` lines are read, where the official
///    client loses events.
/// 2. A stream without its final event, and one with a part of a frame at its end, have failed.
/// 3. OpenAI's helper raises where an answer was cut by its limit or by a filter; here that is
///    what the answer says it stopped for.
/// 4. AnthropicBedrock does not read `x-amzn-errortype`; here the error has its name.
@Suite(.enabled(if: WireData.folder != nil, WireData.skipped))
struct RecordedAnswerTests {
    struct Recording {
        var name: String
        var head: JSON
        var parsed: JSON
        var body: [UInt8]
        var status: Int { Int(head["status"]?.int ?? 0) }
        var isAborted: Bool { head["connection_aborted"]?.bool == true }
        var client: String { parsed["client"]?.string ?? "" }
        var isStream: Bool { name.contains(".sse.") || name.contains(".es.") }
    }

    static func recordings() throws -> [Recording] {
        try WireData.names("responses").filter { $0.hasSuffix(".body") }.map { file in
            let name = String(file.dropLast(".body".count))
            return Recording(
                name: name, head: try WireData.json("responses/\(name).http.json"),
                parsed: try WireData.json("responses/\(name).parsed.json"),
                body: try WireData.bytes("responses/\(file)"))
        }.filter { !$0.name.hasPrefix("responses.") }
    }

    static func adapter(_ recording: Recording) throws -> any ProviderAdapter {
        let place = BedrockPlace(region: "eu-central-1")
        switch recording.name.split(separator: ".")[0] {
        case "bedrock", "boto3": return BedrockAdapter(place)
        case "converse": return ConverseAdapter(place)
        case "openai": return CompletionsAdapter(try BaseURL("https://gateway.example.com/v1"))
        case "vertex": return VertexAdapter(project: "proj-1", location: "europe-west1")
        default:
            return MessagesAdapter(
                gateway: try BaseURL("https://gateway.example.com"), placement: .bearer)
        }
    }

    static func events(
        _ recording: Recording, _ stream: any AnswerDecoding, pieces: [Range<Int>]
    ) -> [TurnEvent] {
        var stream = stream
        var events: [TurnEvent] = []
        for piece in pieces { events += stream.take(Array(recording.body[piece])) }
        let broken = ProviderError(.connection)
        return events + (recording.isAborted ? stream.fail(broken) : stream.end())
    }

    // MARK: Streams

    @Test func `Every stream gives the answer that the official client gives`() throws {
        var count = 0
        for recording in try Self.recordings() where recording.isStream {
            let stream = try Self.adapter(recording).stream()
            let whole = [0..<recording.body.count]
            let answer = AnswerAssembler.answer(
                Self.events(recording, stream, pieces: whole))
            try Self.compare(answer, recording)
            count += 1
        }
        print("recorded streams: \(count) agree")
        #expect(count > 35)
    }

    private static func compare(_ answer: Answer, _ recording: Recording) throws {
        let parsed = recording.parsed
        let name = Comment(rawValue: recording.name)
        if ["anthropic.sse.bom", "anthropic.sse.no_event_lines"].contains(recording.name) {
            // Deviation 1: what the same bytes without the quirk give.
            #expect(answer.text == "Grüße, 😀 \"quoted\"\nend" && answer.state == .finished, name)
        } else if recording.name.contains("truncated_in") {
            #expect(answer.state == .failed(ProviderError(.cut)), name)
            compareMessage(answer, parsed["final_message"], name)
        } else if let raised = parsed["raised_after_events"] ?? parsed["raised"] {
            compareFailure(answer, raised, name)
            if recording.client == "boto3.invoke_stream" {
                #expect(answer.parts == told(parsed).parts && !answer.parts.isEmpty, name)
            }
        } else if let message = parsed["final_message"] {
            compareMessage(answer, message, name)
            #expect(answer.state == .finished, name)
        } else if let completion = parsed["final_completion"] {
            let wanted = try CompletionsAdapter(try BaseURL("https://a.example/v1"))
                .answer(completion)
            #expect(answer == wanted, name)
        } else if parsed["final_error"] != nil {
            let reason: StopReason = recording.name.contains("length") ? .maximumTokens : .filtered
            #expect(answer.stop == reason && answer.state == .finished, name)
        } else if recording.client == "boto3.converse_stream" {
            #expect(answer.state == .finished && answer.stop == .toolUse, name)
            #expect(
                answer.runnableTools.map(\.input) == [.complete(.object(["city": .string("Köln")]))]
            )
            #expect(answer.usage.inputTokens == 25 && answer.usage.cacheWriteTokens == 10, name)
        } else {
            #expect(recording.client == "boto3.invoke_stream" && answer.state == .finished, name)
            #expect(answer == told(parsed), name)
        }
    }

    /// The answer of the events that boto3 gives as JSON, told once more as server-sent events.
    private static func told(_ parsed: JSON) -> Answer {
        var stream = VertexAdapter(project: "p", location: "eu").stream()
        let lines = (parsed["events"]?.array ?? []).map { "data: \(JSONWriter.line($0))\n\n" }
        return AnswerAssembler.answer(stream.take(Array(lines.joined().utf8)))
    }

    private static func compareFailure(_ answer: Answer, _ raised: JSON, _ name: Comment) {
        guard case .failed(let error) = answer.state else {
            return #expect(Bool(false), "\(name): \(answer.state)")
        }
        switch raised["raised"]?.string {
        case "ChecksumMismatch", "InvalidPayloadLength": #expect(error.kind == .malformed, name)
        case "RemoteProtocolError": #expect(error.kind == .connection, name)
        default:
            let inner = raised["error_response"]?["Error"]
            let code = raised["type"] ?? inner?["Code"]
            let message = raised["api_message"] ?? inner?["Message"]
            #expect(error.providerCode == code?.string, name)
            #expect(error.providerMessage == message?.string, name)
        }
    }

    /// The message as the official client prints it.
    private static func compareMessage(_ answer: Answer, _ message: JSON?, _ name: Comment) {
        guard let message else { return #expect(Bool(false), "\(name): no message") }
        let ours = MessageForm.json(answer)
        #expect(Sameness.holds(ours, message), "\(name): \(ours) is not \(message)")
    }

    // MARK: Pieces

    @Test func `One byte at a time and every split of a stream give the same events`() throws {
        for recording in try Self.recordings() where recording.isStream {
            let stream = try Self.adapter(recording).stream()
            let size = recording.body.count
            let expected = Self.events(recording, stream, pieces: [0..<size])
            #expect(expected.filter(\.isLast).count == 1, "\(recording.name)")
            let single = (0..<size).map { $0..<$0 + 1 }
            #expect(Self.events(recording, stream, pieces: single) == expected)
            for place in 1..<size {
                let events = Self.events(recording, stream, pieces: [0..<place, place..<size])
                #expect(events == expected, "\(recording.name) at \(place)")
            }
        }
    }

    // MARK: Whole answers

    @Test func `Every whole answer gives what the official client gives`() throws {
        var count = 0
        for recording in try Self.recordings() where !recording.isStream && recording.status == 200
        {
            let answer = try Self.adapter(recording).answer(bytes: recording.body)
            let name = Comment(rawValue: recording.name)
            #expect(answer.state == .finished, name)
            if let message = recording.parsed["message"] {
                Self.compareMessage(answer, message, name)
            } else {
                let result = try #require(
                    recording.parsed["result"] ?? recording.parsed["completion"])
                #expect(try answer == Self.adapter(recording).answer(result), name)
                #expect(answer.runnableTools.count == 1, name)
            }
            count += 1
        }
        print("recorded whole answers: \(count) agree")
        #expect(count == 7)
    }

    @Test func `Every error is told apart, with the words of the provider`() throws {
        var count = 0
        for recording in try Self.recordings() where recording.status >= 300 {
            var headers = WireHeaders()
            for member in recording.head["headers"]?.object?.members ?? [] {
                headers[member.key] = member.value.string
            }
            let error = FailureReader.error(
                status: recording.status, headers: headers, body: recording.body,
                now: FailureTests.now)
            let name = Comment(rawValue: recording.name)
            let theirs = recording.parsed["error"] ?? recording.parsed["raised"]
            #expect(error.status == recording.status, name)
            if let message = theirs?["api_message"]?.string {
                #expect(error.providerMessage == message, name)
            }
            if let id = theirs?["request_id"]?.string { #expect(error.requestID == id, name) }
            if let code = theirs?["error_response"]?["Error"]?["Code"]?.string {
                #expect(error.providerCode == code, name)
            }
            // The last word of the name of an AWS case is the error's.
            if let exception = recording.name.split(separator: "_").last,
                exception.hasSuffix("Exception")
            {
                #expect(error.providerCode == String(exception), name)
            }
            count += 1
        }
        print("recorded errors: \(count) agree")
        #expect(count == 33)
    }
}
