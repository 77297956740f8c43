package import JSONText

/// What a model's answer says next, whatever provider it comes from.
///
/// An answer is `started`, then parts, each with `began`, pieces and `ended`, then `stopped` and
/// `finished`. It ends with exactly one of `finished` and `failed`; nothing follows.
package enum TurnEvent: Sendable, Equatable {
    case started(id: String?, model: String?)
    case began(part: Int, PartBeginning)
    case text(part: Int, String)
    case thinking(part: Int, String)
    case signature(part: Int, String)
    case citation(part: Int, JSON)
    case toolInput(part: Int, String)
    case ended(part: Int)
    /// What was counted so far; a number that is there replaces an earlier one.
    case usage(Usage)
    case stopped(StopReason, sequence: String?)
    /// Something that is not known here; shown to nobody, and no fault.
    case other(JSON)
    case finished
    case failed(ProviderError)
}

/// What kind of part begins, and what is known of it already.
package enum PartBeginning: Sendable, Equatable {
    case text(String)
    case thinking(String, signature: String)
    case redactedThinking(String)
    case refusal
    case toolUse(id: String, name: String, input: JSON?)
    case other(JSONObject)
}

/// Why a model stopped.
package enum StopReason: Sendable, Equatable {
    case endOfTurn, maximumTokens, stopSequence, toolUse, pause, refusal, contextFull
    /// The provider's own filter took the answer away.
    case filtered
    /// A word that is not known here.
    case other(String)
}

/// Numbers of tokens; nil where the provider has not said.
package struct Usage: Sendable, Equatable {
    package var inputTokens: Int?
    package var outputTokens: Int?
    package var cacheReadTokens: Int?
    package var cacheWriteTokens: Int?
    package var reasoningTokens: Int?
    package var serviceTier: String?
    /// Where the provider says that the model ran.
    package var inferencePlace: String?

    package init() {}

    /// Takes over what the newer numbers say; they are totals, not differences.
    package mutating func update(_ newer: Usage) {
        inputTokens = newer.inputTokens ?? inputTokens
        outputTokens = newer.outputTokens ?? outputTokens
        cacheReadTokens = newer.cacheReadTokens ?? cacheReadTokens
        cacheWriteTokens = newer.cacheWriteTokens ?? cacheWriteTokens
        reasoningTokens = newer.reasoningTokens ?? reasoningTokens
        serviceTier = newer.serviceTier ?? serviceTier
        inferencePlace = newer.inferencePlace ?? inferencePlace
    }
}

extension TurnEvent {
    /// Whether a person has seen something of it; from then on nothing is sent a second time.
    package var isShown: Bool {
        switch self {
        case .started, .usage, .other, .toolInput: false
        default: true
        }
    }
}
