/// Which layer of an age file refused it; found in `VaultError.underlying`.
///
/// The same distinctions as in the format's public test vectors.
package enum AgeFault: Error, Sendable, Hashable, CaseIterable {
    /// The ASCII armour around the file.
    case armor
    /// The header's syntax, a stanza addressed to us, or the payload's nonce.
    case header
    /// The header's MAC: it was altered, or made by someone who does not hold the file key.
    case headerMAC
    /// A chunk of the payload, or the end of the file.
    case payload
    /// No stanza opens with the given identities or passphrase.
    case noMatch
}

extension VaultError {
    /// The file breaks the age format.
    static func age(_ fault: AgeFault, _ what: String) -> VaultError {
        VaultError(
            .damaged,
            "This age file cannot be read: \(what). Get a fresh copy of the file.",
            underlying: fault)
    }
}

/// Constants of the format (C2SP age.md, age-encryption.org/v1).
enum AgeFormat {
    static let versionPrefix = Array("age-encryption.org/".utf8)
    static let versionLine = Array("age-encryption.org/v1".utf8)
    static let stanzaPrefix = Array("-> ".utf8)
    static let footerPrefix = Array("---".utf8)
    static let x25519Label = "age-encryption.org/v1/X25519"
    static let scryptLabel = "age-encryption.org/v1/scrypt"
    static let fileKeyBytes = 16
    static let wrappedKeyBytes = 32
    static let macBytes = 32
    static let bodyColumns = 64
    static let bodyLineBytes = 48
    static let payloadNonceBytes = 16
    static let chunkBytes = 65_536
    static let tagBytes = 16
    /// A bound of ours: the format has none, and a header is read before anything is authenticated.
    static let maximumHeaderBytes = 1 << 20
}
