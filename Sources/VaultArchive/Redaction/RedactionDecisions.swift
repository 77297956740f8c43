import Vault
import VaultCrypto

/// What was decided about the conversations of an archive of which something is withheld, so that
/// it is decided once: to search texts for rules is what costs.
///
/// Each is kept as the copy will have it, in the form of `data/native/` (`RecordLines`), sealed on
/// the disk of the output (`KeptFiles`): memory grows with their number and not with their size.
/// A conversation of which nothing is withheld is not kept.
final class RedactionDecisions {
    private let files: KeptFiles

    /// - Parameter folder: The folder on whose disk they wait.
    /// - Throws: What the disk throws.
    init(in folder: String) throws(VaultError) {
        files = try KeptFiles(in: folder) { _ in true }
    }

    /// How many conversations there are of which something is withheld.
    var count: Int { files.count }

    /// Keeps what was decided about a conversation.
    ///
    /// - Parameters:
    ///   - given: The conversation as the archive has it.
    ///   - redacted: As the copy has it.
    /// - Throws: What the disk throws.
    func add(
        _ given: ArchivedConversation, _ redacted: ArchivedConversation
    ) throws(VaultError) {
        guard redacted.isOther(than: given) else { return }
        let versions = Dictionary(grouping: redacted.earlierVersions, by: \.message)
            .mapValues { $0.map(\.record) }
        try files.keep(
            try RecordLines.file(redacted, versions: versions),
            as: ArchiveName.native(given.conversation.id))
    }

    /// A conversation as the copy has it; `nil` for one of which nothing is withheld.
    ///
    /// - Throws: What the disk throws.
    func conversation(_ id: RecordID) throws(VaultError) -> ArchivedConversation? {
        let path = ArchiveName.native(id)
        guard files.contains(path) else { return nil }
        return try RecordFile.read(try files.content(of: path))
    }
}

extension ArchivedConversation {
    /// Whether a record or a field is another.
    fileprivate func isOther(than given: ArchivedConversation) -> Bool {
        conversation != given.conversation || withheldMembers != given.withheldMembers
            || withheld != given.withheld
            || zip(messages, given.messages).contains { $0.partLines != $1.partLines }
            || zip(earlierVersions, given.earlierVersions).contains { $0.record != $1.record }
    }
}
