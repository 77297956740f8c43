import CSodium

/// HMAC-SHA-256 over a stream of bytes (RFC 2104).
///
/// The keyed state, which gives the key away, is on the heap and wiped when freed: where a value of
/// Swift is moved it is copied, and nobody wipes the bytes that it was moved from.
@safe package struct HMACSHA256: ~Copyable, StreamingDigest {
    /// Length of a tag in bytes.
    package static let tagSizeBytes = Int(crypto_auth_hmacsha256_BYTES)

    private let state: UnsafeMutablePointer<crypto_auth_hmacsha256_state>

    /// Starts with a key of any length; RFC 2104 hashes keys over 64 bytes.
    package init(key: UnsafeRawBufferPointer) {
        SodiumLibrary.start()
        unsafe state = UnsafeMutablePointer.allocate(capacity: 1)
        unsafe crypto_auth_hmacsha256_init(state, key.start, key.count)
    }

    /// Starts with a secret key.
    package init(key: borrowing SecretBytes) {
        self = unsafe key.withBytes { unsafe HMACSHA256(key: $0) }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        unsafe crypto_auth_hmacsha256_update(state, bytes.start, UInt64(bytes.count))
    }

    /// The 32-byte tag.
    package consuming func finalize() -> [UInt8] {
        var tag = [UInt8](repeating: 0, count: Self.tagSizeBytes)
        unsafe tag.withMutableBytes { unsafe finalize(into: $0) }
        return tag
    }

    /// Writes the tag into 32 bytes of the caller's, which may be guarded memory.
    package mutating func finalize(into tag: UnsafeMutableRawBufferPointer) {
        precondition(tag.count == Self.tagSizeBytes, "an HMAC-SHA-256 tag has 32 bytes")
        unsafe crypto_auth_hmacsha256_final(state, tag.start)
    }

    deinit {
        unsafe sodium_memzero(state, MemoryLayout<crypto_auth_hmacsha256_state>.size)
        unsafe state.deallocate()
    }
}

/// HKDF with SHA-256 (RFC 5869), which libsodium 1.0.18 lacks.
package enum HKDF {
    /// The most that one derivation may give: 255 blocks (RFC 5869, section 2.3).
    package static let maximumOutputBytes = 255 * HMACSHA256.tagSizeBytes

    /// Derives a key in guarded memory.
    ///
    /// - Parameters:
    ///   - secret: The input keying material.
    ///   - salt: Public; may be empty.
    ///   - info: Names the use of the result.
    ///   - count: Length of the result in bytes, at most `maximumOutputBytes`.
    /// - Returns: The derived key.
    package static func derive(
        from secret: borrowing SecretBytes, salt: [UInt8], info: String, count: Int
    ) -> SecretBytes {
        let info = Array(info.utf8)
        return unsafe secret.withBytes { input in
            unsafe SecretBytes(count: count) { output in
                unsafe derive(from: input, salt: salt, info: info, into: output)
            }
        }
    }

    /// Extract, then expand, into memory of the caller's.
    package static func derive(
        from input: UnsafeRawBufferPointer, salt: [UInt8], info: [UInt8],
        into output: UnsafeMutableRawBufferPointer
    ) {
        precondition(output.count <= maximumOutputBytes, "HKDF gives at most 8160 bytes")
        let blocks = GuardedBuffer(count: 2 * HMACSHA256.tagSizeBytes)
        unsafe blocks.withBytes { scratch in
            let size = HMACSHA256.tagSizeBytes
            let pseudorandomKey = unsafe scratch.slice(0..<size)
            let block = unsafe scratch.slice(size..<2 * size)
            // PRK = HMAC(salt, IKM); an absent salt equals zeros, which HMAC's padding gives.
            var extract = unsafe salt.withBytes { unsafe HMACSHA256(key: $0) }
            unsafe extract.update(input)
            unsafe extract.finalize(into: pseudorandomKey)
            // T(i) = HMAC(PRK, T(i-1) || info || i), with T(0) empty.
            var written = 0
            var counter: UInt8 = 1
            while written < output.count {
                var expand = unsafe HMACSHA256(key: UnsafeRawBufferPointer(pseudorandomKey))
                if counter > 1 { unsafe expand.update(UnsafeRawBufferPointer(block)) }
                expand.update(info)
                expand.update([counter])
                unsafe expand.finalize(into: block)
                let take = min(size, output.count - written)
                let part = unsafe UnsafeRawBufferPointer(block.slice(0..<take))
                unsafe output.slice(written..<output.count).copyMemory(from: part)
                written += take
                counter &+= 1
            }
        }
    }
}

extension SecretBytes {
    /// A key for one use, derived from this one.
    ///
    /// HKDF rather than keyed BLAKE2b: RFC 5869 fixes how context enters, any length from 1 to
    /// 8160 bytes is allowed, and an auditor can recompute it with `openssl kdf`. Deriving is rare,
    /// so BLAKE2b's speed would buy nothing.
    ///
    /// - Parameters:
    ///   - context: Names the use, such as "coffer header"; different contexts give independent
    ///     keys.
    ///   - count: Length in bytes.
    /// - Returns: The derived key.
    package borrowing func subkey(context: String, count: Int = 32) -> SecretBytes {
        HKDF.derive(from: self, salt: [], info: context, count: count)
    }
}
