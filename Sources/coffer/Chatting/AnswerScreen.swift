import Chat
import JSONText
import Providers
import Synchronization
import Vault
import VaultCrypto

/// An answer as it comes.
///
/// On a terminal its Markdown is laid out, its thinking is dimmed, and nothing that a model says
/// acts on the terminal; one that is dumb is sent the text alone, which cannot act on it, either.
/// In a pipe stand the bytes of the text, a blank line between two parts, and nothing else; where
/// pieces of two parts come in turns, each change of part is such a line. What is
/// not the answer (another attempt, a tool, a limit that it reached) is a note, which goes
/// elsewhere. Everything that is shown is in the vault already.
final class AnswerScreen: Sendable {
    enum Form: Sendable {
        /// The text as it is, for whatever reads a pipe.
        case plain
        /// The text with what acts on a terminal replaced, and without any sequence of our own.
        case clean
        case markdown(width: Int)
        /// Notes alone: somebody prints the whole at its end.
        case none

        /// What fits standard output.
        static var usual: Form {
            fitting(
                isTerminal: Console.outputIsTerminal, isDumb: Console.isDumb, width: Console.width)
        }

        /// What fits an output; a terminal that does not say what it is, is dumb.
        static func fitting(isTerminal: Bool, isDumb: Bool, width: Int) -> Form {
            guard isTerminal else { return .plain }
            return isDumb ? .clean : .markdown(width: width)
        }
    }

    /// What is on the screen last, and of which part of the answer.
    private enum Place: Equatable {
        case start
        case text(part: Int)
        case thinking(part: Int)

        var part: Int? {
            switch self {
            case .start: nil
            case .text(let part), .thinking(let part): part
            }
        }

        var isText: Bool { if case .text = self { true } else { false } }
    }

    private struct State {
        var markdown: StreamedMarkdown
        var place = Place.start
        var hasText = false
        var isAtLineStart = true
    }

    private let form: Form
    private let write: @Sendable (String) -> Void
    private let note: @Sendable (String) -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - form: How the text is shown.
    ///   - isStyled: Whether a terminal shows what Markdown marks.
    ///   - write: Takes pieces of the answer, and shows them at once.
    ///   - note: Takes a sentence; the answer's last line is ended by then.
    init(
        _ form: Form, isStyled: Bool = Style.isOn, write: @escaping @Sendable (String) -> Void,
        note: @escaping @Sendable (String) -> Void
    ) {
        self.form = form
        self.write = write
        self.note = note
        let width = if case .markdown(let width) = form { width } else { Console.usualWidth }
        state = Mutex(State(markdown: StreamedMarkdown(width: width, isStyled: isStyled)))
    }

    /// Writes to standard output at once.
    ///
    /// A reader that has gone cancels the turn, so nothing is told of it here.
    static let toOutput: @Sendable (String) -> Void = { piece in
        Output.piece(piece)
        try? Output.flush()
    }

    /// Shows what `Chat` says next.
    func show(_ news: ChatNews) {
        switch news {
        case .began: break
        case .answer(let event): show(event)
        case .retrying(let error, let milliseconds):
            say("\(error.sentence) Trying again in \(Self.seconds(milliseconds)).")
        case .tool(let use, let outcome):
            say("The model asked for \(Self.name(of: use)): \(outcome.words).")
        case .ended: leave()
        }
    }

    /// Shows all text of an answer that has come to its end.
    func show(_ message: Message) {
        for (number, part) in message.parts.enumerated() where part.kind == .text {
            put(part.text ?? "", at: .text(part: number))
            leave()
        }
    }

    private func show(_ event: TurnEvent) {
        switch event {
        case .began(let part, .text(let text)): put(text, at: .text(part: part))
        case .began(let part, .thinking(let text, _)): put(text, at: .thinking(part: part))
        case .began(_, .refusal): say("The model declines:")
        case .text(let part, let text): put(text, at: .text(part: part))
        case .thinking(let part, let text): put(text, at: .thinking(part: part))
        case .ended(let part): if state.withLock({ $0.place.part == part }) { leave() }
        case .stopped(.maximumTokens, _):
            say("The answer reached its limit of tokens; ask for the rest.")
        case .stopped(.contextFull, _):
            say("The conversation fills what the model can read; begin another one.")
        case .stopped(.filtered, _):
            say("The provider's filter took the rest of the answer away.")
        default: break
        }
    }

    // MARK: Text

    private func put(_ text: String, at wanted: Place) {
        guard !text.isEmpty, isShown(wanted) else { return }
        if state.withLock({ $0.place != wanted }) { enter(wanted) }
        switch (form, wanted) {
        case (.markdown, .thinking): write(Style.dim(Printable.block(text)))
        case (.markdown, _): write(state.withLock { $0.markdown.take(text) })
        case (.clean, _):
            // A line may end as on Windows; this way a letter of it alone does not act, either.
            let letters = text.unicodeScalars.filter { $0 != "\r" }
            writeText(Printable.block(String(String.UnicodeScalarView(letters))))
        case (.plain, _): writeText(text)
        case (.none, _): break
        }
    }

    private func writeText(_ text: String) {
        guard let last = text.utf8.last else { return }
        state.withLock { $0.isAtLineStart = last == UInt8(ascii: "\n") }
        write(text)
    }

    private func isShown(_ place: Place) -> Bool {
        switch form {
        case .plain: place.isText
        case .markdown, .clean: true
        case .none: false
        }
    }

    /// Begins a part; a further one of text is a paragraph of its own.
    private func enter(_ wanted: Place) {
        leave()
        let isFurther = state.withLock { state in
            defer { state.hasText = state.hasText || wanted.isText }
            state.place = wanted
            return state.hasText && wanted.isText
        }
        if isFurther { write("\n") }
        if !wanted.isText { write(Style.dim("thinking\n")) }
    }

    /// Ends the part that is on the screen, so that a new line begins.
    private func leave() {
        let end = state.withLock { state -> String in
            defer {
                state.place = .start
                state.isAtLineStart = true
            }
            switch (state.place, form) {
            case (.start, _): return ""
            case (.thinking, _): return "\n\n"
            case (.text, .markdown): return state.markdown.finish()
            case (.text, _): return state.isAtLineStart ? "" : "\n"
            }
        }
        if !end.isEmpty { write(end) }
    }

    private func say(_ sentence: String) {
        leave()
        note(sentence)
    }

    /// What is looked at of a tool's name, in Unicode scalars.
    private static let longestName = 200

    /// A name of any length may stand in a conversation that was brought from elsewhere.
    private static func name(of use: ToolUse) -> String {
        let beginning = String(use.name.unicodeScalars.prefix(longestName))
        return Columns.clip(Printable.line(beginning), Console.usualWidth / 2)
    }

    private static func seconds(_ milliseconds: Int) -> String {
        milliseconds < 950 ? "less than a second" : "\((milliseconds + 500) / 1000) s"
    }
}

extension ToolOutcome {
    /// After a colon.
    fileprivate var words: String {
        switch self {
        case .done: "it was run, and the model is told what it gave"
        case .failed: "it failed, and the model is told why"
        case .denied: "not allowed"
        case .unknown: "there is no such tool"
        }
    }
}
