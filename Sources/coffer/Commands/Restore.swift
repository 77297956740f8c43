import ArgumentParser
import JSONText
import Vault
import VaultArchive
import VaultCrypto

struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Bring the conversations of an archive back into a vault.",
        usage: "coffer restore <archive> [--dry-run] [<options>]",
        discussion: """
            Checks the archive first as `coffer verify` does, and writes nothing when it has a \
            fault. The key that signed it must be this vault's own or in `coffer trust list`.

            What the vault has already stays as it is. Records keep their ids and their \
            commitments; what is missing is added; a message that the vault has with other content \
            is put beside it, as another answer, also where the archive has a later version. Only \
            an archive that this vault made itself puts later versions in front of the vault's, \
            which are kept. Titles, projects, labels and dates of conversations that the vault has \
            stay its own; what the archive says otherwise is listed. Messages that another vault's \
            archive adds to a conversation put off no deletion of it, whatever their dates; rules \
            that retain keep it until the period of what was added has ended too. So it stays \
            where this vault's own archive is restored; those made by earlier versions do not say \
            which messages these are. What an import says of them later is shown before what the \
            archive has, which is kept. An approved deletion of a conversation that gets more \
            waits for a new approval. Hidden conversations stay hidden, and what was on hold stays \
            on hold, under a hold of its own. What this vault \
            destroyed is not brought back, whatever its id in the archive, as long as the archive \
            says the same source and id in that source. Of several archives of one export, restore \
            each.

            Ctrl-C stops in order and keeps what was stored; the same command takes up the rest. \
            For a new vault, type `coffer init` and `coffer trust add` first.

            EXAMPLES:
              coffer restore merger.tar.zst --dry-run
              coffer restore merger.tar.zst
              coffer restore merger.tar.zst.age --archive-identity key.txt
            """)

    @Argument(
        help: ArgumentHelp(
            "The archive: a folder, .tar or .tar.zst, or one of these with .age.",
            valueName: "archive"),
        completion: .file())
    var path: String

    @Flag(help: "Say what would be stored, and store nothing.")
    var dryRun = false

    @Flag(
        help: ArgumentHelp(
            "Print a line for each batch that is safe on the disk.", visibility: .hidden))
    var acknowledge = false

    @OptionGroup var archive: ArchiveKeyOptions
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { try run(into: $0) }
    }

    private func run(into vault: Vault) throws {
        Interruption.watch()
        var request = ArchiveRestore.Request(Place.absolute(path))
        request.key = try archive.key(options)
        request.isDryRun = dryRun
        var progress = ProgressLine(.bytes, options)
        let hooks = ArchiveExport.Hooks(
            progress: { progress.update($0.bytes, of: 0, "Checking") },
            isCancelled: { Interruption.isRequested })
        var storing: ProgressLine?
        var stored = -1
        let outcome = try ArchiveKeyOptions.asking(for: ArchiveKeyOptions.names, request.key) {
            try ArchiveRestore.run(request, into: vault, hooks: hooks) { step in
                if storing == nil { storing = ProgressLine(.items("message"), options) }
                storing?.update(Int64(step.messages), of: Int64(step.total), "Storing")
                guard acknowledge, step.report.messages.stored > stored else { return }
                stored = step.report.messages.stored
                let conversations = step.report.conversations.stored
                Output.line("stored \(conversations) conversations, \(stored) messages")
                try? Output.flush()
            }
        }
        progress.clear()
        switch outcome {
        case .faults(let result): try refuse(result)
        case .restored(let restored):
            if !dryRun { try vault.mergeSearchIndex { !Interruption.isRequested } }
            try finish(restored)
        }
    }

    private func refuse(_ result: ArchiveVerifier.Result) throws {
        if options.json {
            Output.json([
                "ok": .bool(false),
                "faults": .array(
                    result.faults.map {
                        .object(["path": .string($0.path), "fault": .string($0.fault)])
                    }),
            ])
        } else {
            let faults = result.faults.map { (path: $0.path, fault: $0.fault) }
            FaultView.show(faults, of: "archive", omitted: result.omittedFaults)
            options.note("Nothing was restored.")
        }
        throw Ending.foundFaults
    }

    private func finish(_ restored: ArchiveRestore.Restored) throws {
        let view = RestoreView(restored: restored, isDryRun: dryRun)
        if options.json { Output.json(view.json) } else { view.show(options) }
        if restored.isStopped {
            throw CommandFailure.interrupted(
                "Stopped; what was stored stays. The same command takes up the rest.")
        }
    }
}

/// What a restoration says at its end.
struct RestoreView {
    /// For people.
    private static let shownReasons = 10

    let restored: ArchiveRestore.Restored
    let isDryRun: Bool

    private var report: RestoreReport { restored.report }

