import ArgumentParser
import JSONText
import Vault
import VaultCrypto

struct SlotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slot",
        abstract: "Manage the ways to unlock the vault.",
        discussion: """
            A slot is a passphrase, an identity on a device, or the recipient of an identity that is \
            kept elsewhere. Each opens the vault by itself.

            EXAMPLES:
              coffer slot list
              coffer slot add recovery --recipient age1w8f…q4ke3p
              coffer slot rotate passphrase
            """,
        subcommands: [SlotList.self, SlotAdd.self, SlotRotate.self, SlotRemove.self],
        defaultSubcommand: SlotList.self)
}

struct SlotList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the slots.",
        usage: "coffer slot list [<options>]",
        discussion: """
            Needs no key; while the vault is locked nothing vouches for the list.

            EXAMPLE:
              coffer slot list
            """)

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        let header = try Vault.lockedStatus(at: options.directory)
        var slots = header.slots
        if let vault = try options.openWithoutAsking() {
            slots = vault.slots
            try vault.close()
        }
        for slot in slots {
            if options.json, let object = SlotView.json(slot).object {
                Output.json(object)
            } else {
                Output.line(SlotView.line(slot))
                Output.line("  " + Style.dim(slot.recipient.description))
            }
        }
        if slots.contains(where: \.isWeakened) { options.note(SlotView.weakness) }
    }
}

/// A new passphrase for a slot.
struct NewPassphraseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Read the slot's new passphrase from this file's first line instead of asking; - is "
                + "standard input.", valueName: "file"),
        completion: .file())
    var newPassphraseFile: String?

    @OptionGroup var work: WorkOptions

    func read(_ options: GlobalOptions) throws -> SecretBytes {
        try NewSecret.make(
            file: newPassphraseFile, remedy: "give --new-passphrase-file", options)
    }
}

struct SlotAdd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a way to unlock the vault.",
        usage:
            "coffer slot add <name> (--passphrase | --recipient <age1…> | --device)\n  [<options>]",
        discussion: """
            EXAMPLES:
              coffer slot add office --passphrase
              coffer slot add recovery --recipient age1w8f…q4ke3p
              coffer slot add laptop --device
            """)

    @Argument(help: "The slot's name: 1 to 64 of a-z, 0-9, - and _.")
    var name: String

    @Flag(help: "A passphrase.")
    var passphrase = false

    @Option(
        help: ArgumentHelp(
            "The recipient of an age identity that is kept elsewhere.", valueName: "age1…"))
    var recipient: String?

    @Flag(help: "An identity that is made now and kept on this device.")
    var device = false

    @OptionGroup var new: NewPassphraseOptions
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        let kinds = [passphrase || new.newPassphraseFile != nil, recipient != nil, device]
        guard kinds.count(where: { $0 }) == 1 else {
            throw ValidationError("Give one of --passphrase, --recipient and --device.")
        }
        if let recipient { _ = try AgeRecipient.typed(recipient) }
    }

    func run() throws {
        try options.withVault { vault in
            if let recipient {
                try vault.addSlot(
                    name: name, kind: .recovery, recipient: AgeRecipient(recipient))
            } else if device {
                try addDevice(vault)
            } else {
                try vault.addPassphraseSlot(
                    name: name, passphrase: new.read(options), workFactor: new.work.factor,
                    allowsWeak: new.work.allowWeakWorkFactor)
            }
            SlotChange.report("Added", name, of: vault, options)
        }
    }

    /// The identity is on the disk before the vault that needs it, and stays there whatever comes.
    ///
    /// One without a slot is what an interrupted or refused attempt left; the next takes it up.
    private func addDevice(_ vault: Vault) throws {
        guard !vault.slots.contains(where: { $0.name == name }) else {
            throw VaultError(.exists, "There is a slot \(name) already; choose another name.")
        }
        let path = Place.identity(of: vault.id)
        if !Place.exists(path) {
            try PrivateFile.create(path, with: [AgeIdentity.generate()])
        }
        let recipients = try PrivateFile.identities(in: path).map(\.recipient)
        if let slot = vault.slots.first(where: { recipients.contains($0.recipient) }) {
            throw VaultError(
                .exists,
                "This device has the identity of slot \(slot.name) already; "
                    + "`coffer slot rotate \(slot.name)` makes a new one.")
        }
        guard let recipient = recipients.first else {
            throw VaultError(.busy, "Another process removed \(path) just now; try again.")
        }
        try vault.addSlot(name: name, kind: .device, recipient: recipient)
    }
}

