import ArgumentParser
import JSONText
import Vault
import VaultCrypto

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the vault's state: size, counts, slots, key.",
        usage: "coffer status [<options>]",
        discussion: """
            Asks for nothing. Of a locked vault it shows what stands in the public header, which \
            nothing vouches for until the vault is unlocked.

            EXAMPLES:
              coffer status
              coffer status --json
            """)

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run() throws {
        let header = try Vault.lockedStatus(at: options.directory)
        guard let vault = try options.openWithoutAsking() else {
            return report(header, nil, nil, nil)
        }
        let status = try vault.status()
        let governance = try vault.governanceStatus()
        let policy = try vault.policy()
        try vault.close()
        report(header, status, governance, policy)
    }

    private func report(
        _ header: LockedVaultStatus, _ status: VaultStatus?, _ governance: GovernanceStatus?,
        _ policy: PolicyStatus?
    ) {
        let slots = status?.slots ?? header.slots
        if options.json {
            return Output.json([
                "vault": .string(options.directory), "id": .string(header.id.description),
                "format": .integer(header.format),
                "generation": .integer(status?.generation ?? header.generation),
                "conversations": .count(status?.conversations),
                "messages": .count(status?.messages), "attachments": .count(status?.attachments),
                "attachmentBytes": .count(status?.attachmentBytes),
                "sizeBytes": .integer(status?.sizeBytes ?? header.sizeBytes),
                "slots": .array(slots.map(SlotView.json)), "locked": .bool(status == nil),
                "keyInKeyring": .bool(header.isKeyCached), "anchor": Self.json(governance?.anchor),
                "policy": .text(governance?.source.rawValue),
                "residency": .text(policy?.residencyWord), "holds": .count(governance?.holds),
                "erasurePending": .bool(governance?.isErasurePending ?? false),
            ])
        }
        line("Vault", Printable.line(options.directory))
        line("State", state(header, status))
        if let status {
            line("Conversations", Figures.count(status.conversations))
            line("Messages", Figures.count(status.messages))
            let held =
                "\(Figures.count(status.attachments)) (\(Figures.bytes(status.attachmentBytes)))"
            line("Attachments", held)
        }
        if let governance {
            line("Policy", Self.policy(governance))
            if let policy { line("Residency", Self.residency(policy)) }
            line("Holds", "\(Figures.count(governance.holds)) in force")
            if governance.isErasurePending {
                line("Erasure", "pending for what was purged; `coffer purge --yes` does it")
            }
        }
        line("Size", Figures.bytes(status?.sizeBytes ?? header.sizeBytes))
        line("Format", "\(header.format), generation \(status?.generation ?? header.generation)")
        if let governance { line("Anchor", Self.anchor(governance.anchor)) }
        for (index, slot) in slots.enumerated() {
            line(index == 0 ? "Slots" : "", SlotView.line(slot))
        }
        if slots.contains(where: \.isWeakened) { options.note(SlotView.weakness) }
    }

    private static func anchor(_ entry: AuditEntry?) -> String {
        guard let entry else { return "none: no checkpoint of the audit log has left this device" }
        return "a checkpoint of \(Figures.count(entry.index + 1, "entry")) left on "
            + "\(Figures.date(entry.time)); compare it with `coffer audit verify --anchor`"
    }

    private static func json(_ anchor: AuditEntry?) -> JSON {
        guard let anchor else { return .string("none") }
        return .object(["entries": .integer(anchor.index + 1), "time": .time(anchor.time)])
    }

    private static func policy(_ governance: GovernanceStatus) -> String {
        let source = RuleWords.source(governance.source)
        if governance.source == .none { return "none" }
        guard let rules = governance.rules else {
            return "\(source) cannot be read, so nothing is destroyed; type `coffer policy show`"
        }
        return "\(source), \(Figures.count(rules, "rule"))"
    }

    private static func residency(_ policy: PolicyStatus) -> String {
        switch policy.residencyWord {
        case "restricted": "restricted by the policy; `coffer policy show` lists what is allowed"
        case "unreadable": "the policy cannot be read, so nothing is sent to a model"
        default: "no restriction on where models run"
        }
    }

    private func state(_ header: LockedVaultStatus, _ status: VaultStatus?) -> String {
        switch (status, header.isKeyCached) {
        case (nil, _): "locked; type `coffer unlock`"
        case (_, true): "unlocked; the key is in the kernel's keyring"
        case (_, false): "opened with a key given for this command or kept on this device"
        }
    }

    private func line(_ name: String, _ value: String) {
        let indent = String(repeating: " ", count: 15)
        let room = Console.width - indent.count
        for (index, piece) in Wrapping.lines(of: value, width: room).enumerated() {
            Output.line((index == 0 ? Columns.fit(name, 15) : indent) + piece)
        }
    }
}
