import GRDB
package import VaultCrypto

/// A signed statement of how far the log went: a C2SP tlog-checkpoint.
///
/// ```
/// coffer/<vault id>       the origin, which is also the name of the key
/// <number of entries>
/// <Base64 of the root>
///
/// — coffer/<vault id> <Base64 of key id and signature>
/// ```
///
/// Extension lines are refused, other signatures are kept and ignored.
package struct AuditCheckpoint: Sendable, Equatable {
    package let size: Int
    package let root: [UInt8]
    /// The note with its signatures.
    package let file: [UInt8]

    /// The origin of a vault's log.
    package static func origin(of vault: RecordID) -> String { "coffer/\(vault)" }

    /// Signs the log as it stands, once its last stretch gives the tree that it has.
    ///
    /// - Throws: `damaged` for a log that cannot be relied on.
    init(signing db: Database, vault: RecordID) throws {
        let frontier = try AuditState(in: db, governs: false).frontier
        try self.init(of: frontier, vault: vault, key: SigningSecret.log.load(in: db))
    }

    /// Signs a tree.
    private init(
        of frontier: MerkleFrontier, vault: RecordID, key: borrowing SigningKey
    ) throws(VaultError) {
        size = frontier.count
        root = frontier.root
        let origin = Self.origin(of: vault)
        var note = try SignedNote(text: "\(origin)\n\(size)\n\(Base64.string(root))\n")
        try note.sign(with: key, name: origin)
        file = note.file
    }

    /// Reads and verifies a checkpoint.
    ///
    /// - Parameters:
    ///   - file: The note.
    ///   - vault: Whose log it must be of.
    ///   - key: The public log key of that vault.
    /// - Throws: `badInput` for one of another log, `damaged` for one that is not signed by its key
    ///   or not of the form.
    package init(
        verifying file: [UInt8], vault: RecordID, key: VerifyingKey
    ) throws(VaultError) {
        let origin = Self.origin(of: vault)
        let note = try SignedNote(parsing: file)
        let text: String
        do {
            text = try note.verify(by: [try NoteKey(name: origin, key: key)]).text
        } catch  where error.code == .wrongKey {
            throw VaultError(
                .badInput,
                "This is not a checkpoint of this vault's audit log; give one of \(origin).")
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 4, lines[0] == origin, let size = Int(lines[1]), size >= 0,
            String(size) == lines[1], let root = Base64.decode(lines[2].utf8),
            root.count == MerkleTree.hashBytes
        else {
            throw VaultError(
                .damaged, "This checkpoint breaks the format; get the file again.")
        }
        self.size = size
        self.root = root
        self.file = file
    }
}
