import ArgumentParser
import JSONText
import Vault

/// Which conversations: all conditions must hold.
struct FilterOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only those with this label (repeatable).", valueName: "label"))
    var label: [String] = []

    @Option(help: ArgumentHelp("Only those of this project.", valueName: "name"))
    var project: String?

    @Option(help: ArgumentHelp("Only those of this custodian.", valueName: "name"))
    var custodian: String?

    @Option(
        help: ArgumentHelp("Only those from this source, such as chatgpt.", valueName: "source"))
    var from: String?

    @Option(
        help: ArgumentHelp(
            """
            Only those with a message at or after this time: 2024, 2024-03, 2024-03-01, RFC 3339 \
            (UTC).
            """,
            valueName: "time"))
    var after: Moment?

    @Option(
        help: ArgumentHelp(
            "Only those with a message before this time, and not before --after.",
            valueName: "time"))
    var before: Moment?

    func validate() throws {
        if let after, let before, after.instant >= before.instant {
            throw ValidationError(
                "--before has to be later than --after; the time of --before is not included.")
        }
    }

    var filter: ConversationFilter {
        var filter = ConversationFilter()
        filter.labels = label
        filter.project = project
        filter.custodian = custodian
        filter.source = from
        filter.after = after?.instant
        filter.before = before?.instant
        return filter
    }

    /// What was asked for, for the record of an export.
    var scope: JSONObject {
        var scope = JSONObject()
        if !label.isEmpty { scope["labels"] = .array(label.map(JSON.string)) }
        scope["project"] = project.map(JSON.string)
        scope["custodian"] = custodian.map(JSON.string)
        scope["from"] = from.map(JSON.string)
        scope["after"] = after.map { .string($0.instant.description) }
        scope["before"] = before.map { .string($0.instant.description) }
        return scope
    }
}

/// Conversations without a time, which no period takes.
enum UndatedView {
    static func sentence(_ count: Int) -> String {
        "\(Figures.count(count, "undated conversation")) \(count == 1 ? "was" : "were") left out: "
            + "--after and --before take messages with a time only."
    }
}

/// What is said of answers that are being written.
enum UnfinishedView {
    static func sentence(_ count: Int) -> String {
        "\(Figures.count(count, "answer")) \(count == 1 ? "is" : "are") being written and left "
            + "out; export again when \(count == 1 ? "it has" : "they have") come to an end."
    }
}
