import CSodium

/// Whom an age file can be encrypted to: an X25519 key, or somebody's SSH key.
package enum AgeAddressee: Sendable, Hashable, CustomStringConvertible {
    case x25519(AgeRecipient)
    /// An Ed25519 key of OpenSSH, which `age -d -i ~/.ssh/id_ed25519` opens.
    case ssh(VerifyingKey)

    /// Reads `age1…` or a line `ssh-ed25519 AAAA… [comment]`.
    ///
    /// - Throws: `.unsupported` for keys of other kinds, `.badInput` for what is no key.
    package init(_ text: String) throws(VaultError) {
        guard text.hasPrefix("ssh-") else {
            self = .x25519(try AgeRecipient(text))
            return
        }
        self = .ssh(try SSHPublicKey.parse(line: text))
    }

    /// The text form, without a comment.
    package var description: String {
        switch self {
        case .x25519(let recipient): recipient.description
        case .ssh(let key): SSHPublicKey.line(key)
        }
    }

    /// What a stanza for this key says of it; `nil` for an X25519 key, of which none says anything.
    package var tag: String? {
        guard case .ssh(let key) = self else { return nil }
        return AgeSSH.tag(of: key)
    }

    func wrap(_ fileKey: borrowing SecretBytes) throws(VaultError) -> AgeStanza {
        switch self {
        case .x25519(let recipient): try AgeX25519.wrap(fileKey, to: recipient)
        case .ssh(let key): try AgeSSH.wrap(fileKey, to: key)
        }
    }
}

/// How an ssh-ed25519 stanza carries the file key, as the `agessh` package of age 1.0 does it.
///
/// Its arguments are the first 4 bytes of SHA-256 of the key's SSH form, and an ephemeral share.
/// The key is converted to Curve25519; what both sides share is multiplied by a number that is
/// derived from the SSH key, so that it is bound to that.
enum AgeSSH {
    private static let type = "ssh-ed25519"
    private static let label = "age-encryption.org/v1/ssh-ed25519"

    static func wrap(
        _ fileKey: borrowing SecretBytes, to key: VerifyingKey
    ) throws(VaultError) -> AgeStanza {
        let unusable = VaultError(
            .badInput, "This SSH key cannot be encrypted to; give one that ssh-keygen made.")
        var point = [UInt8](repeating: 0, count: Int(crypto_scalarmult_BYTES))
        SodiumLibrary.start()
        guard unsafe crypto_sign_ed25519_pk_to_curve25519(&point, key.bytes) == 0 else {
            throw unusable
        }
        let blob = SSHPublicKey.blob(key)
        let ephemeral = AgeIdentity.generate()
        let share = ephemeral.recipient.publicKey
        let tweak = HKDF.derive(
            from: unsafe SecretBytes(count: 0) { _ in }, salt: blob, info: label, count: 32)
        guard let plain = ephemeral.sharedSecret(with: point),
            let shared = multiply(plain, by: tweak)
        else { throw unusable }
        let wrapKey = HKDF.derive(from: shared, salt: share + point, info: label, count: 32)
        return AgeStanza(
            arguments: [type, tag(of: key), Base64.string(share, .unpadded)],
            body: AgeKeyWrap.seal(fileKey, wrapKey))
    }

    /// The first 4 bytes of SHA-256 of a key's SSH form.
    static func tag(of key: VerifyingKey) -> String {
        Base64.string(Array(SHA256Digest.hash(SSHPublicKey.blob(key)).prefix(4)), .unpadded)
    }

    /// The tag of a stanza, of whatever kind of SSH key; `nil` for a stanza of another type.
    static func tag(_ stanza: AgeStanza) -> String? {
        guard stanza.type.hasPrefix("ssh-"), stanza.arguments.count > 1 else { return nil }
        return stanza.arguments[1]
    }

    private static func multiply(
        _ point: borrowing SecretBytes, by scalar: borrowing SecretBytes
    ) -> SecretBytes? {
        var result: Int32 = -1
        let product = unsafe SecretBytes(count: Int(crypto_scalarmult_BYTES)) { room in
            unsafe point.withBytes { point in
                unsafe scalar.withBytes { scalar in
                    result = unsafe crypto_scalarmult(room.start, scalar.start, point.start)
                }
            }
        }
        if result != 0 { return nil }
        return product
    }
}
