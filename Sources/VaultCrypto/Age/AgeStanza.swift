import CSodium

/// One recipient stanza of a header: a type, its arguments, and the wrapped file key.
package struct AgeStanza: Sendable, Hashable {
    /// The type first; each argument is one or more printable ASCII characters.
    package var arguments: [String]
    /// The wrapped file key.
    package var body: [UInt8]

    /// A stanza of any type, known or not.
    package init(arguments: [String], body: [UInt8]) {
        self.arguments = arguments
        self.body = body
    }

    var type: String { arguments.first ?? "" }
}

/// How an X25519 stanza carries the file key (age.md, "The X25519 recipient type").
package enum AgeX25519 {
    static let type = "X25519"

    /// Wraps the file key under a fresh ephemeral key.
    package static func wrap(
        _ fileKey: borrowing SecretBytes, to recipient: AgeRecipient
    ) throws(VaultError) -> AgeStanza {
        let ephemeral = AgeIdentity.generate()
        let share = ephemeral.recipient.publicKey
        guard let shared = ephemeral.sharedSecret(with: recipient.publicKey) else {
            throw VaultError(
                .badInput, "The recipient is not a usable key; make a new one with age-keygen.")
        }
        let key = wrapKey(shared, share: share, recipient: recipient)
        return AgeStanza(
            arguments: [type, Base64.string(share, .unpadded)], body: AgeKeyWrap.seal(fileKey, key))
    }

    /// Opens a stanza of this type.
    ///
    /// - Returns: The file key, or nil when the stanza is for someone else.
    /// - Throws: `.damaged` for a malformed stanza, even if it is for someone else.
    static func unwrap(
        _ stanza: AgeStanza, with identity: AgeIdentity
    ) throws(VaultError) -> SecretBytes? {
        guard stanza.arguments.count == 2 else {
            throw .age(.header, "an X25519 stanza does not have exactly one argument")
        }
        guard let share = Base64.decode(stanza.arguments[1].utf8, .unpadded),
            share.count == AgeRecipient.keyBytes
        else { throw .age(.header, "an X25519 share is not 32 bytes of canonical Base64") }
        try AgeKeyWrap.checkLength(stanza)
        guard let shared = identity.sharedSecret(with: share) else {
            throw .age(.header, "an X25519 share is of low order")
        }
        let key = wrapKey(shared, share: share, recipient: identity.recipient)
        return AgeKeyWrap.open(stanza.body, key)
    }

    private static func wrapKey(
        _ shared: borrowing SecretBytes, share: [UInt8], recipient: AgeRecipient
    ) -> SecretBytes {
        HKDF.derive(
            from: shared, salt: share + recipient.publicKey, info: AgeFormat.x25519Label, count: 32)
    }
}

