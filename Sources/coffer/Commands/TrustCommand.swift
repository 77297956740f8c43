import ArgumentParser
import JSONText
import Vault
import VaultArchive
import VaultCrypto

struct TrustCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust",
        abstract: "Say whose archives may be restored into this vault.",
        discussion: """
            `coffer restore` takes archives that this vault signed, and those of the keys in this \
            list. Each change is an entry of the audit log.

            EXAMPLES:
              coffer trust add SHA256:9jZcGpZN0IiIq3XG0x8wJ0e6cMoiDqbpAlHPMGqDbTo --name office
              coffer trust list
            """,
        subcommands: [TrustList.self, TrustAdd.self, TrustRemove.self],
        defaultSubcommand: TrustList.self)
}

struct TrustList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the keys whose archives may be restored.",
        usage: "coffer trust list [<options>]",
        discussion: """
            The vault's own archive key is not in the list; it is always trusted.

            EXAMPLE:
              coffer trust list
            """)

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            let keys = try vault.trustedKeys()
            for key in keys { show(key) }
            if keys.isEmpty {
                options.note(
                    "No key is trusted besides this vault's own; "
                        + "`coffer trust add KEY --name NAME` adds one.")
            }
        }
    }

    private func show(_ key: TrustedKey) {
        guard !options.json else { return Output.json(key.object) }
        let name = Columns.clip(Printable.line(key.name), max(8, Console.width - 70))
        Output.line("\(key.fingerprint)  \(Figures.minute(key.added))  \(name)")
    }
}

struct TrustAdd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Trust a key, so that archives that it signed may be restored.",
        usage: "coffer trust add <key> --name <name> [<options>]",
        discussion: """
            The key is a fingerprint, a file with an ssh-ed25519 or minisign public key, or an \
            archive, whose signer is taken once the archive is found to be whole. Anybody can sign \
            an archive: compare the fingerprint with the one that its maker told you, in a cover \
            letter or by telephone, before you trust it.

            EXAMPLES:
              coffer trust add SHA256:9jZcGpZN0IiIq3XG0x8wJ0e6cMoiDqbpAlHPMGqDbTo --name office
              coffer trust add office.pub --name "Office in Malmö"
              coffer trust add merger.tar.zst --name "Laptop of Ada"
            """)

    @Argument(
        help: ArgumentHelp(
            "A fingerprint, a file with a public key, or an archive.", valueName: "key"),
        completion: .file())
    var key: String

    @Option(help: ArgumentHelp("Whose key it is, for the list.", valueName: "name"))
    var name: String

    @OptionGroup var archive: ArchiveKeyOptions
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        let fingerprint = try SignerArgument(key, archive, options).fingerprint()
        try options.withVault { vault in
            let isNew = try vault.trust(fingerprint, name: name)
            if options.json {
                return Output.json([
                    "fingerprint": .string(fingerprint), "name": .string(name),
                    "added": .bool(isNew),
                ])
            }
            guard !options.quiet else { return }
            Output.line("\(isNew ? "Trusts" : "Trusted already:") \(fingerprint)")
            guard isNew else { return }
            options.note(
                "Compare this fingerprint with the one that the key's holder told you; "
                    + "`coffer trust remove` takes it back.")
        }
    }
}

struct TrustRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Trust a key no more; what was restored stays.",
        usage: "coffer trust remove <fingerprint> [<options>]",
        discussion: """
            EXAMPLE:
              coffer trust remove SHA256:9jZcGpZN0IiIq3XG0x8wJ0e6cMoiDqbpAlHPMGqDbTo
            """)

    @Argument(help: "The key's fingerprint, as `coffer trust list` shows it.")
    var fingerprint: String

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            try vault.distrust(fingerprint)
            if options.json {
                Output.json(["fingerprint": .string(fingerprint), "removed": .bool(true)])
            } else if !options.quiet {
                Output.line("Trusts \(fingerprint) no more.")
            }
        }
    }
}

extension TrustedKey {
    fileprivate var object: JSONObject {
        [
            "fingerprint": .string(fingerprint), "name": .string(name),
            "added": .string(added.description), "entry": .integer(entry),
        ]
    }
}

/// What opens an encrypted archive, where the global options unlock the vault.
struct ArchiveKeyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Open an encrypted archive with this age identity file.", valueName: "file"),
        completion: .file())
    var archiveIdentity: String?

    @Option(
        help: ArgumentHelp(
            "Open an encrypted archive with the passphrase in this file.", valueName: "file"),
        completion: .file())
    var archivePassphraseFile: String?

    func validate() throws {
        if archiveIdentity != nil, archivePassphraseFile != nil {
            throw ValidationError("Give --archive-identity or --archive-passphrase-file, not both.")
        }
    }

    static let names = "--archive-identity or --archive-passphrase-file"

    /// Names the options that would open an archive, where it needs a key and there is none.
    ///
    /// - Parameters:
    ///   - names: The options.
    ///   - key: What was given.
    ///   - body: Opens the archive.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws; `locked` with the names.
    static func asking<Result>(
        for names: String, _ key: ArchiveKey?, _ body: () throws -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch let error as VaultError where error.code == .locked && key == nil {
            throw VaultError(
                .locked,
                "The archive is encrypted; give \(names) with what opens it, or decrypt it with "
                    + "age first.")
        }
    }

    /// - Returns: `nil` where neither was given.
    /// - Throws: What is wrong with the file.
    func key(_ options: GlobalOptions) throws -> ArchiveKey? {
        if let archiveIdentity {
            return .identities(try AgeIdentity.read(at: Place.absolute(archiveIdentity)))
        }
        return try archivePassphraseFile.map {
            .passphrase(ArchivePassphrase(try NewSecret.read($0, options)))
        }
    }
}

/// A signer as a person names one.
private struct SignerArgument {
    private let text: String
    private let archive: ArchiveKeyOptions
    private let options: GlobalOptions

    init(_ text: String, _ archive: ArchiveKeyOptions, _ options: GlobalOptions) {
        self.text = text
        self.archive = archive
        self.options = options
    }

    /// - Throws: `badInput` for what is none of the three, `notFound`, and faults of the archive.
    func fingerprint() throws -> String {
        if text.hasPrefix("SHA256:") { return text }
        guard Place.exists(text) else {
            throw VaultError(
                .notFound, "\(text) is no fingerprint and no file; check the path.")
        }
        if let key = try? Self.key(in: NewFile.read(text)) { return SSHPublicKey.fingerprint(key) }
        return try signer()
    }

    private static func key(in content: [UInt8]) throws -> VerifyingKey {
        if let key = try? MinisignPublicKey(parsing: content) { return key.key }
        return try SSHPublicKey.parse(line: String(decoding: content, as: UTF8.self))
    }

    private func signer() throws -> String {
        Interruption.watch()
        var progress = ProgressLine(.bytes, options)
        let hooks = ArchiveExport.Hooks(
            progress: { progress.update($0.bytes, of: 0, "Checking") },
            isCancelled: { Interruption.isRequested })
        let result = try ArchiveVerifier.verify(
            Place.absolute(text), key: archive.key(options), hooks: hooks)
        progress.clear()
        guard result.isValid, let signer = result.signer else {
            let faults = result.faults.map { (path: $0.path, fault: $0.fault) }
            if !options.json {
                FaultView.show(faults, of: "archive", omitted: result.omittedFaults)
            }
            throw CommandFailure(
                code: "faults", exit: 2,
                message: "\(text) is neither a public key nor an archive without faults, so that "
                    + "no key is trusted; `coffer verify` names the faults.")
        }
        return signer
    }
}
