import Foundation
import GRDB
package import JSONText
package import VaultCrypto

/// How a provider is asked: what a person or an administrator set under a name.
///
/// The vault does not know what the settings mean. They hold no secret.
package struct ProviderSettings: Sendable, Equatable {
    /// What people call it.
    package var name: String
    /// The kind of its interface.
    package var kind: String
    /// Regions, models, API versions, prices and the like.
    package var settings: JSONObject

    package init(name: String, kind: String, settings: JSONObject) {
        self.name = name
        self.kind = kind
        self.settings = settings
    }

    /// Endings of the names under which people keep secrets.
    private static let secretEndings = ["key", "secret", "token", "password", "passphrase"]

    /// The name of a member that looks like a secret; nil where none does.
    fileprivate var misplacedSecret: String? { Self.secret(in: .object(settings)) }

    private static func secret(in value: JSON) -> String? {
        switch value {
        case .object(let object):
            for member in object.members {
                let key = member.key.lowercased()
                if member.value.string != nil, secretEndings.contains(where: key.hasSuffix) {
                    return member.key
                }
                if let found = secret(in: member.value) { return found }
            }
            return nil
        case .array(let elements): return elements.lazy.compactMap(secret).first
        case .null, .bool, .number, .string: return nil
        }
    }
}

// The providers of a vault: settings in the clear of its sealed pages, secrets of ours apart from
// them. The audit log says which provider was set, and how, and never a secret.
extension Vault {
    private static let longestSecretBytes = 65_536

    /// The providers by name.
    package func providers() throws(VaultError) -> [ProviderSettings] {
        try store.read { db in
            try Row.fetchAll(db, sql: "SELECT name, kind, settings FROM provider ORDER BY name")
                .map(Self.provider)
        }
    }

