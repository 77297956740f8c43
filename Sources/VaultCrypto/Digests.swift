import CGcrypt
import CNettle
import CSodium
import Foundation

/// A hash or MAC that is fed piece by piece.
package protocol StreamingDigest: ~Copyable {
    /// Takes the next bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer)
}

extension StreamingDigest where Self: ~Copyable {
    /// Takes the next bytes.
    package mutating func update(_ bytes: [UInt8]) {
        unsafe bytes.withBytes { unsafe update($0) }
    }

    /// Takes the next bytes.
    package mutating func update(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe update($0) }
    }

    /// Takes everything that is left in `source`, in constant memory.
    package mutating func update(from source: any ByteSource) throws(VaultError) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = try unsafe buffer.withMutableBytes { (room) throws(VaultError) in
                try unsafe source.read(into: room)
            }
            if count == 0 { return }
            unsafe buffer.withBytes { unsafe update($0.slice(0..<count)) }
        }
    }
}

/// SHA-256 (FIPS 180-4).
package struct SHA256Digest: StreamingDigest, Sendable {
    /// Length of a digest in bytes.
    package static let sizeBytes = Int(SHA256_DIGEST_SIZE)

    private var state = sha256_ctx()

    /// The digest of nothing, so far.
    package init() {
        unsafe nettle_sha256_init(&state)
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        unsafe nettle_sha256_update(&state, bytes.count, bytes.start)
    }

    /// The 32-byte digest of what was taken so far; more may follow.
    package func finalize() -> [UInt8] {
        var copy = state
        var digest = [UInt8](repeating: 0, count: Self.sizeBytes)
        unsafe nettle_sha256_digest(&copy, digest.count, &digest)
        return digest
    }

    /// The digest of one piece.
    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var digest = SHA256Digest()
        digest.update(bytes)
        return digest.finalize()
    }
}

extension SHA256Digest {
    /// The digest of a text's UTF-8.
    package static func hash(utf8 text: String) -> [UInt8] {
        var digest = SHA256Digest()
        var text = text
        text.withUTF8 { unsafe digest.update(UnsafeRawBufferPointer($0)) }
        return digest.finalize()
    }
}

/// SHA-512 (FIPS 180-4).
@safe package struct SHA512Digest: ~Copyable, StreamingDigest {
    /// Length of a digest in bytes.
    package static let sizeBytes = 64

    private static let algorithm = Int32(GCRY_MD_SHA512.rawValue)
    /// Starts the library once, for all threads.
    private static let library: Void = coffer_gcrypt_start()

    private let state: gcry_md_hd_t

    /// The digest of nothing, so far.
    package init() {
        _ = Self.library
        var opened: gcry_md_hd_t?
        unsafe gcry_md_open(&opened, Self.algorithm, 0)
        unsafe state = Self.open(opened)
    }

    private static func open(_ handle: gcry_md_hd_t?) -> gcry_md_hd_t {
        guard let handle = unsafe handle else {
            preconditionFailure("SHA-512 is an algorithm of libgcrypt")
        }
        return unsafe handle
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        unsafe gcry_md_write(state, bytes.start, bytes.count)
    }

    /// The 64-byte digest of what was taken so far; more may follow.
    package func finalize() -> [UInt8] {
        var copied: gcry_md_hd_t?
        unsafe gcry_md_copy(&copied, state)
        let copy = unsafe Self.open(copied)
        defer { unsafe gcry_md_close(copy) }
        let digest = unsafe gcry_md_read(copy, Self.algorithm)
        return unsafe Array(UnsafeBufferPointer(start: digest, count: Self.sizeBytes))
    }

    /// The digest of one piece.
    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var digest = SHA512Digest()
        digest.update(bytes)
        return digest.finalize()
    }

    deinit { unsafe gcry_md_close(state) }
}

/// BLAKE2b (RFC 7693), plain or keyed.
///
/// The state wants 64-byte alignment, which only the heap gives; it is wiped when freed.
@safe package struct BLAKE2bDigest: ~Copyable, StreamingDigest {
    private let state: OpaquePointer
    private let sizeBytes: Int

    /// Starts a digest.
    ///
    /// - Parameter sizeBytes: Length of the result, 16 to 64.
    package init(sizeBytes: Int = 64) {
        unsafe self.init(sizeBytes: sizeBytes, key: UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// Starts a keyed digest, which is a MAC.
    ///
    /// - Parameters:
    ///   - sizeBytes: Length of the result, 16 to 64.
    ///   - key: 16 to 64 bytes.
    package init(sizeBytes: Int = 64, key: borrowing SecretBytes) {
        self = unsafe key.withBytes { unsafe BLAKE2bDigest(sizeBytes: sizeBytes, key: $0) }
    }

    private init(sizeBytes: Int, key: UnsafeRawBufferPointer) {
        precondition((16...64).contains(sizeBytes), "BLAKE2b gives 16 to 64 bytes here")
        precondition(key.count == 0 || (16...64).contains(key.count), "a key has 16 to 64 bytes")
        SodiumLibrary.start()
        let room = UnsafeMutableRawPointer.allocate(
            byteCount: crypto_generichash_statebytes(), alignment: 64)
        unsafe state = OpaquePointer(room)
        self.sizeBytes = sizeBytes
        unsafe crypto_generichash_init(state, key.start, key.count, sizeBytes)
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        unsafe crypto_generichash_update(state, bytes.start, UInt64(bytes.count))
    }

    /// The digest; ends the stream.
    package consuming func finalize() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: sizeBytes)
        unsafe crypto_generichash_final(state, &digest, sizeBytes)
        return digest
    }

    deinit {
        unsafe sodium_memzero(UnsafeMutableRawPointer(state), crypto_generichash_statebytes())
        unsafe UnsafeMutableRawPointer(state).deallocate()
    }
}

/// Comparisons whose time does not depend on where the bytes differ.
package enum ConstantTime {
    /// Whether two byte strings are equal; only their lengths may leak.
    package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return unsafe sodium_memcmp(left, right, left.count) == 0
    }
}
