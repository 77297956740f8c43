import JSONText
import Synchronization
package import VaultCrypto

// Slots of an open vault. Every change needs the vault for itself, and is an entry of the audit log
// when it is done: that of a removal stands in the new generation's.
extension Vault {
    package var slots: [Slot] { header.slots }

    /// Adds a slot whose identity is kept elsewhere.
    package func addSlot(
        name: String, kind: Slot.Kind, recipient: AgeRecipient
    ) throws(VaultError) {
        try changeSlots(.slotAdded, name) { (state, layout) throws(VaultError) in
            try state.requireFree(name)
            try Slot.requireNew(recipient, in: state.header.slots)
            let slot = Slot(name: name, kind: kind, recipient: recipient)
            try state.apply(state.header.slots + [slot], files: [:], layout: layout)
        }
    }

    /// Adds a passphrase slot.
    package func addPassphraseSlot(
        name: String, passphrase: borrowing SecretBytes, workFactor: Int = Slot.usualWorkFactor,
        allowsWeak: Bool = false
    ) throws(VaultError) {
        let made = try PassphraseSlot.make(
            name: name, boundTo: header.logKey, passphrase: passphrase, workFactor: workFactor,
            allowsWeak: allowsWeak)
        try changeSlots(.slotAdded, name) { (state, layout) throws(VaultError) in
            try state.requireFree(name)
            try state.apply(
                state.header.slots + [made.slot], files: [name: made.file], layout: layout)
        }
    }

    /// Gives a passphrase slot a new passphrase and a new identity.
    ///
    /// The former passphrase opens nothing afterwards, except a copy of the vault from before. To
    /// shut out somebody who may have read the vault key, remove the slot instead.
    package func rotatePassphraseSlot(
        name: String, passphrase: borrowing SecretBytes, workFactor: Int? = nil,
        allowsWeak: Bool = false
    ) throws(VaultError) {
        let old = try slot(name, of: .passphrase)
        let made = try PassphraseSlot.make(
            name: name, boundTo: header.logKey, passphrase: passphrase,
            workFactor: workFactor ?? max(old.workFactor ?? 0, Slot.usualWorkFactor),
            allowsWeak: allowsWeak)
        try changeSlots(.slotRotated, name, former: old.recipient) {
            (state, layout) throws(VaultError) in
            try state.apply(
                state.header.slots.map { $0.name == name ? made.slot : $0 },
                files: [name: made.file], layout: layout)
        }
    }

    /// Gives a device or recovery slot another recipient.
    package func rotateSlot(name: String, recipient: AgeRecipient) throws(VaultError) {
        let old = try slot(name)
        guard old.kind != .passphrase else {
            throw VaultError(.badInput, "Slot \(name) has a passphrase; give a new passphrase.")
        }
        try changeSlots(.slotRotated, name, former: old.recipient) {
            (state, layout) throws(VaultError) in
            try Slot.requireNew(recipient, in: state.header.slots)
            let slots = state.header.slots.map { slot in
                var slot = slot
                if slot.name == name { slot.recipient = recipient }
                return slot
            }
            try state.apply(slots, files: [:], layout: layout)
        }
    }

    /// Removes a slot and moves the vault to a new generation under a new key, because whoever had
    /// the slot knew the old one.
    package func removeSlot(name: String) throws(VaultError) {
        _ = try slot(name)
        guard slots.count > 1 else {
            throw VaultError(
                .refused,
                "Slot \(name) is the only way into the vault; add another slot before removing it.")
        }
        try changeSlots(.slotRemoved, name) { (state, layout) throws(VaultError) in
            let oldKey = state.key.clone()
            try GenerationChange(layout: layout).run(
                &state, slots: state.header.slots.filter { $0.name != name }
            ) { (path, key) throws(VaultError) in
                let store = try Store(path, vaultKey: key, readers: .one)
                let result = Result { () throws(VaultError) in
                    try store.write { db in
                        try SealedTraces.reseal(from: oldKey, to: key, in: db)
                    }
                }
                try store.close()
                try result.get()
            }
        }
    }

    private func slot(_ name: String, of kind: Slot.Kind? = nil) throws(VaultError) -> Slot {
        guard let slot = slots.first(where: { $0.name == name }) else {
            throw VaultError(
                .notFound, "There is no slot \(name); `coffer slot list` shows those there are.")
        }
        guard kind == nil || slot.kind == kind else {
            throw VaultError(.badInput, "Slot \(name) is a \(slot.kind.rawValue) slot.")
        }
        return slot
    }

    /// Runs a change of a slot and logs it, with what tells an older header by.
    ///
    /// That is the generation, and of a slot that takes another recipient the `former` one: see
    /// `LoggedSlots`.
    private func changeSlots(
        _ event: AuditEvent, _ name: String, former: AgeRecipient? = nil,
        _ body: (inout State, VaultLayout) throws(VaultError) -> Void
    ) throws(VaultError) {
        try changeAlone(body)
        var record = AuditLog.Record(event, object: name)
        record.figures = [LoggedSlots.generationFigure: Int64(header.generation)]
        record.document = former.map { [LoggedSlots.formerMember: .string($0.description)] }
        try log(record)
    }

    /// Runs a change under the exclusive lock, on the header as it is then.
    ///
    /// - Throws: `busy` while another process has the vault open; what the body throws.
    func changeAlone(
        _ body: (inout State, VaultLayout) throws(VaultError) -> Void
    ) throws(VaultError) {
        // The lock is the process's: a second thread would lose it with the first one's change.
        try changes.withLock { (_) throws(VaultError) in try changeNext(body) }
    }

    private func changeNext(
        _ body: (inout State, VaultLayout) throws(VaultError) -> Void
    ) throws(VaultError) {
        try store.requireOpen()
        try lock.take(.exclusive)
        let result: Result<Void, VaultError> = state.withLock { state in
            Result { () throws(VaultError) in
                let header = try VaultHeader.read(layout)
                guard header.isAuthentic(under: state.key) else {
                    throw VaultError(
                        .busy, "The vault's key was changed by another process; try again.")
                }
                try VaultFolder.requireFolders(of: layout, generation: header.generation)
                state.header = header
                try body(&state, layout)
            }
        }
        try lock.take(.shared)
        try result.get()
    }
}

extension Vault.State {
    fileprivate func requireFree(_ name: String) throws(VaultError) {
        guard Slot.isValid(name: name) else {
            throw VaultError(
                .badInput, "A slot's name has 1 to 64 of a-z, 0-9, - and _; choose another.")
        }
        guard !header.slots.contains(where: { $0.name == name }) else {
            throw VaultError(.exists, "There is a slot \(name) already; choose another name.")
        }
    }

    fileprivate mutating func apply(
        _ slots: [Slot], files: [String: [UInt8]], layout: VaultLayout
    ) throws(VaultError) {
        var editor = SlotEditor(layout: layout, header: header)
        try editor.apply(slots, files: files, vaultKey: key)
        header = editor.header
    }
}
