package import Vault
package import VaultCrypto

/// Who signs an archive.
package protocol ArchiveKeys {
    /// Lends the archive key.
    func withArchiveKey<Result>(
        _ body: (borrowing SigningKey) throws(VaultError) -> Result
    ) throws(VaultError) -> Result
}

/// What an export reads: the selected part of one vault in one state.
///
/// An implementation reads inside one snapshot, so that all calls see the same state, and hands out
/// only messages that agree with their commitments.
package protocol ArchiveSource: ArchiveKeys {
    /// The vault's id.
    var vault: RecordID { get }
    /// The program and its version, such as `Coffer 1.2.0`.
    var tool: String { get }

    /// The selected conversations in ascending order of id, each once.
    func selection() throws(VaultError) -> [RecordID]

    /// One selected conversation with everything that its records hold.
    func conversation(_ id: RecordID) throws(VaultError) -> ArchivedConversation

    /// Writes the content of an attachment.
    ///
    /// - Parameters:
    ///   - sha256: 32 bytes.
    ///   - sink: Takes the content in order.
    /// - Throws: `notFound` before the first byte when the vault does not hold the content.
    func readAttachment(_ sha256: [UInt8], into sink: any ByteSink) throws(VaultError)

    /// The vault's audit log; `nil` for records without one.
    var log: (any ArchiveLog)? { get }

    /// What is withheld of the records that were handed out; `nil` where nothing can be.
    var redaction: RedactionReport? { get }

    /// The proof of another archive, whose records these are; `nil` for those of a vault.
    var carriedProof: CarriedProof? { get }
}

extension ArchiveSource {
    package var log: (any ArchiveLog)? { nil }
    package var redaction: RedactionReport? { nil }
    package var carriedProof: CarriedProof? { nil }
}

/// A conversation as an archive holds it.
package struct ArchivedConversation: Sendable {
    package var conversation: Conversation
    /// The current version of every message.
    package var messages: [Message]
    package var earlierVersions: [EarlierVersion]
    /// What is withheld, by message; empty where nothing was redacted.
    package var withheld: [RecordID: Withheld] = [:]
    /// What of the conversation's own fields is withheld, by their names in its file.
    package var withheldMembers: Set<String> = []

    package init(
        conversation: Conversation, messages: [Message], earlierVersions: [EarlierVersion] = []
    ) {
        self.conversation = conversation
        self.messages = messages
        self.earlierVersions = earlierVersions
    }
}

/// An earlier version of an edited message, frozen as the record line that an archive shows.
package struct EarlierVersion: Sendable {
    package var message: RecordID
    package var version: Int
    /// `{"commitment":"<hex>","envelope":{…},"parts":[…]}` without a line end.
    package var record: String

    package init(message: RecordID, version: Int, record: String) {
        self.message = message
        self.version = version
        self.record = record
    }
}
