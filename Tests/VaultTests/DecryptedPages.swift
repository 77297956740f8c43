import CPageVFS
import GRDB
import GRDBSQLite
import VaultCrypto

@testable import Vault

/// Every page of a database file and every frame of its log as the page encryption opens them: free
/// pages and the unused parts of pages too, none of which a query would show.
struct DecryptedPages {
    private(set) var pages: [[UInt8]] = []

    init(of vault: Vault) throws {
        try vault.store.pool.read { database in
            let connection = database.sqliteConnection
            let file = try Self.file(SQLITE_FCNTL_FILE_POINTER, connection)
            let page = Int64(CVFS_PAGE_SIZE)
            for offset in stride(from: 0, to: try Self.size(of: file), by: Int(page)) {
                pages.append(try Self.read(file, at: offset))
            }
            let log = try Self.file(SQLITE_FCNTL_JOURNAL_POINTER, connection)
            // A log header of 32 bytes, then frames: 24 bytes and a page each.
            for offset in stride(from: Int64(56), to: try Self.size(of: log), by: Int(page) + 24) {
                pages.append(try Self.read(log, at: offset))
            }
        }
    }

    private static func file(
        _ which: Int32, _ connection: OpaquePointer?
    ) throws -> UnsafeMutablePointer<sqlite3_file> {
        var file: UnsafeMutablePointer<sqlite3_file>?
        guard sqlite3_file_control(connection, "main", which, &file) == SQLITE_OK, let file else {
            throw VaultError(.internalFault, "SQLite does not say which file it uses.")
        }
        return file
    }

    private static func size(of file: UnsafeMutablePointer<sqlite3_file>) throws -> Int64 {
        // A log that was never begun has no methods.
        guard let methods = file.pointee.pMethods else { return 0 }
        var size: Int64 = 0
        guard methods.pointee.xFileSize(file, &size) == SQLITE_OK else {
            throw VaultError(.inputOutput, "The size of a file cannot be read.")
        }
        return size
    }

    private static func read(
        _ file: UnsafeMutablePointer<sqlite3_file>, at offset: Int64
    ) throws -> [UInt8] {
        var page = [UInt8](repeating: 0, count: Int(CVFS_PAGE_SIZE))
        let code = file.pointee.pMethods.pointee.xRead(file, &page, Int32(page.count), offset)
        guard code == SQLITE_OK else {
            throw VaultError(.inputOutput, "The page at \(offset) cannot be read (\(code)).")
        }
        return page
    }

    /// Which words have seven letters in a row that stand on a page.
    ///
    /// A dictionary leaves the beginning of a term out where the one before it has the same, and a
    /// word can reach over the end of a page: of sixteen letters that are nowhere else, seven in a
    /// row stay together.
    func words(of words: [String]) -> Set<String> {
        var windows: [UInt64: String] = [:]
        var endings = [Bool](repeating: false, count: 1 << 16)
        for word in words {
            let letters = Array(word.utf8)
            for start in 0...letters.count - 7 {
                let window = letters[start..<start + 7].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                windows[window] = word
                endings[Int(window & 0xFFFF)] = true
            }
        }
        var found: Set<String> = []
        for page in pages {
            var window: UInt64 = 0
            for byte in page {
                window = (window << 8 | UInt64(byte)) & 0xFF_FFFF_FFFF_FFFF
                if endings[Int(window & 0xFFFF)], let word = windows[window] { found.insert(word) }
            }
        }
        return found
    }
}
