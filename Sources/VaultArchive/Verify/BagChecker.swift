import ForeignArchives
import Vault
import VaultCrypto

/// Takes the files of a bag as they come, in any order, and judges them at the end.
struct BagChecker {
    /// Small files are kept to be read as a whole; a tag manifest lists tag files only.
    private static let maximumSmallBytes = 1 << 20
    private static let maximumManifestLineBytes = 1024

    /// As many files may be listed before they come: in archives as they are written, none is.
    private static let maximumAwaited = 200_000
    /// As many lines may a file of the log have whatever the records are, which may come later.
    private static let minimumProofLines: Int64 = 100_000
    /// Of records, as many bytes are worth one more: a record has some 400, and what is hidden
    /// between two that are shown takes twenty lines where there are a thousand of it.
    private static let recordBytesPerProofLine: Int64 = 10

    /// How long a file outside `data/` can be that is neither kept nor read line by line.
    private static let maximumTagBytes: Int64 = 1 << 30

    private let limits: ArchiveVerifier.Limits
    private let hooks: ArchiveExport.Hooks
    private let lanes = FileLanes()
    /// Files that the lanes have not told about.
    private var waiting: [String] = []
    private var progress = ArchiveExport.Progress()
    private var reported: Int64 = 0
    private var priorCheckpoints = 0

    var faults = FaultList()
    private(set) var ledger = Ledger()
    /// The folder inside a tar.
    var folderName: String?
    /// Whether reading ended before the end: what was not seen is then not missing.
    var isCut = false
    /// Folders that were seen, besides the bag's own.
    private(set) var folders: Set<String> = []
    /// Files that are read as a whole at the end.
    private(set) var small: [String: [UInt8]] = [:]
    /// The conversations whose records were seen, and how many messages and records they have.
    private(set) var conversations = 0
    private(set) var messages: Int64 = 0
    private(set) var records: Int64 = 0
    /// What the records name, in order once all was read.
    private(set) var attachments = NamedFiles()
    /// The files of records by the number that `attachments` has of them.
    private(set) var recordPaths: [String] = []
    /// Attachments whose content is not what their name says.
    private(set) var misnamed: Set<String> = []
    /// What the error report says is missing.
    private(set) var declaredMissing: Set<String> = []
    /// What `proof/` says.
    var proof = ProofChecker()
    /// What is withheld, and how many rows of the privilege log say so.
    private(set) var withheld = WithheldCounts()
    /// The rows of the privilege log, and those that the records ask for, without their numbers.
    private(set) var privilege: (said: CommitmentSum, wanted: CommitmentSum, rows: Int)
    /// A file of records in which something is withheld.
    private(set) var withheldPath: String?
    /// Where files go that are read once more after all was checked.
    var kept: KeptFiles?
    /// How many bytes `bag-info.txt` says that the payload has, once that file was read.
    private var statedBytes: Int64?
    /// Files that were not read to their end, each of which has a fault.
    private(set) var unread: Set<String> = []
    /// How an encrypted archive was opened.
    var opening: AgeOpening?
    /// Who must have made the first archive, if the caller says so.
    var expectedOriginal: ExpectedSigner?
    /// Who signed `proof/`, when that is whole.
    var proofSigner: VerifyingKey?
    /// The archive that was made first, when the seal and everything that it says agree.
    var firstArchive: FirstArchive?
    /// Whether the files that are missing are those that the first archive's maker says it lacked.
    var isMissingProved = false
    /// What of the log is shown, when it was judged.
    var shownProof: ArchiveVerifier.ShownProof?
    /// Who else signed, by their fingerprints.
    var cosigners: [String] = []
    /// Faults in what the manifests say, told only if the manifests are as they were signed.
    var claims = FaultList()

    init(limits: ArchiveVerifier.Limits, hooks: ArchiveExport.Hooks) {
        self.limits = limits
        self.hooks = hooks
        privilege = (proof.emptySum, proof.emptySum, 0)
    }

    // MARK: Reading

