import ForeignArchives
import Foundation
package import VaultCrypto

/// Checks archives strictly: without a vault, without a key of ours, without a network.
///
/// Valid is an archive in which
/// 1. every name is safe and unique up to case, there are only plain files that an archive can
///    have, and folders with such files; a packed archive carries nothing beside them: one zstd
///    frame, and no owners, special modes or foreign fields in the tar's headers;
/// 2. every file outside `data/`, besides the tag manifest and its signatures, is listed in the tag
///    manifest, and every listed file is there with the SHA-256 that is listed;
/// 3. every file in `data/` is listed exactly once in both payload manifests, and every listed file
///    is there with the SHA-256 and SHA-512 that are listed;
/// 4. both signatures of the tag manifest are by the one key that the bag states and, when the
///    caller names a signer, by that one; cosignatures are numbered without a gap, and each is over
///    the tag manifest and by a key of its own;
/// 5. `meta/export.json` names the format that this version knows;
/// 6. every record is in canonical form and agrees with its commitment, records are in order, and
///    their numbers are those of the file's first line, of the summary and of `meta/export.json`;
/// 7. records and parts are withheld only where `meta/export.json` says that the archive is
///    redacted and how many are, and the privilege log has a row for each;
/// 8. every attachment that a record names is there, unless the error report lists it and, in a
///    copy, the first archive lacked it, and every conversation has its page;
/// 9. where there was a log, `proof/` is whole and sealed, and the records are those of the first
///    archive, in their places and as many (`ProofFiles`, `PlacedRecords`, `OriginJudgement`); what
///    the custody says of entries that are shown is what they say;
/// 10. a time stamp is over this tag manifest, and an encrypted archive is for those whom
///    `meta/export.json` names (`RecipientJudgement`).
///
/// A time stamp is handed to the caller: checking who stamped needs an authority's certificate.
/// The pages in `data/html/` are covered by the signatures and not compared with the records.
///
/// Of a file that is not the one that was listed, only that is said, not what follows from it.
package enum ArchiveVerifier {
    /// Bounds on what is read from an archive that anybody may have made.
    package struct Limits: Sendable {
        /// Files and folders.
        package var entries = 2_000_000
        /// Bytes after unpacking.
        package var bytes: Int64 = 1 << 43
        /// Bytes of one record, which is held in memory.
        package var lineBytes = 256 << 20

        package init() {}
    }

    /// What an archive shows of a vault's audit log, checked.
    package struct ShownProof: Sendable, Hashable {
        /// The log's name.
        package var origin: String
        /// How many entries the signed checkpoint covers.
        package var size: Int
        /// `SHA256:…` of who signed it with the first archive.
        package var signer: String
        /// Earlier versions that are older than the log, which it does not cover.
        package var uncovered: Int
    }

    /// What was found.
    package struct Result: Sendable {
        /// In order of path, a file's in order of line; none means that the archive is valid.
        package var faults: [ArchiveFault]
        /// Faults beyond the first 10,000.
        package var omittedFaults: Int
        /// The bag's name as `meta/export.json` says it, when that file is as it was signed.
        package var bag: String?
        /// `SHA256:…` of the key that made the signatures, when they are good.
        package var signer: String?
        /// Whether the caller named the signer.
        ///
        /// Otherwise the signer is self-asserted: anybody could have made the archive, and the
        /// fingerprint has to be compared by other means.
        package var isSignerKnown: Bool
        /// Whether the caller named who made the first archive.
        package var isOriginalSignerKnown: Bool
        /// For whom the archive was encrypted, as its signed part says; empty for nobody.
        package var recipients: [String]
        /// Whether it is encrypted.
        package var isEncrypted: Bool
        /// Who signed besides the signer, in the order of the files: `SHA256:…`, self-asserted.
        package var cosigners: [String]
        /// The text that minisign shows, when that signature is good.
        package var trustedComment: String?
        /// SHA-256 of the tag manifest, when the signatures are good.
        package var tagManifest: [UInt8]?
        /// A time stamp that is there, whatever it says.
        package var timeStampFile: [UInt8]?
        /// When the archive existed at the latest, once a time stamp was checked; RFC 3339.
        package var timeStamp: String?
        package var conversations: Int
        package var messages: Int
        package var payloadBytes: Int64
        /// What proves that the records are those of a vault's audit log; `nil` where nothing does.
        package var proof: ShownProof?
        /// What a redacted archive withholds; `nil` for another.
        package var withheld: WithheldCounts?
        /// Attached files that records name, and that the archive says it lacks.
        package var missingFiles = 0
        /// Whether these are, as its maker signed, files that the first archive lacked.
        package var isMissingProved = false
        /// Files that may be there and that nothing here vouches for: a time stamp.
        package var notChecked: [String] = []
        /// What an archive of a group says of it.
        package var member: GroupMember?

        package var isValid: Bool { faults.isEmpty }
    }

    /// Checks a folder, a `.tar` or a `.tar.zst`, or one of these in an age file.
    ///
    /// - Parameters:
    ///   - path: The archive.
    ///   - key: What opens an encrypted one.
    ///   - signer: The expected signer: an SSH fingerprint (`SHA256:…`), an `ssh-ed25519` public
    ///     key line or a minisign public key.
    ///   - originalSigner: The same for the archive that was made first, of which this may be a
    ///     copy.
    ///   - limits: Bounds.
    ///   - hooks: Progress and cancellation.
    /// - Returns: Every fault, with its path.
    /// - Throws: `notFound` when there is nothing at the path, `locked` and `wrongKey` for one that
    ///   does not open, `badInput` for a signer that cannot be read, `cancelled`, and `inputOutput`
    ///   when the disk fails. Faults are not thrown.
    package static func verify(
        _ path: String, key: ArchiveKey? = nil, signer: String? = nil,
        originalSigner: String? = nil, limits: Limits = Limits(),
        hooks: ArchiveExport.Hooks = .init()
    ) throws(VaultError) -> Result {
        try verify(
            path, key: key, signer: signer, originalSigner: originalSigner, limits: limits,
            hooks: hooks, keeping: nil)
    }

    /// The same, for what reads files once more after they were checked: `kept` takes them.
    static func verify(
        _ path: String, key: ArchiveKey?, signer: String?, originalSigner: String? = nil,
        limits: Limits, hooks: ArchiveExport.Hooks, keeping kept: KeptFiles?
    ) throws(VaultError) -> Result {
        let expected = try expectation(signer)
        let original = try expectation(originalSigner)
        switch try ArchiveKind(of: path) {
        case .folder:
            var checker = BagChecker(limits: limits, hooks: hooks)
            checker.kept = kept
            checker.expectedOriginal = original
            var entries = FolderEntries(root: path, limits: limits)
            try read(&checker) { (fault, body) throws(VaultError) in
                try entries.forEach(fault, body)
            }
            checker.isCut = !entries.isComplete
            return checker.result(expected: expected)
        case .file:
            let file = try DiskFile(path, place: "The archive", followsLinks: true)
            do {
                let content = try EncryptedArchive.content(of: file, key)
                var checker = BagChecker(limits: limits, hooks: hooks)
                checker.kept = kept
                checker.expectedOriginal = original
                checker.opening = content.opening
                return try verify(content.file, &checker, expected, limits)
            } catch {
                guard let damage = EncryptedArchive.damage(error) else { throw error }
                // What is damaged is the archive, whatever was seen of it by then.
                var checker = BagChecker(limits: limits, hooks: hooks)
                checker.faults.add("", damage)
                checker.isCut = true
                return checker.result(expected: expected)
            }
        }
    }

    /// Checks a `.tar` or a `.tar.zst`, wherever its bytes are.
    ///
    /// - Parameters:
    ///   - file: The archive.
    ///   - signer: The expected signer.
    ///   - limits: Bounds.
    ///   - hooks: Progress and cancellation.
    /// - Returns: Every fault, with its path.
    /// - Throws: As for a path.
    package static func verify(
        _ file: any RandomAccess, signer: String? = nil, limits: Limits, hooks: ArchiveExport.Hooks
    ) throws(VaultError) -> Result {
        var checker = BagChecker(limits: limits, hooks: hooks)
        return try verify(file, &checker, try expectation(signer), limits)
    }

    private static func verify(
        _ file: any RandomAccess, _ checker: inout BagChecker, _ expected: ExpectedSigner?,
        _ limits: Limits
    ) throws(VaultError) -> Result {
        var entries = try TarEntries(file, limits: limits)
        try read(&checker) { (fault, body) throws(VaultError) in
            try entries.forEach(fault, body)
        }
        checker.isCut = !entries.isComplete
        checker.folderName = entries.bag.map { String(decoding: $0, as: UTF8.self) }
        return checker.result(expected: expected)
    }

    private static func expectation(_ signer: String?) throws(VaultError) -> ExpectedSigner? {
        try signer.map { (text) throws(VaultError) in try ExpectedSigner(text) }
    }

    private typealias FaultBody = (String, String) -> Void
    private typealias EntryBody = (ArchiveEntry) throws(VaultError) -> Void

    /// Reads all files; the tar and folder readers report through the same list as the checker.
    private static func read(
        _ checker: inout BagChecker,
        _ source: (FaultBody, EntryBody) throws(VaultError) -> Void
    ) throws(VaultError) {
        var found = FaultList()
        try source({ found.add($0, $1) }) { (entry) throws(VaultError) in
            try checker.check(entry)
        }
        checker.faults.add(found)
        checker.finishReading()
    }
}

