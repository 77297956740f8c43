import JSONText
import Policy
import Providers
import Synchronization

/// What becomes known of one turn while it is sent, for its receipt.
final class TurnRecord: Sendable {
    private struct State {
        var receipt = TurnReceipt()
        /// What each attempt has handed to a connection, and taken from it.
        var attempts: [BodyBytes] = []
        var hasShown = false
        var secrets = SentSecrets()
    }
    private let state = Mutex(State())

    init(provider: String, credential: String) {
        state.withLock { state in
            state.receipt.provider = provider
            state.receipt.exchange["credential"] = .string(credential)
        }
    }

    /// Whether an attempt has gone out, or was about to.
    var hasAttempts: Bool { state.withLock { !$0.attempts.isEmpty } }

    /// Whether a person has seen something of the answer.
    var hasShown: Bool { state.withLock(\.hasShown) }

    /// What was sent as a secret so far.
    var secrets: SentSecrets { state.withLock(\.secrets) }

    /// An attempt begins.
    ///
    /// - Parameters:
    ///   - request: The request as it goes out.
    ///   - plain: The same without the credential.
    ///   - proxy: Through which it goes.
    ///   - decision: By what it is let go.
    ///   - place: Where it makes the model run.
    /// - Returns: What is to count its bytes.
    func sends(
        _ request: WireRequest, besides plain: WireRequest, through proxy: WebOrigin?,
        _ decision: ResidencyDecision, _ place: InferencePlace
    ) -> BodyBytes {
        let bytes = BodyBytes()
        state.withLock { state in
            state.attempts.append(bytes)
            state.secrets.add(request, besides: plain)
            state.receipt.host = request.origin.authority
            state.receipt.region = Self.region(decision, place)
            state.receipt.exchange["profile"] = place.unknownProfile.map(JSON.string)
            state.receipt.exchange["scheme"] = .string(request.origin.scheme.rawValue)
            state.receipt.exchange["proxy"] = proxy.map { .string($0.description) }
            state.receipt.exchange.note(decision)
        }
        return bytes
    }

    /// An answer begins.
    func answered(_ stream: WireStream) {
        let id = ["request-id", "x-request-id", "x-amzn-requestid"].lazy
            .compactMap { stream.headers[$0] }.first
        state.withLock { state in
            for member in stream.peer.members { state.receipt.exchange[member.key] = member.value }
            state.receipt.exchange["requestID"] = state.secrets.word(id).map(JSON.string)
        }
    }

    /// The policy does not let the next attempt go.
    func refuses(_ refusal: ResidencyRefusal) { state.withLock { $0.receipt.refusal = refusal } }

    func hands(_ event: TurnEvent) {
        guard event.isShown else { return }
        state.withLock { $0.hasShown = true }
    }

    var receipt: TurnReceipt {
        state.withLock { state in
            var receipt = state.receipt
            let (attempts, unsent) = (state.attempts, state.attempts.count { !$0.isBegun })
            receipt.exchange["requestBytes"] = .integer(attempts.reduce(0) { $0 + $1.handed })
            receipt.exchange["responseBytes"] = .integer(attempts.reduce(0) { $0 + $1.taken })
            receipt.exchange["attempts"] = .integer(attempts.count)
            receipt.exchange["unsent"] = unsent == 0 ? nil : .integer(unsent)
            let isUntrusted = attempts.last?.hasHandshakeFailed == true
            receipt.exchange["handshake"] = isUntrusted ? .string("failed") : nil
            return receipt
        }
    }

    /// The regions in which the model may have run; nil where nothing, or only a declaration, says.
    private static func region(_ decision: ResidencyDecision, _ place: InferencePlace) -> String? {
        if case .allowed(_, .verified(let regions)) = decision {
            return regions.joined(separator: ", ")
        }
        return place.knownRegion
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
