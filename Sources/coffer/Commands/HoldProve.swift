import ArgumentParser
import JSONText
import Vault
import VaultCrypto

struct HoldProve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Prove that what a hold matched is still there, unchanged.",
        usage: "coffer hold prove <id> [--out <folder>] [<options>]",
        discussion: """
            The statement is signed and shows no content: it lists the commitments of the messages \
            that the hold matched when it was placed, and how they follow from the audit log. The \
            folder gets what checks it with OpenSSL. Exits 2 when something is missing. With \
            --json: ok, hold, matched, present, path, facts and note.

            EXAMPLE:
              coffer hold prove lindqvist-merger --out merger-is-kept
            """)

    @Argument(help: "The hold's id.")
    var id: String

    @Option(
        help: ArgumentHelp("Write the statement into this new folder.", valueName: "folder"),
        completion: .directory)
    var out: String?

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        let folder = try out.map { try StatementFolder($0) }
        let standing = try options.withVault { vault in
            let standing = try vault.proveHold(id, tool: Version.tool)
            try folder?.write(standing.statement, of: vault)
            return standing
        }
        if options.json {
            Output.json([
                "ok": .bool(standing.isWhole), "hold": .string(id),
                "matched": .integer(standing.matched), "present": .integer(standing.present),
                "path": .text(folder?.path),
                "facts": (try? JSONReader.parse(standing.statement.facts)) ?? .null,
                "note": .string(standing.statement.note),
            ])
        } else {
            Output.line(
                "\(Figures.count(standing.present)) of "
                    + "\(Figures.count(standing.matched, "message")) that hold \(id) matched when "
                    + "it was placed")
            Output.line(
                standing.isWhole ? "are there, unchanged." : "are there: something is lost.")
            if let folder { Output.line("Wrote \(folder.path)") }
        }
        if !standing.isWhole { throw Ending.foundFaults }
    }
}