    /// - Throws: `notFound` where there is none of this name.
    package func provider(_ name: String) throws(VaultError) -> ProviderSettings {
        try store.read { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT name, kind, settings FROM provider WHERE name = ?",
                arguments: [name])
            guard let row else { throw Self.noProvider(name) }
            return try Self.provider(row)
        }
    }

    private static func provider(_ row: Row) throws -> ProviderSettings {
        guard let settings = (try? JSONReader.parse(row["settings"] as String))?.object else {
            throw VaultError(
                .damaged, "The settings of a provider cannot be read; set that provider anew.")
        }
        return ProviderSettings(name: row["name"], kind: row["kind"], settings: settings)
    }

    /// Sets a provider, in the place of one of the same name; its secrets stay.
    ///
    /// - Throws: `badInput` for a name that is none, and for a member that looks like a secret.
    package func setProvider(_ provider: ProviderSettings) throws(VaultError) {
        try Self.check(provider)
        try store.write { db in try self.write(provider, in: db) }
    }

    /// Sets a provider and one of its secrets at once, so that neither is there without the other.
    ///
    /// - Parameters:
    ///   - provider: As above.
    ///   - secretName: What the secret is.
    ///   - secret: See `setSecret`.
    /// - Throws: `badInput` as above, and for a secret that is empty or longer than 64 KiB.
    package func setProvider(
        _ provider: ProviderSettings, with secretName: String, _ secret: borrowing SecretBytes
    ) throws(VaultError) {
        try Self.check(provider)
        let (secretName, value) = try Self.checked(secretName, secret)
        try store.write { db in
            try self.write(provider, in: db)
            try self.write(secretName, value, of: provider.name, in: db)
        }
    }

    private static func check(_ provider: ProviderSettings) throws(VaultError) {
        _ = try Label.checked(provider.name, "provider's name")
        if let member = provider.misplacedSecret {
            throw VaultError(
                .badInput,
                "\(member) looks like a secret, which settings do not hold; give it as one.")
        }
    }

    private func write(_ provider: ProviderSettings, in db: Database) throws {
        let text = JSONWriter.canonical(.object(provider.settings))
        let time = now()
        try db.execute(
            sql: """
                INSERT INTO provider (name, kind, settings, changed) VALUES (?1, ?2, ?3, ?4)
                    ON CONFLICT (name) DO UPDATE SET kind = ?2, settings = ?3, changed = ?4
                """,
            arguments: [
                provider.name, provider.kind, String(decoding: text, as: UTF8.self),
                time.milliseconds,
            ])
        var record = AuditLog.Record(.providerSet, object: provider.name)
        record.document = [
            "kind": .string(provider.kind), "settings": .object(provider.settings),
        ]
        try auditLog(in: db, at: time).append(record)
    }

    /// Removes a provider and its secrets.
    ///
    /// - Throws: `notFound` where there is none of this name.
    package func removeProvider(_ name: String) throws(VaultError) {
        try store.write { db in
            let num = try Self.num(ofProvider: name, in: db)
            try db.execute(
                sql: "DELETE FROM provider_secret WHERE provider = ?", arguments: [num])
            try db.execute(sql: "DELETE FROM provider WHERE num = ?", arguments: [num])
            try auditLog(in: db, at: self.now()).append(
                AuditLog.Record(.providerRemoved, object: name))
        }
    }

    // MARK: Secrets

    /// Stores a secret that a provider asks for, in the place of one of the same name.
    ///
    /// - Parameters:
    ///   - name: What it is: `key`, `clientSecret`.
    ///   - provider: Whose it is.
    ///   - secret: It; it leaves guarded memory only for SQLite's page cache, as any page does.
    /// - Throws: `notFound` without such a provider; `badInput` for a secret that is empty or
    ///   longer than 64 KiB.
    package func setSecret(
        _ name: String, of provider: String, _ secret: borrowing SecretBytes
    ) throws(VaultError) {
        let (name, value) = try Self.checked(name, secret)
        try store.write { db in try self.write(name, value, of: provider, in: db) }
    }

    private static func checked(
        _ name: String, _ secret: borrowing SecretBytes
    ) throws(VaultError) -> (name: String, value: Data) {
        let name = try Label.checked(name, "secret's name")
        guard (1...longestSecretBytes).contains(secret.count) else {
            throw VaultError(.badInput, "A secret has 1 to 65,536 bytes; give that one.")
        }
        return (name, unsafe secret.withBytes { bytes in unsafe Data(bytes) })
    }

    private func write(
        _ name: String, _ value: Data, of provider: String, in db: Database
    ) throws {
        let num = try Self.num(ofProvider: provider, in: db)
        try db.execute(
            sql: "INSERT OR REPLACE INTO provider_secret VALUES (?, ?, ?)",
            arguments: [num, name, value])
        var record = AuditLog.Record(.providerSecretSet, object: provider)
        record.document = ["secret": .string(name)]
        try auditLog(in: db, at: now()).append(record)
    }

    /// A secret, in guarded memory.
    ///
    /// - Throws: `notFound` where there is none.
    package func secret(_ name: String, of provider: String) throws(VaultError) -> SecretBytes {
        var found: SecretBytes?
        try store.read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT value FROM provider_secret
                    JOIN provider ON provider.num = provider_secret.provider
                    WHERE provider.name = ? AND provider_secret.name = ?
                    """, arguments: [provider, name])
            try row?.withUnsafeData(atIndex: 0) { data in
                guard let data, !data.isEmpty else { return }
                found = unsafe SecretBytes(count: data.count) { buffer in
                    _ = unsafe data.copyBytes(to: buffer)
                }
            }
        }
        guard let secret = found.take() else {
            throw VaultError(
                .notFound, "The provider \(provider) has no secret \(name); set it first.")
        }
        return secret
    }

    /// The names of a provider's secrets.
    package func secretNames(of provider: String) throws(VaultError) -> [String] {
        try store.read { db in
            try String.fetchAll(
                db, sql: "SELECT name FROM provider_secret WHERE provider = ? ORDER BY name",
                arguments: [try Self.num(ofProvider: provider, in: db)])
        }
    }

    private static func num(ofProvider name: String, in db: Database) throws -> Int64 {
        let num = try Int64.fetchOne(
            db, sql: "SELECT num FROM provider WHERE name = ?", arguments: [name])
        guard let num else { throw noProvider(name) }
        return num
    }

    private static func noProvider(_ name: String) -> VaultError {
        VaultError(.notFound, "There is no provider \(name); set it first.")
    }
}
