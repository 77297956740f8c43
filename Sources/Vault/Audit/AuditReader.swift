import GRDB
import VaultCrypto

/// Reads the entries of the audit log, inside the caller's transaction.
struct AuditReader {
    let db: Database

    /// Lends entries in their order, from a number on.
    ///
    /// - Throws: `damaged` for an entry that is missing or not as it was written; what `body`
    ///   throws.
    func forEach(from first: Int64 = 0, _ body: (AuditEntry) throws -> Void) throws {
        try forEachLine(from: first, to: .max) { index, line in
            try body(try AuditEntry(parsing: line, at: index))
        }
    }

    /// Lends the lines of entries in their order, from a number on and before another.
    func forEachLine(
        from first: Int64, to end: Int64, _ body: (Int64, String) throws -> Void
    ) throws {
        var expected = first
        let rows = try Row.fetchCursor(
            db, sql: "SELECT num, line FROM log_entry WHERE num >= ? AND num < ? ORDER BY num",
            arguments: [first, end])
        while let row = try rows.next() {
            guard row["num"] == expected else {
                throw VaultError(
                    .damaged,
                    "Entry \(expected) of the audit log is missing; run `coffer audit verify`.")
            }
            try body(expected, row["line"])
            expected += 1
        }
    }

    /// The newest entry for which a condition holds.
    func last(where condition: (AuditEntry) -> Bool) throws -> AuditEntry? {
        let rows = try Row.fetchCursor(
            db, sql: "SELECT num, line FROM log_entry ORDER BY num DESC LIMIT 1024")
        while let row = try rows.next() {
            let entry = try AuditEntry(parsing: row["line"], at: row["num"])
            if condition(entry) { return entry }
        }
        return nil
    }

    /// The entry with a number.
    ///
    /// - Throws: `notFound` when the log is shorter.
    func entry(_ index: Int64) throws -> (entry: AuditEntry, line: String) {
        let line = try String.fetchOne(
            db, sql: "SELECT line FROM log_entry WHERE num = ?", arguments: [index])
        guard let line else {
            throw VaultError(
                .notFound,
                "The audit log has no entry \(index); `coffer audit log` shows those there are.")
        }
        return (try AuditEntry(parsing: line, at: index), line)
    }

    /// The line of an entry's document; `nil` without one.
    ///
    /// - Throws: `damaged` when it is missing or not the one of its entry.
    func document(of entry: AuditEntry) throws -> String? {
        guard let digest = entry.document else { return nil }
        let line = try String.fetchOne(
            db, sql: "SELECT line FROM log_document WHERE entry = ?", arguments: [entry.index])
        guard let line, SHA256Digest.hash(utf8: line) == digest else {
            throw VaultError(
                .damaged,
                "The document of entry \(entry.index) of the audit log is damaged; run "
                    + "`coffer audit verify`.")
        }
        return line
    }
}
