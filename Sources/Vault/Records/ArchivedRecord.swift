package import JSONText

// Records as archives show them, read back.
extension Message {
    /// A message from the lines that an archive shows; `nil` when the envelope is not that of one.
    ///
    /// That the lines agree with the commitment is for the caller to have checked.
    ///
    /// - Parameters:
    ///   - envelopeLine: The canonical line of the envelope.
    ///   - partLines: The line of each part.
    ///   - parts: What the lines say.
    ///   - commitment: 32 bytes.
    package init?(
        envelopeLine: String, partLines: [String], parts: [Part], commitment: [UInt8]
    ) {
        guard let fields = try? JSONReader.parse(envelopeLine),
            let id = fields["id"]?.string.flatMap({ RecordID($0) }),
            let conversation = fields["conversation"]?.string.flatMap({ RecordID($0) }),
            let role = fields["role"]?.string.flatMap(Role.init),
            let state = fields["state"]?.string.flatMap(MessageState.init),
            let version = fields["version"]?.int.flatMap({ Int(exactly: $0) })
        else { return nil }
        self.init(
            id: id, conversation: conversation,
            parent: fields["parent"]?.string.flatMap { RecordID($0) },
            originID: fields["origin"]?.string, role: role, state: state, version: version,
            created: fields["created"]?.string.flatMap { Instant($0) },
            model: fields["model"]?.string, provider: fields["provider"]?.string,
            host: fields["host"]?.string, region: fields["region"]?.string,
            stopReason: fields["stopReason"]?.string, usage: fields["usage"]?.object,
            extra: fields["extra"]?.object ?? JSONObject(), parts: parts, partLines: partLines,
            envelopeLine: envelopeLine, commitment: commitment)
    }

    /// A message of which an archive shows its place and nothing of its content.
    ///
    /// - Parameters:
    ///   - id: Its id.
    ///   - conversation: That of its conversation.
    ///   - parent: The message that it follows.
    ///   - role: Who speaks.
    ///   - version: Its version.
    ///   - created: Its time, if it is known.
    ///   - commitment: 32 bytes.
    package init(
        withoutContent id: RecordID, conversation: RecordID, parent: RecordID?, role: Role,
        version: Int, created: Instant?, commitment: [UInt8]
    ) {
        self.init(
            id: id, conversation: conversation, parent: parent, originID: nil, role: role,
            state: .complete, version: version, created: created, model: nil, provider: nil,
            host: nil, region: nil, stopReason: nil, usage: nil, extra: JSONObject(), parts: [],
            partLines: [], envelopeLine: "", commitment: commitment)
    }

    /// The message without its content, with all that says where it belongs.
    package var withoutContent: Message {
        Message(
            withoutContent: id, conversation: conversation, parent: parent, role: role,
            version: version, created: created, commitment: commitment)
    }
}

extension Conversation {
    /// A conversation from the object that begins its file in an archive; `nil` for another object.
    ///
    /// - Parameter fields: The object.
    package init?(archived fields: JSONObject) {
        guard let id = fields["id"]?.string.flatMap({ RecordID($0) }),
            let custodian = fields["custodian"]?.string,
            let source = fields["origin"]?["source"]?.string,
            let origin = fields["origin"]?["id"]?.string,
            let imported = fields["imported"]?.string.flatMap({ Instant($0) }),
            let messages = fields["messages"]?.int.flatMap({ Int(exactly: $0) })
        else { return nil }
        self.init(
            id: id, title: fields["title"]?.string, custodian: custodian,
            origin: Origin(source: source, id: origin), project: fields["project"]?.string,
            labels: (fields["labels"]?.array ?? []).compactMap(\.string),
            created: fields["created"]?.string.flatMap { Instant($0) },
            modified: fields["modified"]?.string.flatMap { Instant($0) }, imported: imported,
            isHidden: fields["hidden"]?.bool ?? false,
            current: fields["current"]?.string.flatMap { RecordID($0) }, messageCount: messages,
            extra: fields["extra"]?.object ?? JSONObject())
    }
}
