package import Vault
package import VaultCrypto

/// The messages from the beginning of a conversation to one of them: the branch that it is on.
///
/// Editing a message and asking again make siblings: messages with one parent. Which of them is
/// meant follows from the last message alone.
package struct Path: Sendable {
    /// The first one has no parent.
    package let messages: [Message]

    /// - Parameters:
    ///   - all: The conversation's messages.
    ///   - leaf: The last one of the path; nil where the conversation has none.
    /// - Throws: `notFound` for a message that is not there.
    package init(_ all: [Message], to leaf: RecordID?) throws(VaultError) {
        var byID: [RecordID: Message] = [:]
        for message in all { byID[message.id] = message }
        var path: [Message] = []
        var next = leaf
        // A circle cannot be stored; nothing may hang on that.
        while let id = next, path.count <= all.count {
            guard let message = byID[id] else {
                throw VaultError(
                    .notFound, "The conversation has no message \(id); `coffer show` lists them.")
            }
            path.append(message)
            next = message.parent
        }
        messages = path.reversed()
    }

    package var leaf: Message? { messages.last }
}
