import Foundation
import JSONText
import Providers
import Testing
import Transport

/// Recorded answers of providers, replayed over TLS: what comes through the transport is what the
/// bytes say.
///
/// `COFFER_WIRE` names a folder that is no part of the repository; without it these are skipped.
@Suite(.enabled(if: Recordings.folder != nil, Recordings.skipped), .timeLimit(.minutes(5)))
struct RecordedTransportTests {
    private static func adapter(_ name: String, at base: String) throws -> any ProviderAdapter {
        var place = BedrockPlace(region: "eu-central-1")
        place.base = try BaseURL(base)
        switch name.split(separator: ".")[0] {
        case "bedrock", "boto3": return BedrockAdapter(place)
        case "converse": return ConverseAdapter(place)
        case "openai": return CompletionsAdapter(try BaseURL(base + "/v1"))
        case "vertex":
            var adapter = VertexAdapter(project: "p", location: "europe-west1")
            adapter.base = try BaseURL(base + "/v1")
            return adapter
        default: return MessagesAdapter(gateway: try BaseURL(base), placement: .bearer)
        }
    }

    private struct Recording {
        var name: String
        var status: Int
        var headers: WireHeaders
        var isAborted: Bool
        var body: [UInt8]

        init(_ folder: String, _ name: String) throws {
            self.name = name
            let place = URL(filePath: folder).appending(path: "responses")
            let head = try JSONReader.parse(
                Array(Data(contentsOf: place.appending(path: "\(name).http.json"))))
            body = try Array(Data(contentsOf: place.appending(path: "\(name).body")))
            status = Int(head["status"]?.int ?? 0)
            isAborted = head["connection_aborted"]?.bool == true
            headers = WireHeaders()
            for member in head["headers"]?.object?.members ?? [] {
                headers[member.key] = member.value.string
            }
        }

        /// The events that the bytes give to a decoder; for an error the one that it is.
        func events(_ adapter: any ProviderAdapter, _ pace: TurnPace) -> [TurnEvent] {
            guard status == 200 else {
                return [
                    .failed(
                        FailureReader.error(
                            status: status, headers: headers, body: body, now: pace.now()))
                ]
            }
            var stream = adapter.stream()
            let events = stream.take(body)
            return events + (isAborted ? stream.fail(ProviderError(.connection)) : stream.end())
        }
    }

    @Test func `every recorded answer comes through as it is`() async throws {
        let folder = try #require(Recordings.folder)
        let server = try ScriptedServer(["--recordings", folder + "/responses"])
        var scene = try Scene(server)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/responses")
            .filter { $0.hasSuffix(".body") && !$0.hasPrefix("responses.") }.sorted()
            .map { String($0.dropLast(".body".count)) }
        var count = 0
        for name in names where !name.contains(".json.") {
            let recording = try Recording(folder, name)
            let adapter = try Self.adapter(name, at: "\(server.url)/recorded/\(name)")
            scene.credential = TestCredential(keys: AdapterTests.keys)
            let sent = try await scene.send(adapter, model: "anthropic.m")
            let ours = sent.answer
            let expected = AnswerAssembler.answer(recording.events(adapter, scene.pace.value))
            if case .failed(let error) = expected.state, case .failed(let other) = ours.state {
                #expect(other.kind == error.kind, "\(name): \(other) and not \(error)")
                #expect(other.providerCode == error.providerCode, "\(name)")
            } else {
                #expect(ours == expected, "\(name)")
            }
            #expect(ours.parts == expected.parts, "\(name)")
            count += 1
        }
        print("recorded answers over TLS: \(count) agree")
        #expect(count > 65)
    }
}

/// The folder of recordings.
enum Recordings {
    static let folder = ProcessInfo.processInfo.environment["COFFER_WIRE"]
    static let skipped: Comment = "COFFER_WIRE names no folder of recordings"
}
