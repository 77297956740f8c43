import JSONText
import Policy
import Providers
import Synchronization

/// What becomes known of one turn while it is sent, for its receipt.
final class TurnRecord: Sendable {
    private struct State {
        var receipt = TurnReceipt()
        var attempts = 0
        var requestBytes = 0
        var responseBytes = 0
        var hasShown = false
    }
    private let state = Mutex(State())

    init(provider: String, credential: String) {
        state.withLock { state in
            state.receipt.provider = provider
            state.receipt.exchange["credential"] = .string(credential)
        }
    }

    /// Whether a person has seen something of the answer.
    var hasShown: Bool { state.withLock(\.hasShown) }

    /// An attempt begins.
    func sends(_ request: WireRequest, _ decision: ResidencyDecision, _ place: InferencePlace) {
        state.withLock { state in
            state.attempts += 1
            state.requestBytes += request.body.count
            state.receipt.host = request.origin.authority
            state.receipt.region = Self.region(decision, place)
            state.receipt.exchange.note(decision)
        }
    }

    /// An answer begins.
    func answered(_ stream: WireStream) {
        let id = ["request-id", "x-request-id", "x-amzn-requestid"].lazy
            .compactMap { stream.headers[$0] }.first
        state.withLock { state in
            for member in stream.peer.members { state.receipt.exchange[member.key] = member.value }
            state.receipt.exchange["requestID"] = id.map { .string(String($0.prefix(200))) }
        }
    }

    func received(bytes: Int) { state.withLock { $0.responseBytes += bytes } }

    func hands(_ event: TurnEvent) {
        guard event.isShown else { return }
        state.withLock { $0.hasShown = true }
    }

    var receipt: TurnReceipt {
        state.withLock { state in
            var receipt = state.receipt
            receipt.exchange["requestBytes"] = .integer(state.requestBytes)
            receipt.exchange["responseBytes"] = .integer(state.responseBytes)
            receipt.exchange["attempts"] = .integer(state.attempts)
            return receipt
        }
    }

    /// The regions in which the model may have run; nil where only a declaration speaks of them.
    private static func region(_ decision: ResidencyDecision, _ place: InferencePlace) -> String? {
        if case .allowed(_, .verified(let regions)) = decision {
            return regions.joined(separator: ", ")
        }
        switch place {
        case .vertex(let location): return location
        case .bedrock(let target):
            guard case .profile(_, _, let members) = target.model else { return target.region }
            return members?.joined(separator: ", ")
        case .foundry, .gateway, .operatorsChoice, .unknown: return nil
        }
    }
}

extension JSONObject {
    /// By what a turn was let go, as `TurnReceipt` has it.
    fileprivate mutating func note(_ decision: ResidencyDecision) {
        switch decision {
        case .unrestricted, .refused: self["basis"] = .string("unrestricted")
        case .allowed(let element, let basis):
            self["rule"] = .string("residency.allow[\(element)]")
            switch basis {
            case .verified: self["basis"] = .string("verified")
            case .declared(let words):
                self["basis"] = .string("declared")
                self["declared"] = .string(words)
            }
        }
    }
}
