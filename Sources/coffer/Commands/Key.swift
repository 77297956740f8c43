import ArgumentParser
import JSONText
import Vault
import VaultCrypto

struct Key: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Show the vault's public signing keys.",
        discussion: """
            EXAMPLE:
              coffer key show
            """,
        subcommands: [KeyShow.self], defaultSubcommand: KeyShow.self)
}

struct KeyShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the fingerprints that tell a recipient who signed an archive.",
        usage: "coffer key show [<options>]",
        discussion: """
            Give the archive key's fingerprint to whoever gets an archive, by another way than the \
            archive itself: they compare it with `coffer verify --signer`, ssh-keygen or minisign.

            EXAMPLES:
              coffer key show
              coffer key show --json
            """)

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        let (vault, keys) = try options.withVault { ($0.id, $0.publicKeys) }
        let archive = PublicKeyView(try VerifyingKey(bytes: keys.archive))
        let log = PublicKeyView(try VerifyingKey(bytes: keys.log))
        let verifier = try NoteKey(name: "coffer/\(vault)", key: log.key).description
        if options.json {
            var logObject = log.object
            logObject["verifier"] = .string(verifier)
            return Output.json(["archive": .object(archive.object), "log": .object(logObject)])
        }
        Output.line("Archive key, signs exports")
        archive.show()
        Output.line("Log key, signs checkpoints of the audit log")
        log.show()
        // A verifier key is one word, and longer than a line.
        Output.line("  verifier key (signed note):")
        Output.line("    \(verifier)")
    }
}

/// A public key in the forms of stock tools.
private struct PublicKeyView {
    let key: VerifyingKey
    private let minisign: MinisignPublicKey

    init(_ key: VerifyingKey) {
        self.key = key
        minisign = MinisignPublicKey(key)
    }

    private var fingerprint: String { SSHPublicKey.fingerprint(key) }

    /// As `minisign` prints it: the number's bytes from the last, in capitals.
    private var minisignID: String { Hex.text(minisign.number.reversed()).uppercased() }

    private var sshLine: String { (try? SSHPublicKey.line(key, comment: "")) ?? "" }

    var object: JSONObject {
        [
            "fingerprint": .string(fingerprint), "ssh": .string(sshLine),
            "minisign": .string(minisign.base64), "minisignID": .string(minisignID),
        ]
    }

    func show() {
        Output.line("  fingerprint   \(fingerprint)")
        Output.line("  minisign id   \(minisignID)")
        Output.line("  minisign key  \(minisign.base64)")
        Output.line("  ssh key:")
        Output.line("    \(sshLine)")
    }
}
