import JSONText
import Vault
import VaultCrypto

/// Slots as they are shown.
enum SlotView {
    static let weakness = """
        A slot's passphrase is cheap to guess: its work factor is below \(Slot.minimumWorkFactor). \
        Type `coffer slot rotate NAME` to give it a new one at the usual cost.
        """

    static func line(_ slot: Slot) -> String {
        var text = "\(slot.name): \(kind(slot))"
        if let factor = slot.workFactor { text += ", work factor \(factor)" }
        if slot.isWeakened { text += " (weak)" }
        return text
    }

    private static func kind(_ slot: Slot) -> String {
        switch slot.kind {
        case .passphrase: "passphrase"
        case .device: "identity on a device"
        case .recovery: "identity kept elsewhere"
        }
    }

    static func json(_ slot: Slot) -> JSON {
        .object([
            "name": .string(slot.name), "kind": .string(slot.kind.rawValue),
            "recipient": .string(slot.recipient.description),
            "workFactor": .count(slot.workFactor), "weak": .bool(slot.isWeakened),
        ])
    }
}
