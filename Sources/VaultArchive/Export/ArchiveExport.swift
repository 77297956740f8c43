package import JSONText
package import Vault
package import VaultCrypto

/// Makes signed archives.
package enum ArchiveExport {
    /// What is asked for, and what is written about it outside `data/`.
    package struct Request: Sendable {
        /// Where the archive goes; the ending `.tar` or `.tar.zst`, in capitals too, packs it, one
        /// of another format of archives is refused, anything else is a folder.
        package var output: String
        /// The case or purpose; part of the archive's name.
        package var matter: String
        /// The archive's own id.
        package var bag: RecordID
        package var time: Instant
        /// The query that made the selection, as it was typed.
        package var query: String?
        /// How else the selection was made, for the record.
        package var scope = JSONObject()
        package var person: String?
        package var organization: String?
        package var reason: String?
        /// For whom the archive is encrypted; `nil` writes it in the clear.
        package var encryption: ArchiveEncryption?
        /// Checkpoints of the vault's log that others were given before.
        package var priorCheckpoints: [AuditCheckpoint] = []
        /// More files outside `data/`, such as `proof/checkpoint`; the tag manifest lists them.
        package var supplements: [Supplement] = []
        /// Files for review platforms.
        package var review = ReviewOptions()
        /// What is said of a redaction, where the source redacts.
        package var redaction: RedactionNote?
        /// Of which group the archive is one.
        package var group: ArchiveGroup?

        package init(output: String, matter: String, time: Instant, bag: RecordID? = nil) {
            self.output = output
            self.matter = matter
            self.time = time
            self.bag = bag ?? RecordID(at: time)
        }
    }

    /// A small file outside `data/`.
    package struct Supplement: Sendable {
        /// Below `proof/` or `meta/`.
        package var path: String
        package var content: [UInt8]

        package init(path: String, content: [UInt8]) {
            self.path = path
            self.content = content
        }
    }

    /// What was made.
    package struct Result: Sendable {
        package var archive: String
        /// The name of the bag: the folder inside a tar.
        package var bag: String
        package var conversations: Int
        package var messages: Int
        package var attachments: Int
        /// Selected attachments that the vault could not give; `data/report/errors.csv` names them.
        package var errors: Int
        /// Characters that the load file's encoding lacked, written there as `?`.
        package var replacedCharacters: Int
        package var payloadBytes: Int64
        /// What is withheld; `nil` where nothing was redacted.
        package var withheld: WithheldCounts?
        /// `SHA256:…`, as `ssh-keygen -l` shows it.
        package var signer: String
        /// SHA-256 of `tagmanifest-sha256.txt`, which stands for everything in the archive.
        package var tagManifest: [UInt8]
        /// The audit log's checkpoint that the archive has.
        package var checkpoint: AuditCheckpoint?
        /// SHA-256 of the file, where the archive is encrypted: for the letter that goes with it.
        package var fileDigest: [UInt8]?
        package var group: ArchiveGroup?
    }

    /// How far an export or a verification has come.
    package struct Progress: Sendable {
        package var bytes: Int64 = 0
        package var records = 0
    }

    /// What the caller wants to know while it runs.
    package struct Hooks {
        /// Called every few megabytes.
        package var progress: (Progress) -> Void
        /// Asked as often; `true` ends the work with `cancelled` and leaves nothing behind.
        package var isCancelled: () -> Bool

        package init(
            progress: @escaping (Progress) -> Void = { _ in },
            isCancelled: @escaping () -> Bool = { false }
        ) {
            self.progress = progress
            self.isCancelled = isCancelled
        }
    }

    /// Exports the source's selection.
    ///
    /// Nothing stands under the output's name before the archive is complete and on the disk. The
    /// payload, everything in `data/`, depends only on the selected records.
    ///
    /// - Parameters:
    ///   - source: What is exported.
    ///   - request: Where to, and what is said about it.
    ///   - hooks: Progress and cancellation.
    /// - Returns: What was made.
    /// - Throws: `exists` when the output exists, `badInput` for too many prior checkpoints,
    ///   `damaged` when a record does not agree with its commitment, `cancelled`, or what the
    ///   source throws.
    package static func run(
        _ source: any ArchiveSource, _ request: Request, hooks: Hooks = Hooks()
    ) throws(VaultError) -> Result {
        try PriorCheckpoints(request.priorCheckpoints).requireRoom()
        let bag =
            ArchiveName.bag(
                matter: request.matter, time: request.time, id: request.bag,
                isRedacted: source.redaction != nil) + (request.group?.suffix ?? "")
        let output = try OutputPath(request.output)
        try output.requireEnding(isEncrypted: request.encryption != nil)
        let container: any BagContainer =
            switch output.form {
            case .folder: try FolderContainer(output)
            case .tar(let isCompressed, _):
                try TarContainer(
                    output, bag: bag, isCompressed: isCompressed, request.encryption)
            }
        let writer = try BagWriter(container, hooks: hooks)
        var payload = try PayloadExport(source: source, writer: writer, request)
        let counts = try payload.run()
        let signer = try source.withArchiveKey { (key) throws(VaultError) in try ArchiveSigner(key)
        }
        try writer.manifests()
        let proof = try proof(
            of: source, request,
            (name: bag, counts: counts, placed: payload.placed, missing: payload.missingParts),
            to: writer)
        let tags = TagFiles(
            request: request, bag: bag, vault: source.vault, tool: source.tool, counts: counts,
            payloadBytes: writer.payloadBytes, payloadFiles: writer.payloadFiles, signer: signer,
            proof: proof, withheld: source.redaction?.counts)
        try writer.tag(
            ArchiveName.certification,
            CertificationDraft(
                tags: tags,
                manifests: (
                    writer.digest(of: ArchiveName.manifest256),
                    writer.digest(of: ArchiveName.manifest512)
                )
            ).text)
        try write(tags, payload.overview, request.supplements, to: writer)
        let digest = try source.withArchiveKey { (key) throws(VaultError) in
            try writer.sign(key, comment: tags.trustedComment)
        }
        try container.publish()
        return Result(
            archive: request.output, bag: bag, conversations: counts.conversations,
            messages: counts.messages, attachments: counts.attachments, errors: counts.errors,
            replacedCharacters: counts.replacedCharacters, payloadBytes: writer.payloadBytes,
            withheld: source.redaction?.counts, signer: signer.fingerprint, tagManifest: digest,
            checkpoint: proof?.checkpoint,
            fileDigest: (container as? TarContainer)?.digest, group: request.group)
    }

    /// Writes what the archive shows of the audit log.
    private static func proof(
        of source: any ArchiveSource, _ request: Request,
        _ made: (name: String, counts: ArchiveCounts, placed: Spool?, missing: Set<[UInt8]>),
        to writer: BagWriter
    ) throws(VaultError) -> ArchiveProof? {
        if let carried = source.carriedProof {
            return try carried.write(to: writer, custody: CustodyLine.redaction(request))
        }
        return try source.log.map { (log) throws(VaultError) in
            let prior = PriorCheckpoints(request.priorCheckpoints)
            var proof = try ProofWriter(log: log, writer: writer, prior: prior).write()
            if let placed = made.placed { try writer.tag(ArchiveName.placedRecords, placed) }
            if !made.missing.isEmpty {
                try writer.tag(
                    ArchiveName.missingParts, SealedArchive.missingLines(made.missing))
            }
            let salt = Randomness.bytes(16)
            let sealed = SealedArchive(
                request, name: made.name, salt: salt, made.counts, missing: made.missing.count)
            try writer.tag(ArchiveName.sealedArchive, sealed.file)
            proof.nameSalt = salt
            try source.withArchiveKey { (key) throws(VaultError) in
                try ProofSeal.write(to: writer, key)
            }
            return proof
        }
    }

    private static func write(
        _ tags: TagFiles, _ overview: ArchiveOverview, _ supplements: [Supplement],
        to writer: BagWriter
    ) throws(VaultError) {
        try writer.tag(ArchiveName.bagInfo, tags.bagInfo)
        try writer.tag(ArchiveName.export, tags.export)
        try writer.tag(ArchiveName.readme, tags.readme)
        try writer.tag(ArchiveName.front, FrontPage.render(tags, overview))
        try writer.tag(ArchiveName.allowedSigners, tags.signer.allowedSigners)
        try writer.tag(ArchiveName.sshKey, tags.signer.sshKeyFile)
        try writer.tag(ArchiveName.minisignKey, tags.signer.minisignKeyFile)
        for supplement in supplements {
            let path = supplement.path
            guard path.hasPrefix("proof/") || path.hasPrefix("meta/"), path != ArchiveName.export,
                ArchiveName.isSafe(Array(path.utf8))
            else {
                throw VaultError(
                    .internalFault,
                    "A file of an archive's proofs has a name that is not allowed: "
                        + "\(path). Please report this.")
            }
            try writer.tag(path, supplement.content)
        }
    }
}
