import Foundation
import VaultCrypto

/// The age files of a vault: `key.age`, and the wrapped identities of passphrase slots.
enum KeyFiles {
    /// `key.age`: the 32 bytes of the vault key for every recipient.
    static func wrap(
        _ vaultKey: borrowing SecretBytes, to recipients: [AgeRecipient]
    ) throws(VaultError) -> [UInt8] {
        try Age.encrypt(vaultKey, to: recipients)
    }

    static func unwrap(
        _ file: [UInt8], with identities: [AgeIdentity]
    ) throws(VaultError) -> SecretBytes {
        try Age.decrypt(file, with: identities)
    }

    /// How many recipients a binary age file has.
    static func stanzaCount(_ file: [UInt8]) -> Int {
        file.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .prefix { !$0.starts(with: "--- ".utf8) }
            .count { $0.starts(with: "-> ".utf8) }
    }

    /// A passphrase slot's file: the text of an identity under age's scrypt recipient.
    static func seal(
        _ identity: AgeIdentity, passphrase: borrowing SecretBytes, workFactor: Int
    ) throws(VaultError) -> [UInt8] {
        try Age.encrypt(identity.text(), passphrase: passphrase, log2N: workFactor)
    }

    static func open(
        _ file: [UInt8], passphrase: borrowing SecretBytes
    ) throws(VaultError) -> [AgeIdentity] {
        try AgeIdentity.parse(
            file: Age.decrypt(
                file, passphrase: passphrase, allowedLog2N: 1...Slot.maximumWorkFactor))
    }

    /// Reads an identity file of the user's, which nobody else may be able to read.
    static func identities(at path: String) throws(VaultError) -> [AgeIdentity] {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw VaultError(
                .badInput, "There is no identity file at \(path); check the path.")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw VaultError(
                .refused,
                "Others can read the identity file \(path); type `chmod 600 \(path)` and try again."
            )
        }
        return try AgeIdentity.parse(file: DurableFile.readSecret(path))
    }
}
