import JSONText
import Vault
import VaultCrypto

/// What of an archive is restored: kept while the archive is verified, so that what is stored later
/// is what was verified (`KeptFiles`).
///
/// Memory grows with the number of files, of held conversations, and of conversations and messages
/// that came from other vaults, not with their size.
final class RestorableArchive {
    /// Attachments of the archive that the vault has, by their paths.
    private final class Known {
        var paths: Set<String> = []
    }

    let kept: KeptFiles
    private let known: Known
    private var export: JSON?
    /// Ids of the holds by conversation; `nil` for an archive that does not say.
    private var held: [RecordID: [String]]? = [:]
    /// What had come from other vaults, by conversation.
    private var brought: [RecordID: BroughtRecords] = [:]

    /// The vault that it was made from.
    var source: String? { export?["vault"]?.string }

    /// Prepares to keep the records of an archive that is about to be verified, and of its
    /// attachments those that a vault does not have.
    init(for vault: Vault) throws(VaultError) {
        let known = Known()
        self.known = known
        kept = try KeptFiles(in: vault.directory) { path in
            guard path.hasPrefix(ArchiveName.attachments) else {
                return path.hasPrefix(ArchiveName.native) || path == ArchiveName.export
                    || path == ArchiveName.holds || path == ArchiveName.restored
            }
            let name = path.dropFirst(ArchiveName.attachments.count).utf8.fromHex ?? []
            guard (try? vault.hasAttachment(name)) == true else { return true }
            known.paths.insert(path)
            return false
        }
    }

    /// Reads what the archive says of itself, once it was verified and found whole.
    func load() throws(VaultError) {
        export = try? JSONReader.parse(try kept.content(of: ArchiveName.export))
    }

    /// Reads what was held, and what came from other vaults, once its signer is trusted.
    ///
    /// - Throws: `unsupported` where it says what came from other vaults, and not as is known here.
    func loadMarks() throws(VaultError) {
        try loadHolds()
        guard kept.contains(ArchiveName.restored) else { return }
        try kept.readLines(of: ArchiveName.restored) { (line) throws(VaultError) in
            guard let said = BroughtLine.parse(line.utf8) else { throw BroughtLine.unsupported }
            brought[said.conversation] = said
        }
    }

    private func loadHolds() throws(VaultError) {
        guard kept.contains(ArchiveName.holds) else {
            if export?["holds"]?.array?.isEmpty == false { held = nil }
            return
        }
        try kept.readLines(of: ArchiveName.holds) { (line) throws(VaultError) in
            let said = HeldLine.parse(line.utf8)
            if let said { held?[said.conversation] = said.holds } else { held = nil }
        }
    }

    /// Attachments that are not what their names say, as faults.
    func misnamed() throws(VaultError) -> [ArchiveFault] {
        var faults: [ArchiveFault] = []
        for path in kept.paths where path.hasPrefix(ArchiveName.attachments) {
            var digest = SHA256Digest()
            try kept.read(path) { (bytes) throws(VaultError) in digest.update(bytes) }
            guard path != ArchiveName.attachment(digest.finalize()) else { continue }
            faults.append(
                ArchiveFault(path: path, fault: "the content is not what its name says"))
        }
        return faults
    }

    /// Ids of the holds that matched a conversation.
    ///
    /// Of an archive that does not say which, all: what is not known is decided for keeping.
    private func holds(of id: RecordID) -> [String] {
        if let held { return held[id] ?? [] }
        return (export?["holds"]?.array ?? []).compactMap { $0["id"]?.string }
    }

    /// Lends the conversations in the order of their ids, each whole.
    ///
    /// - Throws: `refused` for a redacted archive, `unsupported` for what cannot be stored; what
    ///   `body` throws.
    func forEach(
        _ body: (RestoredConversation) throws(VaultError) -> Void
    ) throws(VaultError) {
        for path in kept.paths where path.hasPrefix(ArchiveName.native) {
            var conversation: RestoredConversation?
            try kept.readLines(of: path) { (line) throws(VaultError) in
                if conversation == nil {
                    var begun = try RestoredConversation(header: line)
                    begun.brought = brought[begun.conversation.id]
                    conversation = begun
                } else {
                    conversation?.add(try RestoredRecord(parsing: line))
                }
            }
            guard var conversation else { continue }
            conversation.holds = holds(of: conversation.conversation.id)
            try conversation.requireStorable()
            try body(conversation)
        }
    }

    /// The content of an attachment; `nil` for one that the archive does not have.
    ///
    /// - Throws: `busy` for one that the vault had and has lost since.
    func content(
        of reference: AttachmentReference
    ) throws(VaultError) -> (any ByteSource)? {
        let path = ArchiveName.attachment(reference.sha256)
        if let source = kept.source(of: path) { return source }
        guard known.paths.contains(path) else { return nil }
        throw VaultError(
            .busy, "Another process removed a file from the vault just now; restore again.")
    }
}

extension KeptFiles {
    /// Lends the lines of a file, without their ends.
    func readLines(
        of path: String, _ body: (String) throws(VaultError) -> Void
    ) throws(VaultError) {
        var lines = LineSplitter(maximumBytes: .max)
        try read(path) { (bytes) throws(VaultError) in
            var complete: [String] = []
            try unsafe bytes.lend { (buffer) throws(VaultError) in
                _ = unsafe lines.take(buffer) { line, _ in
                    unsafe complete.append(String(decoding: line, as: UTF8.self))
                }
            }
            for line in complete { try body(line) }
        }
    }
}

extension RestoredConversation {
    /// A conversation without its records, as the first line of its file says.
    ///
    /// - Throws: `unsupported` for one that the vault could not give back byte for byte.
    init(header line: String) throws(VaultError) {
        guard let said = (try? JSONReader.parse(line))?["conversation"],
            let conversation = Conversation(archived: said),
            let messages = said["messages"]?.int, let records = said["records"]?.int,
            RecordLines.header(
                ArchivedConversation(conversation: conversation, messages: []),
                messages: Int(messages), records: Int(records)
            ).elementsEqual(line.utf8)
        else {
            throw VaultError(
                .unsupported,
                "The archive says something of a conversation that this version cannot give back, "
                    + "so that nothing was restored; update Coffer.")
        }
        self.init(conversation)
    }
}
