import GRDB

/// The index as FTS5 tables without content (migration 0002).
struct FTSIndex: SearchIndex {
    /// The two tables, of which one is live.
    enum Table: Int64 {
        case a, b

        var name: String { self == .a ? "search_a" : "search_b" }
        var other: Table { self == .a ? .b : .a }
    }

    func live(in database: Database) throws -> Table {
        Table(rawValue: try SearchState.value(.live, in: database)) ?? .a
    }

    func add(_ document: AnalysedDocument, in database: Database) throws {
        try insert(document, into: live(in: database), in: database)
    }

    func remove(_ document: AnalysedDocument, in database: Database) throws {
        try delete(document, from: live(in: database), in: database)
    }

    func entry(of message: Int64, in database: Database) throws -> IndexEntry? {
        let table = try live(in: database)
        let statement = try database.cachedStatement(
            sql: "SELECT substr(sz, 1, 1) <> x'00' FROM \(table.name)_docsize WHERE id = ?")
        return try Bool.fetchOne(statement, arguments: [message]).map { IndexEntry(hasTitle: $0) }
    }

    func count(in database: Database) throws -> Int {
        let table = try live(in: database)
        let sql = "SELECT count(*) FROM \(table.name)_docsize"
        return try Int.fetchOne(database, sql: sql) ?? 0
    }

    private func insert(
        _ document: AnalysedDocument, into table: Table, in database: Database
    ) throws {
        let statement = try database.cachedStatement(
            sql: "INSERT INTO \(table.name) (rowid, title, body, fragments) VALUES (?, ?, ?, ?)")
        try statement.execute(arguments: arguments(document))
    }

    private func delete(
        _ document: AnalysedDocument, from table: Table, in database: Database
    ) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO \(table.name) (\(table.name), rowid, title, body, fragments)
                VALUES ('delete', ?, ?, ?, ?)
                """)
        try statement.execute(arguments: arguments(document))
    }

    private func arguments(_ document: AnalysedDocument) -> StatementArguments {
        [
            document.message, text(document.title), text(document.body), text(document.fragments),
        ]
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    // MARK: Rebuilding

    func beginRebuild(in database: Database) throws {
        try clear(live(in: database).other, in: database)
    }

    func addToNext(_ document: AnalysedDocument, in database: Database) throws {
        try insert(document, into: live(in: database).other, in: database)
    }

    func removeFromNext(_ document: AnalysedDocument, in database: Database) throws {
        try delete(document, from: live(in: database).other, in: database)
    }

    func finishRebuild(in database: Database) throws {
        let old = try live(in: database)
        try SearchState.set(.live, to: old.other.rawValue, in: database)
        try clear(old, in: database)
    }

    func forgetRemoved(in database: Database) throws {
        let table = try live(in: database)
        try database.execute(sql: "INSERT INTO \(table.name) (\(table.name)) VALUES ('optimize')")
    }

    private func clear(_ table: Table, in database: Database) throws {
        try database.execute(sql: "INSERT INTO \(table.name) (\(table.name)) VALUES ('delete-all')")
    }

    // MARK: Checking

    func structureFaults(in database: Database) throws -> [String] {
        let table = try live(in: database)
        do {
            try database.execute(
                sql: "INSERT INTO \(table.name) (\(table.name)) VALUES ('integrity-check')")
            return []
        } catch let error as DatabaseError {
            return ["the full-text index is damaged (\(error.resultCode)); rebuild it"]
        }
    }

    func difference(in database: Database) throws -> IndexDifference {
        let sizes = try live(in: database).name + "_docsize"
        return IndexDifference(
            missing: try Int64.fetchAll(
                database,
                sql: """
                    SELECT num FROM message WHERE num NOT IN (SELECT id FROM \(sizes))
                    AND num NOT IN (SELECT message FROM search_unreadable)
                    """),
            surplus: try Int64.fetchAll(
                database,
                sql: "SELECT id FROM \(sizes) WHERE id NOT IN (SELECT num FROM message)"))
    }

    func fingerprints(in database: Database) throws -> [Int64: UInt64] {
        let table = try live(in: database)
        var sums: [Int64: UInt64] = [:]
        for message in try Int64.fetchAll(database, sql: "SELECT id FROM \(table.name)_docsize") {
            sums[message] = 0
        }
        let rows = try Row.fetchCursor(
            database, sql: "SELECT doc, col, \"offset\", term FROM \(table.name)_term")
        while let row = try rows.next() {
            let column: String = row[1]
            let term: String = row[3]
            let number = Self.columns.firstIndex(of: column) ?? 0
            sums[row[0], default: 0] &+= Self.hash(number, row[2], Array(term.utf8)[...])
        }
        return sums
    }

    func fingerprint(_ document: AnalysedDocument) -> UInt64 {
        var sum: UInt64 = 0
        for (column, bytes) in [document.title, document.body, document.fragments].enumerated() {
            for (offset, token) in bytes.split(separator: 0x20).enumerated() {
                sum &+= Self.hash(column, offset, token)
            }
        }
        return sum
    }

    private static let columns = ["title", "body", "fragments"]

    /// FNV-1a over column, place and bytes, finished so that sums of it keep their bits.
    private static func hash(_ column: Int, _ offset: Int, _ token: ArraySlice<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ UInt64(offset << 2 | column)
        for byte in token { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ hash >> 33) &* 0xFF51_AFD7_ED55_8CCD
        return hash ^ hash >> 33
    }
}
