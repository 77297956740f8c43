import ArgumentParser
import JSONText
import Vault
import VaultCrypto

struct IndexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index",
        abstract: "Show or rebuild the search index.",
        discussion: """
            EXAMPLES:
              coffer index
              coffer index rebuild --stemming english
            """,
        subcommands: [IndexShow.self, IndexRebuild.self],
        defaultSubcommand: IndexShow.self)
}

struct IndexShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what the search index covers and takes.",
        usage: "coffer index show [<options>]",
        discussion: """
            EXAMPLE:
              coffer index show
            """)

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            let size = try vault.searchIndexSize()
            let extent = try vault.searchCompleteness()
            let names = try vault.stemming().names
            if options.json {
                return Output.json([
                    "indexed": .count(extent.indexed), "total": .count(extent.total),
                    "unreadable": .count(extent.unreadable),
                    "needsRebuild": .bool(extent.needsRebuild), "sizeBytes": .integer(size.bytes),
                    "segments": .count(size.segments), "stemming": .array(names.map(JSON.string)),
                ])
            }
            let of = "\(Figures.count(extent.indexed)) of \(Figures.count(extent.total, "message"))"
            Output.line("Indexed    \(of)")
            if extent.unreadable > 0 {
                Output.line("Unreadable \(Figures.count(extent.unreadable, "message"))")
            }
            Output.line("Size       \(Figures.bytes(size.bytes))")
            Output.line("Segments   \(Figures.count(size.segments ?? 0))")
            Output.line("Stemming   \(StemmingOptions.text(names))")
            if extent.needsRebuild {
                options.note("Next: `coffer index rebuild` brings it up to date.")
            }
        }
    }
}

struct IndexRebuild: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Build the search index anew from the stored messages.",
        usage: "coffer index rebuild [--stemming <language>] ... [<options>]",
        discussion: """
            Searches go on meanwhile. With other stems than before, they find what is indexed so \
            far, and say how much that is. An interrupted rebuild goes on with the next one.

            EXAMPLES:
              coffer index rebuild
              coffer index rebuild --stemming english --stemming german
              coffer index rebuild --stemming none
            """)

    @OptionGroup var stems: StemmingOptions
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        Interruption.watch()
        try options.withVault { vault in
            var progress = ProgressLine(.items("message"), options)
            defer { progress.clear() }
            var isFilling = try vault.searchCompleteness().pending > 0
            if let chosen = stems.chosen, try vault.stemming() != chosen {
                try vault.setStemming(chosen)
                isFilling = true
            }
            let isDone =
                try isFilling ? fill(vault, &progress) : rebuild(vault, &progress)
            progress.clear()
            guard isDone else {
                throw VaultError(
                    .cancelled, "The rebuild was stopped; the next `coffer index rebuild` goes on.")
            }
            let extent = try vault.searchCompleteness()
            if options.json {
                return Output.json([
                    "indexed": .count(extent.indexed), "total": .count(extent.total),
                    "unreadable": .count(extent.unreadable),
                    "stemming": .array(try vault.stemming().names.map(JSON.string)),
                ])
            }
            Output.line(
                "Indexed \(Figures.count(extent.indexed)) of "
                    + "\(Figures.count(extent.total, "message")).")
        }
    }

    private func fill(_ vault: Vault, _ progress: inout ProgressLine) throws -> Bool {
        let total = try vault.searchCompleteness().total
        try vault.completeSearchIndex { left in
            progress.update(Int64(total - left), of: Int64(total), "Indexing")
            return !Interruption.isRequested
        }
        return try vault.searchCompleteness().pending == 0
    }

    private func rebuild(_ vault: Vault, _ progress: inout ProgressLine) throws -> Bool {
        try vault.rebuildSearchIndex { done, total in
            progress.update(Int64(done), of: Int64(total), "Indexing")
            return !Interruption.isRequested
        }
    }
}

/// Which other forms of a word searches find.
struct StemmingOptions: ParsableArguments {
    @Option(
        name: .customLong("stemming"),
        help: ArgumentHelp(
            "Also find other forms of a word by the rules of a language, english or german "
                + "(repeatable); none finds words as they are written.", valueName: "language"))
    var languages: [String] = []

    /// `nil` when nothing was said.
    var chosen: Stemming? {
        guard !languages.isEmpty else { return nil }
        return languages.reduce(into: []) { $0.formUnion(Stemming(name: $1) ?? []) }
    }

    func validate() throws {
        if languages.contains(where: { $0.lowercased() == "none" }), languages.count > 1 {
            throw ValidationError("Give --stemming none alone, or the languages without it.")
        }
        for name in languages where name.lowercased() != "none" && Stemming(name: name) == nil {
            let known = Stemming.languages.map(\.name).joined(separator: ", ")
            throw ValidationError(
                "There are no rules for \(Printable.line(name)); give \(known) or none.")
        }
    }

    /// Names as a person reads them.
    static func text(_ names: [String]) -> String {
        names.isEmpty ? "none" : names.joined(separator: ", ")
    }
}