struct SlotRotate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Give a slot a new passphrase, identity or recipient.",
        usage: "coffer slot rotate <name> [--recipient <age1…>] [<options>]",
        discussion: """
            The old one opens nothing any more, except copies of the vault from before. To shut out \
            somebody who may have read the vault's key, remove the slot instead.

            EXAMPLES:
              coffer slot rotate passphrase
              coffer slot rotate recovery --recipient age1w8f…q4ke3p
            """)

    @Argument(help: "The slot's name.")
    var name: String

    @Option(
        help: ArgumentHelp("The new recipient, for a recovery slot.", valueName: "age1…"))
    var recipient: String?

    @OptionGroup var new: NewPassphraseOptions
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
        if let recipient { _ = try AgeRecipient.typed(recipient) }
    }

    func run() throws {
        try options.withVault { vault in
            let slot = try SlotChange.slot(name, of: vault)
            switch slot.kind {
            case .passphrase: try rotatePassphrase(slot, of: vault)
            case .device: try rotateDevice(slot, of: vault)
            case .recovery:
                guard let recipient else {
                    throw ValidationError("Slot \(name) has a recipient; give --recipient age1….")
                }
                try vault.rotateSlot(name: name, recipient: AgeRecipient(recipient))
            }
            SlotChange.report("Rotated", name, of: vault, options)
        }
    }

    private func rotatePassphrase(_ slot: Slot, of vault: Vault) throws {
        if recipient != nil {
            throw ValidationError("Slot \(name) has a passphrase; leave --recipient out.")
        }
        let isChosen = new.work.factor != Slot.usualWorkFactor
        try vault.rotatePassphraseSlot(
            name: name, passphrase: new.read(options), workFactor: isChosen ? new.work.factor : nil,
            allowsWeak: new.work.allowWeakWorkFactor)
    }

    /// The file holds both identities until the vault knows the new one, so that this device can
    /// open it whenever this is cut off.
    private func rotateDevice(_ slot: Slot, of vault: Vault) throws {
        if let recipient {
            return try vault.rotateSlot(name: name, recipient: AgeRecipient(recipient))
        }
        let path = Place.identity(of: vault.id)
        let old = try PrivateFile.identities(in: path)
        guard old.contains(where: { $0.recipient == slot.recipient }) else {
            throw CommandFailure(
                code: "badInput", exit: 1,
                message: "The identity of slot \(name) is not on this device; run this there, or "
                    + "give --recipient.")
        }
        let identity = AgeIdentity.generate()
        try PrivateFile.replace(path, with: old + [identity])
        try vault.rotateSlot(name: name, recipient: identity.recipient)
        try PrivateFile.replace(path, with: [identity])
    }
}

struct SlotRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a slot and move the vault to a new key.",
        usage: "coffer slot remove <name> [--yes] [<options>]",
        discussion: """
            Whoever had the slot knew the vault's key; so the whole vault is written anew under \
            another one, a new generation, and the old one is destroyed. Copies of the vault that \
            were made before can still be opened with the slot.

            EXAMPLE:
              coffer slot remove office
            """)

    @Argument(help: "The slot's name.")
    var name: String

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        try options.withVault { vault in
            let slot = try SlotChange.slot(name, of: vault)
            // The engine refuses to remove the last one, and nobody need be asked.
            if vault.slots.count > 1 {
                try confirm()
                options.note("Writing a new generation under a new key …")
            }
            try vault.removeSlot(name: name)
            forgetIdentity(slot, of: vault)
            SlotChange.report("Removed", name, of: vault, options)
            options.note("The vault has a new key; type `coffer unlock` to keep it in the keyring.")
        }
    }

    private func confirm() throws {
        guard !yes else { return }
        try Confirmation.require(
            "Remove slot \(name) and write a new generation of the vault?",
            otherwise: "Removing a slot cannot be undone; give --yes when nobody can be asked.")
    }

    /// The identity that this device kept for the slot opens nothing any more.
    private func forgetIdentity(_ slot: Slot, of vault: Vault) {
        let path = Place.identity(of: vault.id)
        guard let identities = try? PrivateFile.identities(in: path), !identities.isEmpty,
            identities.allSatisfy({ $0.recipient == slot.recipient })
        else { return }
        PrivateFile.remove(path)
    }
}

/// What the commands that change slots share.
private enum SlotChange {
    static func slot(_ name: String, of vault: Vault) throws(VaultError) -> Slot {
        guard let slot = vault.slots.first(where: { $0.name == name }) else {
            throw VaultError(
                .notFound, "There is no slot \(name); `coffer slot list` shows those there are.")
        }
        return slot
    }

    static func report(
        _ verb: String, _ name: String, of vault: Vault, _ options: GlobalOptions
    ) {
        if options.json {
            let generation = (try? vault.status().generation).map { JSON.integer($0) } ?? .null
            Output.json([
                "slot": .string(name), "generation": generation,
                "slots": .array(vault.slots.map(SlotView.json)),
            ])
        } else if !options.quiet {
            Output.line("\(verb) slot \(name).")
            if vault.slots.contains(where: \.isWeakened) { options.note(SlotView.weakness) }
        }
    }
}
