import ArgumentParser
import Chat
import Foundation
import JSONText
import Policy
import Providers
import Vault
import VaultCrypto

struct Ask: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask",
        abstract: "Ask a model one question, and keep question and answer.",
        usage: """
            coffer ask [<question> ...] [--provider <name>] [<options>]
            coffer ask --conversation <id> --resume [<options>]
            """,
        discussion: """
            The question is what is typed and what standard input holds, one after the other. The \
            answer goes to standard output while it comes: as text in a pipe, laid out on a \
            terminal. Everything is in the vault as it appears. Ctrl-C stops the answer and keeps \
            what came; --resume goes on with it.

            Where the policy does not allow the place at which the model would run, nothing is \
            sent, the audit log says so, and it exits 3. It exits 1 when the provider fails, and \
            130 when it is stopped. With --json the answer is one document with conversation, \
            message, state, answer, provider, model, host, region, usage and cost.

            EXAMPLES:
              coffer ask "What is a Merkle tree?"
              coffer ask "Summarise this" --attach terms.pdf --provider work --model sonnet
              git diff | coffer ask "Write a message for this change"
              coffer ask --conversation 018dfa1e "And in one sentence?"
            """)

    @Argument(help: ArgumentHelp("The question's words.", valueName: "question"))
    var question: [String] = []

    @OptionGroup var choice: ProviderChoice

    @Option(help: ArgumentHelp("What the model shall keep in mind.", valueName: "text"))
    var system: String?

    @Option(
        name: .customLong("attach"),
        help: ArgumentHelp("A file that goes along; may be repeated.", valueName: "file"),
        completion: .file())
    var files: [String] = []

    @Option(help: ArgumentHelp("Go on with this conversation.", valueName: "id"))
    var conversation: String?

    @Flag(help: "Begin a new conversation; so it is without --conversation.")
    var new = false

    @Flag(help: "Go on with an answer that was stopped or cut off.")
    var resume = false

    @OptionGroup var sampling: SamplingOptions

    @Flag(help: "Print the answer when it is whole.")
    var noStream = false

    @Flag(name: .shortAndLong, help: "Say what it used and where it is kept.")
    var verbose = false

    @Option(
        help: ArgumentHelp(
            "Whether the model may search the vault and read attached files: allow, ask or deny, "
                + "or a word for each, as search_vault=ask,read_attachment=allow.",
            valueName: "words"))
    var tools = ToolPermissions(.deny)

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if new, conversation != nil {
            throw ValidationError("Give --conversation or --new, not both.")
        }
        if resume, conversation == nil || !question.isEmpty || !files.isEmpty {
            throw ValidationError("--resume takes --conversation and no question.")
        }
        if conversation != nil, system != nil {
            throw ValidationError("--system is for new conversations; leave it out.")
        }
    }

    func run() throws {
        let wish: AnsweredTurn.Wish =
            try resume
            ? .resume : .ask(AskedText(question, options).question(files), system: system)
        try options.withVault { vault in
            Interruption.watch()
            let id = try conversation.map { try vault.conversationID(matching: $0) }
            if let id { try HiddenConversation.tell(id, of: vault, options) }
            let prepared = try ChatOpening(vault, choice)
            defer { prepared.close() }
            let start = ContinuousClock.now
            let opening = try prepared.permitted(for: id)
            let chat = opening.chat(
                try sampling.applied(to: opening.settings), tools: ToolChoices.set(tools))
            let turn = AnsweredTurn(chat, wish, in: id)
            let screen = screen(options.json || noStream ? .none : .usual)
            let outcome = try outcome(of: turn, on: screen)
            guard let id = turn.conversation else {
                preconditionFailure("a turn that has an outcome is in a conversation")
            }
            try report(outcome, in: id, of: opening, since: start)
        }
    }

    private func screen(_ form: AnswerScreen.Form) -> AnswerScreen {
        let options = options
        return AnswerScreen(form, write: AnswerScreen.toOutput) { options.note($0) }
    }

    private func outcome(
        of turn: AnsweredTurn, on screen: AnswerScreen
    ) throws -> ChatOutcome {
        do {
            return try AsyncWork.run { try await turn.run(on: screen) }
        } catch let refusal as ResidencyRefusal {
            if let id = turn.conversation, turn.isKept {
                options.note(TurnWords.refused(next: Self.resuming(id.description)))
            }
            throw refusal
        }
    }

    private static func resuming(_ conversation: String) -> String {
        "`coffer ask --conversation \(conversation) --resume`"
    }

    private func report(
        _ outcome: ChatOutcome, in conversation: RecordID, of opening: ChatOpening,
        since start: ContinuousClock.Instant
    ) throws {
        let vault = opening.vault
        let messages = try vault.messages(of: conversation)
        guard let message = messages.first(where: { $0.id == outcome.answer }) else {
            throw VaultError(.notFound, "The answer was purged as it came; ask again.")
        }
        let spent = (ContinuousClock.now - start).components
        let report = AnswerReport(
            conversation: conversation, message: message, opening: opening,
            elapsedMilliseconds: spent.seconds * 1000 + spent.attoseconds / 1_000_000_000_000_000)
        if options.json {
            Output.json(report.json)
        } else if noStream {
            screen(.usual).show(message)
        }
        // The whole one: what names it alone today may name two tomorrow.
        let id = conversation.description
        if verbose, !options.json {
            options.note("\(report.line). Kept in conversation \(id).")
        }
        if message.state == .complete,
            let lack = TurnWords.lack(of: message.parts, stopReason: message.stopReason)
        {
            options.note(lack)
        }
        try conclude(outcome, id, hasParts: TurnWords.hasCome(message.parts))
    }

    private func conclude(
        _ outcome: ChatOutcome, _ conversation: String, hasParts: Bool
    ) throws {
        let next = Self.resuming(conversation)
        let kept = TurnWords.kept(hasParts: hasParts, next: next)
        switch outcome.state {
        case .complete: return
        case .failed(let error):
            options.note("\(kept.prefix(1).uppercased())\(kept.dropFirst()).")
            throw error
        case .stopped where Interruption.isRequested:
            throw CommandFailure.interrupted("The answer was stopped; \(kept).")
        case .stopped where Output.isUseless: try Output.flush()
        default:
            let end =
                outcome.toolLimit.map(TurnWords.ended(afterRounds:))
                ?? "The answer did not come to its end"
            throw CommandFailure(
                code: "stopped", exit: 1,
                message: "\(end), and what came of it is kept; \(next) goes on with it.")
        }
    }
}

