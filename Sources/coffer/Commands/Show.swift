import ArgumentParser
import JSONText
import Policy
import Vault
import VaultCrypto

struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a conversation.",
        usage: "coffer show <id> [--all | --raw | --json] [<options>]",
        discussion: """
            The id may be shortened to what is unambiguous; a message's id shows its conversation. \
            Of a conversation with branches (edits, regenerated answers) the one that was last on \
            the screen is shown and the others are noted. Times are UTC.

            EXAMPLES:
              coffer show 018dfa1e
              coffer show 018dfa1e --all
              coffer show 018dfa1e --json
            """)

    @Argument(help: "The conversation's or a message's id, or its beginning.")
    var id: String

    @Flag(help: "Show the messages of all branches.")
    var all = false

    @Flag(help: "Print the messages' canonical record lines, one each, as archives hold them.")
    var raw = false

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if raw, options.json { throw ValidationError("Give --raw or --json, not both.") }
    }

    func run() throws {
        try options.withVault { vault in
            let id = try vault.conversationID(matching: id)
            let conversation = try vault.conversation(id)
            try vault.logRead(of: id)
            let holds = try vault.governanceStatus().holds > 0 ? vault.explain(id).item.holds : []
            let messages = try vault.messages(of: id)
            if raw {
                for message in messages { Output.line(Self.rawLine(message)) }
            } else if options.json {
                Output.json(ConversationJSON.object(conversation, messages, holds))
            } else {
                let tree = Branches(messages, current: conversation.current)
                ConversationView(
                    conversation: conversation, branches: tree, holds: holds, showsAll: all
                ).show()
            }
        }
    }

    /// A pipe gets the bytes that are committed to, a terminal the same JSON without controls.
    private static func rawLine(_ message: Message) -> String {
        Console.outputIsTerminal ? Printable.escapedJSON(message.recordLine) : message.recordLine
    }
}

/// The tree of a conversation's messages.
struct Branches {
    let messages: [Message]
    /// The messages of the branch that is shown, from the root on.
    let visible: [Message]
    /// For each message with siblings, how many there are.
    let siblings: [RecordID: Int]

    init(_ messages: [Message], current: RecordID?) {
        self.messages = messages
        let known = Dictionary(messages.map { ($0.id, $0) }) { first, _ in first }
        let families = Dictionary(grouping: messages) { $0.parent.flatMap { known[$0]?.id } }
        siblings = families.reduce(into: [:]) { siblings, family in
            guard family.value.count > 1 else { return }
            for message in family.value { siblings[message.id] = family.value.count }
        }
        // Without a note of what was on the screen the newest message ends the branch.
        var next = current.flatMap { known[$0] } ?? messages.last
        var branch: [Message] = []
        var seen: Set<RecordID> = []
        while let message = next, seen.insert(message.id).inserted {
            branch.append(message)
            next = message.parent.flatMap { known[$0] }
        }
        visible = branch.reversed()
    }

    /// Messages that are on other branches only.
    var hiddenCount: Int { messages.count - visible.count }
}

/// A conversation in the shape that `show --json` documents.
private enum ConversationJSON {
    static func object(
        _ conversation: Conversation, _ messages: [Message], _ holds: [String]
    ) -> JSONObject {
        [
            "id": .string(conversation.id.description), "title": .text(conversation.title),
            "custodian": .string(conversation.custodian), "origin": .origin(conversation.origin),
            "project": .text(conversation.project),
            "labels": .array(conversation.labels.map(JSON.string)),
            "created": .time(conversation.created), "modified": .time(conversation.modified),
            "imported": .time(conversation.imported),
            "hidden": .bool(conversation.isHidden), "held": .bool(!holds.isEmpty),
            "holds": .array(holds.map(JSON.string)),
            "current": .text(conversation.current?.description),
            "extra": .object(conversation.extra),
            "messages": .array(messages.map { .object(object($0)) }),
        ]
    }

    private static func object(_ message: Message) -> JSONObject {
        [
            "id": .string(message.id.description), "parent": .text(message.parent?.description),
            "role": .string(message.role.rawValue), "created": .time(message.created),
            "model": .text(message.model), "provider": .text(message.provider),
            "host": .text(message.host), "region": .text(message.region),
            "state": .string(message.state.rawValue), "version": .integer(message.version),
            "stopReason": .text(message.stopReason),
            "usage": message.usage.map { .object($0) } ?? .null,
            "origin": .text(message.originID), "extra": .object(message.extra),
            "commitment": .string(Hex.text(message.commitment)),
            "parts": .array(message.parts.map { .object(object($0)) }),
        ]
    }

    private static func object(_ part: Part) -> JSONObject {
        var object: JSONObject = ["type": .string(part.kind.rawValue)]
        object["text"] = part.text.map(JSON.string)
        object["name"] = part.name.map(JSON.string)
        object["data"] = part.data
        object["attachment"] = part.attachment.map { file in
            .object([
                "sha256": .string(Hex.text(file.sha256)), "size": .integer(file.sizeBytes),
                "name": .text(file.name), "mediaType": .text(file.mediaType),
            ])
        }
        return object
    }
}
