import VaultCrypto

/// Moves a vault to a new generation under a new random vault key.
///
/// 1. A folder for the generation is made, with the mark `unfinished`.
/// 2. The database is written anew under the new key and synced (`Store.copy`).
///    What is to be different in the new generation is done to this copy.
/// 3. The new `key.age`, for the slots that stay, is written and synced.
/// 4. The header is replaced: it names the new generation. This commits. The mark goes.
/// 5. The old key file is overwritten and removed, then the old database.
///
/// Cut off before 4, the next open removes the unfinished generation; after 4, the old one.
struct GenerationChange {
    let layout: VaultLayout

    /// - Parameters:
    ///   - state: The vault's; of the new generation afterwards.
    ///   - slots: Those that open it.
    ///   - isCompact: Whether no page may be copied as it is.
    ///   - scan: Searches the pages of the copy.
    ///   - prepare: Takes the copy's path and key before it comes into force; what it throws ends
    ///     the change, and the old generation holds.
    /// - Throws: What the disk or the database reports.
    func run(
        _ state: inout Vault.State, slots: [Slot], isCompact: Bool = false,
        scan: DestructionScan? = nil,
        prepare: (String, borrowing SecretBytes) throws(VaultError) -> Void = { _, _ in }
    ) throws(VaultError) {
        let oldHeader = state.header
        let old = oldHeader.generation
        let next = old + 1
        let key = SecretBytes.random(count: 32)
        try DurableFile.removeTree(layout.generation(next))
        try DurableFile.makeFolder(layout.generation(next))
        try DurableFile.create(layout.unfinishedMark(next), content: [])
        try DurableFile.syncFolder(of: layout.unfinishedMark(next))
        var header = state.header
        let store = state.store
        let oldKey = state.key.clone()
        // What another thread writes meanwhile waits, and then is refused.
        try store.replaced { db in
            do {
                try store.copy(
                    under: oldKey, to: layout.database(next), vaultKey: key,
                    isCompact: isCompact, scan, in: db)
                try prepare(layout.database(next), key)
            } catch {
                try? DurableFile.removeTree(layout.generation(next))
                throw error
            }
            header = try enforce(next, of: header, slots, key)
        }

        try VaultFolder.overwriteAndRemove(layout.unfinishedMark(next), of: layout)

        let opened = try Store(layout.database(next), vaultKey: key)
        state = Vault.State(header: header, key: key, store: opened)
        // Who reads in the old one is waited for; who would has the new one.
        try store.close(for: opened)
        _ = try KernelKeyring.remove(name: KeyCache.name(of: oldHeader))
        try GenerationFolders(layout: layout, current: next).destroy(String(old))
        try SlotFiles(layout: layout).settle(slots)
    }

    /// Steps 3 and 4.
    ///
    /// - Returns: The header that names the generation.
    private func enforce(
        _ next: Int, of old: VaultHeader, _ slots: [Slot], _ key: borrowing SecretBytes
    ) throws(VaultError) -> VaultHeader {
        var header = old
        header.generation = next
        header.slots = slots
        let keyFile = try KeyFiles.wrap(key, to: slots.map(\.recipient))
        try DurableFile.create(layout.keyFile(next), content: keyFile)
        try DurableFile.syncFolder(of: layout.keyFile(next))
        header.keyFileDigest = SHA256Digest.hash(keyFile)
        header.authenticate(with: key)
        try DurableFile.replace(layout.header, with: header.bytes)
        return header
    }
}
