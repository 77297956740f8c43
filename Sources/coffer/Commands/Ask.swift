import ArgumentParser
import Chat
import Foundation
import JSONText
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
            "Whether the model may search the vault and read attached files: allow, ask or deny.",
            valueName: "word"))
    var tools: ToolPermission = .deny

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
        let asked = resume ? nil : try AskedText(question, options).question(files)
        try options.withVault { vault in
            Interruption.watch()
            let id = try conversation.map { try vault.conversationID(matching: $0) }
            let opening = try ChatOpening(vault, choice)
            let printer = AnswerPrinter(options.json || noStream ? .none : .usual, options)
            let work = AskedTurn(
                opening: opening, question: asked, system: system, conversation: id,
                settings: try sampling.applied(to: opening.settings),
                tools: ToolChoices.set(tools, options), printer: printer)
            let start = ContinuousClock.now
            let end = try AsyncWork.run { try await work.run() }
            try report(end, work, start, vault)
        }
    }

    private func report(
        _ end: AskedTurn.End, _ turn: AskedTurn, _ start: ContinuousClock.Instant, _ vault: Vault
    ) throws {
        let messages = try vault.messages(of: end.conversation)
        guard let message = messages.first(where: { $0.id == end.outcome.answer }) else {
            throw VaultError(.notFound, "The answer was purged as it came; ask again.")
        }
        let spent = (ContinuousClock.now - start).components
        let report = AnswerReport(
            conversation: end.conversation, message: message, opening: turn.opening,
            elapsedMilliseconds: spent.seconds * 1000 + spent.attoseconds / 1_000_000_000_000_000)
        if options.json { Output.json(report.json) } else if noStream { show(message) }
        let id = try vault.shortID(of: end.conversation)
        if verbose, !options.json {
            options.note("\(report.line). Kept in conversation \(id).")
        }
        try conclude(end.outcome.state, id, hasText: !message.parts.isEmpty)
    }

    private func show(_ message: Message) {
        let printer = AnswerPrinter(.usual, options)
        for (place, part) in message.parts.enumerated() where part.kind == .text {
            printer.show(.answer(.began(part: place, .text(part.text ?? ""))))
        }
        printer.show(.ended(message.id, .complete))
    }

    private func conclude(
        _ state: TurnMachine.State, _ conversation: String, hasText: Bool
    ) throws {
        let command = "`coffer ask --conversation \(conversation) --resume`"
        let next = "\(command) goes on with it"
        switch state {
        case .complete: return
        case .failed(let error):
            options.note(
                hasText
                    ? "What came of the answer is kept; \(next)."
                    : "The question is kept; \(command) asks it again.")
            throw error
        case .stopped where Interruption.isRequested:
            throw CommandFailure.interrupted(
                "The answer was stopped, and what came of it is kept; \(next).")
        case .stopped where Output.isUseless: try Output.flush()
        default:
            throw CommandFailure(
                code: "stopped", exit: 1,
                message: "The answer did not come to its end, and what came of it is kept; \(next)."
            )
        }
    }
}

extension ToolPermission: ExpressibleByArgument {}

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

    func validate() throws {
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
        if isatty(STDIN_FILENO) == 0, options.passphraseFile != "-" {
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

/// One question on its way to a model.
private struct AskedTurn: Sendable {
    struct End: Sendable {
        var conversation: RecordID
        var outcome: ChatOutcome
    }

    var opening: ChatOpening
    /// Nil goes on with an answer.
    let question: Question?
    let system: String?
    let conversation: RecordID?
    let settings: ChatSettings
    let tools: ToolSet
    let printer: AnswerPrinter

    func run() async throws -> End {
        var opening = opening
        do {
            try await opening.resolve()
            try opening.requirePermission(for: conversation)
            let end = try await ask(opening)
            opening.close()
            return end
        } catch {
            opening.close()
            throw error
        }
    }

    private func ask(_ opening: ChatOpening) async throws -> End {
        var settings = settings
        settings.facts = opening.settings.facts
        let chat = opening.chat(settings, tools: tools)
        let printer = printer
        let show: Chat.Show = { printer.show($0) }
        guard let conversation else {
            let id = try await chat.begin(question ?? Question(""), system: system)
            return End(conversation: id, outcome: try await chat.answer(in: id, show))
        }
        let outcome =
            if let question {
                try await chat.ask(question, in: conversation, show)
            } else {
                try await chat.resume(conversation, show)
            }
        return End(conversation: conversation, outcome: outcome)
    }
}
