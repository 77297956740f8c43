import Foundation
package import VaultCrypto

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

    /// A passphrase slot's file: a comment that binds it to its vault and the text of an identity,
    /// under age's scrypt recipient.
    ///
    /// Anybody can encrypt to a slot's recipient, so a stranger could put a vault of their own,
    /// whose key they know, in the place of the user's. Only who knows the passphrase can write the
    /// comment, and the private half of the log key that it names lies in the true vault's database
    /// alone.
    static func seal(
        _ identity: AgeIdentity, boundTo logKey: [UInt8], passphrase: borrowing SecretBytes,
        workFactor: Int
    ) throws(VaultError) -> [UInt8] {
        let comment = Self.binding(logKey)
        let text = identity.text()
        let bound = unsafe SecretBytes(count: comment.count + text.count) { buffer in
            unsafe buffer.copyBytes(from: comment)
            unsafe text.withBytes { bytes in
                for index in 0..<bytes.count {
                    unsafe buffer[comment.count + index] = bytes[index]
                }
            }
        }
        return try Age.encrypt(bound, passphrase: passphrase, log2N: workFactor)
    }

    private static func binding(_ logKey: [UInt8]) -> [UInt8] {
        Array("# coffer log key \(Hex.text(logKey))\n".utf8)
    }

    /// Opens a passphrase slot's file.
    ///
    /// - Throws: `wrongKey` for another passphrase, `damaged` for the slot of another vault.
    static func open(
        _ file: [UInt8], boundTo logKey: [UInt8], passphrase: borrowing SecretBytes
    ) throws(VaultError) -> [AgeIdentity] {
        let text = try Age.decrypt(
            file, passphrase: passphrase, allowedLog2N: 1...Slot.maximumWorkFactor)
        let isBound = unsafe text.withBytes { unsafe $0.starts(with: binding(logKey)) }
        guard isBound else {
            throw VaultError(
                .damaged,
                "This slot belongs to another vault: somebody put files of two vaults together. "
                    + "Restore the vault from a backup.")
        }
        return try AgeIdentity.parse(file: text)
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
        let text = try DurableFile.readSecret(path)
        let isSealed = unsafe text.withBytes { bytes in
            ["age-encryption.org/", "-----BEGIN AGE ENCRYPTED FILE-----"].contains {
                unsafe bytes.starts(with: $0.utf8)
            }
        }
        guard !isSealed else {
            throw VaultError(
                .unsupported,
                "The identity file \(path) is itself encrypted with age; decrypt it first, for "
                    + "instance with `--identity <(age -d \(path))`.")
        }
        return try AgeIdentity.parse(file: text)
    }
}

extension AgeIdentity {
    /// Reads an identity file of the user's, which nobody else may be able to read.
    ///
    /// - Throws: `badInput` for one that is not there or has no identity, `refused` for one that
    ///   others can read, `unsupported` for one that is itself encrypted.
    package static func read(at path: String) throws(VaultError) -> [AgeIdentity] {
        try KeyFiles.identities(at: path)
    }
}
