import Vault
import VaultCrypto

/// Local sessions of Claude Desktop: `local_<id>.json` with the transcript of its command line
/// session, wherever below the folder it lies.
///
/// The folder of the transcript is named after the working directory by rules that changed, so the
/// transcript is found by its file name, the session's `cliSessionId`. The session's `audit.jsonl`
/// tells the same once more; it is read only where there is no transcript.
enum Cowork: Importer {
    static let format = ImportFormat.cowork

    static func recognises(_ value: JSON) -> Bool {
        if isAudit(value) { return true }
        guard let object = value.object, object["sessionId"]?.string != nil else { return false }
        return object["cliSessionId"] != nil || object["lastActivityAt"] != nil
    }

    /// Whether a record is a line of an audit log; these name the session in snake case.
    static func isAudit(_ value: JSON) -> Bool {
        value["session_id"]?.string != nil && value["type"]?.string != nil
            && value["sessionId"] == nil && value["loglines"] == nil
    }

    static func read(
        _ stream: DocumentStream, _ context: ImportContext, _ emit: Emit
    ) throws(VaultError) {
        if stream.shape == .lines, stream.file.baseName.hasSuffix(".jsonl") {
            var transcript = Transcript()
            try ClaudeCode.collect(stream, into: &transcript, emit)
            guard let conversation = transcript.conversation(source: format) else { return }
            return try Emission.send(conversation, at: stream.file.place, emit)
        }
        while try stream.next() {
            switch stream.value() {
            case .success(let value):
                try read(SourceRecord(value: value, stream: stream, context: context), emit)
            case .failure(let fault):
                try emit(
                    .skipped(
                        .init(place: stream.place, reason: fault.reason, isConversation: true)))
            }
        }
    }

    static func read(_ record: SourceRecord, _ emit: Emit) throws(VaultError) {
        guard var fields = Fields(record.value), let id = fields.text("sessionId") else {
            return try record.skip("It is not a session.", emit)
        }
        guard let file = record.context.companions.first else {
            let cli = fields["cliSessionId"]?.string ?? "unknown"
            return try record.skip(
                "Its transcript \(cli).jsonl is not here; import the folder that holds both.", emit)
        }
        var transcript = Transcript()
        try ClaudeCode.collect(try DocumentStream(file), into: &transcript, emit)
        guard var conversation = transcript.conversation(source: format) else {
            return try record.skip("Its transcript is empty.", emit)
        }
        let inner = conversation.origin.id
        conversation.origin.id = id
        if let title = fields.text("title") {
            if let other = conversation.title, other != title {
                conversation.extra["transcriptTitle"] = .string(other)
            }
            conversation.title = title
        }
        conversation.created = fields.instant("createdAt") ?? conversation.created
        conversation.modified = fields.instant("lastActivityAt") ?? conversation.modified
        if let folder = fields["cwd"]?.string, conversation.project == nil {
            conversation.project = folder
        }
        fields.drop("cliSessionId") { $0.string == inner }
        conversation.extra["session"] = fields.restValue
        try Emission.send(conversation, at: record.place, emit)
    }
}
