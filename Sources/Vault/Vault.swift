import Foundation
import GRDB
import Synchronization
package import VaultCrypto

/// An open vault.
///
/// It holds the shared lock and the vault key until `close`. Every method may be called from any
/// thread; each read sees one state of the database, each write is durable when it returns.
package final class Vault: Sendable {
    struct State: ~Copyable {
        var header: VaultHeader
        var key: SecretBytes
        var store: Store
    }

    package let id: RecordID
    let layout: VaultLayout
    let lock: VaultLock
    /// Held while slots or the generation change.
    ///
    /// Who is inside the database must not ask for it: the change waits for them.
    let state: Mutex<State>
    /// Changes of slots and of the generation, and examinations of the files, come one after the
    /// other.
    let changes = Mutex(())
    /// One thread at a time remembers a checkpoint, so that none puts an older one over a newer.
    let checkpoints = Mutex(())
    let searchCache = SearchCache()
    let auditMemory = AuditMemory()
    /// Stands for the clock; tests hand in their own.
    package let now: @Sendable () -> Instant
    package let auditor: Auditor
    /// Where the organisation's policy is.
    let policyPlace: PolicyPlace
    /// What opening the vault put right: what was damaged, or left by an interrupted change or by
    /// an answer that was cut off.
    package var mended: [VaultFault] { mending.withLock { $0 } }
    private let mending: Mutex<[VaultFault]>

    init(
        layout: VaultLayout, lock: VaultLock, state: consuming State,
        auditor: Auditor, policyPlace: PolicyPlace, now: @escaping @Sendable () -> Instant,
        mended: [VaultFault] = []
    ) {
        self.auditor = auditor.counting(at: layout.uses)
        self.policyPlace = policyPlace
        mending = Mutex(mended)
        id = state.header.vault
        self.layout = layout
        self.lock = lock
        self.state = Mutex(state)
        self.now = now
    }

    var store: Store { state.withLock { $0.store } }
    var header: VaultHeader { state.withLock { $0.header } }

    package var directory: String { layout.directory }

    /// Whether a folder is the vault's own or lies in it; links are followed.
    package func contains(folder: String) -> Bool { layout.contains(folder: folder) }

    // MARK: - Opening

    /// Opens a vault.
    ///
    /// - Parameters:
    ///   - directory: The vault's folder.
    ///   - method: What unlocks it.
    ///   - readers: How many threads will read at a time.
    ///   - auditor: Who opens it.
    ///   - policyPlace: Where the organisation's policy is.
    ///   - now: The clock.
    ///   - damaged: When given, it takes what an examination of the files and pages finds in a
    ///     vault whose key is proved and whose database does not open.
    /// - Returns: The open vault; close it.
    /// - Throws: `absent`, `locked`, `wrongKey`, `damaged`, `newerFormat` or `busy`, each with its
    ///   remedy.
    package static func open(
        at directory: String, by method: borrowing UnlockMethod, readers: VaultReaders = .many,
        auditor: Auditor = Auditor(), policyPlace: PolicyPlace = .managed,
        now: @escaping @Sendable () -> Instant = { Instant.now },
        damaged: ((Examination) -> Void)? = nil
    ) throws(VaultError) -> Vault {
        let layout = VaultLayout(directory: directory)
        try layout.requireWritable(generation: VaultHeader.read(layout).generation)
        let lock = try VaultLock(layout.lock)
        try lock.take(.shared)
        // Read again: another process may have changed it before the lock was ours.
        let header = try VaultHeader.read(layout)
        try VaultFolder.requireFolders(of: layout, generation: header.generation)
        // Before the database is read, which is then at least as new.
        let memory = try CheckpointMemory(layout: layout, header: header, auditor: auditor)
        let (remembered, forgotten) = (memory.load(), memory.fault)
        let key = try Unlocker(layout: layout, header: header).vaultKey(by: method)
        let keeping = Housekeeping(layout: layout, lock: lock)
        let isNeeded = try keeping.isNeeded(header)
        do {
            let tidied =
                isNeeded ? try keeping.run(vaultKey: key) : Housekeeping.Outcome(header: header)
            let store = try openStore(layout, tidied.header, key, readers)
            try store.beginLog(of: tidied.header.vault, by: auditor, now: now())
            try store.requireLog(behind: remembered)
            let state = State(header: tidied.header, key: key, store: store)
            let vault = Vault(
                layout: layout, lock: lock, state: state, auditor: auditor,
                policyPlace: policyPlace, now: now,
                mended: tidied.mended + (forgotten.map { [$0] } ?? []))
            let settled = vault.settleAbandonedTurns()
            vault.mending.withLock { $0 += settled }
            return vault
        } catch {
            if error.code == .damaged, let damaged {
                damaged(Examination(of: layout, header, vaultKey: key, because: error))
            }
            throw error
        }
    }

    private static func openStore(
        _ layout: VaultLayout, _ header: VaultHeader, _ key: borrowing SecretBytes,
        _ readers: VaultReaders
    ) throws(VaultError) -> Store {
        // The lock is not held while it changes its mode; what is opened must be what was proved.
        guard try VaultHeader.read(layout) == header, header.isAuthentic(under: key) else {
            throw VaultError(.busy, "The vault's key was changed just now; try again.")
        }
        let store = try Store(
            layout.database(header.generation), vaultKey: key, readers: readers)
        // The other half of what binds a slot to its vault.
        let logKey = try store.read { db in try SigningSecret.log.load(in: db).publicKey.bytes }
        guard logKey == header.logKey else {
            throw VaultError(
                .damaged,
                "The database is not the one of the vault's header; restore it from a backup."
            )
        }
        return store
    }

    /// Remembers how far the audit log went, wipes the vault key, closes the database and gives up
    /// the lock.
    ///
    /// Other threads that use the vault are waited for; whoever calls anything afterwards is
    /// refused.
    package func close() throws(VaultError) {
        try changes.withLock { (_) throws(VaultError) in
            let memory = Result { () throws(VaultError) in try rememberCheckpoint() }
            // Whoever closed the vault may go on and keep this object.
            state.withLock { $0.key = unsafe SecretBytes(count: 0) { _ in } }
            try store.close()
            lock.release()
            try memory.get()
        }
    }

    // MARK: - The key cache

    /// Puts the vault key into the kernel's keyring, so that commands need no passphrase, and says
    /// so in the audit log.
    package func cacheKey(timeoutSeconds: Int) throws(VaultError) {
        try state.withLock { (state) throws(VaultError) in
            try KernelKeyring.store(
                state.key, name: KeyCache.name(of: state.header), timeoutSeconds: timeoutSeconds)
        }
        var record = AuditLog.Record(.unlock)
        record.figures = ["timeoutSeconds": Int64(timeoutSeconds)]
        try log(record)
    }

    /// Removes the cached keys of a vault, of every generation; works on a locked vault.
    ///
    /// The header is not authenticated and may name another generation than it did when a key was
    /// cached.
    ///
    /// - Returns: Whether one was there.
    package static func dropCachedKeys(at directory: String) throws(VaultError) -> Bool {
        let header = try VaultHeader.read(VaultLayout(directory: directory))
        return try KernelKeyring.removeAll(prefix: KeyCache.prefix(of: header)) > 0
    }

    /// Removes the cached keys of every vault.
    ///
    /// - Returns: How many there were.
    package static func dropAllCachedKeys() throws(VaultError) -> Int {
        try KernelKeyring.removeAll(prefix: "")
    }

    /// How many keys of vaults are cached.
    package static func cachedKeyCount() throws(VaultError) -> Int {
        try KernelKeyring.names(prefix: "").count
    }
}

extension VaultHeader {
    /// Reads the header of the vault at a place.
    ///
    /// - Throws: `absent` when there is no vault, `damaged` when there is one without a header.
    static func read(_ layout: VaultLayout) throws(VaultError) -> VaultHeader {
        if let content = try DurableFile.read(layout.header) { return try VaultHeader(content) }
        guard DurableFile.exists(layout.generations) else {
            throw VaultError(
                .absent,
                "There is no vault at \(layout.directory); make one with `coffer init`.")
        }
        throw VaultError(
            .damaged,
            """
            The vault at \(layout.directory) has lost its header coffer.json; put it back from a \
            backup of the vault.
            """)
    }
}
