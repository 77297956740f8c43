import ArgumentParser
import Importers
import Synchronization
import Vault
import VaultCrypto

struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Bring conversations from the exports of AI tools into the vault.",
        usage: "coffer import <path> ... [<options>]",
        discussion: """
            Formats are told by content; --format leaves nothing to detection:
            \(formats)

            Importing the same export again changes nothing; a newer one adds what is new. Ctrl-C \
            stops in order and keeps what was stored.

            EXAMPLES:
              coffer import ~/Downloads/chatgpt-export.zip
              coffer import ~/.claude/projects --label work
              coffer import chats.jsonl --format jsonl --custodian "Ada Lindqvist"
            """)

    private static let formats = ImportFormat.allCases
        .map { "  \($0.rawValue): \($0.summary)" }.joined(separator: "\n")

    @Argument(
        help: ArgumentHelp("Files, folders or zips; they are only read.", valueName: "path"),
        completion: .file())
    var paths: [String]

    @Option(
        help: ArgumentHelp("Read everything as this format.", valueName: "name"),
        completion: .list(ImportFormat.allCases.map(\.rawValue)))
    var format: String?

    @Option(
        help: ArgumentHelp("Whose conversations, where the export names nobody.", valueName: "name")
    )
    var custodian: String?

    @Option(help: ArgumentHelp("Also give them this label (repeatable).", valueName: "label"))
    var label: [String] = []

    @Option(help: ArgumentHelp("Their project, where the export names none.", valueName: "name"))
    var project: String?

    @Flag(help: "Name every record that was left out.")
    var verbose = false

    @Flag(
        help: ArgumentHelp(
            "Print a line for each batch that is safe on the disk.", visibility: .hidden))
    var acknowledge = false

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        let known = ImportFormat.allCases.map(\.rawValue)
        if let format, !known.contains(format) {
            throw ValidationError(
                "There is no format \(format); there are \(known.joined(separator: ", ")).")
        }
        for label in label {
            do { _ = try Label.checked(label) } catch { throw ValidationError(error.message) }
        }
    }

    func run() throws {
        try options.withVault { try run(into: $0) }
    }

    private func run(into vault: Vault) throws {
        var jobs: [ImportJob] = []
        for path in paths { jobs.append(try ImportJob.open(Place.absolute(path), format: format)) }
        // Until here an interruption may end the process: nothing is stored yet.
        Interruption.watch()
        let ingestion = try vault.beginIngestion(
            custodian: custodian, onCommit: acknowledge ? Self.printStored : Self.printNothing)
        try run(jobs, into: ingestion)
        let report = try ingestion.finish()
        // Searches are faster afterwards; what is left is done with later imports.
        try vault.mergeSearchIndex { !Interruption.isRequested }
        try finish(report, jobs)
    }

    private func run(_ jobs: [ImportJob], into ingestion: Ingestion) throws {
        let total = jobs.reduce(0) { $0 + $1.sizeBytes }
        var progress = ProgressLine(.bytes, options)
        defer { progress.clear() }
        var done: Int64 = 0
        do throws(VaultError) {
            for job in jobs {
                try job.run(progress: { progress.update(done + $0, of: total) }) {
                    (event) throws(VaultError) in
                    try take(event, into: ingestion)
                }
                done += job.sizeBytes
            }
        } catch {
            // What was read is whole conversations; they are stored with the last batch.
            guard error.code == .cancelled, Interruption.isRequested else { throw error }
        }
    }

    private func take(_ event: ImportEvent, into ingestion: Ingestion) throws(VaultError) {
        if Interruption.isRequested { throw VaultError(.cancelled, "The import was stopped.") }
        switch event {
        case .conversation(var conversation):
            for label in label where !conversation.labels.contains(label) {
                conversation.labels.append(label)
            }
            if conversation.project == nil { conversation.project = project }
            try ingestion.add(conversation)
        case .skipped(let record):
            ingestion.skip(record)
        }
    }

    private static let printNothing: @Sendable (IngestReport) -> Void = { _ in }

    private static let printStored: @Sendable (IngestReport) -> Void = { report in
        Output.line(
            "stored \(report.conversations.stored) conversations, "
                + "\(report.messages.stored) messages")
        try? Output.flush()
    }

    private func finish(_ report: IngestReport, _ jobs: [ImportJob]) throws {
        let view = ImportReport(report: report, jobs: jobs, isVerbose: verbose)
        if options.json { Output.json(view.json) } else { view.show(options) }
        if Interruption.isRequested {
            throw CommandFailure.interrupted(
                "Stopped; what was stored stays. The same command takes up the rest.")
        }
        guard report.conversations.stored == 0, report.conversations.skipped > 0 else { return }
        throw CommandFailure(
            code: "badInput", exit: 1,
            message: "Nothing could be imported; the reasons are above.")
    }
}

extension IngestReport.Counts {
    /// Records that are in the vault now.
    var stored: Int { added + updated + unchanged }
}
