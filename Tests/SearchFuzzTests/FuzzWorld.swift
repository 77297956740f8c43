import Foundation
import GRDB

@testable import Vault

/// An index that the real builder made, in a database in memory, and what its queries answer.
///
/// Family 0 is small: three segments with removed documents, and a merge of them under way. Family
/// 1 has terms in more than 4,096 documents, and more skip entries than one chunk holds.
struct FuzzWorld: Sendable {
    let queue: DatabaseQueue
    /// Of each family everything that can be changed in it.
    let places: [[FuzzPlace]]
    /// Of each family the answers of `FuzzQueries` while nothing is changed.
    let answers: [[FuzzAnswer?]]
    /// The highest number of a segment whose row is there.
    let lastSegment: Int64
    /// Whether inputs are about family 0 alone.
    let isSmallOnly: Bool

    init(isSmallOnly: Bool = false) throws {
        self.isSmallOnly = isSmallOnly
        queue = try DatabaseQueue()
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        for name in ["0001-vault.sql", "0002-search.sql", "0003-index.sql"] {
            let file = root.appending(path: "migrations").appending(path: name)
            let sql = try String(contentsOf: file, encoding: .utf8)
            try queue.write { try $0.execute(sql: sql) }
        }
        (places, answers, lastSegment) = try queue.write { database in
            try Self.fillSmall(InvertedIndex(database, family: 0))
            try Self.fillLarge(InvertedIndex(database, family: 1))
            let last = try Int64.fetchOne(database, sql: "SELECT max(num) FROM search_segment")
            let families: [Int64] = [0, 1]
            return (
                try families.map { try FuzzPlace.all(of: $0, in: database) },
                try families.map { family in
                    try SearchState.set(.live, to: family, in: database)
                    return try FuzzQueries(family).answers(in: database)
                }, last ?? 0
            )
        }
    }

    private static func fillSmall(_ index: InvertedIndex) throws {
        try index.add(
            (1...132).map { number in
                let tail = number % 7 == 0 ? " only\(number) a phrase of it" : ""
                return document(number, "shared w\(number % 7)\(tail)")
            })
        try index.add((133...136).map { document($0, "shared again w\($0 % 3) a phrase") })
        try index.add((137...150).map { document($0, "shared late phrase of phrase of") })
        _ = try index.remove([3: [3, 13, 23], 4: [134], 5: [145]])
        _ = try index.maintenance.step(postings: 160, aim: .atMost(1))
    }

    private static func fillLarge(_ index: InvertedIndex) throws {
        let words = (0..<28).map { "shared\($0)" }.joined(separator: " ")
        try index.add(
            (1001...5300).map { document($0, $0 % 50 == 0 ? "\(words) rare\($0)" : words) })
        try index.add((5301...5302).map { document($0, "shared0 shared1") })
        _ = try index.remove([1: [1001, 2001], 9: [1009]])
    }

    private static func document(_ number: Int, _ text: String) -> IndexedDocument {
        let fields = SearchFields(message: Int64(number), title: nil, parts: [text])
        let facts = MessageFacts(
            conversation: Int64(number % 10), role: Int64(number % 2), model: 4, provider: nil,
            source: 5, custodian: 6, hasAttachment: number % 50 == 0)
        return IndexedDocument(
            text: AnalysedDocument(fields), time: Int64(1_700_000_000_000 + number / 2 * 60_000),
            facts: facts.terms)
    }
}

/// Bytes of the index that can be changed: a chunk, or a column of another row.
enum FuzzPlace: Equatable, Sendable {
    case chunk(row: Int64)
    /// A BLOB.
    case bytes(table: String, column: String, row: Int64)
    /// A number as eight bytes; a REAL by its bits.
    case number(table: String, column: String, row: Int64, isReal: Bool)

    static func all(of family: Int64, in database: Database) throws -> [FuzzPlace] {
        let segments = try Int64.fetchAll(
            database, sql: "SELECT num FROM search_segment WHERE family = ?", arguments: [family])
        let merges = try Int64.fetchAll(
            database, sql: "SELECT output FROM search_merge WHERE family = ?", arguments: [family])
        var places: [FuzzPlace] = []
        for segment in segments + merges {
            for (table, isChunk) in [("search_chunk", true), ("search_removed", false)] {
                let rows = try Int64.fetchAll(
                    database, sql: "SELECT num FROM \(table) WHERE num >> 24 = ? ORDER BY num",
                    arguments: [segment])
                places += rows.map {
                    isChunk ? .chunk(row: $0) : .bytes(table: table, column: "bits", row: $0)
                }
            }
        }
        for segment in segments { places += ofSegment(segment) }
        for merge in merges { places += ofMerge(merge) }
        return places
    }

