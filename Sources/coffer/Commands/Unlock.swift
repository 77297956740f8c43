import ArgumentParser
import Vault
import VaultCrypto

struct Unlock: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock",
        abstract: "Keep the vault's key in the kernel's keyring for a while.",
        usage: "coffer unlock [--timeout <time>] [<options>]",
        discussion: """
            Later commands then need no passphrase. The key is in the kernel's memory only, for this \
            user, until the time is up or `coffer lock`.

            EXAMPLES:
              coffer unlock
              coffer unlock --timeout 15m
            """)

    @Option(help: ArgumentHelp("How long: 90s, 15m, 8h, 2d.", valueName: "time"))
    var timeout = TimeSpan(seconds: 8 * 3600)

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            try vault.cacheKey(timeoutSeconds: timeout.seconds)
            if options.json {
                Output.json([
                    "vault": .string(vault.directory), "locked": .bool(false),
                    "timeoutSeconds": .integer(timeout.seconds),
                ])
            } else if !options.quiet {
                Output.line("Unlocked for \(Figures.duration(seconds: timeout.seconds)).")
            }
        }
    }
}

struct Lock: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock",
        abstract: "Remove the vault's key from the kernel's keyring.",
        usage: "coffer lock [<options>]",
        discussion: """
            An identity that this device keeps (`coffer init --device`) still opens the vault.

            EXAMPLE:
              coffer lock
            """)

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        let wasCached = try Vault.dropCachedKey(at: options.directory)
        if options.json {
            Output.json([
                "vault": .string(options.directory), "locked": .bool(true),
                "wasUnlocked": .bool(wasCached),
            ])
        } else if !options.quiet {
            Output.line(wasCached ? "Locked." : "It was locked already.")
        }
        let identity = Place.identity(of: try Vault.lockedStatus(at: options.directory).id)
        if Place.exists(identity) {
            options.note("This device's identity \(identity) still opens the vault.")
        }
    }
}
