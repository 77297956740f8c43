import Foundation
import JSONText
import Policy
import Providers
import Synchronization
import Testing
import Transport

/// A provider at a scripted server: adapter, credential, connection, and what was handed on.
struct Scene {
    var server: ScriptedServer
    var settings = TransportSettings()
    var policy: PolicyDocument?
    var credential = TestCredential()
    var pace = TestPace()

    init(_ server: ScriptedServer? = nil) throws {
        self.server = try server ?? ScriptedServer.shared.get()
        settings.authorities = self.server.authority.map { [$0] } ?? []
    }

    func http() throws -> HTTPTransport {
        try HTTPTransport(settings, guard: ResidencyGuard(policy: policy))
    }

    /// A gateway whose answers are a script's.
    func gateway(_ script: String) throws -> MessagesAdapter {
        MessagesAdapter(
            gateway: try BaseURL("\(server.url)/script/\(script)"), placement: .bearer)
    }

    func transport(_ adapter: any ProviderAdapter) throws -> ProviderTransport {
        ProviderTransport(
            name: "test", adapter: adapter, credential: credential, over: try http(),
            pace: pace.value)
    }

    /// Sends a turn to a script and waits for its end.
    func send(_ script: String) async throws -> Sent {
        try await send(try gateway(script), model: "m")
    }

    func send(_ adapter: any ProviderAdapter, model: String) async throws -> Sent {
        let transport = try transport(adapter)
        let news = News()
        let receipt = try await transport.send(Self.turn(model)) { news.take($0) }
        return Sent(news: news.all, receipt: receipt, waits: pace.waits)
    }

    static func turn(_ model: String) -> TurnRequest {
        var turn = TurnRequest(
            model: model, messages: [TurnMessage(.user, [.text("Where does the rain fall?")])])
        turn.limits.maximumTokens = 100
        return turn
    }

    static func policy(_ allow: String) throws -> PolicyDocument {
        let text = """
            {"version":1,"timeZone":"UTC","retention":[],"residency":{"allow":[\(allow)]}}
            """
        return try PolicyDocument.read(Array(text.utf8)) { name in
            (try? Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)"))).map {
                [UInt8]($0)
            }
        }
    }
}

/// What became of a turn.
struct Sent {
    var news: [TransportNews]
    var receipt: TurnReceipt
    /// The waits between attempts, in milliseconds.
    var waits: [Int]

    var answer: Answer {
        AnswerAssembler.answer(
            news.compactMap { if case .event(let event) = $0 { event } else { nil } })
    }
    var failure: ProviderError? {
        if case .failed(let error) = answer.state { error } else { nil }
    }
    /// What each attempt but the last failed of.
    var retried: [ProviderError.Kind] {
        news.compactMap { if case .retrying(let error, _) = $0 { error.kind } else { nil } }
    }
    var attempts: Int64? { receipt.exchange["attempts"]?.int }
}

/// Takes news in their order.
final class News: Sendable {
    private let list = Mutex<[TransportNews]>([])
    var all: [TransportNews] { list.withLock(\.self) }
    func take(_ news: TransportNews) { list.withLock { $0.append(news) } }
}

/// A credential that tests hand in: tokens one after the other, or AWS keys.
final class TestCredential: TurnCredential {
    private let tokens: [String]
    private let keys: AWSKeys?
    private let place = Mutex(0)
    let kind = "test key"

    init(_ tokens: [String] = ["token-1", "token-2", "token-3"], keys: AWSKeys? = nil) {
        self.tokens = tokens
        self.keys = keys
    }

    var renewals: Int { place.withLock(\.self) }

    func authorize(
        _ request: WireRequest, _ placement: CredentialPlacement
    ) async throws(ProviderError) -> WireRequest {
        var request = request
        if let keys, case .signature(let scope) = placement {
            request.sign(for: scope, with: keys.forSigning(), at: SigningTime(Date()))
        } else {
            request.authorize(token: tokens[renewals], placement)
        }
        return request
    }

    func renew() async throws(ProviderError) {
        guard renewals + 1 < tokens.count else {
            throw ProviderError(.authentication, message: "There is no other.")
        }
        place.withLock { $0 += 1 }
    }
}

/// Waits that take no time and are written down.
final class TestPace: Sendable {
    private let list = Mutex<[Int]>([])
    var waits: [Int] { list.withLock(\.self) }

    var value: TurnPace {
        TurnPace(
            wait: { milliseconds in self.list.withLock { $0.append(milliseconds) } },
            chance: { 0 }, now: { Date(timeIntervalSince1970: 1_767_323_045) })
    }
}
