import Foundation
package import JSONText
package import VaultCrypto

/// Who can open an archive that is one age file.
package enum ArchiveEncryption: Sendable {
    /// Any of these, with stock `age`; they are named inside the signed part.
    case recipients([AgeAddressee])
    /// Whoever knows the passphrase.
    case passphrase(ArchivePassphrase)

    /// For the record: the recipients, or `"passphrase"`.
    package var recipients: JSON {
        switch self {
        case .recipients(let recipients): .array(recipients.map { .string($0.description) })
        case .passphrase: .string("passphrase")
        }
    }
}

/// A passphrase for an archive, in guarded memory.
package final class ArchivePassphrase: Sendable {
    let secret: SecretBytes
    let log2N: Int

    /// - Parameters:
    ///   - secret: Any bytes.
    ///   - log2N: Binary logarithm of scrypt's cost.
    package init(_ secret: consuming SecretBytes, log2N: Int = AgeEncryptor.standardLog2N) {
        self.secret = secret
        self.log2N = log2N
    }
}

/// Where the bytes of a packed archive go: into its file, through age where it is encrypted.
final class ArchiveOutput {
    private let file: HashedFile
    private let encryptor: AgeEncryptor?

    init(_ file: OpenFile, _ encryption: ArchiveEncryption?) throws(VaultError) {
        let hashed = HashedFile(file, isHashed: encryption != nil)
        self.file = hashed
        switch encryption {
        case .recipients(let recipients):
            encryptor = try AgeEncryptor(addressees: recipients, output: hashed)
        case .passphrase(let passphrase):
            encryptor = try AgeEncryptor(
                passphrase: passphrase.secret, log2N: passphrase.log2N, output: hashed)
        case nil: encryptor = nil
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError) {
        if let encryptor {
            try unsafe encryptor.write(bytes)
        } else {
            try unsafe file.write(bytes)
        }
    }

    /// Writes the end.
    ///
    /// - Returns: SHA-256 of an encrypted file; `nil` of another.
    func finish() throws(VaultError) -> [UInt8]? {
        try encryptor?.finish()
        return encryptor == nil ? nil : file.digest()
    }
}

/// A file whose bytes are hashed as they are written.
private final class HashedFile: ByteSink {
    private let file: OpenFile
    private let isHashed: Bool
    private var hash = SHA256Digest()

    init(_ file: OpenFile, isHashed: Bool) {
        self.file = file
        self.isHashed = isHashed
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError) {
        if isHashed { unsafe hash.update(bytes) }
        try unsafe file.write(bytes)
    }

    func digest() -> [UInt8] { hash.finalize() }
}
