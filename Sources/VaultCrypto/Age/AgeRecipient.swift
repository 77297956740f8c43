import CSodium

/// A public X25519 key to which files are encrypted, written `age1…`.
package struct AgeRecipient: Sendable, Hashable, CustomStringConvertible {
    static let prefix = "age"
    static let keyBytes = Int(crypto_scalarmult_BYTES)

    /// The 32 bytes of the Curve25519 point.
    package let publicKey: [UInt8]

    /// A recipient from the 32 bytes of its key.
    init(publicKey: [UInt8]) {
        precondition(publicKey.count == Self.keyBytes, "an X25519 key has 32 bytes")
        self.publicKey = publicKey
    }

    /// Reads `age1…`, in lower case and without surrounding space.
    ///
    /// - Throws: `.unsupported` for the recipients of other kinds (`ssh-…`, `age1pq…`, plugins),
    ///   `.badInput` for everything else that is not a recipient.
    package init(_ text: String) throws(VaultError) {
        var key = [UInt8](repeating: 0, count: Self.keyBytes)
        let good = unsafe Array(text.utf8).withBytes { characters in
            unsafe key.withMutableBytes { room in
                unsafe Bech32.decode(characters, prefix: Self.prefix, into: room)
            }
        }
        if good {
            publicKey = key
            return
        }
        // Plugins, tagged and post-quantum kinds put a name between `age1` and the last `1`.
        let other = text.hasPrefix("age1") && text.dropFirst(4).contains("1")
        if other || text.hasPrefix("ssh-") {
            throw VaultError(
                .unsupported,
                "Only X25519 recipients are handled; give one that age-keygen made (age1…).")
        }
        throw VaultError(
            .badInput, "This is not an age recipient; give the public key that begins with age1.")
    }

    /// The text form, `age1…`.
    package var description: String {
        var text = [UInt8](repeating: 0, count: Bech32.textCount(prefix: Self.prefix))
        unsafe publicKey.withBytes { key in
            unsafe text.withMutableBytes {
                unsafe Bech32.encode(key, prefix: Self.prefix, into: $0)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
