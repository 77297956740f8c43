import VaultCrypto

/// Clears away what an interrupted change left, when no other process has the vault open.
struct Housekeeping {
    let layout: VaultLayout
    let lock: VaultLock

    /// Whether something is left to clear away.
    ///
    /// - Throws: `damaged` when the data is newer than the header.
    func isNeeded(_ header: VaultHeader) throws(VaultError) -> Bool {
        let folders = GenerationFolders(layout: layout, current: header.generation)
        try folders.refuseNewer()
        return try !SlotEditor(layout: layout, header: header).isSettled()
            || !folders.leftovers.isEmpty
            || unfinished(header).contains(where: DurableFile.exists)
            || Store.hasLog(layout.database(header.generation))
    }

    /// Clears away and returns the header in force; does nothing while another process is at it.
    func run(vaultKey: borrowing SecretBytes) throws(VaultError) -> VaultHeader {
        do {
            try lock.take(.exclusive, withinMilliseconds: 0)
        } catch  where error.code == .busy {
            try lock.take(.shared)
            return try VaultHeader.read(layout)
        }
        let header = try VaultHeader.read(layout)
        guard header.isAuthentic(under: vaultKey) else { return header }
        var editor = SlotEditor(layout: layout, header: header)
        if try !editor.isSettled() { try editor.settle(vaultKey: vaultKey) }
        for file in unfinished(header) { try DurableFile.overwriteAndRemove(file) }
        let folders = GenerationFolders(layout: layout, current: header.generation)
        try folders.refuseNewer()
        for leftover in folders.leftovers { try folders.destroy(leftover) }
        try foldAbandonedLog(editor.header, vaultKey: vaultKey)
        try lock.take(.shared)
        return editor.header
    }

    /// Folds the log that a process left which did not close the vault: until then damage to its
    /// end cannot be told from a torn write.
    private func foldAbandonedLog(
        _ header: VaultHeader, vaultKey: borrowing SecretBytes
    ) throws(VaultError) {
        let path = layout.database(header.generation)
        guard Store.hasLog(path) else { return }
        let store = try Store(path, vaultKey: vaultKey)
        try store.foldLog()
        try store.close()
    }

    /// Files that were being written when a change was cut off.
    private func unfinished(_ header: VaultHeader) -> [String] {
        [layout.header, layout.keyFile(header.generation)].map(DurableFile.unfinished)
            + [layout.unfinishedMark(header.generation)]
    }
}
