import ArgumentParser
import JSONText
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
        usage: "coffer lock [--all] [<options>]",
        discussion: """
            An identity that this device keeps (`coffer init --device`) still opens the vault. \
            --all removes the keys of all vaults and needs none of them.

            EXAMPLES:
              coffer lock
              coffer lock --all
            """)

    @Flag(help: "Remove the keys of all vaults.")
    var all = false

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        if all { return try lockAll() }
        let status: LockedVaultStatus
        do {
            status = try Vault.lockedStatus(at: options.directory)
        } catch {
            throw Self.unlocked(error)
        }
        let wasCached = try Vault.dropCachedKeys(at: options.directory)
        if options.json {
            Output.json([
                "vault": .string(options.directory), "locked": .bool(true),
                "wasUnlocked": .bool(wasCached),
            ])
        } else if !options.quiet {
            Output.line(wasCached ? "Locked." : "It was locked already.")
        }
        // The header says which keys are the vault's, and nothing vouches for it.
        if !wasCached, let count = try? Vault.cachedKeyCount(), count > 0 {
            options.note(
                "The keyring has \(Figures.count(count, "key")) of other vaults; "
                    + "`coffer lock --all` removes all.")
        }
        tellIdentity(status)
    }

    private func lockAll() throws {
        let count = try Vault.dropAllCachedKeys()
        if options.json {
            Output.json(["locked": .bool(true), "keys": .integer(count)])
        } else if !options.quiet {
            Output.line(
                count > 0
                    ? "Removed \(Figures.count(count, "key"))."
                    : "No key of Coffer's was in the keyring.")
        }
    }

    /// Without a header nobody knows which key is this vault's, so nothing is claimed of it.
    private static func unlocked(_ error: any Error) -> any Error {
        guard let error = error as? VaultError, let count = try? Vault.cachedKeyCount(), count > 0
        else { return error }
        return VaultError(
            error.code,
            error.message
                + " Which of the \(Figures.count(count, "key")) in the keyring is the vault's is "
                + "not known; `coffer lock --all` removes them all.", underlying: error.underlying)
    }

    private func tellIdentity(_ status: LockedVaultStatus) {
        let path = Place.identity(of: status.id)
        let recipients = Set(status.slots.map(\.recipient))
        guard let identities = try? PrivateFile.identities(in: path),
            identities.contains(where: { recipients.contains($0.recipient) })
        else { return }
        options.note("This device's identity \(path) still opens the vault.")
    }
}
