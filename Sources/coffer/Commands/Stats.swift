import ArgumentParser
import JSONText
import Vault
import VaultCrypto

struct Stats: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Count messages by time, source, model, custodian and label.",
        usage: "coffer stats [--months] [<options>]",
        discussion: """
            EXAMPLES:
              coffer stats
              coffer stats --months
              coffer stats --json
            """)

    @Flag(help: "Count by month instead of by year.")
    var months = false

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        let statistics = try options.withVault { try $0.statistics() }
        if options.json {
            return Output.json([
                "months": Self.json(statistics.months), "models": Self.json(statistics.models),
                "sources": Self.json(statistics.sources),
                "custodians": Self.json(statistics.custodians),
                "labels": Self.json(statistics.labels),
            ])
        }
        show(months ? "Messages by month" : "Messages by year", time(statistics.months))
        show("Messages by source", statistics.sources)
        show("Answers by model", statistics.models)
        show("Messages by custodian", statistics.custodians)
        show("Messages by label", statistics.labels)
        if statistics.sources.isEmpty {
            options.note("The vault is empty; `coffer import PATH` fills it.")
        }
    }

    private static func json(_ tallies: [VaultTally]) -> JSON {
        .array(
            tallies.map {
                .object([
                    "name": .text($0.name), "conversations": .integer($0.conversations),
                    "messages": .integer($0.messages),
                ])
            })
    }

    private func time(_ tallies: [VaultTally]) -> [VaultTally] {
        guard !months else { return tallies }
        var years: [VaultTally] = []
        for month in tallies {
            let year = month.name.map { String($0.prefix(4)) }
            if years.last?.name == year, let last = years.indices.last {
                years[last].messages += month.messages
            } else {
                years.append(VaultTally(name: year, conversations: 0, messages: month.messages))
            }
        }
        return years
    }

    /// A heading and a bar for each: name, messages, share of the longest.
    private func show(_ heading: String, _ tallies: [VaultTally]) {
        guard !tallies.isEmpty else { return }
        Output.line(Style.bold(heading))
        let names = tallies.map { $0.name.map(Printable.line) ?? "(not said)" }
        let nameWidth = min(30, names.map { Columns.count($0) }.max() ?? 0)
        let most = max(1, tallies.map(\.messages).max() ?? 1)
        let barWidth = Int64(max(10, Console.width - nameWidth - 16))
        for (name, tally) in zip(names, tallies) {
            let eighths = tally.messages * barWidth * 8 / most
            Output.line(
                "  \(Columns.fit(name, nameWidth))"
                    + Columns.right(Figures.count(tally.messages), 12)
                    + "  \(Self.bar(eighths))")
        }
        Output.line("")
    }

    private static func bar(_ eighths: Int64) -> String {
        let full = String(repeating: "█", count: Int(eighths / 8))
        let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        let rest = parts[Int(eighths % 8)]
        return full.isEmpty && rest.isEmpty ? "▏" : full + rest
    }
}
