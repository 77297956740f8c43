package import VaultCrypto

/// A way to unlock a vault: an age recipient to which its key is encrypted.
package struct Slot: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        /// The identity lies in the vault, wrapped with a passphrase (age's scrypt recipient).
        case passphrase
        /// The identity lies in a file of the user's, outside the vault.
        case device
        /// Only the public recipient is here; whoever has the identity keeps it elsewhere.
        case recovery
    }

    /// Lower-case letters, digits, `-` and `_`, 1 to 64 of them.
    package let name: String
    package let kind: Kind
    /// `age1…`.
    package var recipient: AgeRecipient
    /// For passphrase slots: scrypt's log2 N.
    package var workFactor: Int?
    /// For passphrase slots: SHA-256 of `slots/<name>.age`.
    var fileDigest: [UInt8]?

    /// The least work factor that `init` and `slot add` accept without the option for tests.
    package static let minimumWorkFactor = 15
    /// Beyond it unlocking would take more than 1 GiB of memory.
    package static let maximumWorkFactor = 20
    /// About half a second on a 2023 laptop.
    package static let usualWorkFactor = 18

    /// Whether guessing its passphrase is cheaper than the lower bound allows.
    package var isWeakened: Bool { (workFactor ?? .max) < Self.minimumWorkFactor }

    /// Refuses a second slot for one recipient: removing one of the two would shut nobody out.
    ///
    /// - Throws: `exists`, naming the slot that has the recipient.
    static func requireNew(
        _ recipient: AgeRecipient, in slots: [Slot]
    ) throws(VaultError) {
        guard let slot = slots.first(where: { $0.recipient == recipient }) else { return }
        throw VaultError(
            .exists,
            "The recipient is that of slot \(slot.name) already; give the recipient of another "
                + "identity.")
    }

    static func isValid(name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
