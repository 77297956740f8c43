/// Signatures as `minisign` makes and checks them.
///
/// ```
/// public key file                     signature file
///   untrusted comment: TEXT             untrusted comment: TEXT
///   BASE64("Ed" || number || key)       BASE64(algorithm || number || signature)
///                                       trusted comment: TEXT
///                                       BASE64(Ed25519(signature || trusted TEXT))
/// ```
///
/// The number is 8 bytes, the key 32, a signature 64. Algorithm "ED" signs the BLAKE2b-512 digest
/// of the content, so that it can be streamed; the older "Ed" signs the content itself.
package enum Minisign {
    fileprivate static let keyAlgorithm = Array("Ed".utf8)
    fileprivate static let legacyAlgorithm = Array("Ed".utf8)
    fileprivate static let prehashedAlgorithm = Array("ED".utf8)
    fileprivate static let untrustedPrefix = "untrusted comment: "
    fileprivate static let trustedPrefix = "trusted comment: "
    fileprivate static let numberBytes = 8
    /// Limits of minisign.h, prefix and line feed included.
    fileprivate static let maximumUntrustedBytes = 1_024
    fileprivate static let maximumTrustedBytes = 8_192
    fileprivate static let maximumFileBytes = 16_384
    /// The content of a legacy signature has to be in memory as a whole.
    fileprivate static let maximumLegacyContentBytes = 64 << 20
    /// Length of the digest that a signature is made over.
    package static let digestBytes = 64

    /// Makes a signature file over the digest of some content.
    ///
    /// - Parameters:
    ///   - digest: BLAKE2b-512 of the content.
    ///   - key: The private key.
    ///   - trustedComment: Signed as well; one line of printable text.
    ///   - untrustedComment: Not signed; one line of printable text.
    /// - Returns: The signature file.
    /// - Throws: `.badInput` for a comment that is too long or not printable.
    package static func sign(
        digest: [UInt8], with key: borrowing SigningKey, trustedComment: String,
        untrustedComment: String = "signature from Coffer"
    ) throws(VaultError) -> [UInt8] {
        precondition(digest.count == digestBytes, "minisign signs a BLAKE2b-512 digest")
        try check(untrustedComment, untrustedPrefix, maximumUntrustedBytes)
        try check(trustedComment, trustedPrefix, maximumTrustedBytes)
        let number = MinisignPublicKey(key.publicKey).number
        let signature = key.sign(digest)
        let seal = key.sign(signature + Array(trustedComment.utf8))
        let lines = [
            untrustedPrefix + untrustedComment,
            Base64.string(prehashedAlgorithm + number + signature),
            trustedPrefix + trustedComment,
            Base64.string(seal),
        ]
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    fileprivate static func check(
        _ comment: String, _ prefix: String, _ limit: Int
    ) throws(VaultError) {
        let bytes = Array(comment.utf8)
        guard bytes.count + prefix.utf8.count < limit, TextLines.printable(bytes) != nil else {
            throw VaultError(
                .badInput, "A signature's comment must be one line of fewer than \(limit) bytes.")
        }
    }
}

/// A public key with the number that minisign tells keys apart by.
package struct MinisignPublicKey: Sendable, Hashable {
    /// 8 bytes; no secret and no proof of anything.
    package let number: [UInt8]
    /// The Ed25519 key.
    package let key: VerifyingKey

    /// The public key of one of our own keys; the number is the start of the key's SHA-256, so that
    /// it need not be stored.
    package init(_ key: VerifyingKey) {
        self.key = key
        number = Array(SHA256Digest.hash(key.bytes).prefix(Minisign.numberBytes))
    }

    /// Reads a public key file, or its second line alone.
    ///
    /// - Throws: `.badInput` for anything else.
    package init(parsing file: [UInt8]) throws(VaultError) {
        let lines = TextLines.split(file)
        let hasComment = lines.first?.starts(with: Minisign.untrustedPrefix.utf8) == true
        let size = 2 + Minisign.numberBytes + VerifyingKey.sizeBytes
        guard file.count <= Minisign.maximumFileBytes, lines.count == (hasComment ? 2 : 1),
            let line = lines.last, let bytes = Base64.decode(line), bytes.count == size,
            bytes.starts(with: Minisign.keyAlgorithm)
        else {
            throw VaultError(.badInput, "This is not a minisign public key; check the file.")
        }
        number = Array(bytes[2..<2 + Minisign.numberBytes])
        key = try VerifyingKey(bytes: Array(bytes[(2 + Minisign.numberBytes)...]))
    }

    /// The public key file.
    ///
    /// - Parameter comment: One line of printable text.
    /// - Returns: The file's bytes.
    /// - Throws: `.badInput` for a comment that is too long or not printable.
    package func file(comment: String = "minisign public key") throws(VaultError) -> [UInt8] {
        try Minisign.check(comment, Minisign.untrustedPrefix, Minisign.maximumUntrustedBytes)
        return Array("\(Minisign.untrustedPrefix)\(comment)\n\(base64)\n".utf8)
    }

    /// The key in the form that `minisign -P` takes.
    package var base64: String {
        Base64.string(Minisign.keyAlgorithm + number + key.bytes)
    }
}

/// A signature file, parsed but not yet verified.
package struct MinisignSignature: Sendable {
    /// Whether it signs a digest (algorithm "ED") rather than the content itself.
    ///
    /// Where only our own signatures are expected, demand it, as `minisign -H` does: a prehashed
    /// signature relabelled as legacy would verify over the 64 bytes of the digest.
    package let isPrehashed: Bool
    /// Not covered by any signature.
    package let untrustedComment: String
    /// Covered by the second signature: believe it only after a successful `verify`.
    package let trustedComment: String
    private let number: [UInt8]
    private let signature: [UInt8]
    private let seal: [UInt8]

    /// Reads a signature file: four lines, canonical Base64, comments within minisign's limits.
    ///
    /// - Throws: `.damaged` or `.unsupported`, with a `SignatureFault` below.
    package init(parsing file: [UInt8]) throws(VaultError) {
        let malformed = VaultError.signature(
            .malformed, "This is not a minisign signature; get the file again.")
        let lines = TextLines.split(file)
        guard file.count <= Minisign.maximumFileBytes, lines.count == 4,
            lines[0].count < Minisign.maximumUntrustedBytes,
            lines[2].count < Minisign.maximumTrustedBytes,
            let untrusted = TextLines.text(lines[0], after: Minisign.untrustedPrefix),
            let body = Base64.decode(lines[1]),
            body.count == 2 + Minisign.numberBytes + VerifyingKey.signatureBytes,
            let trusted = TextLines.text(lines[2], after: Minisign.trustedPrefix),
            let seal = Base64.decode(lines[3]), seal.count == VerifyingKey.signatureBytes
        else { throw malformed }
        isPrehashed = body.starts(with: Minisign.prehashedAlgorithm)
        guard isPrehashed || body.starts(with: Minisign.legacyAlgorithm) else {
            throw .signature(
                .unsupported, "The signature's algorithm is not handled; check it with minisign.")
        }
        untrustedComment = untrusted
        trustedComment = trusted
        number = Array(body[2..<2 + Minisign.numberBytes])
        signature = Array(body[(2 + Minisign.numberBytes)...])
        self.seal = seal
    }

    /// Verifies against the content, which is streamed unless the signature is of the legacy kind.
    ///
    /// - Throws: With a `SignatureFault` below: `.wrongKey` or `.damaged`; also `.badInput` for
    ///   over 64 MiB under a legacy signature, and what the source throws.
    package func verify(
        _ content: any ByteSource, by publicKey: MinisignPublicKey
    ) throws(VaultError) {
        if isPrehashed {
            var digest = BLAKE2bDigest(sizeBytes: Minisign.digestBytes)
            try digest.update(from: content)
            try verify(signed: digest.finalize(), by: publicKey)
        } else {
            try verify(signed: Self.whole(content), by: publicKey)
        }
    }

    /// Verifies against the digest of the content.
    ///
    /// - Parameters:
    ///   - digest: BLAKE2b-512 of the content.
    ///   - publicKey: The expected signer.
    /// - Throws: As above; `.unsupported` for a legacy signature, which signs no digest.
    package func verify(digest: [UInt8], by publicKey: MinisignPublicKey) throws(VaultError) {
        guard isPrehashed else {
            throw .signature(
                .unsupported, "This signature is of the legacy kind; verify it over the content.")
        }
        try verify(signed: digest, by: publicKey)
    }

    private func verify(signed: [UInt8], by publicKey: MinisignPublicKey) throws(VaultError) {
        guard number == publicKey.number else {
            throw .signature(
                .otherKey, "The signature was made by another key; get the signer's public key.")
        }
        guard publicKey.key.isValid(signature, for: signed) else {
            throw .signature(
                .mismatch, "The signature does not fit the content; one of the two was altered.")
        }
        guard publicKey.key.isValid(seal, for: signature + Array(trustedComment.utf8)) else {
            throw .signature(
                .mismatch, "The signature's trusted comment was altered; get the file again.")
        }
    }

    private static func whole(_ content: any ByteSource) throws(VaultError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = try unsafe buffer.withMutableBytes { (room) throws(VaultError) in
                try unsafe content.read(into: room)
            }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            if bytes.count > Minisign.maximumLegacyContentBytes {
                throw VaultError(
                    .badInput,
                    "A legacy signature over more than 64 MiB is not handled; use minisign itself.")
            }
        }
    }
}
