import Chat
import Foundation
import JSONText
import Providers
import Synchronization
import Vault
import VaultCrypto

/// A vault in a temporary folder, removed at the end.
final class TestVault: Sendable {
    let folder: String
    let vault: Vault

    init() throws {
        folder = NSTemporaryDirectory() + "coffer-chat-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var creation = VaultCreation(custodian: "ada")
        creation.passphrase = Self.passphrase
        creation.workFactor = 4
        creation.allowsWeakWorkFactor = true
        vault = try Vault.create(at: folder + "/test.coffer", creation)
    }

    private static var passphrase: SecretBytes {
        let bytes = Array("correct horse".utf8)
        return SecretBytes(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    /// Opens it once more, as another process would.
    func openAgain() throws -> Vault {
        try Vault.open(at: folder + "/test.coffer", by: .passphrase(Self.passphrase))
    }

    deinit {
        try? vault.close()
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// Answers from lists of news, one list for each request; no network, no provider.
final class ScriptedTransport: TurnTransport {
    enum Step: Sendable {
        case news(TransportNews)
        /// Waits until the task is cancelled.
        case hang
        /// Ends without a last event.
        case leave
        case fail(ProviderError)
    }

    private struct State {
        var scripts: [[Step]]
        var requests: [TurnRequest] = []
    }
    private let state: Mutex<State>

    init(_ scripts: [[Step]]) { state = Mutex(State(scripts: scripts)) }

    convenience init(events: [[TurnEvent]]) {
        self.init(events.map { $0.map { .news(.event($0)) } })
    }

    var requests: [TurnRequest] { state.withLock { $0.requests } }

    func send(
        _ request: TurnRequest, _ receive: @escaping @Sendable (TransportNews) async throws -> Void
    ) async throws -> TurnReceipt {
        let script = state.withLock { state -> [Step] in
            state.requests.append(request)
            return state.scripts.isEmpty ? [] : state.scripts.removeFirst()
        }
        steps: for step in script {
            switch step {
            case .news(let news): try await receive(news)
            case .hang:
                let hour: UInt64 = 3_600_000_000_000
                try? await Task.sleep(nanoseconds: hour)
                break steps
            case .leave: break steps
            case .fail(let error): throw error
            }
        }
        var receipt = TurnReceipt()
        receipt.host = "scripted.invalid"
        receipt.region = "europe-west4"
        receipt.exchange = ["responseBytes": .integer(9)]
        return receipt
    }
}

/// What was shown, in order.
final class Shown: Sendable {
    private let state = Mutex<[ChatNews]>([])
    var news: [ChatNews] { state.withLock { $0 } }

    func add(_ news: ChatNews) { state.withLock { $0.append(news) } }

    var text: String {
        news.map { if case .answer(.text(_, let piece)) = $0 { piece } else { "" } }.joined()
    }
}

enum Script {
    /// An answer of one text.
    static func text(_ pieces: [String], stop: StopReason = .endOfTurn) -> [TurnEvent] {
        var usage = Usage()
        (usage.inputTokens, usage.outputTokens) = (10, pieces.count)
        return [.started(id: "a1", model: "made-up-1-dated"), .began(part: 0, .text(""))]
            + pieces.map { .text(part: 0, $0) }
            + [.ended(part: 0), .usage(usage), .stopped(stop, sequence: nil), .finished]
    }

    /// An answer that asks for a tool.
    static func tool(
        _ name: String, _ input: String, stop: StopReason = .toolUse
    ) -> [TurnEvent] {
        [
            .started(id: "a1", model: nil),
            .began(part: 0, .toolUse(id: "t1", name: name, input: nil)),
            .toolInput(part: 0, input), .ended(part: 0), .stopped(stop, sequence: nil), .finished,
        ]
    }
}

extension Chat {
    init(_ test: TestVault, _ transport: ScriptedTransport, tools: ToolSet = ToolSet()) {
        var settings = ChatSettings(model: "made-up-1")
        settings.facts.provider = "work"
        self.init(test.vault, over: transport, tools: tools, settings: settings)
    }
}
