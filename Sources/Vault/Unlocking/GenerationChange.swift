import VaultCrypto

/// Moves a vault to a new generation under a new random vault key.
///
/// 1. A folder for the generation is made, with the mark `unfinished`.
/// 2. The database is written anew by `VACUUM INTO` under the new key and synced.
/// 3. The new `key.age`, for the slots that stay, is written and synced.
/// 4. The header is replaced: it names the new generation. This commits. The mark goes.
/// 5. The old key file is overwritten and removed, then the old database.
///
/// Cut off before 4, the next open removes the unfinished generation; after 4, the old one.
struct GenerationChange {
    let layout: VaultLayout

    func run(_ state: inout Vault.State, slots: [Slot]) throws(VaultError) {
        let old = state.header.generation
        let next = old + 1
        let key = SecretBytes.random(count: 32)
        try DurableFile.removeTree(layout.generation(next))
        try DurableFile.makeFolder(layout.generation(next))
        try DurableFile.create(layout.unfinishedMark(next), content: [])
        try DurableFile.syncFolder(of: layout.unfinishedMark(next))
        try state.store.copy(to: layout.database(next), vaultKey: key)

        var header = state.header
        header.generation = next
        header.slots = slots
        let keyFile = try KeyFiles.wrap(key, to: slots.map(\.recipient))
        try DurableFile.create(layout.keyFile(next), content: keyFile)
        try DurableFile.syncFolder(of: layout.keyFile(next))
        header.keyFileDigest = SHA256Digest.hash(keyFile)
        header.authenticate(with: key)
        try DurableFile.replace(layout.header, with: header.bytes)
        try VaultFolder.overwriteAndRemove(layout.unfinishedMark(next), of: layout)

        try state.store.close()
        _ = try KernelKeyring.remove(name: KeyCache.name(of: state.header))
        let store = try Store(layout.database(next), vaultKey: key)
        state = Vault.State(header: header, key: key, store: store)
        try GenerationFolders(layout: layout, current: next).destroy(String(old))
        try SlotFiles(layout: layout).settle(slots)
    }
}