    var json: JSONObject {
        [
            "ok": .bool(true), "dryRun": .bool(isDryRun),
            "archive": .object([
                "bag": .string(restored.source.bag), "signer": .string(restored.source.signer),
                "tagManifest": .string(Hex.text(restored.source.tagManifest)),
                "vault": .text(restored.source.vault),
            ]),
            "conversations": counts(report.conversations), "messages": counts(report.messages),
            "attachments": .object([
                "added": .integer(report.attachmentsAdded),
                "missing": .integer(restored.missingFiles),
            ]),
            "holds": .array(
                report.held.sorted { $0.key < $1.key }.map {
                    .object(["hold": .string($0.key), "conversations": .integer($0.value)])
                }),
            "group": restored.group.map { GroupView.json($0) } ?? .null,
            "labels": .array(
                report.labels.sorted { $0.key < $1.key }.map {
                    .object(["label": .string($0.key), "conversations": .integer($0.value)])
                }),
            "notTaken": .array(report.notTaken.map { .object(NotTaken(said: $0).json) }),
            "skipped": .array(
                report.skipped.map {
                    .object(["where": .string($0.place), "reason": .string($0.reason)])
                }),
        ]
    }

    private func counts(_ counts: RestoreReport.Counts) -> JSON {
        .object([
            "added": .integer(counts.added), "updated": .integer(counts.updated),
            "unchanged": .integer(counts.unchanged), "conflicts": .integer(counts.conflicts),
            "skipped": .integer(counts.skipped),
        ])
    }

    func show(_ options: GlobalOptions) {
        row("", ["added", "updated", "unchanged", "conflicts", "skipped"])
        row("Conversations", cells(report.conversations))
        row("Messages", cells(report.messages))
        if report.attachmentsAdded > 0 {
            row("Attachments", [Figures.count(report.attachmentsAdded)])
        }
        for (hold, count) in report.held.sorted(by: { $0.key < $1.key }) {
            Output.line("On hold: \(Printable.line(hold)), \(Figures.count(count, "conversation"))")
        }
        if !report.labels.isEmpty {
            let labels = report.labels.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            let shown = labels.prefix(Self.shownReasons)
                .map { "\($0.key) (\(Figures.count($0.value)))" }.joined(separator: ", ")
            let more = labels.count > Self.shownReasons ? ", …" : ""
            lines("Labels of new conversations: \(shown)\(more)", indent: "")
        }
        showList(
            "Not taken, since the vault's conversations keep their own:",
            report.notTaken.map { NotTaken(said: $0).text }, of: report.differing)
        showList(
            "Left out:", report.skipped.map { "\($0.place): \($0.reason)" },
            of: report.skipped.count)
        if report.messages.updated > 0 {
            let count = Figures.count(report.messages.updated, "message")
            options.note(
                "Edited \(count): the archive's later text is shown, and the earlier one is kept "
                    + "as a version, which an export has.")
        }
        if report.messages.conflicts > 0 {
            options.note(
                "A message in conflict stands beside the vault's own as another child of the same "
                    + "parent; nothing was overwritten.")
        }
        if restored.missingFiles > 0 {
            let count = Figures.count(restored.missingFiles, "attached file")
            options.note(
                "The archive lacks \(count) that its records name, and data/report/errors.csv in "
                    + "it says which: the vault has of them only what it had before.")
        }
        if let group = restored.group, group.count > 1 {
            options.note(
                "This is archive \(group.place) of one export, which has "
                    + "\(Figures.count(group.conversations, "conversation")) in all: restore the "
                    + "\(group.count == 2 ? "other one" : "other \(group.count - 1)") as well.")
        }
        if isDryRun { options.note("Nothing was stored: this was a dry run.") }
    }

    private func cells(_ counts: RestoreReport.Counts) -> [String] {
        [counts.added, counts.updated, counts.unchanged, counts.conflicts, counts.skipped]
            .map { Figures.count($0) }
    }

    private func row(_ name: String, _ cells: [String]) {
        Output.line(Columns.fit(name, 15) + cells.map { Columns.right($0, 11) }.joined())
    }

    /// The first of a list, and how many more there are.
    private func showList(_ heading: String, _ entries: [String], of total: Int) {
        guard !entries.isEmpty else { return }
        Output.line(heading)
        for entry in entries.prefix(Self.shownReasons) { lines(entry, indent: "  ") }
        if total > Self.shownReasons {
            Output.line("  … and \(Figures.count(total - Self.shownReasons)) more; see --json")
        }
    }

    private func lines(_ text: String, indent: String) {
        for line in Wrapping.lines(
            of: Printable.line(text), width: Console.width, indent: indent)
        {
            Output.line(line)
        }
    }
}

/// What an archive says otherwise of a conversation that the vault has.
private struct NotTaken {
    let said: RestoreReport.Difference

    private var values: [(name: String, value: String?)] {
        [
            ("title", said.title), ("project", said.project), ("custodian", said.custodian),
            ("created", said.created?.description),
        ]
    }

    var json: JSONObject {
        var object: JSONObject = ["conversation": .string(said.conversation.description)]
        for (name, value) in values { object[name] = value.map(JSON.string) }
        if !said.labels.isEmpty { object["labels"] = .array(said.labels.map(JSON.string)) }
        return object
    }

    var text: String {
        let words =
            values.compactMap { name, value in value.map { "\(name) \($0)" } }
            + said.labels.map { "label \($0)" }
        return "conversation \(said.conversation): \(words.joined(separator: ", "))"
    }
}
