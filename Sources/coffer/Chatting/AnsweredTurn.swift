import Chat
import Synchronization
import Vault

/// A turn that a sitting waits for: it may begin a conversation, whose id is known whatever becomes
/// of the answer.
final class AnsweredTurn: Sendable {
    /// Takes the chat, what notes a conversation that begins, and what shows.
    typealias Body =
        @Sendable (Chat, @Sendable (RecordID) -> Void, @escaping Chat.Show) async throws ->
        ChatOutcome

    private let chat: Chat
    private let body: Body
    private let noted = Mutex<RecordID?>(nil)

    init(chat: Chat, body: @escaping Body) {
        self.chat = chat
        self.body = body
    }

    /// The conversation that has begun; nil where none did.
    var begun: RecordID? { noted.withLock { $0 } }

    func run(on screen: AnswerScreen) async throws {
        let note: @Sendable (RecordID) -> Void = { [self] id in noted.withLock { $0 = id } }
        _ = try await body(chat, note) { await screen.show($0) }
    }
}
