import VaultCrypto

/// The wrapped identities of passphrase slots.
struct SlotFiles {
    let layout: VaultLayout

    /// The file that the header commits to: `slots/<name>.age`, or the next one when a rotation was
    /// cut off between the header and the rename.
    ///
    /// - Throws: `damaged` when neither has the digest in the header.
    func read(_ slot: Slot) throws(VaultError) -> [UInt8] {
        for path in [layout.slot(slot.name), layout.nextSlot(slot.name)] {
            if let content = try DurableFile.read(path),
                SHA256Digest.hash(content) == slot.fileDigest
            {
                return content
            }
        }
        throw VaultError(
            .damaged,
            """
            The file of slot \(slot.name) is damaged or missing; unlock with another slot and give \
            this one a new passphrase with `coffer slot rotate \(slot.name)`.
            """)
    }

    /// Finishes or drops what an interrupted change left: the file that the header commits to gets
    /// its name, everything else in the folder goes.
    func settle(_ slots: [Slot]) throws(VaultError) {
        for slot in slots where slot.kind == .passphrase {
            let next = layout.nextSlot(slot.name)
            guard let content = try DurableFile.read(next) else { continue }
            if SHA256Digest.hash(content) == slot.fileDigest {
                try DurableFile.move(next, to: layout.slot(slot.name))
            }
        }
        let wanted = Set(slots.filter { $0.kind == .passphrase }.map { "\($0.name).age" })
        for file in DurableFile.names(in: layout.slots) where !wanted.contains(file) {
            try DurableFile.overwriteAndRemove("\(layout.slots)/\(file)")
        }
    }
}
