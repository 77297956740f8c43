import ArgumentParser
import Foundation
import JSONText
import Vault
import VaultArchive
import VaultCrypto

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check an archive: needs no vault and no key of its maker's.",
        usage: """
            coffer verify <path> ... [--signer <who>] [--original-signer <who>]
                                [--tsa-ca <file>] [--json]
            """,
        discussion: """
            Checks every name, digest, signature and record, and names each fault; exits 2 when \
            there is one. Without --signer an archive vouches for itself alone: compare the \
            fingerprint that is printed with the one that its maker told you. Of a redacted copy, \
            --signer is who made the copy, and --original-signer who made the archive that was \
            redacted first: that every record of it is there, in its place, and every attached \
            file that what is shown names and it had, is proved. Of a copy nothing else is: \
            not its pages, tables and files for review, nor titles, labels and other facts \
            of conversations. Pages (data/html) and files for review (data/rsmf, data/eml, \
            data/sessions, data/loadfile) are covered by the signature and not compared with the \
            records in data/native.

            An encrypted archive opens with --identity or --passphrase-file. Its recipients are \
            compared with those that the maker signed: the one whose identity opens it, how many \
            there are, and the tags of those with SSH keys; of the other age1… keys nothing in \
            the file tells whose they are. Who \
            cosigned is named by fingerprint. A time stamp has to be over this archive; who stamped is \
            checked with --tsa-ca, by `openssl ts -verify` on this machine; without it, it is named \
            as present and not checked. \
            Several archives are checked as one group: none may be missing, and no \
            conversation may be in two. A redacted copy is of no group: verify each by itself.

            EXAMPLES:
              coffer verify merger.tar.zst
              coffer verify merger/ \\
                --signer SHA256:9jZcGpZN0IiIq3XG0x8wJ0e6cMoiDqbpAlHPMGqDbTo
              coffer verify merger/ --signer maker.pub
              coffer verify merger.tar.zst.age --identity key.txt
              coffer verify merger/ --tsa-ca authority.pem
              coffer verify all-001-of-002.tar.zst all-002-of-002.tar.zst
            """)

    @Argument(
        help: ArgumentHelp(
            """
            The archive: a folder, .tar or .tar.zst, or one of these with .age; or all archives of \
            a group.
            """, valueName: "path"),
        completion: .file())
    var paths: [String]

    @Option(
        help: ArgumentHelp(
            "Who must have signed it: a fingerprint, or a file with an ssh or minisign public key.",
            valueName: "who"),
        completion: .file())
    var signer: String?

    @Option(
        help: ArgumentHelp(
            "Who must have made the archive that was redacted first; as for --signer.",
            valueName: "who"),
        completion: .file())
    var originalSigner: String?

    @Option(
        help: ArgumentHelp(
            "Check the time stamp with the authority's root certificate in this PEM file.",
            valueName: "file"),
        completion: .file())
    var tsaCa: String?

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        Interruption.watch()
        var progress = ProgressLine(.bytes, options)
        let hooks = ArchiveExport.Hooks(
            progress: { progress.update($0.bytes, of: 0, "Checking") },
            isCancelled: { Interruption.isRequested })
        let authority = try tsaCa.map { try TimeStampAuthority($0) }
        let key = try options.archiveKey()
        let signer = try ExpectedSignerFile.text(signer)
        let original = try ExpectedSignerFile.text(originalSigner)
        let results = try paths.map { path in
            var result = try ArchiveKeyOptions.asking(for: "--identity or --passphrase-file", key) {
                try ArchiveVerifier.verify(
                    Place.absolute(path), key: key, signer: signer, originalSigner: original,
                    hooks: hooks)
            }
            try authority?.check(&result)
            return (name: path, result: result)
        }
        progress.clear()
        guard let result = results.first?.result, results.count == 1 else {
            return try showGroup(results)
        }
        if options.json { Output.json(json(result)) } else { show(result) }
        if !result.isValid { throw Ending.foundFaults }
    }

    func json(_ result: ArchiveVerifier.Result) -> JSONObject {
        [
            "ok": .bool(result.isValid),
            "faults": .array(
                result.faults.map {
                    .object(["path": .string($0.path), "fault": .string($0.fault)])
                }),
            "omittedFaults": .integer(result.omittedFaults), "bag": .text(result.bag),
            "signer": .text(result.signer), "signerKnown": .bool(result.isSignerKnown),
            "cosigners": .array(result.cosigners.map(JSON.string)),
            "trustedComment": .text(result.trustedComment),
            "timeStamp": result.timeStamp.map { .object(["time": .string($0)]) } ?? .null,
            "conversations": .integer(result.conversations),
            "messages": .integer(result.messages), "payloadBytes": .integer(result.payloadBytes),
            "missingFiles": .integer(result.missingFiles),
            "missingFilesProved": .bool(result.isMissingProved),
            "proof": result.proof.map {
                .object([
                    "origin": .string($0.origin), "size": .integer($0.size),
                    "signer": .string($0.signer), "uncovered": .integer($0.uncovered),
                ])
            } ?? .null,
            "withheld": result.withheld.map {
                .object([
                    "records": .integer($0.records), "messages": .integer($0.messages),
                    "parts": .integer($0.parts), "copies": .integer($0.copies),
                    "original": .text($0.original?.name),
                    "originalBag": .text($0.original?.bag),
                    "originalSigner": .text($0.original?.signer),
                    "originalSignerKnown": .bool(result.isOriginalSignerKnown),
                    "originalGroup": $0.group.map { GroupView.json($0) } ?? .null,
                    "saidCopies": .array(
                        $0.said.map {
                            .object(["name": .text($0.name), "signer": .text($0.signer)])
                        }),
                ])
            } ?? .null,
            "recipients": .array(result.recipients.map(JSON.string)),
            "notChecked": .array(result.notChecked.map(JSON.string)),
            "group": result.member.map { GroupView.json($0.group) } ?? .null,
        ]
    }

    private func show(_ result: ArchiveVerifier.Result) {
        guard result.isValid else {
            let faults = result.faults.map { (path: $0.path, fault: $0.fault) }
            return FaultView.show(faults, of: "archive", omitted: result.omittedFaults)
        }
        Output.line(
            "The archive is whole: \(Figures.count(result.conversations, "conversation")), "
                + "\(Figures.count(result.messages, "message")), "
                + "\(Figures.bytes(result.payloadBytes))")
        if let bag = result.bag { Output.line("  bag      \(Printable.line(bag))") }
        if let withheld = result.withheld { show(withheld, of: result) }
        showMissing(result)
        for recipient in result.recipients {
            Output.line("  for      \(Printable.line(Self.recipient(recipient)))")
        }
        if let signer = result.signer { Output.line("  signer   \(signer)") }
        for cosigner in result.cosigners { Output.line("  cosigned \(cosigner)") }
        if let time = result.timeStamp { Output.line("  stamped  \(time)") }
        show(result.proof)
        if let group = result.member?.group {
            Output.line("  group    archive \(group.place) of \(group.id)")
        }
        for path in result.notChecked {
            Output.line("  present and not checked: \(path)")
        }
        if let group = result.member?.group {
            options.note(
                "This is one of \(group.count) archives of one export, with "
                    + "\(Figures.count(group.conversations, "conversation")) in all; give all of "
                    + "them to `coffer verify` to see that none is missing.")
        }
        if !result.cosigners.isEmpty { noteCosigners() }
        if result.isEncrypted, result.recipients.isEmpty { noteEncryptedAfterwards() }
        if result.isSignerKnown {
            Output.line("  signed by the expected key")
        } else {
            options.note(
                "Compare the signer's fingerprint with the one that its maker told you, or give it "
                    + "with --signer: anybody can make an archive that is whole.")
        }
    }

    /// For whom an archive is, in words.
    static func recipient(_ said: String) -> String {
        said == "passphrase" ? "whoever knows its passphrase" : said
    }

    func noteCosigners() {
        options.note(
            "Compare the fingerprint of each who cosigned with the one that they told you.")
    }

    func noteEncryptedAfterwards() {
        options.note(
            "The archive was made in the clear and encrypted afterwards: nothing that is signed "
                + "says for whom.")
    }

    /// How many files the archive says it lacks, and whose word that is.
    private func showMissing(_ result: ArchiveVerifier.Result) {
        showMissing(result.missingFiles)
        guard result.missingFiles > 0, result.withheld?.isCopy == true, !result.isMissingProved
        else { return }
        options.note(
            "That the first archive lacked what is missing is the word of whoever made this copy: "
                + "an archive of an earlier version of Coffer does not say it under its seal.")
    }

    func showMissing(_ files: Int) {
        let count = Figures.count(files, "attached file")
        Output.line(
            files == 0
                ? "  missing  no attached file"
                : "  missing  \(count) that records name; data/report/errors.csv says which")
    }

    /// That the first archive was one of several.
    private func showGroup(of withheld: WithheldCounts) {
        guard let group = withheld.group else { return }
        let isProved = withheld.original?.group == group
        Output.line(
            "  part     archive \(group.place) of one export" + (isProved ? "" : ", it says"))
        if group.count > 1 {
            options.note(
                "The first archive is one of \(group.count) of one export, with "
                    + "\(Figures.count(group.conversations, "conversation")) in all; "
                    + "\(group.othersMissing).")
        }
    }

    private func show(_ withheld: WithheldCounts, of result: ArchiveVerifier.Result) {
        showAmount(withheld)
        guard withheld.isCopy else { return show(unproved: withheld, result.proof != nil) }
        guard let original = withheld.original else {
            showGroup(of: withheld)
            return options.note(
                "This is a copy, and nothing proves what it was made of, or that no record is "
                    + "missing.")
        }
        Output.line("  made of  \(Printable.line(original.name ?? original.bag))")
        Output.line("  by       \(original.signer)")
        showGroup(of: withheld)
        for copy in withheld.said {
            let signer = copy.signer.map { " of \($0)" } ?? ""
            Output.line("  through  \(Printable.line((copy.name ?? "a copy") + signer)), it says")
        }
        show(unproved: withheld, true)
        options.note(
            "Titles, labels, custodian and other facts of the conversations, what is said of "
                + "their selection, and all pages, tables and files for review are the word of "
                + "whoever made this copy; nothing proves them.")
        if result.isOriginalSignerKnown {
            Output.line("  first made by the expected key")
        } else {
            options.note(
                "Compare the fingerprint behind `by` with the one that the first archive's maker "
                    + "told you, or give it with --original-signer.")
        }
    }

    func showAmount(_ withheld: WithheldCounts) {
        Output.line(
            withheld.records + withheld.parts == 0
                ? "  redacted nothing is withheld"
                : "  redacted \(Figures.count(withheld.records, "record")) and "
                    + "\(Figures.count(withheld.parts, "part")) are withheld")
    }

    func show(unproved withheld: WithheldCounts, _ isProved: Bool) {
        guard isProved, withheld.records + withheld.parts > 0 else { return }
        let copies =
            withheld.copies == 0
            ? "" : ", and the text of \(Figures.count(withheld.copies, "marked copy"))"
        options.note(
            "That each was there, in its place, is proved. The dates, authors and reasons of "
                + "withheld records\(copies) are what whoever redacted says; nothing proves them.")
    }

    private func show(_ proof: ArchiveVerifier.ShownProof?) {
        guard let proof else { return noteNoLog() }
        Output.line("  log      \(Printable.line(Self.log(proof)))")
        noteUncovered(proof.uncovered)
    }

    /// Which log is shown, and how long it is.
    static func log(_ proof: ArchiveVerifier.ShownProof) -> String {
        "\(proof.origin), \(Figures.count(proof.size, "entry"))"
    }

    func noteNoLog() {
        options.note(
            "No audit log is shown: nothing proves that the records are those of a vault.")
    }

    /// How many versions the log does not prove.
    func noteUncovered(_ versions: Int) {
        guard versions > 0 else { return }
        options.note(
            "\(Figures.count(versions, "earlier version")) \(versions == 1 ? "is" : "are") older "
                + "than the audit log, which does not prove \(versions == 1 ? "it" : "them").")
    }
}

/// Faults of an archive or a vault.
enum FaultView {
    static func show(
        _ faults: [(path: String, fault: String)], of thing: String, omitted: Int
    ) {
        Output.line("\(Figures.count(faults.count + omitted, "fault")) in the \(thing):")
        for (path, fault) in faults {
            let place = path.isEmpty ? "the \(thing)" : path
            let text = Printable.line("\(place): \(fault)")
            for line in Wrapping.lines(of: text, width: Console.width, indent: "  ") {
                Output.line(line)
            }
        }
        if omitted > 0 { Output.line("  … and \(Figures.count(omitted)) more") }
    }
}
