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
    /// its name, what else Coffer wrote there goes.
    func settle(_ slots: [Slot]) throws(VaultError) {
        for slot in slots where slot.kind == .passphrase {
            let next = layout.nextSlot(slot.name)
            guard let content = try DurableFile.read(next) else { continue }
            if SHA256Digest.hash(content) == slot.fileDigest {
                try DurableFile.move(next, to: layout.slot(slot.name))
            }
        }
        for name in leftovers(slots) {
            try VaultFolder.overwriteAndRemove("\(layout.slots)/\(name)", of: layout)
        }
    }

    /// Files that Coffer wrote for slots that are not there, or did not finish; what has another
    /// kind of name is somebody else's and stays.
    func leftovers(_ slots: [Slot]) -> [String] {
        let wanted = names(of: slots)
        return DurableFile.names(in: layout.slots).filter { name in
            let endings = [".age", ".next.age", ".next.age.new"]
            return !wanted.contains(name)
                && endings.contains { end in
                    name.hasSuffix(end) && Slot.isValid(name: String(name.dropLast(end.count)))
                } && !VaultFolder.isFolder("\(layout.slots)/\(name)")
        }
    }

    /// Whether each passphrase slot has its file and nothing is left over.
    func isSettled(_ slots: [Slot]) -> Bool {
        names(of: slots).allSatisfy { DurableFile.exists("\(layout.slots)/\($0)") }
            && leftovers(slots).isEmpty
    }

    private func names(of slots: [Slot]) -> Set<String> {
        Set(slots.filter { $0.kind == .passphrase }.map { "\($0.name).age" })
    }
}
