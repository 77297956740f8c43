import Vault

/// Names inside an archive, and the one rule that writer and verifier share.
enum ArchiveName {
    static let maximumSegmentBytes = 100
    static let maximumSegments = 8

    static let declaration = "bagit.txt"
    static let bagInfo = "bag-info.txt"
    static let readme = "README.txt"
    /// The page to begin with; a tag file, because it names times and persons.
    static let front = "index.html"
    static let manifest256 = "manifest-sha256.txt"
    static let manifest512 = "manifest-sha512.txt"
    static let tagManifest = "tagmanifest-sha256.txt"
    static let sshSignature = "tagmanifest-sha256.txt.sig"
    static let minisignSignature = "tagmanifest-sha256.txt.minisig"
    /// A time stamp (RFC 3161) that somebody may put beside the signatures later.
    static let timeStamp = "tagmanifest-sha256.txt.tsr"
    static let allowedSigners = "allowed_signers"
    static let sshKey = "signer.ssh.pub"
    static let minisignKey = "signer.minisign.pub"
    static let export = "meta/export.json"

    static let custody = "meta/custody.jsonl"
    /// Which conversations were held; only where some were.
    static let holds = "meta/holds.jsonl"
    /// What had come from archives of other vaults; only where something had.
    static let restored = "meta/restored.jsonl"
    static let certification = "meta/certification-902-14.txt"
    static let destroyed = "proof/destroyed.jsonl"
    /// Checkpoints that were given elsewhere before.
    static let priorCheckpoints = "proof/prior-checkpoints/"
    /// So many of them at most, each at most so long: their proofs are one file that is read whole.
    static let maximumPriorCheckpoints = 500
    static let maximumPriorBytes = 16 << 10
    static let consistency = "proof/consistency.txt"
    static let checkpoint = "proof/checkpoint"
    static let logKey = "proof/log.vkey"
    static let logKeyPEM = "proof/log.pub.pem"
    static let logLines = "proof/log.jsonl"
    static let commitments = "proof/commitments.jsonl"
    static let treeScript = "proof/merkle.py"
    static let proofScript = "proof/verify.py"
    /// Which archive `proof/` was made for, and which records stood where in it.
    static let sealedArchive = "proof/archive.json"
    static let placedRecords = "proof/records.jsonl"
    /// Which parts name files that the first archive lacks; only where some do.
    static let missingParts = "proof/missing.jsonl"
    /// The files of `proof/`, signed by who made the first archive, whatever is made of it.
    static let proofManifest = "proof/manifest-sha256.txt"
    static let proofSignature = "proof/manifest-sha256.txt.sig"
    static let proofSigners = "proof/allowed_signers"

    static let payload = "data/"
    static let native = "data/native/"
    static let attachments = "data/attachments/"
    static let pages = "data/html/"
    static let rsmf = "data/rsmf/"
    static let eml = "data/eml/"
    static let sessions = "data/sessions/"
    static let loadFile = "data/loadfile/export.dat"
    static let loadFileReadme = "data/loadfile/README.txt"
    /// The first page of the list of conversations.
    static let index = "data/html/index.html"
    static let summary = "data/report/summary.csv"
    static let items = "data/report/items.csv"
    static let errors = "data/report/errors.csv"
    static let locations = "data/report/locations.csv"
    static let settings = "data/report/settings.csv"
    /// What a redacted archive withholds, and why.
    static let privilege = "data/report/privilege.csv"

    /// The folders of files for review, all of them named for conversations.
    static let review = [rsmf, eml, sessions]

    /// What every archive has, besides the records.
    static let required = [
        declaration, bagInfo, readme, front, manifest256, manifest512, tagManifest, sshSignature,
        minisignSignature, allowedSigners, sshKey, minisignKey, export, certification, index,
        summary, items, locations, settings, errors,
    ]

    /// What an archive of a vault with an audit log has besides.
    static let proof = [
        checkpoint, logKey, logKeyPEM, logLines, commitments, treeScript, proofScript, custody,
        destroyed, proofManifest, proofSignature, proofSigners, sealedArchive, placedRecords,
    ]
    /// The list of `proof/`, its signature and who signed it.
    static let proofSeal: Set = [proofManifest, proofSignature, proofSigners]
    /// What the list of `proof/` does not list: itself, and what a redacted archive does not tell.
    static let unsealed = proofSeal.union([destroyed])

