import Foundation
import JSONText
import Providers
import Testing
import VaultCrypto

/// Requests of the official clients beside ours: method, host, path, query, headers, body.
///
/// Deviations, each with its reason:
/// 1. A model id stands in the path of Bedrock as boto3 encodes it; AnthropicBedrock leaves `:`.
///    Paths are compared by what they say.
/// 2. The first client of boto3 gives `accept` and `content-type` only where its caller does, and
///    `x-amzn-bedrock-accept` with a stream. Ours are those of AnthropicBedrock: always both.
/// 3. `?beta=true`, which anthropic 1.x adds for betas and 2.x does not, is left out.
/// 4. `stream: false` is said also where the client's beta calls leave it out.
/// 5. One text from a tool is sent as a string, the documented short form of one block of text.
@Suite(.enabled(if: WireData.folder != nil, WireData.skipped))
struct RecordedRequestTests {
    struct Recording {
        var name: String
        var json: JSON
        var request: JSON { json["request"] ?? .null }
        var model: String { json["config"]?["model"]?.string ?? "" }
        var isSecond: Bool { json["client_version"]?.string == "anthropic 2.12.0" }

        var streams: Bool {
            json["config"]?["stream"]?.bool ?? (name.contains("stream"))
        }
        var headers: JSONObject { request["headers"]?.object ?? [:] }
    }

    private static func recordings() throws -> [Recording] {
        try WireData.names("requests").filter { !$0.hasPrefix("_") }.map { file in
            Recording(
                name: String(file.dropLast(".json".count)),
                json: try WireData.json("requests/" + file))
        }
    }

    /// What is no request of an adapter: credentials, MCP and OpenAI's other interface.
    private static func isElsewhere(_ name: String) -> Bool {
        ["auth.", "mcp.", "openai.responses."].contains { name.hasPrefix($0) }
    }

    @Test func `Every request is the one that the official client sends`() throws {
        let recordings = try Self.recordings()
        var compared = 0
        for recording in recordings where !Self.isElsewhere(recording.name) {
            let adapter = try RecordedAdapters.adapter(for: recording)
            let ours = try Self.request(recording, adapter)
            Self.compare(ours, recording)
            compared += 1
        }
        let others = recordings.count - compared
        print("recorded requests: \(compared) compared, \(others) of other interfaces")
        #expect(compared > 200)
    }

    private static func request(
        _ recording: Recording, _ adapter: any ProviderAdapter
    ) throws -> WireRequest {
        let input = recording.json["input"]?.string ?? "text"
        var request: WireRequest
        if recording.name.contains("models_list") || recording.name.contains("list_foundation") {
            request = try #require(adapter.modelsRequest())
        } else if recording.name.contains("count_tokens") {
            var turn = TurnRequest(
                model: recording.model, messages: [TurnMessage(.user, [.text("Hi")])])
            turn.system = [SystemText("You are terse.")]
            request = try #require(try adapter.countRequest(for: turn))
        } else {
            // The calls of boto3 that test headers were given the input with the image.
            let isImage =
                recording.name.hasPrefix("boto3.invoke.")
                && recording.request["body_len"]?.int == 331
            var turn = try RecordedInputs.turn(isImage ? "image" : input, model: model(recording))
            if recording.name.contains(".betas.") {
                turn.betas = ["files-api-2025-04-14", "interleaved-thinking-2025-05-14"]
            }
            request = try adapter.request(for: turn, streaming: recording.streams)
        }
        try authorize(&request, adapter, recording)
        return request
    }

    private static func model(_ recording: Recording) -> String {
        switch recording.name {
        case "boto3.invoke.arn":
            "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/abc123"
        case "openai.azure_classic.chat.text.sync": "my-deployment"
        default: recording.model
        }
    }

    private static func authorize(
        _ request: inout WireRequest, _ adapter: any ProviderAdapter, _ recording: Recording
    ) throws {
        let recorded = recording.headers["authorization"]?.string
        if case .signature(let scope) = adapter.placement, recorded?.hasPrefix("AWS4") == true {
            let credentials = AWSCredentials(
                accessKeyID: "AKIDEXAMPLE",
                secretAccessKey: Array("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".utf8))
            let time = SigningTime(try SigningTests.date("2026-01-02T03:04:05Z"))
            request.sign(for: scope, with: credentials, at: time)
            return
        }
        let token: String
        if case .headers(let names) = adapter.placement {
            token = names.compactMap { recording.headers[$0]?.string }.first ?? ""
        } else {
            token = recorded?.suffix(after: "Bearer ") ?? ""
        }
        request.authorize(token: token, adapter.placement)
    }

    // MARK: Comparison

