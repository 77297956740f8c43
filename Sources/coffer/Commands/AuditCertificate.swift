import ArgumentParser
import JSONText
import Vault
import VaultCrypto

struct AuditCertificate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificate",
        abstract: "List the certificates of destruction, or write one for somebody.",
        usage: "coffer audit certificate [<entry>] [--out <folder>] [<options>]",
        discussion: """
            Without a number it lists them, and --out takes the newest. The folder gets the facts \
            as JSON, a signed note over them, a page for people, the public log key, and the \
            commands that check them with OpenSSL. With --json each certificate is an object with \
            entry, path, facts and note.

            EXAMPLES:
              coffer audit certificate
              coffer audit certificate 41 --out destruction-41
            """)

    @Argument(help: ArgumentHelp("The entry of the audit log.", valueName: "entry"))
    var entry: Int64?

    @Option(
        help: ArgumentHelp("Write its files into this new folder.", valueName: "folder"),
        completion: .directory)
    var out: String?

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        let folder = try out.map { try StatementFolder($0) }
        try options.withVault { vault in
            var found = try vault.certificates()
            if let entry {
                found = found.filter { $0.entry == entry }
                guard !found.isEmpty else {
                    throw VaultError(
                        .notFound,
                        "Entry \(entry) has no certificate; `coffer audit certificate` lists them.")
                }
            }
            if let folder {
                guard let last = found.last else {
                    throw VaultError(.notFound, "This vault has no certificate of destruction.")
                }
                found = [last]
                try folder.write(last.statement, of: vault)
            }
            let key = try VerifyingKey(bytes: vault.publicKeys.log)
            for certificate in found { show(certificate, vault.id, key, folder) }
            if found.isEmpty {
                options.note("There are no certificates; nothing was destroyed and erased yet.")
            }
        }
    }

    private func show(
        _ certificate: DestructionCertificate, _ vault: RecordID, _ key: VerifyingKey,
        _ folder: StatementFolder?
    ) {
        let statement = certificate.statement
        guard !options.json else {
            return Output.json([
                "entry": .integer(certificate.entry), "path": .text(folder?.path),
                "facts": (try? JSONReader.parse(statement.facts)) ?? .null,
                "note": .string(statement.note),
            ])
        }
        let sentence =
            statement.sentence(vault: vault, key: key)
            ?? "Its signature is not of this vault's log key; run `coffer audit verify`."
        let number = Columns.right(String(certificate.entry), 5)
        for (line, text) in Wrapping.lines(of: sentence, width: Console.width - 7).enumerated() {
            Output.line((line == 0 ? number : "     ") + "  " + text)
        }
        if let folder { Output.line("Wrote \(folder.path)") }
    }
}