    private static func ofSegment(_ segment: Int64) -> [FuzzPlace] {
        let numbers = [
            "documents", "tokens", "terms", "average", "oldest", "newest", "lowest", "highest",
            "removed",
        ]
        return ["lengths", "firsts"].map {
            .bytes(table: "search_segment", column: $0, row: segment)
        }
            + numbers.map {
                .number(
                    table: "search_segment", column: $0, row: segment, isReal: $0 == "average")
            }
    }

    private static func ofMerge(_ merge: Int64) -> [FuzzPlace] {
        ["inputs", "removed", "last", "chunks", "firsts"].map {
            .bytes(table: "search_merge", column: $0, row: merge)
        }
            + ["average", "terms"].map {
                .number(table: "search_merge", column: $0, row: merge, isReal: $0 == "average")
            }
    }

    var segment: Int64? {
        if case .chunk(let row) = self { row >> 24 } else { nil }
    }

    // MARK: Reading and writing

    private static func key(_ table: String) -> String {
        table == "search_merge" ? "output" : "num"
    }

    /// The row of a chunk with its checksum.
    func stored(in database: Database) throws -> [UInt8] {
        guard case .chunk(let row) = self else { return [] }
        return try Self.stored(row, in: database)
    }

    /// Puts the row of a chunk back.
    func restore(_ bytes: [UInt8], in database: Database) throws {
        guard case .chunk(let row) = self else { return }
        try database.cachedStatement(sql: "UPDATE search_chunk SET bytes = ? WHERE num = ?")
            .execute(arguments: [Data(bytes), row])
    }

    private static func stored(_ chunk: Int64, in database: Database) throws -> [UInt8] {
        try Row.fetchOne(
            database.cachedStatement(sql: "SELECT bytes FROM search_chunk WHERE num = ?"),
            arguments: [chunk])?.bytes("bytes") ?? []
    }

    func read(in database: Database) throws -> [UInt8] {
        switch self {
        case .chunk(let row):
            return try Self.stored(row, in: database).dropLast(ChunkChecksum.byteCount)
        case .bytes(let table, let column, let row):
            return try Row.fetchOne(
                database.cachedStatement(
                    sql: "SELECT \(column) AS bytes FROM \(table) WHERE \(Self.key(table)) = ?"),
                arguments: [row])?.bytes("bytes") ?? []
        case .number(let table, let column, let row, let isReal):
            let statement = try database.cachedStatement(
                sql: "SELECT \(column) FROM \(table) WHERE \(Self.key(table)) = ?")
            var bytes: [UInt8] = []
            if isReal {
                let number = try Double.fetchOne(statement, arguments: [row]) ?? 0
                bytes.append(littleEndian: Int64(bitPattern: number.bitPattern))
            } else {
                bytes.append(littleEndian: try Int64.fetchOne(statement, arguments: [row]) ?? 0)
            }
            return bytes
        }
    }

    /// Writes the bytes; where `isSealed`, a chunk's checksum fits what it is now, so that the
    /// decoders see it, and otherwise the one of before stays.
    func write(_ bytes: [UInt8], isSealed: Bool, in database: Database) throws {
        switch self {
        case .chunk(let row):
            var stored = bytes
            if isSealed {
                stored.append(
                    littleEndian: bytes.withUnsafeBytes { ChunkChecksum.of($0, row: row) })
            } else {
                stored += try Self.stored(row, in: database).suffix(ChunkChecksum.byteCount)
            }
            try database.cachedStatement(sql: "UPDATE search_chunk SET bytes = ? WHERE num = ?")
                .execute(arguments: [Data(stored), row])
        case .bytes(let table, let column, let row):
            try database.cachedStatement(
                sql: "UPDATE \(table) SET \(column) = ? WHERE \(Self.key(table)) = ?"
            ).execute(arguments: [Data(bytes), row])
        case .number(let table, let column, let row, let isReal):
            let bits = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let value: DatabaseValue =
                isReal
                ? Double(bitPattern: bits).databaseValue : Int64(bitPattern: bits).databaseValue
            // SQLite makes NULL of a number that is none, which the column refuses.
            if value.isNull || isReal && Double(bitPattern: bits).isNaN { return }
            try database.cachedStatement(
                sql: "UPDATE \(table) SET \(column) = ? WHERE \(Self.key(table)) = ?"
            ).execute(arguments: [value, row])
        }
    }
}
