import JSONText
import Vault
import VaultCrypto

/// Local sessions of Claude Desktop: `local_<id>.json` with the transcript of its command line
/// session, wherever below the folder it lies.
///
/// The folder of the transcript is named after the working directory by rules that changed, so the
/// transcript is found by its file name, the session's `cliSessionId`. The session's audit log, a
/// file in its own folder, tells most of the same once more: what the transcript lacks goes into
/// `extra.audit`. Without a transcript the audit log takes its place.
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
        var audit = Transcript()
        var isAudited = false
        while try stream.next() {
            switch stream.value() {
            case .success(let value):
                // Other lines of an audit log belong to it, whatever they look like.
                if isAudit(value) || isAudited && !recognises(value) {
                    audit.add(value)
                    isAudited = true
                } else {
                    try read(SourceRecord(value: value, stream: stream, context: context), emit)
                }
            case .failure(let fault):
                let place = stream.place
                try emit(
                    .skipped(
                        .init(place: place, reason: fault.reason, isConversation: !isAudited)))
            }
        }
        guard let conversation = audit.conversation(source: format) else { return }
        try Emission.send(conversation, at: stream.file.place, emit)
    }

    static func read(_ record: SourceRecord, _ emit: Emit) throws(VaultError) {
        guard var fields = Fields(record.value), let id = fields.text("sessionId") else {
            return try record.skip("It is not a session.", emit)
        }
        let context = record.context
        guard let file = context.companions.first ?? context.audits.first else {
            let cli = fields["cliSessionId"]?.string ?? "unknown"
            return try record.skip(
                "Its transcript \(cli).jsonl is not here; import the folder that holds both.", emit)
        }
        var transcript = Transcript()
        try ClaudeCode.collect(try DocumentStream(file), into: &transcript, emit)
        guard var conversation = transcript.conversation(source: format) else {
            return try record.skip("Its transcript is empty.", emit)
        }
        let audits = context.audits.dropFirst(context.companions.isEmpty ? 1 : 0)
        try addAudit(of: audits, lackedBy: transcript, to: &conversation, emit)
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

    /// Keeps the lines of audit logs that say what the transcript does not.
    private static func addAudit(
        of files: ArraySlice<ExportFile>, lackedBy transcript: Transcript,
        to conversation: inout ImportedConversation, _ emit: Emit
    ) throws(VaultError) {
        if files.isEmpty { return }
        var audit = Transcript()
        for file in files {
            try ClaudeCode.collect(try DocumentStream(file), into: &audit, emit)
        }
        let others = audit.lines(lackedBy: transcript)
        if !others.isEmpty { conversation.extra["audit"] = .array(others) }
    }
}
