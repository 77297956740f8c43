import CNettle
import CSodium

/// A private RSA key of another's, which signs with PKCS #1 version 1.5 and SHA-256 (RFC 8017,
/// section 8.2): RS256 of JSON Web Tokens.
///
/// The key lies in guarded memory as DER. While it signs, the numbers are in memory of the number
/// library, which is overwritten before it is given back. Signing is blinded, and takes the same
/// time whatever the key is.
package struct RSASigner: ~Copyable, Sendable {
    private let key: SecretBytes

    /// Reads `-----BEGIN PRIVATE KEY-----` (PKCS #8) or `-----BEGIN RSA PRIVATE KEY-----`.
    ///
    /// There is none where the text is not such a key of 2,048 to 8,192 bits.
    ///
    /// - Parameter pem: Text of at most 64 KiB.
    package init?(pem: [UInt8]) {
        guard pem.count <= 65_536, let der = Self.der(pem) else { return nil }
        let key = unsafe SecretBytes(count: der.count) { room in unsafe room.copyBytes(from: der) }
        // A key is judged by its first signature.
        guard Self.signature(of: [], with: key) != nil else { return nil }
        self.key = key
    }

    /// The signature of a message.
    ///
    /// - Returns: As many bytes as the modulus has; nil where the key is no valid one.
    package func signature(of message: [UInt8]) -> [UInt8]? {
        Self.signature(of: message, with: key)
    }

    private static func signature(
        of message: [UInt8], with key: borrowing SecretBytes
    ) -> [UInt8]? {
        let digest = SHA256Digest.hash(message)
        var signature = [UInt8](repeating: 0, count: 1024)
        let count = unsafe key.withBytes { der in
            unsafe coffer_rsa_sha256_sign(
                der.start, der.count, digest, &signature, signature.count,
                { _, count, room in unsafe room.map { unsafe randombytes_buf($0, count) } })
        }
        return count >= 256 ? Array(signature[..<count]) : nil
    }

    /// The bytes of the first block of a kind, unwrapped to PKCS #1.
    private static func der(_ pem: [UInt8]) -> [UInt8]? {
        let lines = pem.split { $0 == 0x0A || $0 == 0x0D }
        for (label, isWrapped) in [("PRIVATE KEY", true), ("RSA PRIVATE KEY", false)] {
            guard
                let start = lines.firstIndex(where: {
                    $0.elementsEqual("-----BEGIN \(label)-----".utf8)
                }),
                let end = lines[start...].firstIndex(where: {
                    $0.elementsEqual("-----END \(label)-----".utf8)
                }), let bytes = Base64.decode(lines[(start + 1)..<end].joined())
            else { continue }
            return isWrapped ? inner(bytes) : bytes
        }
        return nil
    }

    /// The private key of a PrivateKeyInfo (RFC 5208, section 5): version, algorithm, octets.
    private static func inner(_ der: [UInt8]) -> [UInt8]? {
        guard var body = element(0x30, der[...])?.value,
            let version = element(0x02, body), version.value.elementsEqual([0])
        else { return nil }
        body = version.rest
        // rsaEncryption, 1.2.840.113549.1.1.1, with no parameters.
        let rsa: [UInt8] = [
            0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00,
        ]
        guard let algorithm = element(0x30, body), algorithm.value.elementsEqual(rsa),
            let key = element(0x04, algorithm.rest)
        else { return nil }
        return Array(key.value)
    }

    private static func element(
        _ tag: UInt8, _ bytes: ArraySlice<UInt8>
    ) -> (value: ArraySlice<UInt8>, rest: ArraySlice<UInt8>)? {
        var rest = bytes
        guard rest.popFirst() == tag, let first = rest.popFirst() else { return nil }
        var count = Int(first)
        if first >= 0x80 {
            guard (0x81...0x82).contains(first) else { return nil }
            count = 0
            for _ in 0..<(first & 0x7F) {
                guard let byte = rest.popFirst() else { return nil }
                count = count << 8 | Int(byte)
            }
        }
        guard count <= rest.count else { return nil }
        return (rest.prefix(count), rest.dropFirst(count))
    }
}

/// SHA-1, which is broken: for names of files that other programs chose by it, and nothing else.
package enum SHA1Digest {
    /// The 20-byte digest of a text's UTF-8.
    package static func hash(utf8 text: String) -> [UInt8] {
        var state = sha1_ctx()
        var digest = [UInt8](repeating: 0, count: Int(SHA1_DIGEST_SIZE))
        let bytes = Array(text.utf8)
        unsafe nettle_sha1_init(&state)
        unsafe nettle_sha1_update(&state, bytes.count, bytes)
        unsafe nettle_sha1_digest(&state, digest.count, &digest)
        return digest
    }
}