/// How a model answers, as it is typed.
struct SamplingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How hard the model tries, in its own word: low, medium, high.", valueName: "word"))
    var effort: String?

    @Option(
        help: ArgumentHelp(
            "Whether it thinks first: off, adaptive, or at most so many tokens.",
            valueName: "setting"))
    var thinking: ThinkingArgument?

    @Option(help: ArgumentHelp("The longest answer, in tokens.", valueName: "n"))
    var maxTokens: Int?

    @Option(
        help: ArgumentHelp(
            "End the answer where this text would come; may be repeated.", valueName: "text"))
    var stop: [String] = []

    func validate() throws {
        if stop.contains("") { throw ValidationError("--stop takes a text; give one.") }
        if let maxTokens, maxTokens < 1 {
            throw ValidationError("--max-tokens is a number from 1 on.")
        }
    }

    /// The settings with what was typed in place of what they say.
    func applied(to settings: ChatSettings) throws -> ChatSettings {
        var settings = settings
        settings.effort = effort ?? settings.effort
        settings.thinking = thinking?.setting ?? settings.thinking
        settings.limits.maximumTokens = maxTokens ?? settings.limits.maximumTokens
        settings.limits.stopSequences = stop
        return settings
    }
}

/// `off`, `adaptive` or a number of tokens.
struct ThinkingArgument: ExpressibleByArgument {
    let setting: ThinkingSetting

    init?(argument: String) {
        switch argument {
        case "off": setting = .off
        case "adaptive": setting = .adaptive(display: nil)
        default:
            guard let tokens = Int(argument), tokens >= 1 else { return nil }
            setting = .budget(tokens: tokens)
        }
    }
}

/// The text of a question: what was typed, then what comes through a pipe.
private struct AskedText {
    private static let largestBytes = 8 << 20
    private let text: String

    init(_ words: [String], _ options: GlobalOptions) throws {
        var pieces = [words.joined(separator: " ")]
        // Standard input that holds the passphrase holds no question.
        if !Console.inputIsTerminal, options.passphraseFile != "-" {
            pieces.append(try Self.input())
        }
        text = pieces.filter { !$0.allSatisfy(\.isWhitespace) }.joined(separator: "\n\n")
    }

    private static func input() throws -> String {
        var bytes = [UInt8](repeating: 0, count: largestBytes + 1)
        let count = try bytes.withUnsafeMutableBytes {
            try FileDescriptorSource(STDIN_FILENO).readFully(into: $0)
        }
        guard count <= largestBytes else {
            throw VaultError(
                .badInput, "Standard input holds more than 8 MiB; give it as a file with --attach.")
        }
        guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw VaultError(
                .badInput, "Standard input is no UTF-8 text; give it as a file with --attach.")
        }
        return text
    }

    func question(_ files: [String]) throws -> Question {
        guard !text.isEmpty || !files.isEmpty else {
            throw ValidationError("Type a question, or hand one over through a pipe.")
        }
        return Question(text, files: try AttachedFiles.read(files))
    }
}