    mutating func check(_ entry: ArchiveEntry) throws(VaultError) {
        guard ArchiveName.isSafe(entry.path) else {
            return faults.add(printable(entry.path), "the name is not allowed in an archive")
        }
        let path = String(decoding: entry.path, as: UTF8.self)
        if entry.isFolder {
            if !folders.insert(path).inserted { faults.add(path, "the folder occurs twice") }
            return
        }
        if let fault = Self.refusal(of: path, sizeBytes: entry.sizeBytes) {
            return faults.add(path, fault)
        }
        if path.hasPrefix(ArchiveName.priorCheckpoints) {
            priorCheckpoints += 1
            guard priorCheckpoints <= ArchiveName.maximumPriorCheckpoints else {
                return faults.add(
                    path,
                    "there are more than \(ArchiveName.maximumPriorCheckpoints) such files")
            }
        }
        if isLongerThanPayload(path, entry.sizeBytes) {
            return faults.add(
                path, "it is longer than all of data/ together is, as bag-info.txt says")
        }
        if let fault = ledger.see(path, sizeBytes: entry.sizeBytes) {
            return faults.add(path, fault)
        }
        if entry.sizeBytes > ContentReader.maximumBytes(of: path) {
            return faults.add(path, "the file is longer than such a file can be")
        }
        try read(entry, path)
    }

    /// Whether a file of the payload cannot be one, going by what `bag-info.txt` says of its size.
    ///
    /// Of a folder that file comes first; a file with holes takes no room on the disk and would be
    /// read for hours. What is only a little longer is read, so that the right file is named.
    private func isLongerThanPayload(_ path: String, _ sizeBytes: Int64) -> Bool {
        guard path.hasPrefix(ArchiveName.payload), let statedBytes else { return false }
        return sizeBytes > statedBytes || ledger.payloadBytes / 2 > statedBytes
    }

    private mutating func read(_ entry: ArchiveEntry, _ path: String) throws(VaultError) {
        let isPayload = path.hasPrefix(ArchiveName.payload)
        lanes.begin(
            FileWork(hasSHA512: isPayload, records: recordChecker(for: path)),
            sizeBytes: entry.sizeBytes)
        var reader = ContentReader(path)
        var stop = LongLineStop(entry, maximumBytes: limits.lineBytes)
        let kept = kept?.begin(path)
        do throws(VaultError) {
            try unsafe entry.read { (bytes) throws(VaultError) in
                unsafe lanes.update(bytes)
                try unsafe kept?.write(bytes)
                unsafe reader.take(bytes, &self)
                try advance(bytes.count)
                try unsafe stop.take(bytes, isBroken: reader.isBroken)
            }
        } catch {
            guard stop.isStopped else { throw error }
            // What the lanes began is forgotten with the next file.
            unread.insert(path)
            return faults.add(path, "a line is too long, so that the rest was not read")
        }
        try kept?.end()
        lanes.endFile()
        waiting.append(path)
        collect(lanes.takeFinished())
        reader.finish(&self)
        if path == ArchiveName.bagInfo { statedBytes = payloadBytesSaid }
    }

    /// The first number of `Payload-Oxum`.
    private var payloadBytesSaid: Int64? {
        let name = "Payload-Oxum: "
        let line = text(ArchiveName.bagInfo)?.split(separator: "\n").first { $0.hasPrefix(name) }
        return line.flatMap { Int64($0.dropFirst(name.utf8.count).prefix { $0 != "." }) }
    }

    private mutating func recordChecker(for path: String) -> RecordChecker? {
        guard path.hasPrefix(ArchiveName.native), path.hasSuffix(".jsonl") else { return nil }
        recordPaths.append(path)
        return RecordChecker(
            path: path, number: UInt32(recordPaths.count - 1), maximumLineBytes: limits.lineBytes,
            commitments: proof.emptySum)
    }

    /// Why a file is not read at all.
    private static func refusal(of path: String, sizeBytes: Int64) -> String? {
        if path == "fetch.txt" { return "an archive holds its files and lists none to fetch" }
        if !ArchiveName.isKnown(path) { return "an archive has no such file" }
        let isPrior = path.hasPrefix(ArchiveName.priorCheckpoints)
        let maximum =
            isPrior
            ? Int64(ArchiveName.maximumPriorBytes) : ArchiveName.maximumBytes(ofAdded: path)
        if let maximum, sizeBytes > maximum { return "it is longer than \(maximum) bytes" }
        return nil
    }

    private mutating func advance(_ bytes: Int) throws(VaultError) {
        progress.bytes += Int64(bytes)
        progress.records = Int(records)
        guard progress.bytes - reported >= 4 << 20 else { return }
        reported = progress.bytes
        hooks.progress(progress)
        if hooks.isCancelled() {
            throw VaultError(.cancelled, "The verification was stopped; it says nothing.")
        }
    }

