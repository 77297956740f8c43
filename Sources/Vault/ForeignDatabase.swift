import CPageVFS
import Foundation
package import JSONText
package import VaultCrypto

/// A plaintext SQLite file that another program wrote, opened to read it and nothing else.
///
/// The file may be hostile: its schema is not trusted, only ordinary tables are visible, and no SQL
/// of the caller's or the file's is run. The VFS is named, because the default one of this process
/// encrypts. (SQLITE_DBCONFIG_DEFENSIVE guards writes; this connection cannot write.)
///
/// Neither the file nor anything beside it is touched, and no copy is made, which would be
/// plaintext:
///
/// 1. Without a log (`-wal`) the file is opened as one that does not change: no locks, no `-shm`.
/// 2. With one, locks are left out as well and the log's index is built in memory; the log stays.
/// 3. A rollback journal in use is refused: what it would undo is in the file.
///
/// Locks would be writes, so a change under our eyes is not prevented but noticed:
/// `checkUnchanged()`.
@safe package final class ForeignDatabase {
    private let handle: OpaquePointer
    private let place: String
    private let source: ForeignFile
    private let before: [ForeignFile.Mark?]
    /// The ordinary tables, in the order of their names.
    package private(set) var tables: [String] = []

    /// Opens a file read-only.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - place: How messages name it.
    /// - Throws: `.badInput` when it is no SQLite database or cannot be read as one.
    package init(_ path: String, place: String) throws(VaultError) {
        self.place = place
        source = ForeignFile(path)
        before = source.marks
        if source.hasHotJournal {
            throw VaultError(
                .badInput,
                "\(place) holds a change that was cut off (there is a “-journal” beside it); open "
                    + "it once with the program that wrote it, then import it again.")
        }
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_FULLMUTEX
        let status =
            source.hasLog
            ? unsafe sqlite3_open_v2(source.path, &opened, flags, "unix-none")
            : unsafe sqlite3_open_v2(
                source.unchangingURI, &opened, flags | SQLITE_OPEN_URI, "unix")
        guard status == SQLITE_OK, let opened = unsafe opened,
            unsafe cvfs_leave_log(opened) == SQLITE_OK
        else {
            unsafe sqlite3_close(opened)
            throw VaultError(.badInput, "\(place) cannot be opened as a database.")
        }
        unsafe handle = opened
        unsafe sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, 512 << 20)
        unsafe sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, 1 << 20)
        unsafe sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0)
        unsafe sqlite3_busy_timeout(handle, 2000)
        for setting in [
            "trusted_schema = OFF", "cell_size_check = ON", "query_only = ON", "mmap_size = 0",
            "temp_store = MEMORY", "locking_mode = EXCLUSIVE",
        ] {
            try run("PRAGMA \(setting)", [])
        }
        let list =
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
            + " ORDER BY name"
        var names: [String] = []
        try run(list, []) { (row) throws(VaultError) in
            if let name = row.members.first?.value.string { names.append(name) }
        }
        tables = names
    }

    deinit { unsafe sqlite3_close(handle) }

    /// Checks the structure of the whole file.
    ///
    /// - Throws: `.badInput` when it is damaged or cut off.
    package func verify() throws(VaultError) {
        var verdict: String?
        try run("PRAGMA quick_check(1)", []) {
            (row) throws(VaultError) in
            if verdict == nil { verdict = row.members.first?.value.string }
        }
        if verdict != "ok" { throw damaged() }
    }

    /// Makes sure that nobody wrote to the file or its log since it was opened.
    ///
    /// - Throws: `.badInput` when somebody did: what was read meanwhile may be of two states.
    package func checkUnchanged() throws(VaultError) {
        guard source.marks != before else { return }
        throw VaultError(
            .badInput,
            "\(place) was changed while it was read; end the program that writes it and import it "
                + "again.")
    }

    /// The names of a table's columns; empty when there is no such table.
    package func columns(of table: String) throws(VaultError) -> [String] {
        guard tables.contains(table) else { return [] }
        var names: [String] = []
        try run("PRAGMA table_info(\(Self.quoted(table)))", []) {
            (row) throws(VaultError) in
            if let name = row["name"]?.string { names.append(name) }
        }
        return names
    }

    /// Reads rows one at a time; columns are members in the table's order.
    ///
    /// Numbers and text keep their kind; a blob is an object `{"blobBytes": size}`, its bytes come
    /// from `blob`. Columns that the table lacks are left out, a table that is absent has no rows.
    ///
    /// - Parameters:
    ///   - table: The table.
    ///   - wanted: The columns; `nil` for all.
    ///   - column: A column that must equal `value`; `nil` for all rows.
    ///   - value: Text or a whole number.
    ///   - order: Columns to sort by.
    ///   - body: Takes a row.
    /// - Throws: What `body` throws; `.badInput` when the file is damaged.
    package func rows(
        of table: String, columns wanted: [String]? = nil, where column: String? = nil,
        equals value: JSON = .null, orderedBy order: [String] = [],
        _ body: (JSONObject) throws(VaultError) -> Void
    ) throws(VaultError) {
        let known = try columns(of: table)
        let selected = known.filter { wanted?.contains($0) ?? true }
        guard !selected.isEmpty else { return }
        var text = "SELECT \(selected.map(Self.quoted).joined(separator: ", "))"
        text += " FROM \(Self.quoted(table))"
        var values: [JSON] = []
        if let column {
            guard known.contains(column) else { return }
            text += " WHERE \(Self.quoted(column)) = ?1"
            values = [value]
        }
        let sorted = order.filter(known.contains).map(Self.quoted)
        if !sorted.isEmpty { text += " ORDER BY \(sorted.joined(separator: ", "))" }
        try run(text, values) { (row) throws(VaultError) in
            try body(row)
        }
    }

    /// The bytes of one blob; `nil` when there is none.
    ///
    /// - Parameters:
    ///   - column: The blob's column.
    ///   - table: The table.
    ///   - key: The column that picks the row.
    ///   - value: Its value.
    /// - Returns: The bytes.
    /// - Throws: `.badInput` when the file is damaged.
    package func blob(
        _ column: String, of table: String, where key: String, equals value: JSON
    ) throws(VaultError) -> [UInt8]? {
        let known = try columns(of: table)
        guard known.contains(column), known.contains(key) else { return nil }
        let text =
            "SELECT \(Self.quoted(column)) FROM \(Self.quoted(table))"
            + " WHERE \(Self.quoted(key)) = ?1 LIMIT 1"
        let statement = try unsafe prepare(text, [value])
        defer { unsafe sqlite3_finalize(statement) }
        guard unsafe sqlite3_step(statement) == SQLITE_ROW,
            let bytes = unsafe sqlite3_column_blob(statement, 0)
        else { return nil }
        let count = unsafe Int(sqlite3_column_bytes(statement, 0))
        return unsafe [UInt8](UnsafeRawBufferPointer(start: bytes, count: count))
    }

    // MARK: Statements

    private static func quoted(_ name: String) -> String {
        "\""
            + name.split(separator: "\"", omittingEmptySubsequences: false).joined(
                separator: "\"\"")
            + "\""
    }

    private func damaged() -> VaultError {
        VaultError(.badInput, "\(place) is not a readable database; copy it again.")
    }

    private func prepare(_ text: String, _ values: [JSON]) throws(VaultError) -> OpaquePointer {
        var prepared: OpaquePointer?
        guard unsafe sqlite3_prepare_v2(handle, text, -1, &prepared, nil) == SQLITE_OK,
            let prepared = unsafe prepared
        else { throw damaged() }
        for (index, value) in values.enumerated() {
            let position = Int32(index + 1)
            if let number = value.int {
                unsafe sqlite3_bind_int64(prepared, position, number)
            } else if let string = value.string {
                let copy = unsafe BoundValue.isCopied
                let count = Int32(string.utf8.count)
                unsafe sqlite3_bind_text(prepared, position, string, count, copy)
            }
        }
        return unsafe prepared
    }

    private func run(
        _ text: String, _ values: [JSON],
        _ body: (JSONObject) throws(VaultError) -> Void = { (_) throws(VaultError) in }
    ) throws(VaultError) {
        let statement = try unsafe prepare(text, values)
        defer { unsafe sqlite3_finalize(statement) }
        while true {
            switch unsafe sqlite3_step(statement) {
            case SQLITE_ROW: try body(unsafe Self.row(of: statement))
            case SQLITE_DONE: return
            default: throw damaged()
            }
        }
    }

    private static func row(of statement: OpaquePointer) -> JSONObject {
        var row = JSONObject()
        let count = unsafe sqlite3_column_count(statement)
        for index in 0..<count {
            guard let name = unsafe sqlite3_column_name(statement, index) else { continue }
            unsafe row[String(cString: name)] = unsafe value(of: statement, at: index)
        }
        return row
    }

    private static func value(of statement: OpaquePointer, at index: Int32) -> JSON {
        switch unsafe sqlite3_column_type(statement, index) {
        case SQLITE_INTEGER: return unsafe .integer(sqlite3_column_int64(statement, index))
        case SQLITE_FLOAT:
            let number = unsafe sqlite3_column_double(statement, index)
            return number.isFinite ? .number("\(number)") : .string("\(number)")
        case SQLITE_TEXT:
            let bytes = unsafe UnsafeBufferPointer(
                start: sqlite3_column_text(statement, index),
                count: Int(sqlite3_column_bytes(statement, index)))
            return unsafe .string(String(decoding: bytes, as: UTF8.self))
        case SQLITE_BLOB:
            return unsafe .object(["blobBytes": .integer(sqlite3_column_bytes(statement, index))])
        default: return .null
        }
    }
}
