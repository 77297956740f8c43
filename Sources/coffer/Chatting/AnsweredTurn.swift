import Chat
import Synchronization
import Vault
import VaultCrypto

/// A turn that a person waits for: it may begin a conversation, whose id is known whatever becomes
/// of the answer.
final class AnsweredTurn: Sendable {
    /// What a person wants to be answered.
    enum Wish: Sendable {
        /// A question behind the last message; where there is no conversation it begins one, in
        /// which the model keeps `system` in mind.
        case ask(Question, system: String?)
        /// Another question in the place of an earlier one.
        case edit(RecordID, Question)
        /// Another answer in the place of one.
        case regenerate(RecordID)
        /// The last message, which has no answer yet.
        case answer
        /// The rest of an answer that was stopped or failed.
        case resume
    }

    private struct State {
        var conversation: RecordID?
        var isKept = false
    }

    private let chat: Chat
    private let wish: Wish
    private let state: Mutex<State>

    /// - Parameters:
    ///   - chat: Whom to ask.
    ///   - wish: What for.
    ///   - conversation: Where; nil begins one, which only a question can.
    init(_ chat: Chat, _ wish: Wish, in conversation: RecordID?) {
        self.chat = chat
        self.wish = wish
        state = Mutex(State(conversation: conversation))
    }

    /// The conversation, also one that has begun; nil where none did.
    var conversation: RecordID? { state.withLock { $0.conversation } }

    /// Whether what was asked is in the vault: an answer to it has begun.
    var isKept: Bool { state.withLock { $0.isKept } }

    /// Has it answered; a task that is cancelled stops the answer.
    func run(on screen: AnswerScreen) async throws -> ChatOutcome {
        try await run { [self] news in
            if case .began = news { state.withLock { $0.isKept = true } }
            screen.show(news)
        }
    }

    private func run(_ show: @escaping Chat.Show) async throws -> ChatOutcome {
        guard let conversation else { return try await begin(show) }
        switch wish {
        case .ask(let question, _): return try await chat.ask(question, in: conversation, show)
        case .edit(let message, let question):
            return try await chat.edit(message, to: question, in: conversation, show)
        case .regenerate(let answer):
            return try await chat.regenerate(answer, in: conversation, show)
        case .answer: return try await chat.answer(in: conversation, show)
        case .resume: return try await chat.resume(conversation, show)
        }
    }

    private func begin(_ show: @escaping Chat.Show) async throws -> ChatOutcome {
        guard case .ask(let question, let system) = wish else {
            throw VaultError(.badInput, "There is no conversation yet; ask something first.")
        }
        let begun = try await chat.begin(question, system: system)
        state.withLock { $0 = State(conversation: begun, isKept: true) }
        return try await chat.answer(in: begun, show)
    }
}
