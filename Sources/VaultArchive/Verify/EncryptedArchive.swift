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
        do {
            let reader = try reader(of: file, key)
            return (reader, reader.opening)
        } catch  where error.code == .wrongKey {
            // The line of a recipient that was altered looks like one that is for somebody else.
            throw VaultError(
                .wrongKey,
                "The archive does not open with what was given: either it is for others, or the "
                    + "beginning of the file was altered; give what opens it, or get a fresh copy.",
                underlying: error.underlying)
        }
    }

    private static func reader(
        of file: any RandomAccess, _ key: ArchiveKey?
    ) throws(VaultError) -> AgeRandomReader {
        switch key {
        case .identities(let identities): try AgeRandomReader(file, identities: identities)
        case .passphrase(let passphrase): try AgeRandomReader(file, passphrase: passphrase.secret)
        case nil:
            throw VaultError(
                .locked,
                "The archive is encrypted, and nothing was given that opens it; give its identity "
                    + "or its passphrase, or decrypt it with age.")
        }
    }

    /// What is wrong with an age file that is not one that was written as an archive; `nil` for
    /// an error that does not say so.
    ///
    /// One of another version of age cannot be told from a changed first line, and one for a kind
    /// of recipients that no archive has not from a changed line of a recipient. A key that does
    /// not fit says nothing of the file.
    static func damage(_ error: VaultError) -> String? {
        guard error.underlying is AgeFault else { return nil }
        return switch error.code {
        case .damaged: "its encryption is damaged: a part was altered or cut off"
        case .newerFormat: "its first line is altered, or it is of a newer version of age"
        case .unsupported:
            "the line of a recipient is altered, or it is for a kind of recipients that archives "
                + "do not have"
        default: nil
        }
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
