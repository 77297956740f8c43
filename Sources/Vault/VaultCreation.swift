import Foundation
import GRDB
package import VaultCrypto

/// What a new vault is made with.
package struct VaultCreation: ~Copyable {
    /// A passphrase slot, named `passphrase`.
    package var passphrase: SecretBytes?
    package var workFactor = Slot.usualWorkFactor
    /// Allows a work factor below `Slot.minimumWorkFactor`; `status` then says so.
    package var allowsWeakWorkFactor = false
    /// Slots without a file: recipients of identities that are kept elsewhere.
    package var recipients: [(name: String, kind: Slot.Kind, recipient: AgeRecipient)] = []
    /// Whose conversations imports bring, unless they say otherwise.
    package var custodian: String
    /// The languages whose stems the search index has.
    package var stemming: Stemming = []

    package init(custodian: String) { self.custodian = custodian }
}

extension Vault {
    /// Makes a vault and opens it.
    ///
    /// It is built beside its place and renamed when it is complete, so an interruption leaves
    /// nothing that looks like a vault.
    ///
    /// - Throws: `exists` when something is at that place, `badInput` when the options contradict.
    package static func create(
        at directory: String, _ creation: consuming VaultCreation,
        auditor: Auditor = Auditor(), now: @escaping @Sendable () -> Instant = { Instant.now }
    ) throws(VaultError) -> Vault {
        let layout = VaultLayout(directory: directory)
        guard !DurableFile.exists(directory) else {
            throw VaultError(
                .exists, "\(directory) exists already; a vault is never made over something else.")
        }
        try removeAbandonedStaging(of: layout)
        let staging = VaultLayout(directory: layout.creating + Hex.text(Randomness.bytes(4)))
        do {
            return try build(creation, in: staging, for: layout, auditor, now)
        } catch {
            // What an interruption leaves, the next attempt removes; a refusal leaves nothing.
            try? DurableFile.removeTree(staging.directory)
            throw error
        }
    }

    private static func build(
        _ creation: consuming VaultCreation, in staging: VaultLayout, for layout: VaultLayout,
        _ auditor: Auditor, _ now: @escaping @Sendable () -> Instant
    ) throws(VaultError) -> Vault {
        for folder in [
            staging.directory, staging.slots, staging.generations, staging.generation(1),
        ] { try DurableFile.makeFolder(folder) }
        try DurableFile.create(staging.lock, content: [])
        let stagingLock = try VaultLock(staging.lock)
        try stagingLock.take(.exclusive)

        let key = SecretBytes.random(count: 32)
        let (custodian, stemming) = (creation.custodian, creation.stemming)
        let created = now()
        let vault = RecordID(at: created)
        let keys = try Store.make(staging.database(1), vaultKey: key) { db in
            try db.execute(
                sql: "INSERT INTO setting VALUES ('custodian', ?)", arguments: [custodian])
            try SearchState.set(.stemming, to: stemming.rawValue, in: db)
            let log = AuditLog(db: db, auditor: auditor, now: created)
            try AuditBeginning(log: log, vault: vault).run()
        }
        let (slots, files) = try creation.slots(boundTo: keys.log)
        for (name, content) in files {
            try DurableFile.create(staging.slot(name), content: content)
        }
        let keyFile = try KeyFiles.wrap(key, to: slots.map(\.recipient))
        try DurableFile.create(staging.keyFile(1), content: keyFile)
        var header = VaultHeader(
            vault: vault, created: created, generation: 1, slots: slots,
            keyFileDigest: SHA256Digest.hash(keyFile), logKey: keys.log, archiveKey: keys.archive)
        header.authenticate(with: key)
        try DurableFile.create(staging.header, content: header.bytes)
        try DurableFile.syncFolder(of: staging.slots)
        guard !DurableFile.exists(layout.directory) else {
            throw VaultError(
                .exists, "\(layout.directory) was made meanwhile; choose another place.")
        }
        do {
            try DurableFile.move(staging.directory, to: layout.directory)
            stagingLock.release()
            let lock = try VaultLock(layout.lock)
            try lock.take(.shared)
            let store = try Store(layout.database(1), vaultKey: key)
            let state = State(header: header, key: key, store: store)
            return Vault(
                layout: layout, lock: lock, state: state, auditor: auditor, policyPlace: .managed,
                now: now)
        } catch {
            // Whoever wanted the vault throws its identities away now: it must not stay without.
            // Where the name is another's, there is still a folder in the way of this.
            try? DurableFile.move(layout.directory, to: staging.directory)
            throw error
        }
    }
}

