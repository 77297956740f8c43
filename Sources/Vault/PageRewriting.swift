internal import CPageVFS
import VaultCrypto

extension PageEncryption {
    /// Takes a page of a copy, by its number, in the clear, and says whether to go on; the bytes
    /// are lent for the call.
    typealias PageLook = (_ number: Int64, UnsafeRawBufferPointer) -> Bool

    /// Writes a database anew under another key, page by page, on several threads.
    ///
    /// The copy has the same pages with the same content, free ones too, and zeros where no row
    /// uses them. Each is read back from the copy and opened with the new key. Nothing is synced.
    ///
    /// - Parameters:
    ///   - source: The database; nobody writes to it, and its log is empty.
    ///   - key: 32 bytes.
    ///   - target: A file that is there and empty.
    ///   - targetKey: 32 bytes.
    ///   - threads: So many at once.
    ///   - look: Called once on each thread for what takes the pages of the copy there.
    /// - Returns: How many pages there are.
    /// - Throws: `busy` while the log has something in it, before anything is written; `damaged`
    ///   for a page that is not as it was written; `cancelled` when `look` says so; `noSpace` or
    ///   `inputOutput`.
    @discardableResult
    static func rewrite(
        databaseAt source: String, key: borrowing SecretBytes, to target: String,
        targetKey: borrowing SecretBytes, threads: Int, look: @escaping @Sendable () -> PageLook
    ) throws(VaultError) -> Int64 {
        let maker = unsafe LookMaker(look: look)
        var taker = unsafe maker.taker
        var pages: Int64 = 0
        let code = unsafe key.withBytes { key in
            unsafe targetKey.withBytes { targetKey in
                withExtendedLifetime(maker) {
                    unsafe cvfs_rewrite(
                        source, key.baseAddress?.assumingMemoryBound(to: UInt8.self), target,
                        targetKey.baseAddress?.assumingMemoryBound(to: UInt8.self),
                        Int32(threads), &taker, &pages)
                }
            }
        }
        guard code == SQLITE_OK else { throw rewriteFault(code, source) }
        return pages
    }

    private static func rewriteFault(_ code: Int32, _ path: String) -> VaultError {
        switch code {
        case _ where code & 0xFF == SQLITE_BUSY:
            VaultError(.busy, "\(path) is in use; try again when that is done.")
        case SQLITE_INTERRUPT: DestructionScan.stopped
        case _ where code & 0xFF == SQLITE_FULL:
            VaultError(
                .noSpace, "The disk is full; free some space and try again. Nothing was lost.")
        case SQLITE_NOTADB, SQLITE_CORRUPT:
            VaultError(.damaged, "The database \(path) is damaged; run `coffer doctor`.")
        case damagedPage:
            VaultError(.damaged, "A page of \(path) is damaged; run `coffer doctor`.")
        default:
            VaultError(
                .inputOutput,
                "\(path) could not be written anew (SQLite code \(code)); check the disk, then "
                    + "try again.")
        }
    }

    /// SQLITE_IOERR_DATA, whose macro Swift cannot import.
    private static let damagedPage = SQLITE_IOERR | 32 << 8
}

/// Carries the closure that a rewriting calls on each thread through C.
@safe private final class LookMaker: Sendable {
    private let look: @Sendable () -> PageEncryption.PageLook

    init(look: @escaping @Sendable () -> PageEncryption.PageLook) { unsafe self.look = look }

    /// It leads back here: whoever uses it keeps this alive.
    var taker: CVFSPageTaker {
        unsafe CVFSPageTaker(
            context: Unmanaged.passUnretained(self).toOpaque(),
            begin: { context in
                guard let context = unsafe context else { return nil }
                let maker = unsafe Unmanaged<LookMaker>.fromOpaque(context).takeUnretainedValue()
                return unsafe Unmanaged.passRetained(LookTaker(maker.look())).toOpaque()
            },
            page: { thread, number, plain in
                guard let thread = unsafe thread else { return 1 }
                let taker = unsafe Unmanaged<LookTaker>.fromOpaque(thread).takeUnretainedValue()
                return unsafe taker.goesOn(behind: number, plain) ? 0 : 1
            },
            end: { thread in
                guard let thread = unsafe thread else { return }
                unsafe Unmanaged<LookTaker>.fromOpaque(thread).release()
            })
    }
}

/// Carries the closure of one thread through C.
@safe private final class LookTaker {
    private let look: PageEncryption.PageLook

    init(_ look: @escaping PageEncryption.PageLook) { unsafe self.look = look }

    func goesOn(behind number: Int64, _ plain: UnsafePointer<UInt8>?) -> Bool {
        let size = PageEncryption.pageSizeBytes - PageEncryption.reservedBytes
        return unsafe look(number, UnsafeRawBufferPointer(start: plain, count: size))
    }
}
