package import JSONText
package import Vault
package import VaultCrypto

/// Makes a redacted archive of an archive.
///
/// 1. The archive is verified as `ArchiveVerifier` does, and the files that are needed once more
///    are kept as they pass, sealed, on the disk of the output (`KeptFiles`).
/// 2. All records are gone through, so that every name is known to be right, and everything that
///    will be withheld is decided (`RedactionDecisions`) and counted before the first byte is
///    written.
/// 3. A new archive is written of what remains, by the same code that exports a vault. The audit
///    log's proof is carried byte for byte (`CarriedProof` says what is not carried, and what the
///    copy still tells); it is signed by the vault that redacts.
package struct ArchiveRedaction {
    /// What was found out about the archive.
    package let verification: ArchiveVerifier.Result
    private let kept: KeptFiles
    private let export: JSON
    private let folder: String
    private let hooks: ArchiveExport.Hooks

    /// Verifies an archive.
    ///
    /// - Parameters:
    ///   - path: A folder, `.tar` or `.tar.zst`, or one of these in an age file.
    ///   - key: What opens an encrypted one.
    ///   - signer: Who must have signed it, as for `ArchiveVerifier`.
    ///   - originalSigner: The same for the archive that was made first, where this one is a copy.
    ///   - folder: The folder on whose disk records wait, sealed; about as large as the archive's
    ///     records and attachments.
    ///   - hooks: Progress and cancellation.
    /// - Throws: What `ArchiveVerifier` throws. Faults are in `verification`.
    package init(
        _ path: String, key: ArchiveKey?, signer: String? = nil, originalSigner: String? = nil,
        waitingIn folder: String,
        hooks: ArchiveExport.Hooks
    ) throws(VaultError) {
        kept = try KeptFiles(in: folder, keeps: BagSource.keeps)
        self.folder = folder
        self.hooks = hooks
        verification = try ArchiveVerifier.verify(
            path, key: key, signer: signer, originalSigner: originalSigner,
            limits: ArchiveVerifier.Limits(), hooks: hooks,
            keeping: kept)
        export =
            verification.isValid
            ? (try? JSONReader.parse(try kept.content(of: ArchiveName.export))) ?? .null : .null
    }

    // MARK: The plan

    /// What will be withheld.
    package struct Plan {
        let decisions: RedactionDecisions
        /// How the rules search texts.
        let search: TextSearch
        /// Labels and projects that conversations of the copy have.
        let shownWords: Set<String>
        /// What is withheld in the redacted archive, with what the archive withheld before.
        package let withheld: WithheldCounts
        /// Of that, what the archive withheld before.
        package let before: WithheldCounts
        /// Messages, by id, that keep a line which is withheld elsewhere, word for word, and
        /// conversations whose fields do; the first 100.
        package let repeated: [RecordID]
        /// SHA-256 of attached files of parts that are withheld, which stay because a part that
        /// stays names them too.
        package let sharedAttachments: [[UInt8]]
    }

    /// Finds out what rules withhold.
    ///
    /// - Parameter rules: The rules.
    /// - Returns: The plan.
    /// - Throws: `notFound` for an id that the archive does not have and where nothing is withheld,
    ///   `badInput` for one that fits several and for a pattern that is too costly, `cancelled`.
    package func plan(_ rules: RedactionRules) throws(VaultError) -> Plan {
        var source = try source(keys: nil, tool: "")
        let redactor = try redactor(rules, source)
        let decisions = try RedactionDecisions(in: folder)
        var withheld = WithheldTally()
        var before = WithheldTally()
        var texts = RepeatedTexts()
        var shown: Set<String> = []
        for id in source.selection() {
            let archived = try read(source, id)
            let redacted = try redactor.redact(archived)
            try decisions.add(archived, redacted)
            before.add(archived)
            withheld.add(redacted)
            texts.add(archived, redacted)
            shown.formUnion(redacted.conversation.labels)
            if let project = redacted.conversation.project { shown.insert(project) }
        }
        guard withheld.isMore(than: before) else {
            throw VaultError(
                .notFound,
                "The rules withhold nothing of this archive, so nothing was written.")
        }
        source.decisions = decisions
        for id in source.selection() { texts.look(through: try read(source, id)) }
        return Plan(
            decisions: decisions, search: redactor.search, shownWords: shown,
            withheld: withheld.counts, before: before.counts, repeated: texts.found,
            sharedAttachments: texts.sharedAttachments)
    }

    private func redactor(
        _ rules: RedactionRules, _ source: BagSource
    ) throws(VaultError) -> Redactor {
        var targets = TargetFinder(rules, isCancelled: hooks.isCancelled)
        if !rules.named.isEmpty {
            for id in source.selection() { targets.look(through: try read(source, id)) }
        }
        return try targets.redactor()
    }

    private func read(
        _ source: BagSource, _ id: RecordID
    ) throws(VaultError) -> ArchivedConversation {
        try stopIfAsked()
        return try source.conversation(id)
    }

    private func stopIfAsked() throws(VaultError) {
        if hooks.isCancelled() {
            throw VaultError(.cancelled, "The redaction was stopped; nothing was left behind.")
        }
    }

    private func source(
        keys: (any ArchiveKeys)?, tool: String
    ) throws(VaultError) -> BagSource {
        try BagSource(kept, export: export, keys: keys ?? NoKeys(), tool: tool)
    }

    // MARK: Writing

    /// What is said about the new archive.
    ///
    /// Of what the archive says of itself, its copy tells, with what rules match masked: the
    /// matter, the reason, who made it, when and for which organization, the custodian, source and
    /// period that were selected, and those labels and projects of the selection that a
    /// conversation of the copy has. The query is withheld unless `keepsQuery`. The name of the
    /// archive goes with a masked matter, and its hash where no salt keeps it from being guessed.
    package struct Request: Sendable {
        package var output: String
        package var time: Instant
        package var bag: RecordID
        package var person: String?
        package var organization: String?
        /// Why the archive is redacted, as a whole.
        package var reason: String?
        /// What to call the matter; `nil` for the archive's, masked by the rules.
        package var matter: String?
        /// Whether the query that selected the records is said.
        package var keepsQuery = false
        package var encryption: ArchiveEncryption?
        /// The program and its version.
        package var tool: String

        package init(output: String, time: Instant, tool: String, bag: RecordID? = nil) {
            self.output = output
            self.time = time
            self.tool = tool
            self.bag = bag ?? RecordID(at: time)
        }
    }

    private var matter: String { export["matter"]?.string ?? "export" }

    /// Writes the redacted archive.
    ///
    /// - Parameters:
    ///   - plan: What is withheld.
    ///   - request: Where to, and what is said about it.
    ///   - keys: Who signs it.
    /// - Returns: What was made.
    /// - Throws: What `ArchiveExport` throws.
    package func write(
        _ plan: Plan, _ request: Request, signedBy keys: any ArchiveKeys
    ) throws(VaultError) -> ArchiveExport.Result {
        let output = try OutputPath(request.output)
        let report = try RedactionReport(in: output.folder)
        var source = try source(keys: keys, tool: request.tool)
        source.decisions = plan.decisions
        return try ArchiveExport.run(
            RedactedSource(planned: source, report), exportRequest(request, plan), hooks: hooks)
    }

    private func exportRequest(
        _ request: Request, _ plan: Plan
    ) throws(VaultError) -> ArchiveExport.Request {
        let search = plan.search
        let masked = try search.masked(matter)
        var result = ArchiveExport.Request(
            output: request.output, matter: request.matter ?? masked, time: request.time,
            bag: request.bag)
        result.query = try export["query"]?.string.map { (query) throws(VaultError) in
            try request.keepsQuery ? search.masked(query) : WithheldPart.mark
        }
        result.scope = try search.masked(plan.scope(export["scope"])).object ?? JSONObject()
        result.reason = try export["reason"]?.string.map(search.masked)
        result.person = request.person
        result.organization = request.organization
        result.encryption = request.encryption
        result.review = try ReviewOptions(archived: export["review"])
        result.redaction = RedactionNote(
            original: try original(plan, isRenamed: request.matter != nil || masked != matter),
            reason: request.reason)
        return result
    }

    /// What is said of the archive that the copy is made of.
    private func original(
        _ plan: Plan, isRenamed: Bool
    ) throws(VaultError) -> JSONObject {
        var original = try plan.search.maskedOriginal(export)
        // An archive's name is made of its matter.
        if isRenamed { original.forgetName() }
        if plan.takesSalts {
            original["tagManifest"] = verification.tagManifest.map { .string($0.hex) }
        }
        return original
    }
}

