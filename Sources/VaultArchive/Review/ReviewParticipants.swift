import Vault
import VaultCrypto

/// Who takes part in a conversation: its custodian, models, tools and the system prompt.
struct ReviewParticipant: Sendable {
    /// Unique in the conversation, the same in each of its files.
    var id: String
    var display: String
    /// Only one that the records name.
    var email: String?
    var facts: ReviewFacts = ReviewFacts()

    /// The address for mail headers.
    ///
    /// Who has none gets one that leads nowhere (RFC 2606) and is the same wherever the name is.
    var address: String {
        if let email { return email }
        let kind = id.prefix { $0.isLetter }.lowercased()
        return "\(kind)-\(SHA256Digest.hash(utf8: display).prefix(6).hex)@participant.invalid"
    }
}

/// Names with values, none of them empty.
struct ReviewFacts: Sendable {
    private(set) var members: [(name: String, value: String)] = []

    /// Adds a fact, unless there is nothing to say.
    mutating func add(_ name: String, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        members.append((name, value))
    }
}

/// The participants of one conversation in the order in which they first occur.
struct ReviewParticipants: Sendable {
    /// The custodian is the first.
    static let custodian = 0

    private(set) var all: [ReviewParticipant]
    private var places: [String: Int] = [:]

    init(_ conversation: Conversation) {
        let name = conversation.custodian.singleLine(maximumBytes: 200)
        let email = MailAddress.find(in: name)
        all = [ReviewParticipant(id: "P1", display: name.isEmpty ? "User" : name, email: email)]
    }

    /// The author of what a message says itself.
    mutating func author(of message: Message) -> Int {
        switch message.role {
        case .user: Self.custodian
        case .assistant: model(of: message)
        case .system:
            place("S", key: "", name: "System prompt") { $0.add("Type", "System prompt") }
        case .tool:
            // The names of other parts are those of files.
            tool(message.parts.lazy.filter { $0.kind == .toolResult }.compactMap(\.name).first)
        }
    }

    /// The tool of a name; results often have none.
    mutating func tool(_ name: String?) -> Int {
        place("T", key: name ?? "", name: name ?? "Tool") { $0.add("Type", "Tool") }
    }

    private mutating func model(of message: Message) -> Int {
        let key = (message.model ?? "") + "\0" + (message.provider ?? "")
        return place("AI", key: key, name: message.model ?? "AI model") { facts in
            facts.add("Type", "AI model")
            facts.add("Model ID", message.model)
            facts.add("Provider", message.provider)
        }
    }

    private mutating func place(
        _ kind: String, key: String, name: String, _ facts: (inout ReviewFacts) -> Void
    ) -> Int {
        let known = places[kind + "\0" + key]
        if let known { return known }
        let number = all.count { $0.id.prefix { $0.isLetter } == kind } + 1
        let display = name.singleLine(maximumBytes: 200)
        var participant = ReviewParticipant(
            id: "\(kind)\(number)", display: display.isEmpty ? kind : display)
        facts(&participant.facts)
        places[kind + "\0" + key] = all.count
        all.append(participant)
        return all.count - 1
    }
}
