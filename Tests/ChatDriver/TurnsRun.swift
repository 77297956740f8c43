import Foundation
import JSONText
import Policy
import Providers
import Transport
import VaultCrypto

/// Sends the turns of a plan through the product's own transport, and says what became of each.
///
/// A plan is a JSON object with `turns`, a list of what `PlannedTurn` reads, and optionally
/// `authorities`, `proxy`, `policy` (a document), `profiles` (regions by id) and `connectSeconds`.
struct TurnsRun {
    static func start(_ plan: String) async throws {
        let plan = try JSONReader.parse(Array(Data(contentsOf: URL(filePath: plan))))
        var settings = TransportSettings()
        settings.authorities = (plan["authorities"]?.array ?? []).compactMap(\.string)
        settings.proxy = try plan["proxy"]?.string.map { try WebOrigin(proxy: $0) }
        settings.connectSeconds = plan["connectSeconds"]?.double ?? 5
        let policy = try plan["policy"].map { value in
            try PolicyDocument.read(Array(JSONWriter.line(value).utf8)) { name in
                (try? Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)")))
                    .map { [UInt8]($0) }
            }
        }
        var profiles: [String: [String]] = [:]
        for member in plan["profiles"]?.object?.members ?? [] {
            profiles[member.key] = (member.value.array ?? []).compactMap(\.string)
        }
        let transport = try HTTPTransport(
            settings, guard: ResidencyGuard(policy: policy, profiles: profiles))
        for (number, turn) in (plan["turns"]?.array ?? []).enumerated() {
            var outcome = await send(turn, over: transport)
            outcome["turn"] = .integer(number)
            write(outcome)
        }
        await transport.shutdown()
    }

    private static func send(_ planned: JSON, over transport: HTTPTransport) async -> JSONObject {
        do {
            let adapter = try PlannedTurn.adapter(planned)
            var turn = TurnRequest(
                model: planned["model"]?.string ?? "",
                messages: [TurnMessage(.user, [.text("Where does the rain fall?")])])
            turn.limits.maximumTokens = 100
            let answer = AnswerBox()
            let sending = ProviderTransport(
                name: "planned", adapter: adapter, credential: PlannedCredential(),
                over: transport,
                pace: TurnPace(wait: { _ in }, chance: { 0 }, now: { Date() }))
            let receipt = try await sending.send(turn) { await answer.take($0) }
            return outcome(await answer.answer, receipt)
        } catch let refusal as ResidencyRefusal {
            return ["refused": .string(refusal.description)]
        } catch let fault as WebOrigin.Fault {
            return ["unreadable": .string(fault.clause)]
        } catch {
            return ["error": .string("\(error)")]
        }
    }

    private static func outcome(_ answer: Answer, _ receipt: TurnReceipt) -> JSONObject {
        var outcome = receipt.exchange
        outcome["host"] = receipt.host.map(JSON.string)
        outcome["region"] = receipt.region.map(JSON.string)
        outcome["text"] = .string(answer.text)
        if case .failed(let error) = answer.state {
            outcome["failed"] = .string(error.kind.rawValue)
            outcome["message"] = error.providerMessage.map(JSON.string)
        }
        return outcome
    }

    private static func write(_ object: JSONObject) {
        FileHandle.standardOutput.write(Data((JSONWriter.line(.object(object)) + "\n").utf8))
    }
}

/// Builds up an answer from news.
private actor AnswerBox {
    private var assembler = AnswerAssembler()
    var answer: Answer { assembler.answer }

    func take(_ news: TransportNews) {
        switch news {
        case .event(let event): assembler.take(event)
        case .retrying: assembler = AnswerAssembler()
        }
    }
}

/// A token that only the scripted server takes.
struct PlannedCredential: TurnCredential {
    let kind = "test token"

    func authorize(
        _ request: WireRequest, _ placement: CredentialPlacement
    ) async throws(ProviderError) -> WireRequest {
        var request = request
        request.authorize(token: "test-token", placement)
        return request
    }

    func renew() async throws(ProviderError) {
        throw ProviderError(.authentication, message: "The test has no other token.")
    }
}

/// The adapter that a turn of a plan names: `kind`, and what that needs of `project`, `location`,
/// `region`, `resource` and `base`.
enum PlannedTurn {
    static func adapter(_ turn: JSON) throws -> any ProviderAdapter {
        func text(_ key: String) -> String { turn[key]?.string ?? "" }
        let base = try turn["base"]?.string.map { try BaseURL($0) }
        switch text("kind") {
        case "vertex":
            var adapter = VertexAdapter(project: "p", location: text("location"))
            adapter.base = base
            return adapter
        case "invoke", "converse":
            var place = BedrockPlace(region: text("region"))
            place.base = base
            return text("kind") == "invoke" ? BedrockAdapter(place) : ConverseAdapter(place)
        case "mantle", "messages":
            var adapter = try MessagesAdapter(
                text("kind") == "mantle" ? .mantle : .runtime, region: text("region"), signs: false)
            adapter.base = base ?? adapter.base
            return adapter
        case "foundry":
            var adapter = try MessagesAdapter(foundry: text("resource"), usesKey: true)
            adapter.base = base ?? adapter.base
            return adapter
        case "completions": return CompletionsAdapter(try BaseURL(text("base")))
        default: return MessagesAdapter(gateway: try BaseURL(text("base")), placement: .bearer)
        }
    }
}
