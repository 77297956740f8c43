import Foundation
import GRDB
package import VaultCrypto

/// The private signing keys inside the database.
package enum SigningSecret: String, Sendable {
    /// Signs checkpoints of the audit log.
    case log
    /// Signs archives.
    case archive

    /// Makes and stores a new key.
    ///
    /// - Returns: The 32 bytes of its public half.
    func make(in db: Database) throws -> [UInt8] {
        let key = SigningKey.generate()
        // The seed leaves guarded memory only for SQLite's page cache, as any page does.
        let data = unsafe key.seed().withBytes { bytes in unsafe Data(bytes) }
        try db.execute(sql: "INSERT INTO secret VALUES (?, ?)", arguments: [rawValue, data])
        return key.publicKey.bytes
    }

    /// Reads the key into guarded memory.
    func load(in db: Database) throws -> SigningKey {
        var seed: SecretBytes?
        let row = try Row.fetchOne(
            db, sql: "SELECT value FROM secret WHERE name = ?", arguments: [rawValue])
        try row?.withUnsafeData(atIndex: 0) { data in
            guard let data, data.count == 32 else { return }
            seed = unsafe SecretBytes(count: 32) { buffer in _ = unsafe data.copyBytes(to: buffer) }
        }
        guard let found = seed.take() else {
            throw VaultError(
                .damaged, "The vault has lost its \(rawValue) key; run `coffer doctor`.")
        }
        return try SigningKey(seed: found)
    }
}

extension Vault {
    /// Lends a private signing key; it is freed when the closure returns.
    package func withSigningKey<R>(
        _ secret: SigningSecret, _ body: (borrowing SigningKey) throws -> R
    ) throws(VaultError) -> R {
        try store.read { db in try body(secret.load(in: db)) }
    }
}
