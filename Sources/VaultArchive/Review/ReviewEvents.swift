import JSONText
import Vault

/// A conversation as the events that reviewers see, with its participants.
struct ReviewEvents {
    private let archived: ArchivedConversation
    private let versions: [RecordID: [String]]
    private let missing: Set<[UInt8]>
    private let limits: ReviewLimits
    private let tools: ToolNames
    private(set) var participants: ReviewParticipants
    /// In the order of time.
    private(set) var events: [ReviewEvent] = []

    var conversation: Conversation { archived.conversation }

    /// Takes a conversation apart.
    ///
    /// - Parameters:
    ///   - archived: The conversation with its messages in ascending order of id.
    ///   - versions: Earlier versions by message, in ascending order of version.
    ///   - missing: Digests of attachments that the vault could not give.
    ///   - timeline: The conversation's messages in the order of time.
    ///   - limits: How much one event may hold.
    init(
        _ archived: ArchivedConversation, versions: [RecordID: [String]], missing: Set<[UInt8]>,
        timeline: ReviewTimeline, limits: ReviewLimits
    ) {
        self.archived = archived
        self.versions = versions
        self.missing = missing
        self.limits = limits
        tools = ToolNames(archived.messages)
        participants = ReviewParticipants(archived.conversation)
        for entry in timeline.entries { add(entry) }
    }

    private mutating func add(_ entry: ReviewTimeline.Entry) {
        let message = archived.messages[entry.message]
        let author = participants.author(of: message)
        let parent = entry.parent.map { archived.messages[$0].id.description }
        for (number, piece) in ReviewPiece.all(of: message.parts).enumerated() {
            let isFirst = number == 0
            let id = message.id.description
            var event = ReviewEvent(
                id: isFirst ? id : "\(id).\(number + 1)", message: message.id,
                isSpeech: piece.kind == .speech
                    && (message.role == .user || message.role == .assistant),
                parent: isFirst ? parent : id,
                author: self.author(of: piece, in: message, author), time: entry.time,
                body: ReviewBody.text(piece.parts),
                isDeleted: archived.conversation.isHidden, commitment: message.commitment)
            if event.isSpeech { event.isOutgoing = message.role == .user }
            event.facts.add("Type", Self.type(of: piece, in: message))
            if isFirst {
                event.edits = edits(of: message)
                addFacts(message, entry, to: &event.facts)
            }
            event.facts.add("Vault commitment", message.commitment.hex)
            attach(piece, to: &event)
            events.append(event)
        }
    }

    private mutating func author(of piece: ReviewPiece, in message: Message, _ author: Int) -> Int {
        guard piece.kind == .toolResult, let part = piece.parts.first else { return author }
        return participants.tool(tools.name(of: part))
    }

    private static func type(of piece: ReviewPiece, in message: Message) -> String? {
        switch piece.kind {
        case .thinking: return "Thinking"
        case .toolCall: return "Tool call"
        case .toolResult: return "Tool result"
        case .speech: break
        }
        switch message.role {
        case .system: return "System prompt"
        case .tool: return "Tool result"
        case .user, .assistant: return nil
        }
    }

    private func addFacts(
        _ message: Message, _ entry: ReviewTimeline.Entry, to facts: inout ReviewFacts
    ) {
        facts.add("Undated", entry.undated)
        let reasons = archived.withheld[message.id]?.reasons ?? []
        facts.add("Redacted", reasons.isEmpty ? nil : reasons.joined(separator: "; "))
        if let parent = message.parent, entry.parent == nil {
            facts.add("Answer to", "\(parent), which is not in this export")
        }
        if message.parts.isEmpty { facts.add("Empty", "The message has no content") }
        facts.add("Model", message.model)
        facts.add("Provider", message.provider)
        facts.add("Region", message.region)
        facts.add("Host", message.host)
        facts.add("Stop reason", message.stopReason)
        if message.state != .complete { facts.add("State", message.state.rawValue) }
        if message.version > 1 { facts.add("Version", String(message.version)) }
        facts.add("Id at source", message.originID)
    }

    // MARK: Edits

    private func edits(of message: Message) -> [ReviewEdit] {
        let earlier = (versions[message.id] ?? []).compactMap(Self.text)
        let all = earlier + [(ReviewBody.text(message.parts), message.created)]
        return zip(all, all.dropFirst()).map { before, after in
            ReviewEdit(
                previous: before.0, new: after.0, time: after.1 == before.1 ? nil : after.1)
        }
    }

    /// The text and the time of an earlier version, from its record line.
    private static func text(_ line: String) -> (String, Instant?)? {
        if let stub = WithheldRecord(line: line) {
            return (ReviewBody.text([.notice(stub.reason)]), stub.created)
        }
        guard let record = try? JSONReader.parse(line) else { return nil }
        let parts = (record["parts"]?.array ?? []).compactMap { Part(archived: $0) }
        let created = record["envelope"]?["created"]?.string.flatMap { Instant($0) }
        return (ReviewBody.text(parts), created)
    }

    // MARK: Attachments

    private func attach(_ piece: ReviewPiece, to event: inout ReviewEvent) {
        var room = limits.attachmentBytes - event.weightBytes
        var names: Set<String> = []
        for part in piece.parts {
            guard let reference = part.attachment else { continue }
            var attachment = ReviewAttachment(reference, name: part.name)
            if missing.contains(reference.sha256) {
                attachment = ReviewAttachment(
                    insteadOf: reference, name: part.name,
                    because: "The vault does not hold this attachment.")
                event.facts.add("Missing attachment", attachment.display)
            } else if reference.sizeBytes > room {
                let path = ArchiveName.attachment(reference.sha256)
                attachment = ReviewAttachment(
                    insteadOf: reference, name: part.name,
                    because: "This attachment is too large for a file of this kind. It is \(path) "
                        + "in the archive.")
                event.facts.add("Large attachment", path)
            }
            // One file twice in one event is one attachment.
            guard names.insert(attachment.fileName).inserted else { continue }
            if attachment.isPresent { room -= attachment.sizeBytes }
            event.attachments.append(attachment)
        }
    }
}
