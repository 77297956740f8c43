import Chat
import Providers
import Synchronization

/// Writes an answer to standard output while it comes.
///
/// In a pipe stand the bytes of the text and nothing else; on a terminal its Markdown is laid out,
/// and nothing in it acts on the terminal. What is not the answer (a repeated attempt, a tool that
/// is used) is a note on standard error.
final class AnswerPrinter: Sendable {
    enum Form: Sendable {
        /// The text as it is.
        case plain
        case markdown(width: Int)
        /// Nothing: somebody prints the whole at its end.
        case none

        /// What fits standard output.
        static var usual: Form {
            Console.outputIsTerminal && !Console.isDumb
                ? .markdown(width: Console.width) : .plain
        }
    }

    private struct State {
        var markdown: StreamedMarkdown?
        /// Whether something was written, and whether the last of it was a line end.
        var hasText = false
        var isAtLineStart = true
        var parts = 0
    }
    private let state: Mutex<State>
    private let form: Form
    private let options: GlobalOptions

    init(_ form: Form, _ options: GlobalOptions) {
        self.form = form
        self.options = options
        var state = State()
        if case .markdown(let width) = form { state.markdown = StreamedMarkdown(width: width) }
        self.state = Mutex(state)
    }

    /// Shows what is new; all of it is in the vault by then.
    func show(_ news: ChatNews) {
        switch news {
        case .began: state.withLock { $0.parts = 0 }
        case .answer(.began(_, let beginning)):
            switch beginning {
            case .text(let text): begin(text)
            case .refusal: begin("")
            default: break
            }
        case .answer(.text(_, let piece)): write(piece)
        case .answer: break
        case .retrying(let error, let milliseconds):
            note(
                "\(error.sentence) Trying again in \((milliseconds + 999) / 1000) s.")
        case .ended(_, .toolRequested): endLine()
        case .ended: finish()
        case .tool(let use, let outcome): note("The model used \(use.name): \(outcome.words).")
        }
    }

    /// A further part of text begins a paragraph of its own.
    private func begin(_ text: String) {
        let isFurther = state.withLock { state in
            defer { state.parts += 1 }
            return state.hasText && state.parts > 0
        }
        if isFurther { write("\n\n") }
        write(text)
    }

    private func write(_ piece: String) {
        guard !piece.isEmpty else { return }
        state.withLock { state in
            state.hasText = true
            state.isAtLineStart = piece.hasSuffix("\n")
            switch form {
            case .plain: Output.piece(piece)
            case .markdown: Output.piece(state.markdown?.take(piece) ?? "")
            case .none: return
            }
            try? Output.flush()
        }
    }

    /// Ends the answer's last line, so that what follows has its own.
    private func endLine() {
        state.withLock { state in
            guard state.hasText else { return }
            switch form {
            case .markdown: Output.piece(state.markdown?.finish() ?? "")
            case .plain: if !state.isAtLineStart { Output.piece("\n") }
            case .none: return
            }
            state.isAtLineStart = true
            try? Output.flush()
        }
    }

    private func finish() {
        endLine()
        state.withLock { $0.hasText = false }
    }

    private func note(_ text: String) { options.note(text) }
}

extension ToolOutcome {
    /// After a colon.
    fileprivate var words: String {
        switch self {
        case .done: "done"
        case .failed: "it failed"
        case .denied: "not allowed"
        case .unknown: "there is no such tool"
        }
    }
}
