/// Signatures as `ssh-keygen -Y` makes and checks them (OpenSSH PROTOCOL.sshsig), with Ed25519 and
/// SHA-512.
///
/// The armour holds, in Base64: `"SSHSIG"`, version 1 as 4 bytes, then strings: public key,
/// namespace, reserved (empty), hash algorithm, signature. What is signed: `"SSHSIG"`, then
/// strings: namespace, reserved, hash algorithm, digest of the content. So the content is streamed.
package struct SSHSignature: Sendable {
    private static let magic = Array("SSHSIG".utf8)
    private static let version: UInt32 = 1
    private static let hashAlgorithm = "sha512"
    private static let begin = "-----BEGIN SSH SIGNATURE-----"
    private static let end = "-----END SSH SIGNATURE-----"
    private static let columns = 70
    private static let maximumColumns = 76
    private static let maximumFileBytes = 8_192

    /// The key that claims to have signed; means nothing until it is one that is trusted.
    package let publicKey: VerifyingKey
    /// The purpose that the signature was made for.
    package let namespace: String
    private let signature: [UInt8]

    /// Signs the digest of some content.
    ///
    /// - Parameters:
    ///   - digest: SHA-512 of the content.
    ///   - key: The private key.
    ///   - namespace: The purpose, such as `coffer-archive`; a word of printable text.
    /// - Throws: `.badInput` for an empty or unprintable namespace.
    package init(
        signing digest: [UInt8], with key: borrowing SigningKey, namespace: String
    ) throws(VaultError) {
        precondition(digest.count == SHA512Digest.sizeBytes, "SSHSIG signs a SHA-512 digest here")
        guard !namespace.isEmpty, TextLines.printable(Array(namespace.utf8)) != nil else {
            throw VaultError(.badInput, "A signature's namespace must be a word of printable text.")
        }
        publicKey = key.publicKey
        self.namespace = namespace
        signature = key.sign(Self.signed(digest, namespace))
    }

    /// The signature file.
    package var file: [UInt8] {
        let blob =
            Self.magic + SSHWire.number(Self.version)
            + SSHWire.string(SSHPublicKey.blob(publicKey)) + SSHWire.string(namespace)
            + SSHWire.string("") + SSHWire.string(Self.hashAlgorithm)
            + SSHWire.string(SSHWire.string(SSHPublicKey.algorithm) + SSHWire.string(signature))
        var text = Self.begin + "\n"
        var rest = Base64.encode(blob)[...]
        while !rest.isEmpty {
            text += String(decoding: rest.prefix(Self.columns), as: UTF8.self) + "\n"
            rest = rest.dropFirst(Self.columns)
        }
        return Array((text + Self.end + "\n").utf8)
    }

    /// Reads a signature file strictly: no other text, lines of at most 76 characters, canonical
    /// Base64, no field missing or left over.
    ///
    /// - Throws: `.damaged` or `.unsupported`, with a `SignatureFault` below.
    package init(parsing file: [UInt8]) throws(VaultError) {
        var reader = SSHWire.Reader(try Self.blob(in: file))
        guard reader.take(Self.magic.count) == Self.magic else {
            throw Self.malformed("it does not begin with SSHSIG")
        }
        guard let version = reader.number() else { throw Self.malformed("it is cut short") }
        guard version == Self.version else { throw Self.unsupported("version") }
        guard let keyBlob = reader.string(), let namespace = reader.string(),
            let reserved = reader.string(), let hash = reader.string(),
            let signatureBlob = reader.string()
        else { throw Self.malformed("it is cut short") }
        guard reader.isAtEnd else { throw Self.malformed("something follows its last field") }
        guard reserved.isEmpty else { throw Self.malformed("its reserved field is in use") }
        guard !namespace.isEmpty, let name = TextLines.printable(namespace) else {
            throw Self.malformed("its namespace is empty or not printable")
        }
        guard hash == Array(Self.hashAlgorithm.utf8) else { throw Self.unsupported("hash") }
        var keyReader = SSHWire.Reader(keyBlob)
        guard keyReader.string() == Array(SSHPublicKey.algorithm.utf8) else {
            throw Self.unsupported("key type")
        }
        guard let key = SSHPublicKey.key(blob: keyBlob) else {
            throw Self.malformed("its key is not 32 bytes")
        }
        publicKey = key
        self.namespace = name
        signature = try Self.signature(in: signatureBlob)
    }

    /// Verifies against the content, which is streamed.
    ///
    /// - Parameters:
    ///   - content: Read to its end.
    ///   - key: The expected signer.
    ///   - namespace: The expected purpose.
    /// - Throws: With a `SignatureFault` below: `.wrongKey`, `.badInput` for another namespace,
    ///   `.damaged`; and what the source throws.
    package func verify(
        _ content: any ByteSource, by key: VerifyingKey, namespace: String
    ) throws(VaultError) {
        var digest = SHA512Digest()
        try digest.update(from: content)
        try verify(digest: digest.finalize(), by: key, namespace: namespace)
    }

    /// Verifies against the SHA-512 digest of the content; throws as above.
    package func verify(
        digest: [UInt8], by key: VerifyingKey, namespace: String
    ) throws(VaultError) {
        guard publicKey == key else {
            throw .signature(
                .otherKey, "The signature was made by another key; get the signer's public key.")
        }
        guard self.namespace == namespace else {
            throw .signature(
                .otherNamespace, "The signature was made for another purpose; get the right file.")
        }
        guard key.isValid(signature, for: Self.signed(digest, namespace)) else {
            throw .signature(
                .mismatch, "The signature does not fit the content; one of the two was altered.")
        }
    }

    private static func signed(_ digest: [UInt8], _ namespace: String) -> [UInt8] {
        magic + SSHWire.string(namespace) + SSHWire.string("") + SSHWire.string(hashAlgorithm)
            + SSHWire.string(digest)
    }

    private static func blob(in file: [UInt8]) throws(VaultError) -> [UInt8] {
        let lines = TextLines.split(file)
        let body = lines.dropFirst().dropLast()
        guard file.count <= maximumFileBytes, lines.first == Array(begin.utf8),
            lines.last == Array(end.utf8),
            body.allSatisfy({ (1...maximumColumns).contains($0.count) }),
            let blob = Base64.decode(body.joined())
        else { throw malformed("its armour is not that of an SSH signature") }
        return blob
    }

    private static func signature(in blob: [UInt8]) throws(VaultError) -> [UInt8] {
        var reader = SSHWire.Reader(blob)
        guard reader.string() == Array(SSHPublicKey.algorithm.utf8) else {
            throw unsupported("signature type")
        }
        guard let signature = reader.string(), signature.count == VerifyingKey.signatureBytes,
            reader.isAtEnd
        else { throw malformed("its signature is not 64 bytes") }
        return signature
    }

    private static func malformed(_ what: String) -> VaultError {
        .signature(.malformed, "This SSH signature cannot be read: \(what). Get the file again.")
    }

    private static func unsupported(_ what: String) -> VaultError {
        .signature(
            .unsupported, "The SSH signature's \(what) is not handled; check it with ssh-keygen -Y."
        )
    }
}
