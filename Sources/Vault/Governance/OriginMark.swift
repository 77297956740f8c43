import Foundation
import GRDB
import JSONText
import VaultCrypto

/// Marks that stand for the origins of destroyed conversations, and tell nothing of them.
///
/// An entry `purge.result` has, for each conversation that it destroyed, the mark of its origin, so
/// that the conversation is known again in an archive that has it under another id. A mark is
/// HMAC-SHA256 over the canonical line `["<source>","<id in the source>"]`, under a random key of
/// 32 bytes that lies in the database as `secret` `origin`: whoever has the mark alone, as a
/// certificate of destruction shows it, cannot even try an origin that they guess.
///
/// The first purge makes the key, and it stays the same in later generations: a mark outlives them.
final class OriginMark: Sendable {
    private static let name = "origin"
    private static let keyBytes = 32

    private let key: SecretBytes

    private init(_ key: consuming SecretBytes) { self.key = key }

    /// The vault's key; `nil` before the first purge that made marks.
    ///
    /// - Throws: What the database reports.
    static func load(in db: Database) throws -> OriginMark? {
        var found: SecretBytes?
        let row = try Row.fetchOne(
            db, sql: "SELECT value FROM secret WHERE name = ?", arguments: [name])
        try row?.withUnsafeData(atIndex: 0) { data in
            guard let data, data.count == keyBytes else { return }
            found = unsafe SecretBytes(count: keyBytes) { buffer in
                _ = unsafe data.copyBytes(to: buffer)
            }
        }
        guard let key = found.take() else { return nil }
        return OriginMark(key)
    }

    /// The vault's key, which is made now where there is none.
    ///
    /// - Throws: What the database reports.
    static func loadOrMake(in db: Database) throws -> OriginMark {
        if let known = try load(in: db) { return known }
        let key = SecretBytes.random(count: keyBytes)
        // It leaves guarded memory only for SQLite's page cache, as the signing keys do.
        let data = unsafe key.withBytes { bytes in unsafe Data(bytes) }
        try db.execute(
            sql: "INSERT OR REPLACE INTO secret VALUES (?, ?)", arguments: [name, data])
        return OriginMark(key)
    }

    /// The 32 bytes that stand for an origin.
    func mark(of origin: Origin) -> [UInt8] {
        var code = HMACSHA256(key: key)
        code.update(JSONWriter.canonical(.array([.string(origin.source), .string(origin.id)])))
        return code.finalize()
    }
}
