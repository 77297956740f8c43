import ArgumentParser
import JSONText
import Vault
import VaultCrypto

struct AuditClock: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock",
        abstract: "Accept the clock as right where the log has a later time.",
        usage: "coffer audit clock --reason <text> [--yes] [<options>]",
        discussion: """
            While the clock is behind the newest entry, nothing is destroyed. Where that entry was \
            written under a clock that was ahead, the owner of the vault can say so; it stays in \
            the log for ever. Nothing is kept shorter: holds, releases and policies of the later \
            time keep it. With --json: newest and now, the two times.

            EXAMPLE:
              coffer audit clock --reason "a test had set this device to 2099"
            """)

    @OptionGroup var reason: ReasonOption

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            // The engine refuses what there is no need for, and nobody need be asked.
            if !yes, let late = try vault.lateClock() {
                try Confirmation.require(
                    "The newest entry of the log is of \(late.newest), and the clock says "
                        + "\(late.now). Accept the clock as right? It stays in the log for ever.",
                    otherwise: "The newest entry of the log is of \(late.newest), and the clock "
                        + "says \(late.now). That the clock is right stays in the log for ever; "
                        + "give --yes when nobody can be asked.")
            }
            let accepted = try vault.acceptClock(reason: reason.reason)
            if options.json {
                return Output.json([
                    "newest": .string(accepted.newest.description),
                    "now": .string(accepted.now.description),
                ])
            }
            if !options.quiet { Output.line("Accepted the clock: \(accepted.now).") }
            options.note(
                "Nothing was destroyed. The next purge goes by this clock; what was noted of "
                    + "\(accepted.newest) keeps that time.")
        }
    }
}
