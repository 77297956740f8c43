package import Foundation
import JSONText
package import Vault

/// What a million tokens of a model cost, in one currency.
package struct TokenPrices: Sendable, Equatable {
    package var input: Decimal
    package var output: Decimal
    package var cacheRead: Decimal
    package var cacheWrite: Decimal

    package init(
        input: Decimal, output: Decimal, cacheRead: Decimal? = nil, cacheWrite: Decimal? = nil
    ) {
        self.input = input
        self.output = output
        self.cacheRead = cacheRead ?? input
        self.cacheWrite = cacheWrite ?? input
    }
}

/// The tokens of a conversation, as its providers counted them, and what they cost.
package struct ConversationUsage: Sendable, Equatable {
    package private(set) var inputTokens: Int64 = 0
    package private(set) var outputTokens: Int64 = 0
    package private(set) var cacheReadTokens: Int64 = 0
    package private(set) var cacheWriteTokens: Int64 = 0
    /// Answers of which the provider counted nothing.
    package private(set) var uncounted = 0
    /// Nil while an answer that was counted has no price.
    package private(set) var cost: Decimal? = 0

    /// - Parameters:
    ///   - messages: All of a conversation's; answers of branches that were left cost as well.
    ///   - prices: By model.
    package init(_ messages: [Message], prices: [String: TokenPrices] = [:]) {
        for message in messages where message.role == .assistant {
            guard let usage = message.usage, let output = usage["outputTokens"]?.int else {
                uncounted += 1
                continue
            }
            func tokens(_ name: String) -> Int64 { max(0, usage[name]?.int ?? 0) }
            let input = tokens("inputTokens")
            let read = tokens("cacheReadTokens")
            let write = tokens("cacheWriteTokens")
            inputTokens += input
            outputTokens += output
            cacheReadTokens += read
            cacheWriteTokens += write
            guard let price = message.model.flatMap({ prices[$0] }) else {
                cost = nil
                continue
            }
            let sum =
                Decimal(input) * price.input + Decimal(output) * price.output
                + Decimal(read) * price.cacheRead + Decimal(write) * price.cacheWrite
            cost = cost.map { $0 + sum / 1_000_000 }
        }
    }
}
