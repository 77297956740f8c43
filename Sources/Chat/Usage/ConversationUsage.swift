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
///
/// A server may count anything: an answer with a number below zero or above a million million is
/// one that was not counted, and sums end at the largest number.
package struct ConversationUsage: Sendable, Equatable {
    package private(set) var inputTokens: Int64 = 0
    package private(set) var outputTokens: Int64 = 0
    package private(set) var cacheReadTokens: Int64 = 0
    package private(set) var cacheWriteTokens: Int64 = 0
    /// Answers of which the provider counted nothing that can be.
    package private(set) var uncounted = 0
    /// Nil while an answer that was counted has no price.
    package private(set) var cost: Decimal? = 0

    /// What one answer may have taken; far more than any model reads.
    private static let possible: ClosedRange<Int64> = 0...1_000_000_000_000

    /// - Parameters:
    ///   - messages: All of a conversation's; answers of branches that were left cost as well.
    ///   - prices: By model.
    package init(_ messages: [Message], prices: [String: TokenPrices] = [:]) {
        for message in messages where message.role == .assistant {
            guard let counts = Counts(message.usage) else {
                uncounted += 1
                continue
            }
            Self.add(counts.input, to: &inputTokens)
            Self.add(counts.output, to: &outputTokens)
            Self.add(counts.cacheRead, to: &cacheReadTokens)
            Self.add(counts.cacheWrite, to: &cacheWriteTokens)
            let price = message.model.flatMap { prices[$0] }
            cost = cost.flatMap { sum in price.map { sum + counts.cost($0) } }
        }
    }

    private static func add(_ count: Int64, to sum: inout Int64) {
        let (total, isTooLarge) = sum.addingReportingOverflow(count)
        sum = isTooLarge ? .max : total
    }

    /// What one answer took.
    private struct Counts {
        var input: Int64
        var output: Int64
        var cacheRead: Int64
        var cacheWrite: Int64

        /// Nil where the output was not counted, or anything is no number that can be.
        init?(_ usage: JSONObject?) {
            let names = ["inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens"]
            let counts = names.map { usage?[$0]?.int }
            guard counts[1] != nil,
                counts.allSatisfy({ $0.map(ConversationUsage.possible.contains) ?? true })
            else { return nil }
            (input, output) = (counts[0] ?? 0, counts[1] ?? 0)
            (cacheRead, cacheWrite) = (counts[2] ?? 0, counts[3] ?? 0)
        }

        func cost(_ price: TokenPrices) -> Decimal {
            let sum =
                Decimal(input) * price.input + Decimal(output) * price.output
                + Decimal(cacheRead) * price.cacheRead + Decimal(cacheWrite) * price.cacheWrite
            return sum / 1_000_000
        }
    }
}
