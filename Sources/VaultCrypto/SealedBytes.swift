import CSodium

/// Bytes sealed with XChaCha20-Poly1305 (IETF) under a random nonce: the nonce (24 bytes), the
/// ciphertext, the tag (16 bytes).
package enum SealedBytes {
    private static let nonceBytes = 24
    private static let tagBytes = 16

    /// Seals bytes.
    ///
    /// - Parameters:
    ///   - plain: Any number of bytes.
    ///   - key: 32 bytes.
    /// - Returns: 40 bytes more than `plain` has.
    package static func seal(_ plain: [UInt8], key: borrowing SecretBytes) -> [UInt8] {
        precondition(key.count == 32, "a key has 32 bytes")
        SodiumLibrary.start()
        let nonce = Randomness.bytes(nonceBytes)
        var sealed = [UInt8](repeating: 0, count: plain.count + tagBytes)
        unsafe key.withBytes { key in
            unsafe plain.withBytes { plain in
                unsafe sealed.withMutableBytes { sealed in
                    _ = unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
                        sealed.start, nil, plain.start, UInt64(plain.count), nil, 0, nil, nonce,
                        key.start)
                }
            }
        }
        return nonce + sealed
    }

    /// Opens what `seal` made; `nil` for anything else, and for another key.
    package static func open(_ sealed: [UInt8], key: borrowing SecretBytes) -> [UInt8]? {
        precondition(key.count == 32, "a key has 32 bytes")
        guard sealed.count >= nonceBytes + tagBytes else { return nil }
        SodiumLibrary.start()
        let nonce = Array(sealed[..<nonceBytes])
        let text = Array(sealed[nonceBytes...])
        var plain = [UInt8](repeating: 0, count: text.count - tagBytes)
        let result = unsafe key.withBytes { key in
            unsafe text.withBytes { text in
                unsafe plain.withMutableBytes { plain in
                    unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
                        plain.start, nil, nil, text.start, UInt64(text.count), nil, 0, nonce,
                        key.start)
                }
            }
        }
        return result == 0 ? plain : nil
    }
}
