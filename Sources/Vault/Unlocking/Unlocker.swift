package import VaultCrypto

/// What opens a vault.
package enum UnlockMethod: ~Copyable {
    case passphrase(SecretBytes)
    /// A file of age identities, as `age-keygen` writes it.
    case identityFile(String)
    /// The key that `coffer unlock` put into the kernel's keyring.
    case keyring
}

/// Finds the vault key and proves it against the header.
///
/// Every candidate must open `key.age` of the generation that the header names, give 32 bytes and
/// reproduce the header's MAC. `wrongKey` means that the given secret opens no slot; `damaged` that
/// it opens one and what it leads to is not authentic.
struct Unlocker {
    let layout: VaultLayout
    let header: VaultHeader

    func vaultKey(by method: borrowing UnlockMethod) throws(VaultError) -> SecretBytes {
        switch method {
        case .passphrase(let passphrase): try byPassphrase(passphrase)
        case .identityFile(let path): try byIdentityFile(path)
        case .keyring: try byKeyring()
        }
    }

    /// A fault of the key file, with the other remedy when the keyring has the key.
    private func keyFileDamage(_ what: String) -> VaultError {
        let cached = try? KernelKeyring.read(name: KeyCache.name(of: header))
        let isCached =
            switch consume cached {
            case .some(let key): key.count == 32 && header.isAuthentic(under: key)
            case .none: false
            }
        let other = "type `coffer unlock`, which writes it anew with the key in the keyring, or "
        return VaultError(
            .damaged, what + "; \(isCached ? other : "")restore it from a backup of the vault.")
    }

    private func byPassphrase(_ passphrase: borrowing SecretBytes) throws(VaultError) -> SecretBytes
    {
        let slots = header.slots.filter { $0.kind == .passphrase }
        guard !slots.isEmpty else {
            throw VaultError(
                .wrongKey, "This vault has no passphrase slot; unlock it with `--identity FILE`.")
        }
        var damage: VaultError?
        for slot in slots {
            let identities: [AgeIdentity]
            do throws(VaultError) {
                let file = try SlotFiles(layout: layout).read(slot)
                identities = try KeyFiles.open(
                    file, boundTo: header.logKey, passphrase: passphrase)
            } catch {
                // Another slot may still open the vault; what is damaged is said when none does.
                if error.code != .wrongKey { damage = damage ?? error }
                continue
            }
            do throws(VaultError) {
                return try proved(unwrap(with: identities))
            } catch {
                damage =
                    error.code == .wrongKey
                    ? keyFileDamage("The passphrase is right, but \(Self.otherKeyFile)") : error
            }
        }
        throw damage ?? VaultError(.wrongKey, "The passphrase is wrong; try again.")
    }

    private static let otherKeyFile = "the vault's key file key.age is damaged or of another time"

    private func byIdentityFile(_ path: String) throws(VaultError) -> SecretBytes {
        let identities = try KeyFiles.identities(at: path)
        do {
            return try proved(unwrap(with: identities))
        } catch  where error.code == .wrongKey {
            let recipients = Set(identities.map(\.recipient))
            if let slot = header.slots.first(where: { recipients.contains($0.recipient) }) {
                throw keyFileDamage(
                    "The identity is that of slot \(slot.name), but \(Self.otherKeyFile)")
            }
            throw VaultError(
                .wrongKey,
                "No identity in \(path) opens this vault; `coffer status` lists its slots.",
                underlying: error)
        }
    }

    private func byKeyring() throws(VaultError) -> SecretBytes {
        let name = KeyCache.name(of: header)
        guard let key = try KernelKeyring.read(name: name) else {
            throw VaultError(.locked, "The vault is locked; type `coffer unlock`.")
        }
        guard key.count == 32, header.isAuthentic(under: key) else {
            // The key of an earlier generation: useless now, so it goes.
            _ = try KernelKeyring.remove(name: name)
            throw VaultError(.locked, "The vault's key has changed; type `coffer unlock`.")
        }
        return key
    }

    private func unwrap(with identities: [AgeIdentity]) throws(VaultError) -> SecretBytes {
        let path = layout.keyFile(header.generation)
        guard let file = try DurableFile.read(path) else {
            throw keyFileDamage("The key file \(path) is missing")
        }
        do {
            return try KeyFiles.unwrap(file, with: identities)
        } catch  where error.code == .damaged {
            throw keyFileDamage("The key file \(path) is damaged")
        }
    }

    private func proved(_ key: consuming SecretBytes) throws(VaultError) -> SecretBytes {
        guard key.count == 32, header.isAuthentic(under: key) else {
            throw keyFileDamage("The vault's header coffer.json or its key file was changed")
        }
        return key
    }
}

/// The vault key in the kernel's keyring.
enum KeyCache {
    /// The name says the generation: a key never outlives its own.
    static func name(of header: VaultHeader) -> String {
        prefix(of: header) + "\(header.generation)"
    }

    /// What the names of all generations of a vault begin with.
    static func prefix(of header: VaultHeader) -> String { "\(header.vault):" }
}
