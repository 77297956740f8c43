import Foundation
import GRDB
import Synchronization
import VaultCrypto

/// How a process uses the vault that it opens.
package enum VaultReaders: Sendable {
    /// One connection: opening writes nothing, and a read inside a read is a programmer's error.
    case one
    /// A connection for each of several threads, with a write to the database at each opening.
    case many
}

/// The encrypted database of one generation: one writer, many readers, several processes.
final class Store: Sendable {
    /// How long a writer waits for another process.
    private static let busyMilliseconds = 20_000
    /// How long what can be left to another process waits for it.
    private static let briefMilliseconds = 200

    let path: String
    let pool: any DatabaseWriter
    /// Whether another generation has taken the place of this one.
    private let isOver = Atomic(false)
    private let uses = StoreUses()
    /// Whether the page encryption still has the key from here.
    private let hasKey = Atomic(true)

    /// Opens the database of a generation and brings it to the newest schema.
    ///
    /// - Parameters:
    ///   - path: The database; it must exist unless `isNew`.
    ///   - vaultKey: The vault key of the generation.
    ///   - readers: How many threads of this process will read at a time.
    ///   - isNew: Whether the file is to be made.
    /// - Throws: `damaged`, `wrongKey`, `newerFormat` or `inputOutput`, each with its remedy.
    init(
        _ path: String, vaultKey: borrowing SecretBytes, readers: VaultReaders = .many,
        isNew: Bool = false
    ) throws(VaultError) {
        if !isNew { try Self.refuseEmpty(path, vaultKey: vaultKey) }
        self.path = path
        // SQLite gives its companions the mode of the database, which it would make 0644.
        if isNew { try DurableFile.create(path, content: []) }
        try Self.register(path, vaultKey: vaultKey)
        do {
            let configuration = Self.configuration()
            // A new database must become a pool's, whose opening switches to write-ahead logging.
            pool =
                readers == .many || isNew
                ? try DatabasePool(path: path, configuration: configuration)
                : try DatabaseQueue(path: path, configuration: configuration)
            // GRDB relaxes this for pools, after the configuration has run: a commit would then be
            // durable only with the next checkpoint.
            try pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
            }
            try Migrations.run(on: pool, isNew: isNew)
        } catch {
            PageEncryption.removeKey(forDatabaseAt: path)
            throw DatabaseFault.vaultError(error)
        }
    }

    /// An absent or empty file would become a new database, and hide that the old one is gone.
    private static func refuseEmpty(
        _ path: String, vaultKey: borrowing SecretBytes
    ) throws(VaultError) {
        try PageEncryption.register()
        let key = vaultKey.subkey(context: "coffer database")
        switch try PageEncryption.probe(databaseAt: path, key: key) {
        // A torn first page is healed from the log; SQLite finds out.
        case .opens, .wrongKey, .damaged: return
        case .notAVault where isLongerThanNothing(path):
            throw VaultError(
                .damaged,
                "The start of the database \(path) is damaged; restore the vault from a backup.")
        case .notAVault, .absent:
            throw VaultError(
                .damaged,
                "The database \(path) is missing or empty; restore the vault from a backup.")
        case .unreadable:
            throw VaultError(
                .inputOutput, "The vault's database \(path) cannot be read; check its permissions.")
        }
    }

    private static func isLongerThanNothing(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_size > 0
    }

    /// Gives the page encryption the key of a database file.
    static func register(_ path: String, vaultKey: borrowing SecretBytes) throws(VaultError) {
        try PageEncryption.register()
        let key = vaultKey.subkey(context: "coffer database")
        try PageEncryption.addKey(key, forDatabaseAt: path)
    }

    /// Waits for those who use it, and closes every connection; the last process to close folds the
    /// log into the database.
    ///
    /// - Parameter successor: The database that takes its place: who reads here reads there.
    /// - Throws: What the database reports.
    func close(for successor: Store? = nil) throws(VaultError) {
        uses.close(for: successor)
        do {
            // Readers cannot fold the log, so the writer must be the last to close.
            (pool as? DatabasePool)?.invalidateReadOnlyConnections()
            try pool.close()
        } catch {
            throw DatabaseFault.vaultError(error)
        }
        // Once: another opening of this database in this process may have added it as well.
        if hasKey.exchange(false, ordering: .sequentiallyConsistent) {
            PageEncryption.removeKey(forDatabaseAt: path)
        }
    }

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(Double(Self.busyMilliseconds) / 1000)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { db in
            try db.execute(
                sql: """
                    PRAGMA temp_store = MEMORY; PRAGMA cache_size = -12000;
                    PRAGMA trusted_schema = OFF;
                    PRAGMA cell_size_check = ON; PRAGMA secure_delete = ON;
                    PRAGMA wal_autocheckpoint = 0;
                    """)
        }
        return configuration
    }

    /// Reads in one snapshot.
    func read<T>(_ body: (Database) throws -> T) throws(VaultError) -> T {
        guard uses.begin() else { return try next().read(body) }
        defer { uses.end() }
        do {
            return try pool.read(body)
        } catch {
            throw DatabaseFault.vaultError(error)
        }
    }

    /// Reads in one snapshot, as `read` does, with less ado: nothing guards against a body that
    /// writes, and no statement is prepared anew.
    func readQuickly<T>(_ body: (Database) throws -> T) throws(VaultError) -> T {
        guard uses.begin() else { return try next().readQuickly(body) }
        defer { uses.end() }
        do {
            return try pool.unsafeRead { db in
                try RowLookup("BEGIN DEFERRED TRANSACTION", in: db).run()
                defer { try? RowLookup("COMMIT TRANSACTION", in: db).run() }
                return try body(db)
            }
        } catch {
            throw DatabaseFault.vaultError(error)
        }
    }

    /// Writes in one transaction, durable when this returns.
    func write<T>(_ body: (Database) throws -> T) throws(VaultError) -> T {
        try begin()
        defer { uses.end() }
        let result: T
        do {
            result = try pool.write { db in
                try requirePresent()
                return try body(db)
            }
        } catch {
            throw DatabaseFault.vaultError(error)
        }
        try foldLongLog()
        return result
    }

    /// Writes as `write` does, without SQLite's own look for rows that refer to one that goes.
    ///
    /// Most columns that refer to `name` have no index, so that each name that a purge removes
    /// would cost a walk over all messages and conversations. Whoever deletes here must know that
    /// nothing refers to it; `coffer doctor` checks all references.
    func purge<T>(_ body: (Database) throws -> T) throws(VaultError) -> T {
        try transaction(
            // Inside a transaction it would change nothing.
            after: "PRAGMA foreign_keys = OFF", before: "PRAGMA foreign_keys = ON", body)
    }

    /// Writes as `write` does, but waits only a moment for another process that is writing.
    ///
    /// - Throws: `busy` when it goes on writing.
    func writeUnlessBusy<T>(_ body: (Database) throws -> T) throws(VaultError) -> T {
        try transaction(
            after: "PRAGMA busy_timeout = \(Self.briefMilliseconds)",
            before: "PRAGMA busy_timeout = \(Self.busyMilliseconds)", body)
    }

    /// Writes in one transaction, after one statement and before another, which comes in any case.
    private func transaction<T>(
        after first: String, before last: String, _ body: (Database) throws -> T
    ) throws(VaultError) -> T {
        var result: T?
        try begin()
        defer { uses.end() }
        do {
            try pool.writeWithoutTransaction { db in
                try requirePresent()
                try db.execute(sql: first)
                defer { try? db.execute(sql: last) }
                try db.inTransaction(.immediate) {
                    result = try body(db)
                    return .commit
                }
            }
        } catch {
            throw DatabaseFault.vaultError(error)
        }
        try foldLongLog()
        guard let result else {
            throw VaultError(.internalFault, "A transaction had no result; please report this.")
        }
        return result
    }

    private func withBriefTimeout(_ db: Database, _ body: () throws -> Void) throws {
        try db.execute(sql: "PRAGMA busy_timeout = \(Self.briefMilliseconds)")
        defer { try? db.execute(sql: "PRAGMA busy_timeout = \(Self.busyMilliseconds)") }
        try body()
    }

    /// Whether there is a log with something in it beside a database.
    static func hasLog(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path + "-wal", &status) == 0 && status.st_size > 0
    }

    /// Log size from which a write also folds the log into the database.
    private static let longLogBytes: Int64 = 16 << 20

    /// Folds the log when it has grown long.
    ///
    /// SQLite's own checkpoints leave the log in place and begin it anew later; if its end were
    /// damaged meanwhile, old pages could stand beside new ones. Ours empties it in the same step.
    func foldLongLog() throws(VaultError) {
        var status = stat()
        guard unsafe stat(path + "-wal", &status) == 0, status.st_size > Self.longLogBytes else {
            return
        }
        try foldLog()
    }

    /// Moves the write-ahead log into the database and empties it, unless a reader is in the way.
    func foldLog() throws(VaultError) {
        // A database that is closed has no log, and one that is over needs none.
        guard uses.begin() else { return }
        defer { uses.end() }
        do {
            try pool.writeWithoutTransaction { db in
                try withBriefTimeout(db) { _ = try db.checkpoint(.truncate) }
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            return
        } catch {
            throw DatabaseFault.vaultError(error)
        }
    }

    /// Lends the database to one change that nobody else of this process writes beside.
    ///
    /// - Parameter body: Takes the connection; what it throws leaves the store as it is. Once it
    ///   has returned, the store is over: later writes throw, instead of going into a file that is
    ///   no longer the vault's.
    /// - Throws: What the body throws.
    func replaced(by body: (Database) throws -> Void) throws(VaultError) {
        try begin()
        defer { uses.end() }
        do {
            try pool.writeWithoutTransaction { db in
                try body(db)
                isOver.store(true, ordering: .sequentiallyConsistent)
            }
        } catch {
            throw DatabaseFault.vaultError(error)
        }
    }

    /// Begins a use that writes.
    private func begin() throws(VaultError) {
        if uses.begin() { return }
        try requirePresent()
        throw Self.closed
    }

    /// - Throws: `internalFault` for a database that is closed.
    func requireOpen() throws(VaultError) { if uses.isClosed { throw Self.closed } }

    /// Where to read instead of in this database, which is closed.
    private func next() throws(VaultError) -> Store {
        guard let successor = uses.successor else { throw Self.closed }
        return successor
    }

    private static var closed: VaultError {
        VaultError(.internalFault, "The vault is closed already; please report this.")
    }

    private func requirePresent() throws(VaultError) {
        guard isOver.load(ordering: .sequentiallyConsistent) else { return }
        throw VaultError(
            .busy,
            "The vault moved to a new key meanwhile; what was not stored yet is to be "
                + "repeated.")
    }

    /// Writes a copy of the database under another vault key, synced.
    ///
    /// Pages are written as they are, which takes a third of the time of `VACUUM INTO`; that one
    /// writes the copy where a quarter of the database is free, so that it does not stay so large,
    /// where a reader of this process keeps the log from being folded, and from 64 GiB on.
    ///
    /// - Parameters:
    ///   - old: The vault key of this database.
    ///   - path: A file that is made.
    ///   - vaultKey: The vault key of the copy.
    ///   - isCompact: Whether it must be `VACUUM INTO`.
    ///   - scan: Gets every page of the copy in the clear.
    ///   - db: The connection that writes, outside a transaction.
    /// - Throws: What the disk or the database reports.
    func copy(
        under old: borrowing SecretBytes, to path: String, vaultKey: borrowing SecretBytes,
        isCompact: Bool, _ scan: DestructionScan?, in db: Database
    ) throws(VaultError) {
        try DurableFile.create(path, content: [])
        let isRewritten = isCompact ? false : try isFolded(db)
        if isRewritten {
            _ = unsafe try PageEncryption.rewrite(
                databaseAt: self.path, key: old.subkey(context: "coffer database"), to: path,
                targetKey: vaultKey.subkey(context: "coffer database"),
                threads: min(Self.mostThreads, ProcessInfo.processInfo.activeProcessorCount)
            ) {
                unsafe scan?.pageLook() ?? { _, _ in true }
            }
        } else {
            try vacuum(into: path, vaultKey: vaultKey, db) { scan?.goesOn ?? true }
            try scan?.look(throughDatabaseAt: path, vaultKey: vaultKey)
        }
        try DurableFile.sync(path)
    }

    private static let mostThreads = 4
    private static let mostRewrittenPages = 1 << 24

    /// Whether all of the database is in its file, and most of the file is in use.
    private func isFolded(_ db: Database) throws(VaultError) -> Bool {
        do {
            let free = try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            guard free * 4 < pages, pages < Self.mostRewrittenPages else { return false }
            try withBriefTimeout(db) { _ = try db.checkpoint(.truncate) }
            return !Self.hasLog(path)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            return false
        } catch {
            throw DatabaseFault.vaultError(error)
        }
    }

    private func vacuum(
        into path: String, vaultKey: borrowing SecretBytes, _ db: Database,
        while goesOn: @escaping () -> Bool
    ) throws(VaultError) {
        try Self.register(path, vaultKey: vaultKey)
        defer { PageEncryption.removeKey(forDatabaseAt: path) }
        do {
            try StatementWatch.run(in: db, while: goesOn) {
                try db.execute(sql: "VACUUM INTO ?", arguments: [path])
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT {
            throw DestructionScan.stopped
        } catch {
            throw DatabaseFault.vaultError(error)
        }
    }
}

/// What SQLite reports, in the words of the engine.
enum DatabaseFault {
    static func vaultError(_ error: any Error) -> VaultError {
        if let error = error as? VaultError { return error }
        guard let error = error as? DatabaseError else {
            return VaultError(
                .internalFault, "The database refused an operation; please report this.",
                underlying: error)
        }
        let (code, sentence) = words(for: error)
        return VaultError(code, sentence, underlying: error)
    }

    private static let fullDisk: (VaultError.Code, String) = (
        .noSpace, "The disk is full; free some space and try again. Nothing was lost."
    )

    private static func words(for error: DatabaseError) -> (VaultError.Code, String) {
        switch error.resultCode {
        // The key was proved against the header before, so it cannot be the wrong one.
        case .SQLITE_NOTADB, .SQLITE_CORRUPT, .SQLITE_FORMAT:
            return (.damaged, "The vault's database is damaged; run `coffer doctor`.")
        case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_DATA:
            return (.damaged, "A page of the vault's database is damaged; run `coffer doctor`.")
        // The file of the log's index could not grow.
        case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHMSIZE:
            return fullDisk
        case .SQLITE_FULL: return fullDisk
        // SQLITE_PROTOCOL: another process holds what makes the log readable, for ten seconds now.
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL:
            return (.busy, "Another process is writing to the vault; try again in a moment.")
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
            return (
                .inputOutput, "The vault's database cannot be opened; check its permissions."
            )
        case .SQLITE_IOERR:
            return (
                .inputOutput,
                "The disk reported an error; check it, then run `coffer doctor` before going on."
            )
        default:
            return (.internalFault, "The database refused an operation; please report this.")
        }
    }
}
