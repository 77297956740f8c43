import VaultCrypto

/// The public face of the key that signs an archive, in the forms that stock tools read.
struct ArchiveSigner {
    /// What an SSH signature of an archive is for.
    static let namespace = "export@coffer"
    /// What the SSH signature of `proof/` is for.
    static let proofNamespace = "proof@coffer"
    /// The name under which `allowed_signers` lists the key; it says nothing about who it is.
    static let principal = "archive-signer"

    let key: VerifyingKey
    /// `SHA256:…`, as `ssh-keygen -l` shows it.
    let fingerprint: String
    /// The key as `minisign -P` takes it.
    let minisignKey: String
    let allowedSigners: [UInt8]
    let sshKeyFile: [UInt8]
    let minisignKeyFile: [UInt8]

    init(_ key: borrowing SigningKey) throws(VaultError) { try self.init(key.publicKey) }

    init(_ key: VerifyingKey) throws(VaultError) {
        self.key = key
        fingerprint = SSHPublicKey.fingerprint(key)
        minisignKey = MinisignPublicKey(key).base64
        let signers = try SSHPublicKey.allowedSignersLine(
            principals: [Self.principal], key: key, namespaces: [Self.namespace])
        allowedSigners = Array("\(signers)\n".utf8)
        sshKeyFile = Array("\(try SSHPublicKey.line(key, comment: Self.principal))\n".utf8)
        minisignKeyFile = try MinisignPublicKey(key).file()
    }

    /// minisign does not sign this line, so a verifier wants it to be exactly this.
    static let untrustedComment = "signature of an archive's tag manifest"

    static func sshSignature(
        of content: [UInt8], _ key: borrowing SigningKey
    ) throws(VaultError) -> [UInt8] {
        try SSHSignature(signing: SHA512Digest.hash(content), with: key, namespace: namespace).file
    }

    static func minisignSignature(
        of content: [UInt8], _ key: borrowing SigningKey, comment: String
    ) throws(VaultError) -> [UInt8] {
        try Minisign.sign(
            digest: minisignDigest(of: content), with: key, trustedComment: comment,
            untrustedComment: untrustedComment)
    }

    static func minisignDigest(of content: [UInt8]) -> [UInt8] {
        var digest = BLAKE2bDigest(sizeBytes: Minisign.digestBytes)
        digest.update(content)
        return digest.finalize()
    }
}
