import CSodium

/// The key and the counter of a payload (age.md, "Payload"; the STREAM construction).
///
/// Chunk nonce: an 11-byte big-endian counter from zero, then 1 for the last chunk and 0 before.
package struct AgePayloadCipher: ~Copyable {
    private let key: SecretBytes
    private var counter: UInt64 = 0

    /// Derives the payload key from the file key and the payload's nonce.
    package init(fileKey: borrowing SecretBytes, nonce: [UInt8]) {
        key = HKDF.derive(from: fileKey, salt: nonce, info: "payload", count: 32)
    }

    /// Whether no chunk was processed yet.
    var isAtFirstChunk: Bool { counter == 0 }

    /// Encrypts a chunk and moves on to the next.
    ///
    /// - Parameters:
    ///   - plain: At most 64 KiB.
    ///   - isLast: Whether the payload ends here.
    ///   - sealed: Room for 16 bytes more than `plain`; may begin where it begins.
    package mutating func seal(
        _ plain: UnsafeRawBufferPointer, isLast: Bool, into sealed: UnsafeMutableRawBufferPointer
    ) {
        precondition(
            sealed.count == plain.count + AgeFormat.tagBytes, "room for the tag is missing")
        let nonce = nonce(counter, isLast: isLast)
        unsafe key.withBytes { key in
            _ = unsafe crypto_aead_chacha20poly1305_ietf_encrypt(
                sealed.start, nil, plain.start, UInt64(plain.count), nil, 0, nil, nonce, key.start)
        }
        advance()
    }

    /// Decrypts a chunk and moves on to the next, or returns false and leaves zeros in `plain`.
    mutating func open(
        _ sealed: UnsafeRawBufferPointer, isLast: Bool, into plain: UnsafeMutableRawBufferPointer
    ) -> Bool {
        let isOpen = unsafe open(sealed, at: counter, isLast: isLast, into: plain)
        if isOpen { advance() }
        return isOpen
    }

    /// Decrypts the chunk of a number, or returns false and leaves zeros in `plain`.
    func open(
        _ sealed: UnsafeRawBufferPointer, at number: UInt64, isLast: Bool,
        into plain: UnsafeMutableRawBufferPointer
    ) -> Bool {
        precondition(sealed.count == plain.count + AgeFormat.tagBytes, "a chunk ends in its tag")
        let nonce = nonce(number, isLast: isLast)
        return unsafe key.withBytes { key in
            unsafe crypto_aead_chacha20poly1305_ietf_decrypt(
                plain.start, nil, nil, sealed.start, UInt64(sealed.count), nil, 0, nonce, key.start)
        } == 0
    }

    private func nonce(_ counter: UInt64, isLast: Bool) -> [UInt8] {
        var nonce = [UInt8](repeating: 0, count: 3)
        nonce += (0..<8).map { UInt8(truncatingIfNeeded: counter >> UInt64(56 - 8 * $0)) }
        nonce.append(isLast ? 1 : 0)
        return nonce
    }

    private mutating func advance() {
        // 2^64 chunks are 2^80 bytes; the format's own counter would only end at 2^88 chunks.
        precondition(counter < .max, "an age payload cannot be this long")
        counter += 1
    }
}
