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
