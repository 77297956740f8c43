import CSodium

/// A private Ed25519 key (RFC 8032) in guarded memory.
package struct SigningKey: ~Copyable, Sendable {
    /// Length of a seed in bytes.
    package static let seedBytes = Int(crypto_sign_SEEDBYTES)

    /// libsodium's form: the seed, then the public key.
    private let expanded: SecretBytes
    /// The public half.
    package let publicKey: VerifyingKey

    /// A new random key.
    package static func generate() -> SigningKey {
        SigningKey(checkedSeed: .random(count: seedBytes))
    }

    /// The key of a seed.
    ///
    /// - Parameter seed: 32 bytes.
    /// - Throws: `.damaged` for any other length.
    package init(seed: borrowing SecretBytes) throws(VaultError) {
        guard seed.count == Self.seedBytes else {
            throw VaultError(
                .damaged, "A signing key does not have 32 bytes; restore it from a backup.")
        }
        self.init(checkedSeed: seed)
    }

    private init(checkedSeed seed: borrowing SecretBytes) {
        var point = [UInt8](repeating: 0, count: VerifyingKey.sizeBytes)
        expanded = unsafe SecretBytes(count: Int(crypto_sign_SECRETKEYBYTES)) { key in
            unsafe seed.withBytes { seed in
                _ = unsafe crypto_sign_seed_keypair(&point, key.start, seed.start)
            }
        }
        publicKey = VerifyingKey(checked: point)
    }

    /// A copy of the seed, from which `init(seed:)` makes this key again.
    package borrowing func seed() -> SecretBytes {
        unsafe expanded.withBytes { key in
            unsafe SecretBytes(count: Self.seedBytes) { seed in
                unsafe seed.copyMemory(from: key.slice(0..<Self.seedBytes))
            }
        }
    }

    /// The 64-byte signature of a message.
    package borrowing func sign(_ message: [UInt8]) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: VerifyingKey.signatureBytes)
        unsafe expanded.withBytes { key in
            _ = unsafe crypto_sign_detached(
                &signature, nil, message, UInt64(message.count), key.start)
        }
        return signature
    }
}

/// A public Ed25519 key.
package struct VerifyingKey: Sendable, Hashable {
    /// Length of a key in bytes.
    package static let sizeBytes = Int(crypto_sign_PUBLICKEYBYTES)
    /// Length of a signature in bytes.
    package static let signatureBytes = Int(crypto_sign_BYTES)

    /// The 32 bytes of RFC 8032, section 5.1.5.
    package let bytes: [UInt8]

    fileprivate init(checked bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// A key from its bytes.
    ///
    /// - Throws: `.damaged` unless there are 32.
    package init(bytes: [UInt8]) throws(VaultError) {
        guard bytes.count == Self.sizeBytes else {
            throw VaultError(
                .damaged,
                "A public signing key does not have 32 bytes; get it from its owner again.")
        }
        self.bytes = bytes
    }

    /// Whether a signature is this key's over a message.
    ///
    /// libsodium also refuses keys of low order and signatures that are not reduced, so that each
    /// message has one signature only.
    package func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        guard signature.count == Self.signatureBytes else { return false }
        SodiumLibrary.start()
        return unsafe crypto_sign_verify_detached(
            signature, message, UInt64(message.count), bytes) == 0
    }
}

/// Why a signature file was refused; found in `VaultError.underlying`.
package enum SignatureFault: Error, Sendable, Hashable, CaseIterable {
    /// The file breaks its format.
    case malformed
    /// The file is well formed and uses an algorithm that is not handled.
    case unsupported
    /// Made by a key other than the expected one.
    case otherKey
    /// Made for another purpose (SSHSIG namespace).
    case otherNamespace
    /// The signature does not fit the content: one of the two was altered.
    case mismatch
}

extension VaultError {
    /// A signature file was refused.
    static func signature(_ fault: SignatureFault, _ message: String) -> VaultError {
        let code: Code =
            switch fault {
            case .malformed, .mismatch: .damaged
            case .unsupported: .unsupported
            case .otherKey: .wrongKey
            case .otherNamespace: .badInput
            }
        return VaultError(code, message, underlying: fault)
    }
}