    private static func compare(_ ours: WireRequest, _ recording: Recording) {
        let theirs = recording.request
        let name = Comment(rawValue: recording.name)
        #expect(ours.method.rawValue == theirs["method"]?.string, name)
        #expect(ours.origin.description == "https://\(theirs["host"]?.string ?? "")", name)
        #expect(
            ours.path.removingPercentEncoding == theirs["path"]?.string?.removingPercentEncoding,
            name)
        #expect(
            ours.path.contains("%2F") == theirs["path"]?.string?.contains("%2F"), name)
        let query = theirs["query"]?.string ?? ""
        #expect(ours.query == (query == "beta=true" ? "" : query), name)
        compareHeaders(ours, recording)
        let body = (try? JSONReader.parse(ours.body)) ?? .null
        let expected = expectedBody(recording)
        #expect(Sameness.holds(body, expected), "\(name): \(body) is not \(expected)")
    }

    private static func compareHeaders(_ ours: WireRequest, _ recording: Recording) {
        let isInvoke = recording.name.hasPrefix("boto3.invoke.")
        let freely = isInvoke ? ["accept", "content-type", "x-amzn-bedrock-accept"] : []
        var names = Set(recording.headers.members.map(\.key))
        names.formUnion(ours.headers.all.map { $0.name.lowercased() })
        names.subtract(freely + ["x-amz-date"])
        if recording.name.hasPrefix("boto3.control.") { names.remove("accept") }
        for name in names {
            let theirs = recording.headers[name]?.string
            var value = ours.headers[name]
            if name == "authorization", value?.hasPrefix("AWS4") == true {
                // The headers that are signed differ with the client's own.
                value = value?.prefix { $0 != "," }.description
                #expect(value == theirs?.prefix { $0 != "," }.description, "\(recording.name)")
            } else {
                #expect(value == theirs, "\(recording.name): \(name)")
            }
        }
    }

    private static func expectedBody(_ recording: Recording) -> JSON {
        guard var body = recording.request["body"]?.object else { return .null }
        if recording.name.contains(".betas.") { body["stream"] = .bool(false) }
        if recording.json["input"]?.string == "tool_result" {
            body = shortened(body)
        }
        return .object(body)
    }

    /// The content of the tool's result as its one text (deviation 5).
    private static func shortened(_ body: JSONObject) -> JSONObject {
        var body = body
        guard var messages = body["messages"]?.array, var last = messages.last?.object,
            var blocks = last["content"]?.array, var result = blocks.first?.object
        else { return body }
        result["content"] = result["content"]?.array?.first?["text"]
        blocks[0] = .object(result)
        last["content"] = .array(blocks)
        messages[messages.count - 1] = .object(last)
        body["messages"] = .array(messages)
        return body
    }

    // MARK: Signatures

    @Test func `Every recorded signature is reproduced`() throws {
        var count = 0
        for recording in try Self.recordings() {
            guard let signing = recording.json["sigv4"], signing["signature"] != nil else {
                continue
            }
            try Self.sign(recording, signing)
            count += 1
        }
        print("recorded signatures: \(count) reproduced")
        #expect(count > 80)
    }

    private static func sign(_ recording: Recording, _ signing: JSON) throws {
        let request = recording.request
        let volatile = request["volatile_headers"]?.object ?? [:]
        let headers = (signing["signed_headers"]?.array ?? []).compactMap(\.string).map { name in
            let value =
                name == "host"
                ? request["host"]?.string
                : (recording.headers[name] ?? volatile[name])?.string
            return WireHeader(name, value ?? "")
        }
        let canonical = CanonicalRequest(
            method: request["method"]?.string ?? "", path: request["path"]?.string ?? "",
            query: request["query"]?.string ?? "", headers: headers,
            payloadHash: request["body_sha256"]?.string ?? "")
        #expect(canonical.text == signing["canonical_request"]?.string, "\(recording.name)")
        let scope = (signing["scope"]?.string ?? "").split(separator: "/").map(String.init)
        try #require(scope.count == 4)
        let secret = try #require(signing["secret_key"]?.string)
        let credentials = AWSCredentials(
            accessKeyID: signing["access_key"]?.string ?? "", secretAccessKey: Array(secret.utf8))
        let signature = SignatureV4(
            of: canonical, for: SigningScope(service: scope[2], region: scope[1]),
            with: credentials,
            at: SigningTime(try SigningTests.date("2026-01-02T03:04:05Z")))
        #expect(signature.stringToSign == signing["string_to_sign"]?.string, "\(recording.name)")
        #expect(signature.signature == signing["signature"]?.string, "\(recording.name)")
    }
}
