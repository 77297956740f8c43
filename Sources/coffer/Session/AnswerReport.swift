import Chat
import Foundation
import JSONText
import Vault
import VaultCrypto

/// What is said of an answer beside its text: where it went, its tokens, what they cost.
struct AnswerReport {
    let conversation: RecordID
    let message: Message
    let opening: ChatOpening
    let elapsedMilliseconds: Int64

    private var usage: ConversationUsage {
        ConversationUsage([message], prices: opening.configuration.prices)
    }

    /// `13 tokens in, 240 out, 0.0037 EUR, 2.4 s`.
    var line: String {
        var pieces: [String] = []
        let usage = usage
        if usage.uncounted == 0 {
            pieces.append("\(Figures.count(usage.inputTokens)) tokens in")
            pieces.append("\(Figures.count(usage.outputTokens)) out")
            if usage.cacheReadTokens > 0 {
                pieces.append("\(Figures.count(usage.cacheReadTokens)) from cache")
            }
        } else {
            pieces.append("tokens not counted by the provider")
        }
        if let cost = costText { pieces.append(cost) }
        pieces.append(
            "\(elapsedMilliseconds / 1000).\(elapsedMilliseconds % 1000 / 100) s")
        return pieces.joined(separator: ", ")
    }

    private var costText: String? {
        guard let cost = usage.cost, usage.uncounted == 0,
            let currency = opening.configuration.currency
        else { return nil }
        return "\(cost) \(currency)"
    }

    var json: JSONObject {
        let usage = usage
        let text = message.parts.filter { $0.kind == .text }.compactMap(\.text)
        return [
            "conversation": .string(conversation.description),
            "message": .string(message.id.description), "state": .string(message.state.rawValue),
            "answer": .string(text.joined(separator: "\n\n")), "model": .text(message.model),
            "provider": .text(message.provider), "host": .text(message.host),
            "region": .text(message.region), "stopReason": .text(message.stopReason),
            "usage": usage.uncounted == 0
                ? .object([
                    "inputTokens": .integer(usage.inputTokens),
                    "outputTokens": .integer(usage.outputTokens),
                    "cacheReadTokens": .integer(usage.cacheReadTokens),
                    "cacheWriteTokens": .integer(usage.cacheWriteTokens),
                ]) : .null,
            "cost": costText == nil ? .null : cost,
            "exchange": message.extra["exchange"] ?? .null,
            "elapsedMilliseconds": .integer(elapsedMilliseconds),
        ]
    }

    private var cost: JSON {
        .object([
            "amount": .number("\(usage.cost ?? 0)"),
            "currency": .text(opening.configuration.currency),
        ])
    }
}