    /// The files that stand beside the tag manifest without being listed in it.
    private static let unlisted: Set<String> = Set(
        [tagManifest, sshSignature, minisignSignature, timeStamp]
            + cosignatureNumbers.map(cosignature))

    /// Signatures of others, who may be as many as this.
    static let cosignatureNumbers = 1...99

    static func cosignature(_ number: Int) -> String { "\(tagManifest).cosign-\(number).sig" }

    /// Whether a file stands beside the tag manifest without being listed in it.
    static func isUnlisted(_ path: String) -> Bool { unlisted.contains(path) }

    /// How long a file that somebody may add can be; `nil` for a file of the archive itself.
    static func maximumBytes(ofAdded path: String) -> Int64? {
        if path == timeStamp { return Int64(TimeStampReply.maximumBytes) }
        let isCosignature = path.hasPrefix("\(tagManifest).cosign-") && isUnlisted(path)
        return isCosignature ? Cosignature.maximumBytes : nil
    }

    /// Whether an archive can have a file of this name; those below these folders have more rules.
    static func isKnown(_ path: String) -> Bool {
        required.contains(path) || unlisted.contains(path) || path == loadFile
            || path == loadFileReadme || path == privilege
            || ([native, attachments, pages, "meta/", "proof/"] + review)
                .contains { path.hasPrefix($0) }
    }

    static func native(_ conversation: RecordID) -> String { "\(native)\(conversation).jsonl" }
    static func page(_ conversation: RecordID) -> String { "\(pages)\(conversation).html" }
    static func session(_ conversation: RecordID) -> String { "\(sessions)\(conversation).json" }
    static func rsmf(_ slice: String) -> String { "\(rsmf)\(slice).rsmf" }
    static func eml(_ slice: String) -> String { "\(eml)\(slice).eml" }
    /// A page of the list of conversations: `index.html`, `index-2.html` and so on.
    static func list(_ page: Int) -> String { page == 1 ? index : "\(pages)index-\(page).html" }
    static func attachment(_ sha256: [UInt8]) -> String { attachments + sha256.hex }

    /// Whether a relative path is made of safe segments: `[A-Za-z0-9._-]`, at most 100 bytes each,
    /// none of them `.` or `..`.
    static func isSafe(_ path: [UInt8]) -> Bool {
        let segments = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return segments.count <= maximumSegments && segments.allSatisfy { isSafeSegment($0) }
    }

    private static func isSafeSegment(_ segment: ArraySlice<UInt8>) -> Bool {
        guard !segment.isEmpty, segment.count <= maximumSegmentBytes,
            segment.contains(where: { $0 != UInt8(ascii: ".") })
        else { return false }
        return segment.allSatisfy(isSafeByte)
    }

    private static func isSafeByte(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }

    /// `EXPORT-<matter>-<utc>-<bagid8>`, or with `REDACTED` in front: the matter cut down to safe
    /// letters, the last eight digits of the bag's id, which are random where the first ones are
    /// its time.
    static func bag(
        matter: String, time: Instant, id: RecordID, isRedacted: Bool = false
    ) -> String {
        var word: [UInt8] = []
        for byte in matter.utf8 where word.count < 40 {
            let isWord = isSafeByte(byte) && byte != UInt8(ascii: ".")
            if isWord { word.append(byte) } else if word.last != 0x2D { word.append(0x2D) }
        }
        let name = String(decoding: word, as: UTF8.self).trimmed("-")
        let clock = time.description.prefix(19).filter { $0 != "-" && $0 != ":" }
        let kind = isRedacted ? "REDACTED" : "EXPORT"
        return "\(kind)-\(name.isEmpty ? "unnamed" : name)-\(clock)Z-\(id.description.suffix(8))"
    }
}

extension String {
    /// The text without a character at its ends.
    fileprivate func trimmed(_ character: Character) -> String {
        let head = drop { $0 == character }
        return String(head.reversed().drop { $0 == character }.reversed())
    }

    /// The text on one line: controls and line ends become blanks, and it is cut to a length.
    func singleLine(maximumBytes: Int) -> String {
        // Most are ids, dates and plain names: nothing of them changes.
        let isPlain = utf8.count <= maximumBytes && utf8.allSatisfy { $0 &- 0x20 < 0x5F }
        if isPlain { return self }
        var line = ""
        var count = 0
        for scalar in unicodeScalars {
            count += scalar.utf8.count
            if count > maximumBytes { break }
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .format: line += " "
            default: line.unicodeScalars.append(scalar)
            }
        }
        return line
    }
}