    private mutating func collect(_ findings: [FileFinding]) {
        for (finding, path) in zip(findings, waiting) {
            if let digest = finding.sha256 {
                ledger.see(path, digest, \.sha256)
                if path.hasPrefix(ArchiveName.attachments), path != ArchiveName.attachment(digest) {
                    misnamed.insert(path)
                }
            }
            if let digest = finding.sha512 { ledger.see(path, digest, \.sha512) }
            if let records = finding.records { add(records) }
        }
        waiting.removeFirst(findings.count)
    }

    /// How many lines `proof/log.jsonl` and `proof/commitments.jsonl` may have each.
    ///
    /// Every entry that is shown commits to a record of the archive, but for the one that begins
    /// the export.
    private var maximumProofLines: Int {
        Int(Self.minimumProofLines + ledger.nativeBytes / Self.recordBytesPerProofLine)
    }

    mutating func finishReading() {
        collect(lanes.close())
        for other in attachments.finish() {
            faults.add(
                recordPaths[Int(other.records)],
                "attachment \(other.hash.bytes.hex) has another size elsewhere")
        }
        hooks.progress(progress)
    }

    /// What is done with a file's content while it streams by, besides what the lanes do.
    private struct ContentReader {
        private let path: String
        private var kind: Kind

        private enum Kind {
            case opaque
            case small([UInt8])
            case manifest(LineSplitter, WritableKeyPath<Ledger.File, Ledger.Check>)
            case errors(LineSplitter)
            case proof(LineSplitter)
            case privilege(LineSplitter)
        }

        init(_ path: String) {
            self.path = path
            let lines = LineSplitter(maximumBytes: BagChecker.maximumManifestLineBytes)
            switch path {
            case ArchiveName.manifest256: kind = .manifest(lines, \.sha256)
            case ArchiveName.manifest512: kind = .manifest(lines, \.sha512)
            case ArchiveName.errors: kind = .errors(lines)
            case ArchiveName.privilege: kind = .privilege(ProofChecker.splitter())
            case ArchiveName.logLines, ArchiveName.commitments, ArchiveName.placedRecords,
                ArchiveName.missingParts, ArchiveName.custody:
                kind = .proof(ProofChecker.splitter())
            case _ where Self.isSmall(path): kind = .small([])
            default: kind = .opaque
            }
        }

        /// Whether a line was too long or one too many, so that nothing more is read of them.
        private(set) var isBroken = false

        /// How long a file can be by its name.
        static func maximumBytes(of path: String) -> Int64 {
            if isSmall(path) { return Int64(BagChecker.maximumSmallBytes) }
            guard !path.hasPrefix(ArchiveName.payload) else { return .max }
            if case .opaque = ContentReader(path).kind { return BagChecker.maximumTagBytes }
            return .max
        }

        /// Whether a file is kept to be read as a whole.
        static func isSmall(_ path: String) -> Bool {
            // These grow with the number of conversations, or with the length of titles.
            let large = [
                ArchiveName.front, ArchiveName.index, ArchiveName.items, ArchiveName.errors,
                ArchiveName.manifest256,
                ArchiveName.manifest512, ArchiveName.locations, ArchiveName.custody,
                ArchiveName.destroyed,
            ]
            let grows =
                [ArchiveName.logLines, ArchiveName.commitments, ArchiveName.placedRecords] + large
            return (ArchiveName.required + ArchiveName.proof + [ArchiveName.consistency])
                .contains(path) && !grows.contains(path)
                || path.hasPrefix(ArchiveName.priorCheckpoints)
                || ArchiveName.maximumBytes(ofAdded: path) != nil
        }

