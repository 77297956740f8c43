import Importers
import JSONText
import Vault

/// What an import says at its end.
struct ImportReport {
    /// For people without --verbose.
    private static let shownReasons = 10

    let report: IngestReport
    let jobs: [ImportJob]
    let isVerbose: Bool

    var json: JSONObject {
        [
            "formats": .array(formats.map { .string($0.rawValue) }),
            "conversations": counts(report.conversations), "messages": counts(report.messages),
            "attachments": .object(["added": .integer(report.attachmentsAdded)]),
            "skipped": .array(
                report.skipped.map {
                    .object(["where": .string($0.place), "reason": .string($0.reason)])
                }),
            "passedOver": .array(
                jobs.flatMap { $0.passedOver + $0.unreadMembers + unreferenced(in: $0) }
                    .map(JSON.string)),
        ]
    }

    private var formats: [ImportFormat] {
        ImportFormat.allCases.filter { format in jobs.contains { $0.formats.contains(format) } }
    }

    private func counts(_ counts: IngestReport.Counts) -> JSON {
        .object([
            "added": .integer(counts.added), "updated": .integer(counts.updated),
            "unchanged": .integer(counts.unchanged), "skipped": .integer(counts.skipped),
        ])
    }

    /// Prints the table and the reasons, in the terminal's width.
    func show(_ options: GlobalOptions) {
        options.note("Found: \(formats.map(\.name).joined(separator: ", "))")
        row("", ["added", "updated", "unchanged", "skipped"])
        show("Conversations", report.conversations)
        show("Messages", report.messages)
        if report.attachmentsAdded > 0 {
            row("Attachments", [Figures.count(report.attachmentsAdded)])
        }
        showReasons()
        let passedOver = jobs.flatMap(\.passedOver)
        if !passedOver.isEmpty {
            options.note(
                "\(Figures.count(passedOver.count, "other file")) in there held no conversations.")
            if isVerbose { for path in passedOver { options.note("  \(path)") } }
        }
        list(jobs.flatMap(\.unreadMembers), "Beside conversations, and not stored:", options)
        list(
            jobs.flatMap { unreferenced(in: $0) },
            "Uploaded files to which no message refers, not stored:", options)
        if report.conversations.added + report.conversations.updated > 0 {
            options.note("Next: `coffer search WORDS`, or `coffer list`.")
        }
    }

    /// Uploads of which no message speaks; unknown when the import was stopped.
    private func unreferenced(in job: ImportJob) -> [String] {
        Interruption.isRequested ? [] : job.unreferenced
    }

    /// Names what an export holds and the vault does not.
    private func list(_ places: [String], _ title: String, _ options: GlobalOptions) {
        guard !places.isEmpty else { return }
        options.note(title)
        let shown = isVerbose ? places.count : Self.shownReasons
        for place in places.prefix(shown) { options.note("  \(Printable.line(place))") }
        if places.count > shown {
            let rest = Figures.count(places.count - shown)
            options.note("  … and \(rest) more; --verbose shows all")
        }
    }

    private func show(_ name: String, _ counts: IngestReport.Counts) {
        row(
            name,
            [counts.added, counts.updated, counts.unchanged, counts.skipped].map {
                Figures.count($0)
            })
    }

    private func row(_ name: String, _ cells: [String]) {
        Output.line(Columns.fit(name, 15) + cells.map { Columns.right($0, 13) }.joined())
    }

    private func showReasons() {
        guard !report.skipped.isEmpty else { return }
        Output.line("Left out:")
        let shown = isVerbose ? report.skipped.count : Self.shownReasons
        for record in report.skipped.prefix(shown) {
            let text = Printable.line("\(record.place): \(record.reason)")
            for line in Wrapping.lines(of: text, width: Console.width, indent: "  ") {
                Output.line(line)
            }
        }
        if report.skipped.count > shown {
            Output.line(
                "  … and \(Figures.count(report.skipped.count - shown)) more; --verbose shows all")
        }
    }
}