/// What stands at a path.
private enum ArchiveKind {
    case folder, file

    init(of path: String) throws(VaultError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw VaultError(.notFound, "There is no archive at this path; check the path.")
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: self = .folder
        case S_IFREG: self = .file
        default:
            throw VaultError(.badInput, "An archive is a folder or a file; this path is neither.")
        }
    }
}

/// The signer that the caller expects.
enum ExpectedSigner {
    case fingerprint(String)
    case key(VerifyingKey)

    init(_ text: String) throws(VaultError) {
        let text = String(
            text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        if text.hasPrefix("SHA256:") {
            guard text.utf8.count == 50 else { throw Self.unreadable }
            self = .fingerprint(text)
        } else if text.hasPrefix("ssh-") {
            self = .key(try SSHPublicKey.parse(line: text))
        } else if let key = try? MinisignPublicKey(parsing: Array(text.utf8)) {
            self = .key(key.key)
        } else {
            throw Self.unreadable
        }
    }

    private static let unreadable = VaultError(
        .badInput,
        "The expected signer is neither a fingerprint (SHA256:…) nor an ssh-ed25519 or "
            + "minisign public key; check what was given.")

    func matches(_ key: VerifyingKey) -> Bool {
        switch self {
        case .fingerprint(let text): text == SSHPublicKey.fingerprint(key)
        case .key(let expected): expected == key
        }
    }
}
