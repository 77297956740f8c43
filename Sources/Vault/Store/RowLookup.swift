import CPageVFS
import GRDB

/// Reads rows of a cached statement without making values of GRDB's from them.
///
/// A search asks for a few dozen rows, and GRDB's rows would take longer than all the rest of it.
@safe struct RowLookup {
    private let statement: Statement
    private let handle: OpaquePointer
    private let database: Database

    /// - Parameters:
    ///   - sql: A statement that returns rows.
    ///   - database: A connection inside a transaction.
    /// - Throws: What preparing it reports.
    init(_ sql: String, in database: Database) throws {
        self.database = database
        statement = try database.cachedStatement(sql: sql)
        unsafe handle = statement.sqliteStatement
        unsafe sqlite3_reset(handle)
    }

    /// Runs a statement that returns nothing.
    func run() throws { try forEach { _ in } }

    /// Runs the statement with a number, lends the rows one after the other, and ends it.
    func forEach(_ number: Int64? = nil, _ body: (RowLookup) throws -> Void) throws {
        defer { unsafe sqlite3_reset(handle) }
        if let number { unsafe sqlite3_bind_int64(handle, 1, number) }
        while true {
            switch unsafe sqlite3_step(handle) {
            case SQLITE_ROW: try body(self)
            case SQLITE_DONE: return
            case let code:
                throw DatabaseError(
                    resultCode: ResultCode(rawValue: code),
                    message: unsafe String(cString: sqlite3_errmsg(database.sqliteConnection)))
            }
        }
    }

    /// What is made of the only row for a number; `nil` when there is none.
    func first<Value>(_ number: Int64? = nil, _ body: (RowLookup) throws -> Value) throws -> Value?
    {
        var value: Value?
        try forEach(number) { row in value = try body(row) }
        return value
    }

    // MARK: Columns of the present row

    func number(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }

    func optionalNumber(_ column: Int32) -> Int64? {
        unsafe sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : number(column)
    }

    func text(_ column: Int32) -> String? {
        unsafe sqlite3_column_text(handle, column).map { unsafe String(cString: $0) }
    }

    /// Lends a BLOB; empty for NULL.
    func withBytes<Value>(
        _ column: Int32, _ body: (UnsafeRawBufferPointer) throws -> Value
    ) rethrows -> Value {
        let start = unsafe sqlite3_column_blob(handle, column)
        let count = unsafe Int(sqlite3_column_bytes(handle, column))
        return try unsafe body(
            UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    }
}
