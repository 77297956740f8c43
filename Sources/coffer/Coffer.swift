import ArgumentParser
import VaultCrypto

/// The root of the command line.
///
/// Every command states its `commandName`: the parser would otherwise derive all of them from the
/// names of their types, which takes a millisecond at each start.
struct Coffer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coffer",
        abstract: "An encrypted vault for AI conversations.",
        usage: "coffer <subcommand> [<options>]",
        discussion: """
            Imports the exports of AI tools into a vault on this machine, searches them, and hands \
            them over as signed archives that anybody can check.

            EXAMPLE:
              coffer init
              coffer import ~/Downloads/chatgpt-export.zip
              coffer search "quarterly forecast"

            Exit codes: 0 done; 1 failed; 2 found something wrong; 3 refused; 4 locked or wrong \
            key; 5 no such vault or object; 64 usage; 130 interrupted.
            """,
        version: Version.text,
        groupedSubcommands: [
            CommandGroup(
                name: "Vault", subcommands: [Init.self, Unlock.self, Lock.self, Status.self]),
            CommandGroup(
                name: "Daily work",
                subcommands: [
                    ChatCommand.self, Ask.self, Where.self, Import.self, Search.self, List.self,
                    Show.self, Delete.self, Stats.self,
                ]),
            CommandGroup(
                name: "Evidence",
                subcommands: [
                    Export.self, Redact.self, Verify.self, Restore.self, ArchiveCommand.self,
                    AuditCommand.self,
                ]),
            CommandGroup(
                name: "Governance",
                subcommands: [
                    HoldCommand.self, RetentionCommand.self, PolicyCommand.self, Purge.self,
                ]),
            CommandGroup(
                name: "Administration",
                subcommands: [
                    LabelCommand.self, SlotCommand.self, Key.self, TrustCommand.self,
                    ProviderCommand.self, IndexCommand.self, Doctor.self,
                ]),
        ])

    @OptionGroup(title: "Global options") var options: GlobalOptions

    /// Parses the arguments and runs the command that they name.
    static func start() throws {
        try ProcessHardening.apply()
        LostPage.watch()
        var command = try Coffer.parsed()
        try command.run()
        try Output.flush()
    }

    private static func parsed() throws -> any ParsableCommand {
        do {
            return try parseAsRoot()
        } catch {
            throw ParsingOutcome(error)
        }
    }

    func run() throws {
        if Place.exists(options.directory) { throw ParsingOutcome(CleanExit.helpRequest()) }
        Output.line(
            """
            There is no vault yet. To make one and fill it, type
              coffer init
              coffer import PATH      (an export of ChatGPT, Claude, …; see coffer import --help)
            """)
    }
}

/// The version that `--version`, archives and reports state.
enum Version {
    static let text = "0.1.0"
    static let tool = "Coffer \(text)"
}
