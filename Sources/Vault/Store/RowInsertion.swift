import CPageVFS
import GRDB

/// Inserts rows with one statement, whose values are bound one after the other.
///
/// GRDB's arguments make an existential and a `DatabaseValue` of each value, which costs more than
/// SQLite's own work where millions of rows are written.
@safe struct RowInsertion {
    private let statement: Statement
    private let handle: OpaquePointer
    private let database: Database
    private var next: Int32 = 0

    /// - Parameters:
    ///   - sql: A statement that returns no rows.
    ///   - database: A connection inside a write transaction.
    /// - Throws: What preparing it reports.
    init(_ sql: String, in database: Database) throws {
        self.database = database
        statement = try database.cachedStatement(sql: sql)
        unsafe handle = statement.sqliteStatement
        unsafe sqlite3_reset(handle)
    }

    /// Begins the next row.
    mutating func begin() { next = 0 }

    mutating func bind(_ number: Int64?) {
        next += 1
        if let number {
            unsafe sqlite3_bind_int64(handle, next, number)
        } else {
            unsafe sqlite3_bind_null(handle, next)
        }
    }

    mutating func bind(_ text: String?) {
        next += 1
        guard var text else {
            unsafe sqlite3_bind_null(handle, next)
            return
        }
        let copy = unsafe BoundValue.isCopied
        text.withUTF8 { utf8 in
            unsafe utf8.withMemoryRebound(to: CChar.self) { bytes in
                // An empty buffer may have no address, which would mean NULL.
                guard let base = bytes.baseAddress else {
                    unsafe sqlite3_bind_text(handle, next, "", 0, copy)
                    return
                }
                unsafe sqlite3_bind_text64(
                    handle, next, base, UInt64(bytes.count), copy, UInt8(SQLITE_UTF8))
            }
        }
    }

    mutating func bind(_ bytes: [UInt8]) {
        next += 1
        let copy = unsafe BoundValue.isCopied
        unsafe bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else {
                unsafe sqlite3_bind_zeroblob(handle, next, 0)
                return
            }
            unsafe sqlite3_bind_blob64(handle, next, base, UInt64(bytes.count), copy)
        }
    }

    /// Runs the statement; the values are copied and need not live on.
    func run() throws {
        defer { unsafe sqlite3_reset(handle) }
        let code = unsafe sqlite3_step(handle)
        guard code == SQLITE_DONE else {
            throw DatabaseError(
                resultCode: ResultCode(rawValue: code),
                message: unsafe String(cString: sqlite3_errmsg(database.sqliteConnection)))
        }
    }
}

/// What SQLite does with the memory of a value that is bound to a statement.
enum BoundValue {
    /// It copies it.
    static var isCopied: sqlite3_destructor_type {
        // SQLITE_TRANSIENT is the number -1 in the place of a function, which SQLite never calls.
        unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    }
}
