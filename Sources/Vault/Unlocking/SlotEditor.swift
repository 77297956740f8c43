import VaultCrypto

/// Changes the slots of an unlocked vault, each change whole or not at all.
///
/// The header commits: it is replaced after every file that it needs is durable, and before
/// anything is removed that the old header needs. A change runs under the exclusive lock in these
/// steps, and `settle` finishes or drops one that was cut off:
///
/// 1. a passphrase slot's new file is written as `slots/<name>.next.age`;
/// 2. `key.age` is replaced by one for the old and the new recipients;
/// 3. the header is replaced: it names the new slots, the digests of the new files;
/// 4. `slots/<name>.next.age` gets its final name;
/// 5. when a recipient went, `key.age` is replaced by one for the header's recipients alone, and
///    the header by one with its digest.
///
/// Cut off after 1 or 2, the header's digests do not match: the old slots hold. After 3, the new
/// ones do. Removing a slot also makes a new generation, because its holder knew the vault key.
struct SlotEditor {
    let layout: VaultLayout
    private(set) var header: VaultHeader

    /// Replaces the slots by `slots`; `files` are new files of passphrase slots, by slot name.
    mutating func apply(
        _ slots: [Slot], files: [String: [UInt8]], vaultKey: borrowing SecretBytes
    ) throws(VaultError) {
        for (name, content) in files {
            try DurableFile.replace(layout.nextSlot(name), with: content)
        }
        let union = Set(header.slots.map(\.recipient)).union(slots.map(\.recipient))
        let isSmaller = union.count > Set(slots.map(\.recipient)).count
        header.slots = slots
        try rewrap(for: Array(union), vaultKey: vaultKey)
        try SlotFiles(layout: layout).settle(slots)
        if isSmaller { try rewrap(for: slots.map(\.recipient), vaultKey: vaultKey) }
    }

    /// Brings files and header together after an interruption.
    mutating func settle(vaultKey: borrowing SecretBytes) throws(VaultError) {
        try SlotFiles(layout: layout).settle(header.slots)
        try rewrap(for: header.slots.map(\.recipient), vaultKey: vaultKey)
    }

    /// Whether the files beside the header are the ones that it commits to.
    func isSettled() throws(VaultError) -> Bool {
        try keyFileFault() == nil && SlotFiles(layout: layout).isSettled(header.slots)
    }

    /// What is wrong with the key file; `nil` when it is the one that the header commits to.
    func keyFileFault() throws(VaultError) -> String? {
        guard let file = try DurableFile.read(layout.keyFile(header.generation)) else {
            return "was missing"
        }
        guard SHA256Digest.hash(file) == header.keyFileDigest else {
            return "was damaged or left by an interrupted change"
        }
        return KeyFiles.stanzaCount(file) == header.slots.count
            ? nil : "was left by an interrupted change"
    }

    /// Steps 2 and 3.
    private mutating func rewrap(
        for recipients: [AgeRecipient], vaultKey: borrowing SecretBytes
    ) throws(VaultError) {
        let content = try KeyFiles.wrap(vaultKey, to: recipients)
        header.keyFileDigest = SHA256Digest.hash(content)
        header.authenticate(with: vaultKey)
        try DurableFile.replace(layout.keyFile(header.generation), with: content)
        try DurableFile.replace(layout.header, with: header.bytes)
    }
}
