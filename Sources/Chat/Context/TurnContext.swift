package import Providers
package import Vault
import VaultCrypto

/// What a model is told of a conversation: the path to its root, in the form of a request.
///
/// 1. Messages of role `system` become the system prompt, wherever they stand.
/// 2. Results of tools are told as the person's.
/// 3. Of an answer that was stopped or failed all that is whole is told: its text, thoughts with
///    their signature.
/// 4. The use of a tool without a result is left out, and so is a result without its use: a
///    provider refuses both.
/// 5. Messages of one role that follow each other are one, and an empty one is none.
package struct TurnContext: Sendable, Equatable {
    package private(set) var system: [SystemText] = []
    package private(set) var messages: [TurnMessage] = []

    /// - Parameters:
    ///   - path: The branch.
    ///   - file: Reads an attachment.
    /// - Throws: What `file` throws.
    package init(
        _ path: Path, _ file: (AttachmentReference) throws -> [UInt8]
    ) throws {
        var told: [TurnMessage] = []
        for message in path.messages {
            if message.role == .system {
                system += message.parts.compactMap { $0.text.map { SystemText($0) } }
                continue
            }
            let parts = try message.parts.compactMap { part in
                try StoredPart.content(part, file).map { TurnPart($0) }
            }
            Self.append(TurnMessage(message.role == .assistant ? .assistant : .user, parts), &told)
        }
        for (place, message) in told.enumerated() {
            let before = place > 0 ? told[place - 1] : nil
            let after = place + 1 < told.count ? told[place + 1] : nil
            Self.append(Self.paired(message, before, after), &messages)
        }
    }

    private static func append(_ message: TurnMessage, _ messages: inout [TurnMessage]) {
        guard !message.parts.isEmpty else { return }
        if messages.last?.role == message.role {
            messages[messages.count - 1].parts += message.parts
        } else {
            messages.append(message)
        }
    }

    /// The message without uses of tools that the next one has no result of, and without results
    /// of which the one before has no use.
    private static func paired(
        _ message: TurnMessage, _ before: TurnMessage?, _ after: TurnMessage?
    ) -> TurnMessage {
        let results = Set(after?.parts.compactMap { $0.content.resultID } ?? [])
        let uses = Set(before?.parts.compactMap { $0.content.useID } ?? [])
        var message = message
        message.parts.removeAll { part in
            if let id = part.content.useID { return !results.contains(id) }
            if let id = part.content.resultID { return !uses.contains(id) }
            return false
        }
        return message
    }
}

extension PartContent {
    fileprivate var useID: String? {
        if case .toolUse(let use) = self { use.id } else { nil }
    }

    fileprivate var resultID: String? {
        if case .toolResult(let result) = self { result.toolUseID } else { nil }
    }
}
