import ArgumentParser
import JSONText
import Policy
import Vault
import VaultCrypto

struct Delete: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Hide conversations from lists and searches; nothing is destroyed.",
        usage: "coffer delete <id> ... [--undo] [<options>]",
        discussion: """
            `coffer list --hidden` shows what is hidden, and --undo shows it again. What no rule \
            and no hold keeps, `coffer purge` can destroy. With --json the answer has changed, \
            unchanged and conversations: each with conversation, hidden, outcome, retainUntil and \
            why.

            EXAMPLES:
              coffer delete 018dfa1e
              coffer delete 018dfa1e --undo
            """)

    @OptionGroup var conversations: ConversationArguments

    @Flag(help: "Show them again.")
    var undo = false

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            let ids = try conversations.resolve(in: vault)
            let changed = try undo ? vault.unhide(ids) : vault.hide(ids)
            let decisions = try ids.map { id in
                (id: id, words: try Self.words(id, vault))
            }
            if options.json { return printJSON(changed, decisions) }
            guard !options.quiet else { return }
            let rest =
                changed == ids.count ? "" : "; \(Figures.count(ids.count - changed)) as before"
            Output.line(
                "\(undo ? "Showed" : "Hid") \(Figures.count(changed, "conversation"))\(rest).")
            guard !undo else { return }
            options.note("Nothing is destroyed; `coffer list --hidden` shows what is hidden.")
            for (id, words) in decisions {
                try ConversationLine.show(id, of: vault, Self.sentence(words))
            }
        }
    }

    private static func words(_ id: RecordID, _ vault: Vault) throws -> DecisionWords {
        let explanation = try vault.explain(id, .userDelete)
        return DecisionWords(
            explanation.decision,
            graceUntil: explanation.item.graceUntil.map(Instant.init(milliseconds:)))
    }

    private static func sentence(_ words: DecisionWords) -> String {
        words.decision.outcome == .destroy
            ? "no rule and no hold keeps it; `coffer purge` can destroy it" : words.clause
    }

    private func printJSON(_ changed: Int, _ decisions: [(id: RecordID, words: DecisionWords)]) {
        Output.json([
            "changed": .integer(changed), "unchanged": .integer(decisions.count - changed),
            "conversations": .array(
                decisions.map { id, words in
                    let answer = words.decision.object(id.description)
                    return .object([
                        "conversation": .string(id.description), "hidden": .bool(!undo),
                        "outcome": .string(words.decision.outcome.rawValue),
                        "retainUntil": answer["retainUntil"] ?? .null,
                        "why": .array(words.decision.why.map(JSON.string)),
                    ])
                }),
        ])
    }
}