extension Vault {
    /// Removes what creations of the same vault left that were cut off: folders of our naming whose
    /// lock nobody holds any more.
    private static func removeAbandonedStaging(of layout: VaultLayout) throws(VaultError) {
        let prefix = (layout.creating as NSString).lastPathComponent
        let parent = (layout.creating as NSString).deletingLastPathComponent
        for name in DurableFile.names(in: parent.isEmpty ? "." : parent) {
            let suffix = name.dropFirst(prefix.count)
            guard name.hasPrefix(prefix), suffix.count == 8, Hex.bytes(suffix) != nil else {
                continue
            }
            let staging = VaultLayout(directory: layout.creating + suffix)
            guard DurableFile.exists(staging.lock), let lock = try? VaultLock(staging.lock),
                (try? lock.take(.exclusive, withinMilliseconds: 0)) != nil
            else { continue }
            try DurableFile.removeTree(staging.directory)
        }
    }
}

extension VaultCreation {
    fileprivate consuming func slots(
        boundTo logKey: [UInt8]
    ) throws(VaultError) -> ([Slot], [String: [UInt8]]) {
        var slots: [Slot] = []
        var files: [String: [UInt8]] = [:]
        if let passphrase = passphrase.take() {
            let made = try PassphraseSlot.make(
                name: "passphrase", boundTo: logKey, passphrase: passphrase,
                workFactor: workFactor, allowsWeak: allowsWeakWorkFactor)
            slots.append(made.slot)
            files["passphrase"] = made.file
        }
        for entry in recipients {
            try Slot.requireNew(entry.recipient, in: slots)
            slots.append(Slot(name: entry.name, kind: entry.kind, recipient: entry.recipient))
        }
        guard !slots.isEmpty else {
            throw VaultError(
                .badInput, "A vault needs a way to unlock it; give a passphrase or a recipient.")
        }
        return (slots, files)
    }
}

/// Makes the identity and the file of a passphrase slot.
enum PassphraseSlot {
    static func make(
        name: String, boundTo logKey: [UInt8], passphrase: borrowing SecretBytes, workFactor: Int,
        allowsWeak: Bool
    ) throws(VaultError) -> (slot: Slot, file: [UInt8]) {
        let least = allowsWeak ? 1 : Slot.minimumWorkFactor
        guard (least...Slot.maximumWorkFactor).contains(workFactor) else {
            throw VaultError(
                .badInput,
                "The work factor must be from \(Slot.minimumWorkFactor) to "
                    + "\(Slot.maximumWorkFactor).")
        }
        guard passphrase.count > 0 else {
            throw VaultError(.badInput, "The passphrase is empty; choose one.")
        }
        let identity = AgeIdentity.generate()
        let file = try KeyFiles.seal(
            identity, boundTo: logKey, passphrase: passphrase, workFactor: workFactor)
        let slot = Slot(
            name: name, kind: .passphrase, recipient: identity.recipient, workFactor: workFactor,
            fileDigest: SHA256Digest.hash(file))
        return (slot, file)
    }
}

extension Store {
    /// Makes a new database with its signing keys, and closes it.
    ///
    /// - Parameters:
    ///   - path: Where.
    ///   - vaultKey: Its key.
    ///   - fill: Writes what a new vault has.
    /// - Returns: The public keys.
    /// - Throws: What the database or the disk reports.
    fileprivate static func make(
        _ path: String, vaultKey: borrowing SecretBytes, _ fill: (Database) throws -> Void
    ) throws(VaultError) -> (log: [UInt8], archive: [UInt8]) {
        let store = try Store(path, vaultKey: vaultKey, isNew: true)
        let keys = try store.write { db in
            try fill(db)
            return (
                log: try SigningSecret.log.make(in: db),
                archive: try SigningSecret.archive.make(in: db)
            )
        }
        try store.close()
        try DurableFile.sync(path)
        return keys
    }
}
