import Foundation
import Vault
import VaultCrypto

/// A vault in a temporary folder, removed at the end.
final class TestVault: Sendable {
    let folder: String
    var directory: String { folder + "/test.coffer" }

    init() throws {
        folder = NSTemporaryDirectory() + "coffer-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    static func passphrase(_ text: String = "correct horse") -> SecretBytes {
        let bytes = Array(text.utf8)
        return SecretBytes(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    /// A new vault with a cheap passphrase slot.
    func create(recovery: AgeRecipient? = nil) throws -> Vault {
        var creation = VaultCreation(custodian: "ada")
        creation.passphrase = Self.passphrase()
        creation.workFactor = 4
        creation.allowsWeakWorkFactor = true
        if let recovery { creation.recipients = [("office", .recovery, recovery)] }
        return try Vault.create(at: directory, creation)
    }

    func open(_ passphrase: String = "correct horse") throws -> Vault {
        try Vault.open(at: directory, by: .passphrase(Self.passphrase(passphrase)))
    }

    /// Writes an identity file of mode 0600.
    func write(_ identity: AgeIdentity) throws -> String {
        let path = folder + "/identity.txt"
        let sink = BytesSink()
        try identity.write(to: sink)
        try Data(sink.bytes).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        return path
    }
}

/// A conversation of alternating messages with one branch.
func conversation(
    _ id: String, title: String? = "A title", texts: [String], at time: Int64 = 1_700_000_000_000
) -> ImportedConversation {
    var conversation = ImportedConversation(origin: Origin(source: "jsonl", id: id))
    conversation.title = title
    conversation.created = Instant(milliseconds: time)
    for (index, text) in texts.enumerated() {
        var message = ImportedMessage(
            originID: "m\(index)", parent: index == 0 ? nil : "m\(index - 1)",
            role: index.isMultiple(of: 2) ? .user : .assistant)
        message.created = Instant(milliseconds: time + Int64(index) * 1000)
        message.parts = [ImportedPart(Part(.text, text: text))]
        conversation.messages.append(message)
    }
    return conversation
}

extension Vault {
    /// Imports conversations and waits until they are durable.
    @discardableResult
    func ingest(_ conversations: [ImportedConversation]) throws -> IngestReport {
        let ingestion = try beginIngestion()
        for conversation in conversations { try ingestion.add(conversation) }
        return try ingestion.finish()
    }
}
