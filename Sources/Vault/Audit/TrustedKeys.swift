import JSONText
package import VaultCrypto

/// A key whose archives may be restored into a vault.
package struct TrustedKey: Sendable, Equatable {
    /// `SHA256:…`, as `ssh-keygen -l` prints it and `coffer verify` shows the signer.
    package var fingerprint: String
    /// Whose it is, as somebody said.
    package var name: String
    package var added: Instant
    /// The entry of the audit log that says so.
    package var entry: Int64
}

extension GovernanceState {
    /// A key that is trusted; its document has the member `name`.
    struct Trusted: Equatable {
        var fingerprint: String
        var added: Instant
        var document: AuditDocument
    }
}

extension GovernanceState.Trusted {
    init?(_ json: JSON) {
        guard let fingerprint = json["fingerprint"]?.string, let added = json["added"]?.int,
            let document = json["document"].flatMap(AuditDocument.init)
        else { return nil }
        self.init(
            fingerprint: fingerprint, added: Instant(milliseconds: added), document: document)
    }

    var json: JSON {
        .object([
            "added": .integer(added.milliseconds), "document": document.json,
            "fingerprint": .string(fingerprint),
        ])
    }
}

// Whose archives may be restored into an open vault, besides its own.
extension Vault {
    /// The fingerprint of the vault's own archive key, which is always trusted.
    package func ownFingerprint() throws(VaultError) -> String {
        SSHPublicKey.fingerprint(try VerifyingKey(bytes: header.archiveKey))
    }

    /// The keys that were added, in the order of their adding.
    package func trustedKeys() throws(VaultError) -> [TrustedKey] {
        try store.read { db in
            try governing(in: db).trusted.map { key in
                TrustedKey(
                    fingerprint: key.fingerprint,
                    name: try key.document.load(in: db)["name"]?.string ?? "", added: key.added,
                    entry: key.document.entry)
            }
        }
    }

    /// Whether archives that a key signed may be restored.
    package func trusts(_ fingerprint: String) throws(VaultError) -> Bool {
        if try fingerprint == ownFingerprint() { return true }
        return try store.read { db in
            try governing(in: db).trusted.contains { $0.fingerprint == fingerprint }
        }
    }

    /// Trusts a key; durable when this returns.
    ///
    /// - Parameters:
    ///   - fingerprint: `SHA256:…`.
    ///   - name: Whose it is.
    /// - Returns: `false` for a key that was trusted already, whose name stays.
    /// - Throws: `badInput` for what is no fingerprint or no name.
    package func trust(_ fingerprint: String, name: String) throws(VaultError) -> Bool {
        try Self.requireFingerprint(fingerprint)
        let name = try Label.checked(name, "name")
        if try fingerprint == ownFingerprint() { return false }
        return try store.write { db in
            guard try !governing(in: db).trusted.contains(where: { $0.fingerprint == fingerprint })
            else { return false }
            var record = AuditLog.Record(.trustAdded, object: fingerprint)
            record.document = ["name": .string(name)]
            try auditLog(in: db, at: now()).append(record)
            return true
        }
    }

    /// Trusts a key no more; what was restored stays.
    ///
    /// - Throws: `notFound` for a key that is not in the list.
    package func distrust(_ fingerprint: String) throws(VaultError) {
        try store.write { db in
            guard try governing(in: db).trusted.contains(where: { $0.fingerprint == fingerprint })
            else {
                throw VaultError(
                    .notFound,
                    "No key \(fingerprint) is trusted; `coffer trust list` shows those that are.")
            }
            try auditLog(in: db, at: now()).append(
                AuditLog.Record(.trustRemoved, object: fingerprint))
        }
    }

    private static func requireFingerprint(_ text: String) throws(VaultError) {
        let digits = text.utf8.dropFirst(7)
        guard text.hasPrefix("SHA256:"), digits.count == 43,
            Base64.decode(digits, .unpadded)?.count == 32
        else {
            throw VaultError(
                .badInput,
                "This is no fingerprint; it looks like SHA256: and 43 letters, as "
                    + "`ssh-keygen -l` prints it.")
        }
    }
}
