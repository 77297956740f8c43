import CPageVFS
import Foundation
import GRDB
import Vault
import VaultCrypto

/// A folder of its own for one test, with sealed databases in it; removed with the value.
final class TemporaryVault {
    let folder: URL
    let key = SecretBytes.random(count: 32)

    /// The database that most tests need only one of.
    var path: String { path(of: "vault.db") }
    var logPath: String { path + "-wal" }

    init() throws {
        try PageEncryption.register()
        // Thousands of small commits are made here; in memory their syncs cost nothing.
        let memory = "/dev/shm"
        let base =
            FileManager.default.isWritableFile(atPath: memory)
            ? URL(fileURLWithPath: memory) : FileManager.default.temporaryDirectory
        folder = base.appendingPathComponent("coffer-vfs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try PageEncryption.addKey(key, forDatabaseAt: path)
    }

    deinit {
        PageEncryption.removeKey(forDatabaseAt: path)
        try? FileManager.default.removeItem(at: folder)
    }

    func path(of name: String) -> String { folder.appendingPathComponent(name).path }

    /// A pool as the vault uses it: write-ahead log, every commit on the medium.
    func pool(_ name: String = "vault.db", readers: Int = 3) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.maximumReaderCount = readers
        let pool = try DatabasePool(path: path(of: name), configuration: configuration)
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        return pool
    }

    func bytes(of name: String = "vault.db") throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(of: name))))
    }

    func write(_ bytes: [UInt8], to name: String = "vault.db") throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path(of: name)))
    }

    /// Changes one byte of a file in place; applying it twice restores the file.
    func flip(_ offset: Int, by mask: UInt8 = 0x41, in name: String = "vault.db") throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path(of: name)))
        defer { try? handle.close() }
        try handle.seek(toOffset: UInt64(offset))
        guard let byte = try handle.read(upToCount: 1)?.first else {
            throw CocoaError(.fileReadUnknown)
        }
        try handle.seek(toOffset: UInt64(offset))
        try handle.write(contentsOf: Data([byte ^ mask]))
    }

    /// A vault as a crash leaves it: the files of an open one, without its wal-index.
    func crashCopy(_ name: String = "vault.db", to copy: String = "crashed.db") throws {
        try PageEncryption.addKey(key, forDatabaseAt: path(of: copy))
        try write(bytes(of: name), to: copy)
        try write(bytes(of: name + "-wal"), to: copy + "-wal")
        try? FileManager.default.removeItem(atPath: path(of: copy + "-shm"))
    }

    /// All faults that a check of the files finds; a file that cannot be checked is one fault.
    func faults(_ name: String = "vault.db") -> [PageEncryption.Fault] {
        var found: [PageEncryption.Fault] = []
        do {
            try PageEncryption.check(databaseAt: path(of: name), key: key) { found.append($0) }
        } catch {
            found.append(PageEncryption.Fault(place: "\(error.code)", number: 0, code: 0))
        }
        return found
    }
}

/// One SQLite connection without GRDB, for what GRDB would hide: codes, crashes, odd settings.
final class RawConnection {
    private(set) var handle: OpaquePointer?
    let openCode: Int32

    init(
        _ path: String, flags: Int32 = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI
    ) {
        openCode = sqlite3_open_v2(path, &handle, flags, nil)
    }

    deinit { close() }

    func close() {
        sqlite3_close_v2(handle)
        handle = nil
    }

    /// Runs statements; answers with the extended result code.
    @discardableResult
    func run(_ sql: String) -> Int32 {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        return code == SQLITE_OK ? code : sqlite3_extended_errcode(handle)
    }

    /// All rows of a query, columns joined with `|`, or the code of the error that ended it.
    func rows(_ sql: String) -> Answer {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK else {
            return .failed(sqlite3_extended_errcode(handle))
        }
        defer { sqlite3_finalize(statement) }
        var rows: [String] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW:
                let columns = (0..<sqlite3_column_count(statement)).map { column in
                    sqlite3_column_text(statement, column).map { String(cString: $0) } ?? "NULL"
                }
                rows.append(columns.joined(separator: "|"))
            case SQLITE_DONE:
                return .rows(rows)
            default:
                return .failed(sqlite3_extended_errcode(handle))
            }
        }
    }

    enum Answer: Equatable {
        case rows([String])
        case failed(Int32)

        var code: Int32 {
            guard case .failed(let code) = self else { return SQLITE_OK }
            return code
        }
    }
}

let ioErrorData: Int32 = SQLITE_IOERR | (32 << 8)

/// Whether a file contains an ASCII text.
func file(_ path: String, contains text: String) -> Bool {
    guard let data = FileManager.default.contents(atPath: path) else { return false }
    return data.range(of: Data(text.utf8)) != nil
}