/// How a scrypt stanza carries the file key (age.md, "The scrypt recipient type").
package enum AgeScrypt {
    static let type = "scrypt"
    static let saltBytes = 16

    /// Wraps the file key under a passphrase.
    ///
    /// - Parameters:
    ///   - fileKey: 16 bytes.
    ///   - passphrase: Any bytes.
    ///   - log2N: Binary logarithm of the cost; memory is 2^log2N KiB.
    /// - Returns: A stanza that must stand alone in its header.
    /// - Throws: `.noSpace` when the cost takes more memory than there is.
    package static func wrap(
        _ fileKey: borrowing SecretBytes, passphrase: borrowing SecretBytes, log2N: Int
    ) throws(VaultError) -> AgeStanza {
        var salt = [UInt8](repeating: 0, count: saltBytes)
        unsafe randombytes_buf(&salt, saltBytes)
        let key = try wrapKey(passphrase, salt: salt, log2N: log2N)
        return AgeStanza(
            arguments: [type, Base64.string(salt, .unpadded), String(log2N)],
            body: AgeKeyWrap.seal(fileKey, key))
    }

    /// Opens a stanza of this type.
    ///
    /// - Parameters:
    ///   - stanza: Of type scrypt.
    ///   - passphrase: Any bytes.
    ///   - allowed: Costs that may be computed. They are read before anything is authenticated, so
    ///     a hostile file could otherwise ask for hours and gigabytes.
    /// - Returns: The file key, or nil when the passphrase is wrong.
    /// - Throws: `.damaged` for a malformed stanza, `.refused` for a cost outside the bounds.
    static func unwrap(
        _ stanza: AgeStanza, passphrase: borrowing SecretBytes, allowed: ClosedRange<Int>
    ) throws(VaultError) -> SecretBytes? {
        guard stanza.arguments.count == 3 else {
            throw .age(.header, "a scrypt stanza does not have exactly two arguments")
        }
        guard let salt = Base64.decode(stanza.arguments[1].utf8, .unpadded),
            salt.count == saltBytes
        else { throw .age(.header, "a scrypt salt is not 16 bytes of canonical Base64") }
        let log2N = try workFactor(stanza.arguments[2])
        guard allowed.contains(log2N) else {
            throw VaultError(
                .refused,
                "This age file asks for a passphrase cost of 2^\(log2N), outside "
                    + "2^\(allowed.lowerBound) to 2^\(allowed.upperBound); use age instead.",
                underlying: AgeFault.header)
        }
        try AgeKeyWrap.checkLength(stanza)
        let key = try wrapKey(passphrase, salt: salt, log2N: log2N)
        return AgeKeyWrap.open(stanza.body, key)
    }

    /// Decimal digits without sign or leading zero; more than two digits are beyond any machine.
    private static func workFactor(_ text: String) throws(VaultError) -> Int {
        let digits = Array(text.utf8)
        let decimal = digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard decimal, let first = digits.first, first != UInt8(ascii: "0"), digits.count <= 2,
            let value = Int(text)
        else { throw .age(.header, "a scrypt work factor is not a small decimal number") }
        return value
    }

    private static func wrapKey(
        _ passphrase: borrowing SecretBytes, salt: [UInt8], log2N: Int
    ) throws(VaultError) -> SecretBytes {
        precondition((1...62).contains(log2N), "the cost is a power of two that a machine can hold")
        let fullSalt = Array(AgeFormat.scryptLabel.utf8) + salt
        return try unsafe SecretBytes(count: 32) { (key) throws(VaultError) in
            let result = unsafe passphrase.withBytes { phrase in
                unsafe crypto_pwhash_scryptsalsa208sha256_ll(
                    phrase.start, phrase.count, fullSalt, fullSalt.count, 1 << UInt64(log2N), 8, 1,
                    key.start, key.count)
            }
            if result != 0 {
                throw VaultError(
                    .noSpace,
                    "There is not enough memory for a passphrase cost of 2^\(log2N); "
                        + "close other programs and try again.")
            }
        }
    }
}

/// ChaCha20-Poly1305 of the file key under a key that is used once, hence with a zero nonce.
enum AgeKeyWrap {
    private static let nonce = [UInt8](
        repeating: 0, count: Int(crypto_aead_chacha20poly1305_ietf_NPUBBYTES))

    /// The length comes before any decryption: with longer bodies one ciphertext could be made to
    /// open under many keys (partitioning oracle).
    static func checkLength(_ stanza: AgeStanza) throws(VaultError) {
        if stanza.body.count != AgeFormat.wrappedKeyBytes {
            throw .age(.header, "a wrapped file key is not 32 bytes long")
        }
    }

    static func seal(_ fileKey: borrowing SecretBytes, _ key: borrowing SecretBytes) -> [UInt8] {
        var body = [UInt8](repeating: 0, count: AgeFormat.wrappedKeyBytes)
        unsafe fileKey.withBytes { plain in
            unsafe key.withBytes { key in
                _ = unsafe crypto_aead_chacha20poly1305_ietf_encrypt(
                    &body, nil, plain.start, UInt64(plain.count), nil, 0, nil, nonce, key.start)
            }
        }
        return body
    }

    static func open(_ body: [UInt8], _ key: borrowing SecretBytes) -> SecretBytes? {
        var result: Int32 = -1
        let fileKey = unsafe SecretBytes(count: AgeFormat.fileKeyBytes) { plain in
            unsafe key.withBytes { key in
                result = unsafe crypto_aead_chacha20poly1305_ietf_decrypt(
                    plain.start, nil, nil, body, UInt64(body.count), nil, 0, nonce, key.start)
            }
        }
        if result != 0 { return nil }
        return fileKey
    }
}