extension ArchiveRedaction.Plan {
    /// The selection of the archive, as far as the copy tells it.
    ///
    /// Labels and projects are words that people chose: those stay that a conversation of the copy
    /// has.
    func scope(_ scope: JSON?) -> JSON {
        guard var scope = scope?.object else { return .null }
        for member in ["labels", "project"] { scope[member] = scope[member].map(told) }
        return .object(scope)
    }

    private func told(_ words: JSON) -> JSON {
        if let list = words.array { return .array(list.map(told)) }
        return words.string.map(shownWords.contains) == true ? words : .string(WithheldPart.mark)
    }

    /// Whether salts go with what is withheld anew.
    ///
    /// The hash of the archive's list of files could otherwise show whether a guess is right: that
    /// of a title, say, which is not committed to.
    var takesSalts: Bool { withheld.records > before.records || withheld.parts > before.parts }
}

/// What `meta/export.json` says of a redaction, besides what is withheld.
package struct RedactionNote: Sendable {
    /// The archive that was redacted; `nil` where records of a vault were.
    package var original: JSONObject?
    package var reason: String?
    /// Whose data the archive is for, where everybody else's is masked.
    package var subject: String?

    package init(original: JSONObject? = nil, reason: String? = nil, subject: String? = nil) {
        self.original = original
        self.reason = reason
        self.subject = subject
    }

    func json(_ counts: WithheldCounts) -> JSON {
        var object: JSONObject = ["withheld": counts.json]
        object["original"] = original.map { .object($0) }
        object["reason"] = reason.map(JSON.string)
        object["subject"] = subject.map(JSON.string)
        return .object(object)
    }
}

/// Signs nothing: for looking through an archive.
private struct NoKeys: ArchiveKeys {
    func withArchiveKey<Result>(
        _ body: (borrowing SigningKey) throws(VaultError) -> Result
    ) throws(VaultError) -> Result {
        throw VaultError(.internalFault, "A plan does not sign. Please report this.")
    }
}

extension ReviewOptions {
    /// The choice that an archive's `meta/export.json` names.
    ///
    /// - Throws: `unsupported` for a time zone that this machine does not know.
    init(archived value: JSON?) throws(VaultError) {
        self.init()
        guard let value else { return }
        formats = Set((value["formats"]?.array ?? []).compactMap(\.string).compactMap(Format.init))
        if let encoding = value["datEncoding"]?.string.flatMap(TableEncoding.init) {
            tableEncoding = encoding
        }
        guard let name = value["timeZone"]?.string else { return }
        guard let clock = ZoneClock(name) else {
            throw VaultError(
                .unsupported,
                "The archive's files for review are in the time zone "
                    + "\(name.singleLine(maximumBytes: 100)), which this machine does not know; "
                    + "install its time zone database (Debian: tzdata).")
        }
        self.clock = clock
    }
}
