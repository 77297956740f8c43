import Chat
import Foundation
import JSONText
import Providers

/// A source of answers inside this process that says what a script says, as fast as it is told to;
/// it stands where a transport stands, and no provider is asked.
///
/// Its answer to a seed is thoughts `think<seed>-<n> ` and then words `word<seed>-<n> `, so that
/// whoever knows the seed knows the answer.
struct ScriptedSource: TurnTransport {
    var seed: Int
    var thoughts = 5
    var words: Int
    /// Between two words; 0 for as fast as they are taken.
    var pauseMicroseconds: UInt64
    /// Told before each event is handed on.
    var onEvent: @Sendable () -> Void = {}
    /// Takes the request.
    var onRequest: @Sendable (TurnRequest) -> Void = { _ in }

    func send(
        _ request: TurnRequest, _ receive: @escaping @Sendable (TransportNews) async throws -> Void
    ) async throws -> TurnReceipt {
        onRequest(request)
        func say(_ event: TurnEvent) async throws {
            onEvent()
            try await receive(.event(event))
        }
        try await say(.started(id: "scripted-\(seed)", model: "scripted-1"))
        try await say(.began(part: 0, .thinking("", signature: "")))
        for number in 0..<thoughts {
            try await say(.thinking(part: 0, "think\(seed)-\(number) "))
        }
        try await say(.signature(part: 0, "signed-\(seed)"))
        try await say(.ended(part: 0))
        try await say(.began(part: 1, .text("")))
        for number in 0..<words {
            if pauseMicroseconds > 0 {
                try await Task.sleep(nanoseconds: pauseMicroseconds * 1000)
            }
            try await say(.text(part: 1, "word\(seed)-\(number) "))
        }
        try await say(.ended(part: 1))
        var usage = Usage()
        usage.outputTokens = words
        try await say(.usage(usage))
        try await say(.stopped(.endOfTurn, sequence: nil))
        try await say(.finished)
        var receipt = TurnReceipt()
        receipt.host = "scripted.invalid"
        receipt.region = "nowhere"
        receipt.exchange = ["credential": .string("none"), "responseBytes": .integer(words * 10)]
        return receipt
    }
}
