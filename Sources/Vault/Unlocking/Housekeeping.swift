import VaultCrypto

/// Clears away what an interrupted change left, when no other process has the vault open.
struct Housekeeping {
    let layout: VaultLayout
    let lock: VaultLock

    /// Whether something is left to clear away.
    func isNeeded(_ header: VaultHeader) throws(VaultError) -> Bool {
        let editor = SlotEditor(layout: layout, header: header)
        return try !editor.isSettled() || !strayGenerations(header).isEmpty
            || unfinished(header).contains(where: DurableFile.exists)
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
        for stray in strayGenerations(header) { try Self.destroy(generation: stray, in: layout) }
        try lock.take(.shared)
        return editor.header
    }

    /// Files that were being written when a replacement was cut off.
    private func unfinished(_ header: VaultHeader) -> [String] {
        [layout.header, layout.keyFile(header.generation)].map(DurableFile.unfinished)
    }

    /// Folders in `generations` that the header does not name.
    func strayGenerations(_ header: VaultHeader) -> [String] {
        DurableFile.names(in: layout.generations).filter { $0 != String(header.generation) }
    }

    /// Destroys a generation: its key file first, which makes its database unreadable.
    static func destroy(
        generation name: String, in layout: VaultLayout
    ) throws(VaultError) {
        let folder = "\(layout.generations)/\(name)"
        try DurableFile.overwriteAndRemove(folder + "/key.age")
        try DurableFile.removeTree(folder)
    }
}
