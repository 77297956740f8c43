import Chat
import Vault

/// What is said at the end of a turn beside its answer: what is kept of it, and what it lacks.
enum TurnWords {
    /// What is kept of a turn that did not come to its end.
    ///
    /// - Parameters:
    ///   - hasParts: Whether anything came of the last answer.
    ///   - next: The command that goes on, in backquotes or as a sitting has it.
    /// - Returns: A clause without its full stop.
    static func kept(hasParts: Bool, next: String) -> String {
        hasParts
            ? "what came of the answer is kept; \(next) goes on with it"
            : "nothing came of the answer, and the question is kept; \(next) asks it again"
    }

    /// Whether anything came of an answer.
    static func hasCome(_ parts: [Part]) -> Bool {
        parts.contains { $0.kind != .text || $0.text?.isEmpty == false }
    }

    /// What is kept of a turn that the policy refused, which may have had answers before.
    ///
    /// - Returns: A sentence.
    static func refused(next: String) -> String {
        "The question, and what came until then, are kept; once the policy allows it, \(next) goes "
            + "on."
    }

    /// How a turn ended that asked for tools again and again; a clause.
    static func ended(afterRounds rounds: Int) -> String {
        "The turn was ended after \(Figures.count(rounds, "round")) of tools"
    }

    /// What an answer lacks that came to its end; nil where there is something to read or to run.
    ///
    /// - Parameters:
    ///   - parts: The parts of the answer.
    ///   - stopReason: Why the model ended it.
    /// - Returns: A sentence.
    static func lack(of parts: [Part], stopReason: String?) -> String? {
        let hasWords = parts.contains { part in
            part.kind == .text && part.text?.contains { !$0.isWhitespace } == true
        }
        let hasMore = parts.contains { $0.kind != .text && $0.kind != .thinking }
        if stopReason == "tool_use", !hasMore {
            return "The model stopped for a tool and asked for none; ask once more."
        }
        guard !hasWords, !hasMore else { return nil }
        return switch stopReason {
        // What ended it has been said.
        case "max_tokens", "model_context_window_exceeded", "filtered": nil
        case "refusal": "The model declined to answer."
        default: "The model ended its answer without a word; ask once more."
        }
    }
}
