import ArgumentParser
import JSONText
import Vault
import VaultArchive
import VaultCrypto

struct Redact: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redact",
        abstract: "Make a copy of an archive in which some of it is withheld.",
        usage: """
            coffer redact <archive> --output <path> --withhold <id> … --reason <text>
                   coffer redact <archive> --output <path> --rules <file> [--reason <text>]
            """,
        discussion: """
            In the copy a message that is withheld is a line with its commitment and the reason: \
            `coffer verify` still proves, from what the original's maker signed, that no record \
            was left out or moved and that the text of all other messages is what it was. The date \
            and author of what is withheld, copies with marks, and titles, labels, custodian and \
            other facts of conversations are your word, and so are pages, files for review and \
            tables, which are made anew of what remains and which nobody compares with the \
            records; data/report/privilege.csv lists what is withheld. The copy is signed by this \
            vault; the \
            archive itself is verified first and never changed.

            The words of a rule are found in any case, with anything or nothing between them that is \
            neither letter nor digit, over tags, emphasis, escapes, mail encodings and look-alike \
            letters, in Base64 and hexadecimal digits, over the ends of their lines too, and within \
            a sentence of scripts without blanks. Not found are words inside longer ones (theFalconProject, FalconBudget.xlsx, \
            German compounds), endings of a language (Falcons), other spellings, words that are \
            backwards or in a picture, and what an attached file says. A pattern is looked for as it \
            is, with escapes, tags and Base64 read, but without look-alikes and not over the blanks \
            of spaced letters; it finds parts of words.

            Earlier versions of a message go with it, and the title of its conversation. Rules look \
            at texts, not into attached files, and mask what the copy says of the matter, the \
            reason and the selection; the query is left out unless --keep-query is given. A file of rules is JSON:

              {"reason": "attorney-client privilege",
               "rules": [
                 {"text": ["Project Falcon"], "withhold": "message"},
                 {"pattern": "[A-Z]{2}[0-9]{6}", "withhold": "span",
                  "reason": "passport numbers"},
                 {"messages": ["018f3a10-0000-7000-8000-000000010002.2"]}]}

            withhold is message, part or span: of a span, the part goes and a copy with \
            [withheld] in its place is given.

            EXAMPLES:
              coffer redact merger.tar.zst --output merger-redacted.tar.zst \\
                --withhold 018f3a10-0000-7000-8000-000000010002 --reason privilege
              coffer redact merger/ --output merger-redacted/ --rules rules.json
              coffer redact merger/ --rules rules.json --dry-run
              coffer redact merger.tar.age --open-passphrase-file passphrase.txt \\
                --output merger-redacted.tar.age --archive-passphrase-file other.txt \\
                --rules rules.json
            """)

    @Argument(
        help: "The archive: a folder, .tar or .tar.zst, or one of these with .age.",
        completion: .file())
    var archive: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Where the copy goes; it must not exist.", valueName: "path"),
        completion: .file())
    var output: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Withhold these messages; ID.2 is a second part alone, and the id of a conversation "
                + "all of it.", valueName: "id"))
    var withhold: [String] = []

    @Option(
        help: ArgumentHelp("Withhold what the rules in this file say.", valueName: "file"),
        completion: .file())
    var rules: String?

    @Option(
        help: ArgumentHelp(
            "Why; it stands in the copy, in place of what is withheld.", valueName: "text"))
    var reason: String?

    @Option(
        help: ArgumentHelp(
            "What the copy calls the matter, instead of the archive's own name for it.",
            valueName: "name"))
    var matter: String?

    @Flag(help: "Say in the copy which query selected the records; rules mask it too.")
    var keepQuery = false

    @Flag(help: "Only say what would be withheld.")
    var dryRun = false

    @Option(
        help: ArgumentHelp(
            "Open an encrypted archive with the age identity in this file.", valueName: "file"),
        completion: .file())
    var archiveIdentity: String?

    @Option(
        help: ArgumentHelp(
            "Open an encrypted archive with the passphrase in this file.", valueName: "file"),
        completion: .file())
    var openPassphraseFile: String?

    @Option(
        help: ArgumentHelp(
            "Who must have signed the archive: a fingerprint, or a file with a public key.",
            valueName: "who"),
        completion: .file())
    var signer: String?

    @Option(
        help: ArgumentHelp(
            "Who must have made the archive that was redacted first, where this one is a copy.",
            valueName: "who"),
        completion: .file())
    var originalSigner: String?

    @OptionGroup(title: "Encryption") var encryption: EncryptionOptions

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if withhold.isEmpty == (rules == nil) {
            throw ValidationError("Give --withhold with ids, or --rules with a file.")
        }
        if !withhold.isEmpty, reason == nil {
            throw ValidationError("Say why with --reason: it stands in the copy.")
        }
        if archiveIdentity != nil, openPassphraseFile != nil {
            throw ValidationError("Give --archive-identity or --open-passphrase-file, not both.")
        }
        if output == nil, !dryRun {
            throw ValidationError("Give --output, or --dry-run to see what would be withheld.")
        }
    }

    func run() throws {
        Interruption.watch()
        let output = Place.absolute(output ?? archive + ".redacted")
        if !dryRun, Place.exists(output) {
            throw VaultError(
                .exists, "\(output) exists already; an archive is never written over something.")
        }
        try requirePlace(for: output)
        let rules = try redactionRules()
        let encryption = try encryption.encryption(options)
        let key = try archiveKey()
        try options.withVault { vault in
            guard !vault.contains(folder: Place.folder(of: output)) else {
                throw VaultError(
                    .refused, "An archive cannot stand in the vault's own folder; choose another.")
            }
            var progress = ProgressLine(.bytes, options)
            defer { progress.clear() }
            let hooks = ArchiveExport.Hooks(
                progress: { progress.update($0.bytes, of: 0, "Redacting") },
                isCancelled: { Interruption.isRequested })
            let redaction = try ArchiveKeyOptions.asking(
                for: "--archive-identity or --open-passphrase-file", key
            ) {
                try ArchiveRedaction(
                    Place.absolute(archive), key: key, signer: ExpectedSignerFile.text(signer),
                    originalSigner: ExpectedSignerFile.text(originalSigner),
                    waitingIn: Place.folder(of: output), hooks: hooks)
            }
            progress.clear()
            try requireValid(redaction.verification)
            showSigner(of: redaction.verification)
            let plan = try redaction.plan(rules)
            guard !dryRun else { return report(plan, nil) }
            var request = ArchiveRedaction.Request(
                output: output, time: .now, tool: Version.tool)
            request.person = Place.loginName
            request.reason = reason
            request.matter = matter
            request.keepsQuery = keepQuery
            request.encryption = encryption
            var selection = JSONObject()
            selection["redacts"] = redaction.verification.bag.map(JSON.string)
            selection["tagManifest"] = redaction.verification.tagManifest.map {
                .string(Hex.text($0))
            }
            let results = try vault.loggingExport(
                to: output, encryption: encryption, of: selection, reason: reason
            ) { _ in
                try vault.withSnapshot { snapshot in
                    [try redaction.write(plan, request, signedBy: snapshot)]
                }
            }
            progress.clear()
            for result in results { report(plan, result) }
        }
    }

    /// Says what is wrong with the paths before the archive is read.
    private func requirePlace(for output: String) throws {
        let folder = Place.folder(of: output)
        guard Place.isFolder(folder) else {
            throw VaultError(
                .badInput, "The folder that --output names does not exist; create it and try again."
            )
        }
        guard !Place.isFolder(folder, within: Place.absolute(archive)) else {
            throw VaultError(
                .refused,
                "The copy cannot stand in the archive, which is never changed; choose another "
                    + "place.")
        }
    }

    /// What opens the archive; --archive-passphrase-file is for the copy.
    private func archiveKey() throws -> ArchiveKey? {
        if let archiveIdentity {
            return .identities(try AgeIdentity.read(at: Place.absolute(archiveIdentity)))
        }
        return try openPassphraseFile.map {
            .passphrase(ArchivePassphrase(try NewSecret.read($0, options)))
        }
    }

    private func redactionRules() throws -> RedactionRules {
        if let rules {
            return try RedactionRules(file: try NewFile.read(rules), reason: reason)
        }
        var named = RedactionRules()
        try named.withhold(withhold, because: reason ?? "")
        return named
    }

    /// An archive that is not whole is shown for what it is, and not worked on.
    private func requireValid(_ verification: ArchiveVerifier.Result) throws {
        guard !verification.isValid else { return }
        let faults = verification.faults.map { (path: $0.path, fault: $0.fault) }
        FaultView.show(faults, of: "archive", omitted: verification.omittedFaults)
        options.note("Nothing was written; `coffer verify` shows the same.")
        throw Ending.foundFaults
    }

    /// Whose archive it is: a copy of a forged one would be signed by this vault.
    private func showSigner(of verification: ArchiveVerifier.Result) {
        guard !verification.isSignerKnown, let signer = verification.signer else { return }
        options.note(
            "The archive is signed by \(signer). Compare that with the fingerprint that its maker "
                + "told you, or give it with --signer: the copy is signed by this vault.")
    }

    // MARK: What is said

    private func report(_ plan: ArchiveRedaction.Plan, _ result: ArchiveExport.Result?) {
        let counts = plan.withheld
        if options.json {
            return Output.json([
                "archive": .text(result?.archive), "bag": .text(result?.bag),
                "signer": .text(result?.signer),
                "tagManifest": .text(result.map { Hex.text($0.tagManifest) }),
                "sha256": .text(result?.fileDigest.map { Hex.text($0) }),
                "withheld": .object([
                    "messages": .integer(counts.messages), "records": .integer(counts.records),
                    "parts": .integer(counts.parts), "copies": .integer(counts.copies),
                ]),
                "sharedAttachments": .array(
                    plan.sharedAttachments.map { .string(Hex.text($0)) }),
                "repeated": .array(plan.repeated.map { .string($0.description) }),
            ])
        }
        let versions = counts.records - counts.messages
        var words = [
            Figures.count(counts.messages, "message"), Figures.count(counts.parts, "part"),
        ]
        if versions > 0 { words.append(Figures.count(versions, "earlier version")) }
        Output.line(
            (result == nil ? "Would be withheld: " : "Withheld ") + words.joined(separator: ", "))
        if let result {
            Output.line("  archive  \(Printable.line(result.archive))")
            Output.line("  bag      \(result.bag)")
            Output.line("  signer   \(result.signer)")
            if let digest = result.fileDigest { Output.line("  sha256   \(Hex.text(digest))") }
        }
        if !plan.repeated.isEmpty {
            let shown = plan.repeated.prefix(5).map(\.description).joined(separator: ", ")
            options.note(
                "A line that is withheld is also, word for word, in "
                    + "\(Figures.count(plan.repeated.count, "message")) or titles that "
                    + "\(plan.repeated.count == 1 ? "stays" : "stay") (\(shown)"
                    + "\(plan.repeated.count > 5 ? ", …" : "")); withhold "
                    + "\(plan.repeated.count == 1 ? "it" : "them") as well if it must go.")
        }
        if !plan.sharedAttachments.isEmpty {
            let count = plan.sharedAttachments.count
            options.note(
                "\(Figures.count(count, "attached file")) of what is withheld "
                    + "\(count == 1 ? "stays" : "stay"), because a part that stays names "
                    + "\(count == 1 ? "it" : "them") too: "
                    + plan.sharedAttachments.prefix(5).map { Hex.text($0) }
                    .joined(separator: ", ") + "; data/attachments/ has them under these names.")
        }
        if result != nil {
            options.note(
                "Next: read data/html/index.html of the copy before you hand it over: what "
                    + "others say of a withheld text is found by reading only.")
        }
    }
}
