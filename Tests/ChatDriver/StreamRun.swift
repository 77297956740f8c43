import Chat
import Foundation
import JSONText
import Providers
import Vault
import VaultCrypto

/// Writes what a person would be shown of one turn.
struct StreamRun {
    static func start(_ options: DriverOptions) async throws {
        let vault = try options.openVault()
        var source = options.source
        source.onRequest = { request in
            // What the model is told, for whoever checks that a stopped answer is gone on with.
            let told = request.messages.map { message in
                message.role.rawValue + ": "
                    + message.parts.compactMap { part in
                        if case .text(let text, _) = part.content { text } else { nil }
                    }.joined(separator: " | ")
            }
            write(["told": .array(told.map(JSON.string))])
        }
        var settings = ChatSettings(model: "scripted-1")
        settings.facts.provider = "scripted"
        let chat = Chat(vault, over: source, settings: settings)
        switch options.work {
        case .stream:
            let conversation = try await chat.begin(Question("What do you say to \(source.seed)?"))
            write(["conversation": .string(conversation.description)])
            _ = try await chat.answer(in: conversation, show)
        default:
            guard let conversation = options.conversation.flatMap({ RecordID($0) }) else {
                throw VaultError(.badInput, "The last argument is the id of a conversation.")
            }
            _ = try await chat.resume(conversation, show)
        }
        try vault.close()
    }

    @Sendable private static func show(_ news: ChatNews) async {
        switch news {
        case .began(let id): write(["began": .string(id.description)])
        case .answer(.text(_, let piece)): write(["text": .string(piece)])
        case .answer(.thinking(_, let piece)): write(["thinking": .string(piece)])
        case .ended(let id, _): write(["ended": .string(id.description)])
        case .answer, .retrying, .tool: break
        }
    }

    /// One call of `write`, so that a killed process leaves whole lines.
    private static func write(_ object: JSONObject) {
        FileHandle.standardOutput.write(Data((JSONWriter.line(.object(object)) + "\n").utf8))
    }
}