        mutating func take(_ bytes: UnsafeRawBufferPointer, _ checker: inout BagChecker) {
            switch kind {
            case .opaque: break
            case .privilege(var lines):
                kind = .opaque
                let isFine = unsafe lines.take(bytes) { line, number in
                    unsafe checker.privilegeLine(Array(line), number)
                }
                if isFine { kind = .privilege(lines) } else { isBroken = true }
            case .small(var content):
                kind = .opaque
                guard content.count + bytes.count <= BagChecker.maximumSmallBytes else {
                    return checker.faults.add(path, "the file is longer than such a file can be")
                }
                unsafe content.append(contentsOf: bytes)
                kind = .small(content)
            case .manifest(var lines, let check):
                kind = .opaque
                let isFine = unsafe lines.take(bytes) { line, number in
                    guard checker.ledger.awaited < BagChecker.maximumAwaited else { return }
                    unsafe checker.manifestLine(Array(line), number, path, check)
                }
                guard checker.ledger.awaited < BagChecker.maximumAwaited else {
                    isBroken = true
                    return checker.faults.add(
                        path,
                        "it lists more files than it can before they come; pack the archive with "
                            + "its data first")
                }
                if !isFine { checker.claims.add(path, "line \(lines.number) is too long") }
                if isFine { kind = .manifest(lines, check) } else { isBroken = true }
            case .errors(var lines):
                kind = .opaque
                let isFine = unsafe lines.take(bytes) { line, _ in
                    unsafe checker.errorLine(Array(line))
                }
                if isFine { kind = .errors(lines) } else { isBroken = true }
            case .proof(var lines):
                kind = .opaque
                let maximum = checker.maximumProofLines
                let isFine = unsafe lines.take(bytes) { line, number in
                    guard number <= maximum else { return }
                    unsafe checker.proof.line(of: path, line, number)
                }
                guard lines.number - 1 <= maximum else {
                    isBroken = true
                    return checker.faults.add(
                        path,
                        "it has more lines than the records before it can need; pack the archive "
                            + "with its data first")
                }
                if !isFine { checker.claims.add(path, "line \(lines.number) is too long") }
                if isFine { kind = .proof(lines) } else { isBroken = true }
            }
        }

        mutating func finish(_ checker: inout BagChecker) {
            switch kind {
            case .opaque, .errors, .privilege: break
            case .small(let content): checker.small[path] = content
            case .manifest(let lines, _), .proof(let lines):
                if lines.rest > 0 { checker.claims.add(path, "the last line has no end") }
            }
        }
    }

    private mutating func add(_ checked: RecordChecker) {
        faults.add(checked.faults)
        proof.records.add(checked.commitments)
        for token in checked.earlier { proof.earlier[token, default: 0] += 1 }
        proof.placed.find(checked.placedLine, in: checked.path)
        conversations += 1
        messages += checked.counts.messages
        records += checked.counts.records
        withheld.records += Int(checked.withheldRecords)
        withheld.messages += Int(checked.withheldMessages)
        withheld.parts += Int(checked.withheldParts)
        withheld.copies += Int(checked.withheldCopies)
        privilege.wanted.add(checked.privilege)
        if checked.withheldRecords + checked.withheldParts > 0 { withheldPath = checked.path }
        attachments.add(checked.attachments)
    }

    /// `<hex>  data/path`, as `sha256sum` writes it.
    mutating func manifestLine(
        _ line: [UInt8], _ number: Int, _ manifest: String,
        _ check: WritableKeyPath<Ledger.File, Ledger.Check>
    ) {
        let digits = manifest == ArchiveName.manifest512 ? 128 : 64
        guard line.count > digits + 2, let digest = line[..<digits].fromHex,
            line[digits] == 0x20, line[digits + 1] == 0x20
        else { return claims.add(manifest, "line \(number) is not a hash, two blanks and a name") }
        let name = Array(line[(digits + 2)...])
        let isPayload = name.starts(with: ArchiveName.payload.utf8)
        guard ArchiveName.isSafe(name), isPayload == (manifest != ArchiveName.tagManifest) else {
            return claims.add(manifest, "line \(number) names a file that it must not name")
        }
        let path = String(decoding: name, as: UTF8.self)
        if ArchiveName.isUnlisted(path) {
            return claims.add(manifest, "line \(number) names a file that it must not name")
        }
        if let fault = ledger.claim(path, digest, check) {
            claims.add(manifest, "line \(number): \(fault)")
        }
    }

    /// A row of the privilege log: its number, and what the stub asks for.
    private mutating func privilegeLine(_ line: [UInt8], _ number: Int) {
        privilege.rows += 1
        let head = Array("\(number - 1),".utf8)
        if number == 1 { return }
        privilege.said.add(
            line.starts(with: head) ? Array(line.dropFirst(head.count)) + [0x0A] : line)
    }

    /// The third cell of a line of the error report, which no path makes necessary to quote.
    private mutating func errorLine(_ line: [UInt8]) {
        let cells = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard cells.count >= 4, declaredMissing.count < FaultList.maximum else { return }
        let path = String(decoding: cells[2], as: UTF8.self)
        if path.hasPrefix(ArchiveName.attachments) { declaredMissing.insert(path) }
    }
}
