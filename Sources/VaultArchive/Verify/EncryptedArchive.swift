package import VaultCrypto

/// What opens an encrypted archive.
package enum ArchiveKey: Sendable {
    case identities([AgeIdentity])
    case passphrase(ArchivePassphrase)
}

/// Archives inside age files.
enum EncryptedArchive {
    private static let front = Array("age-encryption.org/".utf8)

    /// The archive in a file: the file itself, or what is in it.
    ///
    /// - Parameters:
    ///   - file: What stands at the archive's path.
    ///   - key: What opens it, if it is encrypted.
    /// - Returns: The archive's bytes, and how they were opened if they were encrypted.
    /// - Throws: `locked` without a key, `wrongKey` for another one, `damaged`.
    static func content(
        of file: any RandomAccess, _ key: ArchiveKey?
    ) throws(VaultError) -> (file: any RandomAccess, opening: AgeOpening?) {
        guard try isEncrypted(file) else { return (file, nil) }
        switch key {
        case .identities(let identities):
            let reader = try AgeRandomReader(file, identities: identities)
            return (reader, reader.opening)
        case .passphrase(let passphrase):
            let reader = try AgeRandomReader(file, passphrase: passphrase.secret)
            return (reader, reader.opening)
        case nil:
            throw VaultError(
                .locked,
                "The archive is encrypted, and nothing was given that opens it; give its identity "
                    + "or its passphrase, or decrypt it with age.")
        }
    }

    /// Whether an error says that an age file is not what was written.
    ///
    /// One of another version of age cannot be told from a changed first line. A key that does not
    /// fit says nothing of the file.
    static func isDamage(_ error: VaultError) -> Bool {
        error.underlying is AgeFault && (error.code == .damaged || error.code == .newerFormat)
    }

    private static func isEncrypted(_ file: any RandomAccess) throws(VaultError) -> Bool {
        var start = [UInt8](repeating: 0, count: front.count)
        var span = start.mutableSpan
        let count = try unsafe span.withUnsafeMutableBytes { (buffer) throws(VaultError) in
            try unsafe file.read(at: 0, into: buffer)
        }
        return count == front.count && start == front
    }
}
