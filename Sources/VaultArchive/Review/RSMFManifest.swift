import JSONText
import Vault

/// `rsmf_manifest.json` of version 2.0.0, as Relativity's schema of that version describes it.
///
/// Every time has a `Z`, no member is empty, and every id that is referred to is there.
struct RSMFManifest {
    static let name = "rsmf_manifest.json"
    static let version = "2.0.0"

    let conversation: Conversation
    let participants: [ReviewParticipant]
    let slice: ReviewSlice

    /// The places of the participants that the file is about: the custodian and every author.
    var used: [Int] {
        Set(slice.all.map(\.author)).union([ReviewParticipants.custodian]).sorted()
    }

    var bytes: [UInt8] {
        JSONWriter.canonical(
            .object([
                "version": .string(Self.version),
                "eventcollectionid": .string(conversation.id.description),
                "participants": .array(used.map { participant(participants[$0]) }),
                "conversations": .array([conversationMember]),
                "events": .array(slice.all.map(event)),
            ]))
    }

    private func participant(_ participant: ReviewParticipant) -> JSON {
        var object: JSONObject = [
            "id": .string(participant.id), "display": .string(participant.display),
        ]
        object["email"] = participant.email.map(JSON.string)
        object["custom"] = Self.custom(participant.facts)
        return .object(object)
    }

    private var conversationMember: JSON {
        var facts = ReviewFacts()
        facts.add("Source", conversation.origin.source)
        facts.add("Id at source", conversation.origin.id)
        facts.add("Project", conversation.project)
        facts.add("Labels", conversation.labels.joined(separator: "; "))
        if conversation.isHidden { facts.add("Hidden", "The owner deleted the conversation") }
        var object: JSONObject = [
            "id": .string(conversation.id.description),
            "platform": .string(conversation.origin.platform),
            "type": .string("direct"),
            "participants": .array(used.map { .string(participants[$0].id) }),
            "custodian": .string(participants[ReviewParticipants.custodian].id),
        ]
        let title = conversation.title.flatMap { $0.isEmpty ? nil : $0 }
        object["display"] = title.map(JSON.string)
        object["custom"] = Self.custom(facts)
        return .object(object)
    }

    private func event(_ event: ReviewEvent) -> JSON {
        var object: JSONObject = [
            "id": .string(event.id),
            "type": .string(event.isSpeech ? "message" : "unknown"),
            "conversation": .string(conversation.id.description),
            "participant": .string(participants[event.author].id),
            "timestamp": .string(event.time.description),
        ]
        object["parent"] = event.parent.map(JSON.string)
        object["body"] = event.body.isEmpty ? nil : .string(event.body)
        object["direction"] = event.isOutgoing.map { .string($0 ? "outgoing" : "incoming") }
        if event.isDeleted { object["deleted"] = .bool(true) }
        if !event.attachments.isEmpty {
            object["attachments"] = .array(event.attachments.map(Self.attachment))
        }
        if !event.edits.isEmpty {
            object["edits"] = .array(event.edits.map { edit($0, by: event.author) })
        }
        object["custom"] = Self.custom(event.facts)
        return .object(object)
    }

    private static func attachment(_ attachment: ReviewAttachment) -> JSON {
        .object([
            "id": .string(attachment.fileName), "display": .string(attachment.display),
            "size": .integer(attachment.sizeBytes),
        ])
    }

    private func edit(_ edit: ReviewEdit, by author: Int) -> JSON {
        var object: JSONObject = ["participant": .string(participants[author].id)]
        object["timestamp"] = edit.time.map { .string($0.description) }
        object["previous"] = edit.previous.isEmpty ? nil : .string(edit.previous)
        object["new"] = edit.new.isEmpty ? nil : .string(edit.new)
        return .object(object)
    }

    private static func custom(_ facts: ReviewFacts) -> JSON? {
        guard !facts.members.isEmpty else { return nil }
        return .array(
            facts.members.map {
                .object(["name": .string($0.name), "value": .string($0.value)])
            })
    }
}

extension Origin {
    /// The name of the platform, which is never empty.
    var platform: String { source.isEmpty ? "unknown" : source }
}
