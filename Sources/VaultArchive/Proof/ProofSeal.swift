import VaultCrypto

/// The signature of whoever made an archive over its `proof/`.
///
/// `proof/manifest-sha256.txt` lists every other file of the folder but `proof/destroyed.jsonl` as
/// `sha256sum` writes it, `proof/manifest-sha256.txt.sig` is its SSHSIG in the namespace
/// `proof@coffer`, and `proof/allowed_signers` has the key. A redacted archive carries all three
/// byte for byte, under a list of files of its own: that the commitments of its records are those
/// of the archive that it was made of, none less and none more, is then signed by who made that
/// one. Certificates of destruction are signed each by itself and are not carried
/// (`CarriedProof`).
enum ProofSeal {
    static func write(
        to writer: BagWriter, _ key: borrowing SigningKey
    ) throws(VaultError) {
        let manifest = writer.manifest(below: "proof/", without: ArchiveName.unsealed)
        let signature = try SSHSignature(
            signing: SHA512Digest.hash(Array(manifest.utf8)), with: key,
            namespace: ArchiveSigner.proofNamespace)
        let signers = try signers(key.publicKey)
        try writer.tag(ArchiveName.proofManifest, manifest)
        try writer.tag(ArchiveName.proofSignature, signature.file)
        try writer.tag(ArchiveName.proofSigners, signers)
    }

    /// The line for `ssh-keygen -Y verify -f`.
    static func signers(_ key: VerifyingKey) throws(VaultError) -> String {
        try SSHPublicKey.allowedSignersLine(
            principals: [ArchiveSigner.principal], key: key,
            namespaces: [ArchiveSigner.proofNamespace]) + "\n"
    }

    /// The key whose line this is; `nil` for any other text.
    static func key(signers line: String) -> VerifyingKey? {
        let words = line.split(separator: " ").suffix(2).joined(separator: " ")
        guard let key = try? SSHPublicKey.parse(line: words),
            let expected = try? signers(key), expected.utf8.elementsEqual(line.utf8)
        else { return nil }
        return key
    }
}
