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

    /// What was cleared away, and the header in force.
    struct Outcome {
        var header: VaultHeader
        var mended: [VaultFault] = []
    }

    /// Clears away; does nothing while another process is at it.
    ///
    /// - Throws: `damaged` when a folder of the vault is a link, besides failures of the disk.
    func run(vaultKey: borrowing SecretBytes) throws(VaultError) -> Outcome {
        do {
            try lock.take(.exclusive, withinMilliseconds: 0)
        } catch  where error.code == .busy {
            try lock.take(.shared)
            return Outcome(header: try VaultHeader.read(layout))
        }
        let header = try VaultHeader.read(layout)
        guard header.isAuthentic(under: vaultKey) else { return Outcome(header: header) }
        try VaultFolder.requireFolders(of: layout, generation: header.generation)
        let folders = GenerationFolders(layout: layout, current: header.generation)
        try folders.refuseNewer()
        var editor = SlotEditor(layout: layout, header: header)
        let mended = try faults(editor, folders)
        if try !editor.isSettled() { try editor.settle(vaultKey: vaultKey) }
        for file in unfinished(header) {
            try VaultFolder.overwriteAndRemove(file, of: layout)
        }
        for leftover in folders.leftovers { try folders.destroy(leftover) }
        try foldAbandonedLog(editor.header, vaultKey: vaultKey)
        try lock.take(.shared)
        return Outcome(header: editor.header, mended: mended)
    }

    /// What `run` is about to put right.
    private func faults(
        _ editor: SlotEditor, _ folders: GenerationFolders
    ) throws(VaultError) -> [VaultFault] {
        func fault(_ path: String, _ sentence: String) -> VaultFault {
            VaultFault(path: layout.relative(path), fault: sentence, isRepaired: true)
        }
        var faults: [VaultFault] = []
        if let sentence = try editor.keyFileFault() {
            let path = layout.keyFile(editor.header.generation)
            faults.append(fault(path, sentence + ", and was written anew"))
        }
        let slots = SlotFiles(layout: layout).leftovers(editor.header.slots)
        let left =
            slots.map { "\(layout.slots)/\($0)" }
            + unfinished(editor.header).filter(DurableFile.exists)
            + folders.leftovers.map { "\(layout.generations)/\($0)" }
        for path in left {
            faults.append(fault(path, "was left by an interrupted change, which was settled"))
        }
        return faults
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
        [layout.header, layout.keyFile(header.generation), layout.checkpoint]
            .map(DurableFile.unfinished) + [layout.unfinishedMark(header.generation)]
    }

    /// Whether a path is one that Coffer writes under while a change is under way.
    static func isUnfinished(_ path: String, of header: VaultHeader, in layout: VaultLayout) -> Bool
    {
        let keeping = [layout.header, layout.keyFile(header.generation)]
        if keeping.map(DurableFile.unfinished).contains(path) { return true }
        if path == layout.unfinishedMark(header.generation) { return true }
        guard path.hasPrefix(layout.slots + "/"), let end = path.firstRange(of: ".next.age") else {
            return false
        }
        let name = String(path[..<end.lowerBound].dropFirst(layout.slots.count + 1))
        let next = layout.nextSlot(name)
        return Slot.isValid(name: name) && [next, DurableFile.unfinished(next)].contains(path)
    }
}
