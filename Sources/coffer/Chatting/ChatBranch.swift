import JSONText
import Vault
import VaultCrypto

/// A way through a conversation's messages: what an edit or another answer makes.
struct ChatBranch {
    /// Its last message.
    let leaf: RecordID
    let time: Instant?
    /// How many messages it has.
    let length: Int
    /// The beginning of the last thing that a person said on it.
    let words: String
    let isShown: Bool

    /// The branches of a conversation, the oldest leaf first.
    ///
    /// - Parameters:
    ///   - messages: All of them.
    ///   - current: The last one on the screen.
    /// - Returns: One for each message that nothing follows.
    static func all(_ messages: [Message], current: RecordID?) -> [ChatBranch] {
        let parents = Set(messages.compactMap(\.parent))
        let shown = Branches(messages, current: current).visible.last?.id
        return messages.filter { !parents.contains($0.id) }.sorted { $0.id < $1.id }.map { leaf in
            let path = Branches(messages, current: leaf.id).visible
            let question = path.last { $0.role == .user && $0.extra["resumes"] == nil }
            let text = question?.parts.last { $0.kind == .text }?.text ?? ""
            return ChatBranch(
                leaf: leaf.id, time: leaf.created, length: path.count,
                words: text.prefix { !$0.isNewline }.description, isShown: leaf.id == shown)
        }
    }
}
