import ArgumentParser
import JSONText
import Vault
import VaultCrypto

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a new vault.",
        usage: "coffer init [<options>]",
        discussion: """
            Asks for a passphrase twice, or reads it from --passphrase-file. Give the vault a second \
            way in: an identity on this device, or the recipient of an identity that is kept \
            elsewhere (made with age-keygen). Nobody can open a vault whose every key is lost.

            EXAMPLES:
              coffer init
              coffer init --vault ~/work.coffer --device
              coffer init --recovery age1w8f…q4ke3p --custodian "Ada Lindqvist"
              coffer init --stemming english --stemming german
            """)

    @Flag(help: "Also make an identity on this device, so that no passphrase is needed here.")
    var device = false

    @Option(
        help: ArgumentHelp(
            "Also let the holder of this age recipient's identity open the vault (repeatable).",
            valueName: "age1…"))
    var recovery: [String] = []

    @Flag(help: "Make no passphrase slot; needs --device or --recovery.")
    var noPassphrase = false

    @Option(
        help: ArgumentHelp(
            "Whose conversations imports bring (default: your login name).", valueName: "name"))
    var custodian: String?

    @OptionGroup var stems: StemmingOptions
    @OptionGroup var work: WorkOptions
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if noPassphrase, !device, recovery.isEmpty {
            throw ValidationError("A vault needs a way in; give --device or --recovery.")
        }
        if noPassphrase, options.passphraseFile != nil {
            throw ValidationError("Give --no-passphrase or --passphrase-file, not both.")
        }
        for text in recovery { _ = try AgeRecipient.typed(text) }
    }

    func run() throws {
        let directory = options.directory
        guard !Place.exists(directory) else {
            throw VaultError(
                .exists, "\(directory) exists already; a vault is never made over something else.")
        }
        try PrivateFile.makeFolders(of: directory)
        let identity = device ? AgeIdentity.generate() : nil
        let waiting = "\(Place.identities)/new-\(RecordID(at: .now)).txt"
        // The identity is on the disk before the vault that needs it.
        if let identity { try PrivateFile.replace(waiting, with: [identity]) }
        let vault: Vault
        do {
            vault = try Vault.create(
                at: directory, creation(device: identity?.recipient), auditor: .ofThisProcess)
        } catch {
            if identity != nil { PrivateFile.remove(waiting) }
            throw error
        }
        if identity != nil { try PrivateFile.move(waiting, to: Place.identity(of: vault.id)) }
        report(vault)
        try vault.close()
    }

    private func creation(device: AgeRecipient?) throws -> VaultCreation {
        var creation = VaultCreation(custodian: custodian ?? Place.loginName)
        creation.stemming = stems.chosen ?? []
        creation.workFactor = work.factor
        creation.allowsWeakWorkFactor = work.allowWeakWorkFactor
        if !noPassphrase {
            creation.passphrase = try NewSecret.make(
                file: options.passphraseFile, remedy: "give --passphrase-file", options)
        }
        if let device { creation.recipients.append(("device", .device, device)) }
        for (index, text) in recovery.enumerated() {
            let name = index == 0 ? "recovery" : "recovery-\(index + 1)"
            creation.recipients.append((name, .recovery, try AgeRecipient(text)))
        }
        return creation
    }

    private func report(_ vault: Vault) {
        if options.json {
            return Output.json([
                "vault": .string(vault.directory), "id": .string(vault.id.description),
                "slots": .array(vault.slots.map(SlotView.json)),
            ])
        }
        Output.line("Made the vault \(Printable.line(vault.directory))")
        for slot in vault.slots { Output.line("  " + SlotView.line(slot)) }
        if vault.slots.contains(where: \.isWeakened) { options.note(SlotView.weakness) }
        if !vault.slots.contains(where: { $0.kind == .recovery }) {
            options.note(
                """
                There is no recovery slot: nobody can open this vault when \
                \(vault.slots.count == 1 ? "its only key is" : "its keys are") lost. Make an identity \
                with `age-keygen`, keep it elsewhere, and add its public half: \
                `coffer slot add recovery --recipient age1…`
                """)
        }
        options.note(
            "Next: `coffer unlock` spares you the passphrase for 8 hours; `coffer import PATH` "
                + "fills the vault.")
    }
}

/// How hard a passphrase is to guess.
struct WorkOptions: ParsableArguments {
    @Option(
        name: .customLong("work-factor"),
        help: ArgumentHelp(
            "Cost of trying a passphrase: scrypt's log2 N, 15 to 20; each step doubles time and "
                + "memory.", valueName: "n"))
    var factor = Slot.usualWorkFactor

    @Flag(help: ArgumentHelp("Allow a work factor below 15, for tests.", visibility: .hidden))
    var allowWeakWorkFactor = false
}
