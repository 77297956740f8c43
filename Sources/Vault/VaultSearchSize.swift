import GRDB
package import VaultCrypto

/// What the search index takes on the disk.
package struct SearchIndexSize: Sendable, Equatable {
    /// Bytes of the pages of its tables, free space inside them included.
    package var bytes: Int64
    /// Parts that a search reads one after the other; `nil` where the index has no such thing.
    package var segments: Int?
    /// Bytes of the chunks of each stream of the segments, by the stream's name.
    package var streams: [String: Int64] = [:]
}

extension Vault {
    /// Measures the search index, whatever tables it is made of.
    ///
    /// - Throws: `notFound` where SQLite was built without its table of pages.
    package func searchIndexSize() throws(VaultError) -> SearchIndexSize {
        try store.read { db in
            let option = "SELECT sqlite_compileoption_used('ENABLE_DBSTAT_VTAB')"
            guard try Bool.fetchOne(db, sql: option) == true else {
                throw VaultError(
                    .notFound, "This SQLite cannot measure its tables; use one with dbstat.")
            }
            let bytes = try Int64.fetchOne(
                db,
                sql: """
                    SELECT sum(pgsize) FROM dbstat
                    WHERE aggregate = TRUE AND name LIKE 'search\\_%' ESCAPE '\\'
                    """)
            return SearchIndexSize(
                bytes: bytes ?? 0, segments: try Self.liveSegments(in: db),
                streams: try Self.streams(in: db))
        }
    }

    private static func streams(in db: Database) throws -> [String: Int64] {
        var sizes: [String: Int64] = [:]
        // Summed here: SQLite would sort the chunks by stream, and have all their bytes in memory.
        let rows = try Row.fetchCursor(
            db, sql: "SELECT num >> 20 & 15 AS stream, length(bytes) AS size FROM search_chunk")
        while let row = try rows.next() {
            guard let stream = SegmentStream(rawValue: row["stream"]) else { continue }
            sizes["\(stream)", default: 0] += row["size"] as Int64
        }
        return sizes
    }

    private static func liveSegments(in db: Database) throws -> Int? {
        guard try db.tableExists("search_segment") else { return nil }
        return try Int.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM search_segment
                WHERE family = (SELECT value FROM search_state WHERE name = 'live')
                """)
    }
}
