import Chat
import JSONText
import Providers
import Vault
import VaultCrypto

/// An answer as it comes, on a terminal: text as Markdown, thinking dimmed, and a line for whatever
/// else happens.
///
/// Everything that it gets is in the vault already; nothing that a model says can act on the
/// terminal.
actor AnswerScreen {
    private enum Place { case start, text, thinking }

    private let width: Int
    private let write: @Sendable (String) -> Void
    private var markdown: StreamedMarkdown
    private var place = Place.start

    /// - Parameters:
    ///   - width: The terminal's columns.
    ///   - write: Takes pieces for it, and shows them at once.
    init(width: Int, write: @escaping @Sendable (String) -> Void) {
        self.width = width
        self.write = write
        markdown = StreamedMarkdown(width: width)
    }

    /// Shows what `Chat` says next.
    func show(_ news: ChatNews) {
        switch news {
        case .began: break
        case .answer(let event): show(event)
        case .retrying(let error, let milliseconds):
            line("\(error.sentence) Trying again in \(Self.seconds(milliseconds)).")
        case .tool(let use, let outcome): show(use, outcome)
        case .ended(_, let state): end(state)
        }
    }

    private func show(_ event: TurnEvent) {
        switch event {
        case .began(_, .text(let text)): say(text, .text)
        case .began(_, .thinking(let text, _)): say(text, .thinking)
        case .began(_, .toolUse(_, let name, _)): line("asks for \(name)")
        case .began(_, .refusal): line("The model declines:")
        case .text(_, let text): say(text, .text)
        case .thinking(_, let text): say(text, .thinking)
        case .ended: leave()
        case .stopped(.maximumTokens, _):
            line("The answer reached its limit of tokens; ask for the rest.")
        case .stopped(.contextFull, _):
            line("The conversation fills what the model can read; begin another one.")
        case .stopped(.filtered, _):
            line("The provider's filter took the rest of the answer away.")
        default: break
        }
    }

    // MARK: Text

    private func say(_ text: String, _ wanted: Place) {
        guard !text.isEmpty else { return }
        if place != wanted {
            leave()
            place = wanted
            if wanted == .thinking { write(Style.dim("thinking\n")) }
        }
        switch wanted {
        case .text: write(markdown.take(text))
        case .thinking: write(Style.dim(Printable.block(text)))
        case .start: break
        }
    }

    /// Ends the part that is on the screen, so that a new line begins.
    private func leave() {
        switch place {
        case .start: return
        case .text: write(markdown.finish())
        case .thinking: write("\n\n")
        }
        place = .start
    }

    private func line(_ text: String) {
        leave()
        for line in Wrapping.lines(of: Printable.line(text), width: width) {
            write(Style.dim(line) + "\n")
        }
    }

    // MARK: Events

    private func show(_ use: ToolUse, _ outcome: ToolOutcome) {
        let what =
            switch outcome {
            case .done: "was run, and the model is told what it gave"
            case .failed: "failed, and the model is told why"
            case .denied: "was not allowed"
            case .unknown: "does not exist here"
            }
        line("\(use.name) \(what)")
    }

    private func end(_ state: TurnMachine.State) {
        leave()
        switch state {
        case .stopped: line("Stopped; what came is kept, and /resume goes on with it.")
        case .failed(let error):
            line("\(error.sentence) What came of the answer is kept; /resume goes on.")
        default: break
        }
    }

    private static func seconds(_ milliseconds: Int) -> String {
        milliseconds < 950 ? "less than a second" : "\((milliseconds + 500) / 1000) s"
    }
}
