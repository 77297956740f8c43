import JSONText
import VaultCrypto

@testable import Vault
@testable import VaultArchive

/// What was imported, as a vault keeps it and an archive shows it: the file of records verifies,
/// and each line is restored byte for byte.
enum ArchivedImport {
    private static let analyser = TextAnalyser()
    private static let limit = 64 << 20

    static func flaw(_ imported: ImportedConversation) -> String? {
        let prepared = PreparedConversation(
            imported, now: Made.time, analyser, into: AnalysedBatch())
        let messages = messages(of: prepared)
        let conversation = Conversation(
            id: prepared.id, title: prepared.imported.title, custodian: "anna",
            origin: prepared.imported.origin, project: prepared.imported.project,
            labels: prepared.imported.labels, created: prepared.created,
            modified: prepared.modified, imported: Made.time, isHidden: false, current: nil,
            messageCount: messages.count, extra: prepared.imported.extra)
        let archived = ArchivedConversation(
            conversation: conversation, messages: messages.sorted { $0.id < $1.id })
        do throws(VaultError) {
            let file = try VaultArchive.RecordLines.file(archived, versions: [:])
            return flaw(file, of: archived)
        } catch {
            return "it cannot be archived: \(error)"
        }
    }

    private static func messages(of prepared: PreparedConversation) -> [Message] {
        prepared.messages.enumerated().map { place, message in
            let parent = prepared.parents[place].map { prepared.messages[$0].id }
            let envelope = message.envelope(
                id: message.id, conversation: prepared.id, parent: parent, version: 1)
            let line = envelope.line(partLines: message.partLines)
            return Message(
                id: message.id, conversation: prepared.id, parent: parent,
                originID: envelope.originID, role: envelope.role, state: envelope.state,
                version: 1, created: envelope.created, model: envelope.model,
                provider: envelope.provider, host: envelope.host, region: envelope.region,
                stopReason: envelope.stopReason, usage: envelope.usage, extra: envelope.extra,
                parts: message.parts, partLines: message.partLines, envelopeLine: line,
                commitment: prepared.commitments[place])
        }
    }

    private static func flaw(_ file: [UInt8], of archived: ArchivedConversation) -> String? {
        let faults = faults(of: file, conversation: archived.conversation.id)
        guard faults.isEmpty else { return "its archive does not verify: \(faults[0])" }
        let lines = String(decoding: file, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: true)
        let header = lines.first.flatMap { try? JSONReader.parse(String($0)) }
        var restored = archived
        guard let said = header?["conversation"], let read = Conversation(archived: said) else {
            return "its conversation is not restored"
        }
        restored.conversation = read
        let count = archived.messages.count
        let again = VaultArchive.RecordLines.header(restored, messages: count, records: count)
        guard file.starts(with: again) else { return "its conversation is restored as another" }
        do throws(VaultError) {
            for (line, message) in zip(lines.dropFirst(), archived.messages) {
                let record = try RestoredRecord(parsing: String(line))
                guard record.commitment == message.commitment, record.line == line else {
                    return "a record is restored as another"
                }
            }
            return lines.count == archived.messages.count + 1 ? nil : "a record has two lines"
        } catch {
            return "a record is not restored: \(error)"
        }
    }

    /// What verification says of a file of records.
    static func faults(of file: [UInt8], conversation: RecordID) -> [String] {
        var checker = RecordChecker(
            path: ArchiveName.native(conversation), number: 0, maximumLineBytes: limit,
            commitments: ProofChecker().emptySum)
        file.withUnsafeBytes { checker.take($0) }
        checker.finish()
        return checker.faults.faults.map { "\($0.path): \($0.fault)" }
    }
}
