internal import CPageVFS
package import VaultCrypto

/// Page encryption of vault databases: every page that SQLite writes is sealed.
///
/// After `register()` every database file that this process opens through SQLite, by whatever
/// library, needs a key from `addKey`; one without is refused. Databases in memory are not
/// concerned.
package enum PageEncryption {
    /// The page size and reserved bytes that sealed databases have.
    package static let pageSizeBytes = Int(CVFS_PAGE_SIZE)
    package static let reservedBytes = Int(CVFS_RESERVED_SIZE)

    /// What `probe` finds at a path.
    package enum Probe: Sendable, Equatable {
        /// The first page authenticates under the key.
        case opens
        /// A vault database, of another key.
        case wrongKey
        /// The key belongs to it and its first page does not authenticate.
        case damaged
        /// A file that is no vault database; an empty one too.
        case notAVault
        /// There is no such file.
        case absent
        /// The file cannot be opened or read.
        case unreadable
    }

    /// One place in a vault's files that is not as it was written.
    package struct Fault: Sendable, Equatable {
        /// The place in words, such as "database page" or "log frame".
        package let place: String
        /// The page or frame, counted from 1; 0 when the fault is not one page's.
        package let number: Int64
        /// The SQLite result code that reading the place gives.
        package let code: Int32

        package init(place: String, number: Int64, code: Int32) {
            self.place = place
            self.number = number
            self.code = code
        }
    }

    /// Makes page encryption the way in which this process opens databases; later calls do nothing.
    ///
    /// - Throws: `internalFault` when SQLite or libsodium cannot be started.
    package static func register() throws(VaultError) {
        let code = cvfs_register()
        guard code == SQLITE_OK else {
            throw VaultError(
                .internalFault,
                "Page encryption could not be started (SQLite code \(code)); "
                    + "check that libsqlite3 and libsodium are installed.")
        }
    }

    /// Gives the database at `path` its key; it need not exist yet.
    ///
    /// Databases that are open keep the key they were opened with. Each call wants one of
    /// `removeKey`.
    ///
    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - path: The database file; resolved as SQLite resolves it, symbolic links included.
    /// - Throws: `badInput` for a key of another length or a path that cannot be resolved.
    package static func addKey(
        _ key: borrowing SecretBytes, forDatabaseAt path: String
    ) throws(VaultError) {
        try checkLength(of: key)
        let code = unsafe key.withBytes { bytes in
            unsafe cvfs_add_key(path, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
        }
        guard code == SQLITE_OK else {
            throw VaultError(
                .badInput,
                "The key of \(path) could not be registered (SQLite code \(code)); "
                    + "check that its folder can be reached.")
        }
    }

    /// Forgets the key of the database at `path`, once it was removed as often as it was added.
    ///
    /// Open databases stay open.
    package static func removeKey(forDatabaseAt path: String) {
        _ = unsafe cvfs_remove_key(path)
    }

    /// Looks at the first page of a database file, without SQLite and without changing anything.
    ///
    /// - Parameters:
    ///   - path: The database file.
    ///   - key: 32 bytes.
    /// - Returns: What is there; `unreadable` before `register()`.
    /// - Throws: `badInput` for a key of another length.
    package static func probe(
        databaseAt path: String, key: borrowing SecretBytes
    ) throws(VaultError) -> Probe {
        try checkLength(of: key)
        let answer = unsafe key.withBytes { bytes in
            unsafe cvfs_probe(path, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
        }
        switch Int(answer) {
        case CVFS_PROBE_OK: return .opens
        case CVFS_PROBE_WRONG_KEY: return .wrongKey
        case CVFS_PROBE_DAMAGED: return .damaged
        case CVFS_PROBE_NOT_A_VAULT: return .notAVault
        case CVFS_PROBE_ABSENT: return .absent
        default: return .unreadable
        }
    }

    /// Authenticates every page of the database, free pages too, and every current frame of its
    /// log.
    ///
    /// It works below SQLite, so it needs no connection and sees what a query would never touch.
    /// Nothing may write to the database meanwhile.
    ///
    /// - Parameters:
    ///   - path: The database file.
    ///   - key: 32 bytes.
    ///   - fault: Called for each fault, in the order of the file.
    ///   - progress: Called after each page with the pages done and the pages in all.
    /// - Throws: `wrongKey` when the key does not belong to the file or the file is no vault
    ///   database, `absent`, `busy`, or `inputOutput` when it cannot be read to the end.
    package static func check(
        databaseAt path: String, key: borrowing SecretBytes,
        fault: @escaping (Fault) -> Void,
        progress: @escaping (_ done: Int64, _ total: Int64) -> Void = { _, _ in }
    ) throws(VaultError) {
        try checkLength(of: key)
        let listener = CheckListener(fault: fault, progress: progress)
        let code = unsafe key.withBytes { bytes in
            withExtendedLifetime(listener) {
                unsafe cvfs_check(
                    path, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    { context, place, number, code in
                        guard let context = unsafe context, let place = unsafe place else { return }
                        let found = unsafe Fault(
                            place: String(cString: place), number: number, code: code)
                        unsafe CheckListener.at(context).fault(found)
                    },
                    { context, done, total in
                        guard let context = unsafe context else { return }
                        unsafe CheckListener.at(context).progress(done, total)
                    },
                    Unmanaged.passUnretained(listener).toOpaque())
            }
        }
        try throwUnreadable(path, code)
    }

    /// Lends every page of the database, free pages too, and every current frame of its log in the
    /// clear, as `check` reads them.
    ///
    /// - Parameters:
    ///   - path: The database file.
    ///   - key: 32 bytes.
    ///   - page: Takes the place in words and the bytes that mean something, lent for the call.
    /// - Returns: How many pages and frames there were.
    /// - Throws: As `check`; `damaged` for a page that is not as it was written.
    package static func readAll(
        databaseAt path: String, key: borrowing SecretBytes,
        page: @escaping (_ isFrame: Bool, _ number: Int64, UnsafeRawBufferPointer) -> Void
    ) throws(VaultError) -> Int64 {
        try checkLength(of: key)
        let reader = unsafe PageListener(page: page)
        let code = unsafe key.withBytes { bytes in
            withExtendedLifetime(reader) {
                unsafe cvfs_read_all(
                    path, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    { context, _, _, _ in
                        guard let context = unsafe context else { return }
                        unsafe PageListener.at(context).faults += 1
                    },
                    { context, isFrame, number, plain in
                        guard let context = unsafe context else { return }
                        unsafe PageListener.at(context).take(isFrame != 0, number, plain)
                    },
                    Unmanaged.passUnretained(reader).toOpaque())
            }
        }
        try throwUnreadable(path, code)
        guard reader.faults == 0 else {
            throw VaultError(
                .damaged, "\(reader.faults) pages of \(path) are damaged; run `coffer doctor`.")
        }
        return reader.count
    }

    private static func checkLength(of key: borrowing SecretBytes) throws(VaultError) {
        guard key.count == Int(CVFS_KEY_SIZE) else {
            throw VaultError(
                .badInput, "A database key has \(CVFS_KEY_SIZE) bytes; this one has \(key.count).")
        }
    }

    private static func throwUnreadable(_ path: String, _ code: Int32) throws(VaultError) {
        switch code & 0xff {
        case SQLITE_OK:
            return
        case SQLITE_NOTADB:
            throw VaultError(
                .wrongKey,
                "The key does not belong to \(path), or the start of that file is damaged; "
                    + "restore it from a backup or use the key of its own generation.")
        case SQLITE_CANTOPEN:
            throw VaultError(.absent, "\(path) cannot be opened; check that it is there.")
        case SQLITE_BUSY:
            throw VaultError(.busy, "\(path) is being written; try again when that is done.")
        default:
            throw VaultError(
                .inputOutput,
                "\(path) could not be read to the end (SQLite code \(code)); check the disk.")
        }
    }
}

/// Carries the closure of `readAll` through C.
@safe private final class PageListener {
    private let page: (Bool, Int64, UnsafeRawBufferPointer) -> Void
    private(set) var count: Int64 = 0
    var faults = 0

    init(page: @escaping (Bool, Int64, UnsafeRawBufferPointer) -> Void) {
        unsafe self.page = page
    }

    func take(_ isFrame: Bool, _ number: Int64, _ plain: UnsafePointer<UInt8>?) {
        count += 1
        let size = Int(CVFS_PAGE_SIZE) - Int(CVFS_RESERVED_SIZE)
        unsafe page(isFrame, number, UnsafeRawBufferPointer(start: plain, count: size))
    }

    /// The listener behind a context pointer; `readAll` keeps it alive while C has the pointer.
    static func at(_ context: UnsafeMutableRawPointer) -> PageListener {
        unsafe Unmanaged<PageListener>.fromOpaque(context).takeUnretainedValue()
    }
}

/// Carries the two closures through C.
private final class CheckListener {
    let fault: (PageEncryption.Fault) -> Void
    let progress: (Int64, Int64) -> Void

    init(
        fault: @escaping (PageEncryption.Fault) -> Void, progress: @escaping (Int64, Int64) -> Void
    ) {
        self.fault = fault
        self.progress = progress
    }

    /// The listener behind a context pointer; `check` keeps it alive while C has the pointer.
    static func at(_ context: UnsafeMutableRawPointer) -> CheckListener {
        unsafe Unmanaged<CheckListener>.fromOpaque(context).takeUnretainedValue()
    }
}
