import Foundation
import GRDB
package import VaultCrypto

/// The state of an open vault in numbers.
package struct VaultStatus: Sendable {
    package var generation: Int
    package var conversations: Int64
    package var messages: Int64
    package var attachments: Int64
    package var attachmentBytes: Int64
    /// All files of the vault.
    package var sizeBytes: Int64
    package var slots: [Slot]
}

/// What can be said of a vault without unlocking it.
///
/// Nothing of it is authenticated.
package struct LockedVaultStatus: Sendable {
    package let id: RecordID
    package let format: Int
    package let generation: Int
    package let slots: [Slot]
    package let sizeBytes: Int64
    /// Whether a key is in the keyring.
    package let isKeyCached: Bool
}

extension Vault {
    package func status() throws(VaultError) -> VaultStatus {
        let header = header
        return try store.read { db in
            VaultStatus(
                generation: header.generation,
                conversations: try Counter.conversations.value(in: db),
                messages: try Counter.messages.value(in: db),
                attachments: try Counter.attachments.value(in: db),
                attachmentBytes: try Counter.attachmentBytes.value(in: db),
                sizeBytes: layout.sizeBytes, slots: header.slots)
        }
    }

    /// Public halves of the signing keys: what fingerprints in a cover letter are made of.
    package var publicKeys: (log: [UInt8], archive: [UInt8]) {
        let header = header
        return (header.logKey, header.archiveKey)
    }

    /// Looks at a vault without unlocking it.
    package static func lockedStatus(
        at directory: String
    ) throws(VaultError) -> LockedVaultStatus {
        let layout = VaultLayout(directory: directory)
        let header = try VaultHeader.read(layout)
        let cached = try? KernelKeyring.read(name: KeyCache.name(of: header))
        return LockedVaultStatus(
            id: header.vault, format: VaultHeader.format, generation: header.generation,
            slots: header.slots, sizeBytes: layout.sizeBytes, isKeyCached: cached.isPresent)
    }
}

extension VaultLayout {
    /// The sum of all files' sizes.
    fileprivate var sizeBytes: Int64 {
        let files = FileManager.default.enumerator(atPath: directory)
        var total: Int64 = 0
        while let name = files?.nextObject() as? String {
            var status = stat()
            if unsafe lstat("\(directory)/\(name)", &status) == 0,
                status.st_mode & S_IFMT == S_IFREG
            {
                total += Int64(status.st_size)
            }
        }
        return total
    }
}

extension Optional where Wrapped: ~Copyable {
    fileprivate var isPresent: Bool {
        switch self {
        case .some: true
        case .none: false
        }
    }
}
