import Foundation
import GRDB
import VaultCrypto

/// The rows of the search index; see `migrations/0003-index.sql`.
struct SegmentTable: ChunkSink {
    let database: Database
    /// Whose chunks are being written.
    private var writing: Int64 = 0

    /// Documents whose removal one row of `search_removed` tells.
    static let documentsInPage = 1 << 14

    init(_ database: Database) { self.database = database }

    init(_ database: Database, writing segment: Int64) {
        self.database = database
        writing = segment
    }

    // MARK: Segments

    func rows(of family: Int64) throws -> [SegmentRow] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT num, format, documents, tokens, terms, average, oldest, newest, lowest,
                    highest, removed, lengths, firsts FROM search_segment
                WHERE family = ? ORDER BY num
                """)
        return try Row.fetchAll(statement, arguments: [family]).map(Self.row)
    }

    private static func row(_ row: Row) throws -> SegmentRow {
        guard row["format"] == SegmentFormat.version else {
            throw SegmentDamage("a segment has a format that this version does not know")
        }
        let lengths = try IntegerList.decode(row.bytes("lengths") ?? [])
        let lowest: Int64 = row["lowest"]
        let highest: Int64 = row["highest"]
        guard lowest <= highest else { throw SegmentDamage("the row of a segment is broken") }
        let segment = SegmentRow(
            number: row["num"], documents: row["documents"], tokens: row["tokens"],
            terms: row["terms"], averageLength: Float(row["average"] as Double),
            oldest: row["oldest"], newest: row["newest"], messages: lowest...highest,
            removed: row["removed"], lengths: lengths,
            firsts: try TermList.decode(row.bytes("firsts") ?? []))
        guard segment.isSound else { throw SegmentDamage("the row of a segment is broken") }
        return segment
    }

    func insert(_ row: SegmentRow, family: Int64) throws {
        let statement = try database.cachedStatement(
            sql: "INSERT INTO search_segment VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        try statement.execute(arguments: [
            row.number, family, SegmentFormat.version, row.documents, row.tokens, row.terms,
            Double(row.averageLength), row.oldest, row.newest, row.messages.lowerBound,
            row.messages.upperBound, row.removed, Data(IntegerList.encode(row.lengths)),
            Data(TermList.encode(row.firsts)),
        ])
        try touch()
    }

    func delete(_ segment: Int64) throws {
        try database.execute(
            sql: "DELETE FROM search_segment WHERE num = ?", arguments: [segment])
        try deleteChunks(of: segment)
        try touch()
    }

    func deleteChunks(of segment: Int64) throws {
        for table in ["search_chunk", "search_removed"] {
            try database.execute(
                sql: "DELETE FROM \(table) WHERE num >= ? AND num < ?",
                arguments: [segment << 24, (segment + 1) << 24])
        }
    }

    /// A number that no segment had before; in any case one that none has now, also where an older
    /// page with a lower count was put back.
    func newNumber() throws -> Int64 {
        let highest = try Int64.fetchOne(
            database,
            sql: """
                SELECT max(num) FROM
                    (SELECT num FROM search_segment UNION ALL SELECT output FROM search_merge)
                """)
        let number = max(try SearchState.value(.segments, in: database), highest ?? 0) + 1
        try SearchState.set(.segments, to: number, in: database)
        return number
    }

    /// Says that segments or removals changed; searches compare it with what they know.
    func touch() throws {
        let stamp = Randomness.bytes(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        try SearchState.set(.stamp, to: stamp, in: database)
    }

    // MARK: Chunks

    mutating func write(_ bytes: [UInt8], chunk: Int, of stream: SegmentStream) throws {
        let row = SegmentStream.row(writing, stream, chunk)
        let sum = unsafe bytes.withUnsafeBytes { unsafe ChunkChecksum.of($0, row: row) }
        var stored = bytes
        stored.append(littleEndian: sum)
        var insertion = try RowInsertion(
            "INSERT OR REPLACE INTO search_chunk VALUES (?, ?)", in: database)
        insertion.bind(row)
        insertion.bind(stored)
        try insertion.run()
    }

    // MARK: Removed documents

    /// Marks documents as removed and says how many were not yet.
    func remove(_ documents: [UInt32], from segment: Int64) throws -> Int {
        var added = 0
        let pages = Dictionary(grouping: documents) { Int($0) / Self.documentsInPage }
        for (page, members) in pages {
            var bits = try removedPage(page, of: segment)
            for document in members {
                let place = Int(document) % Self.documentsInPage
                if bits[place / 8] >> UInt8(place % 8) & 1 == 0 { added += 1 }
                bits[place / 8] |= 1 << UInt8(place % 8)
            }
            try database.execute(
                sql: "INSERT OR REPLACE INTO search_removed VALUES (?, ?)",
                arguments: [segment << 24 | Int64(page), Data(bits)])
        }
        if added > 0 {
            try database.execute(
                sql: "UPDATE search_segment SET removed = removed + ? WHERE num = ?",
                arguments: [added, segment])
            try touch()
        }
        return added
    }

    private func removedPage(_ page: Int, of segment: Int64) throws -> [UInt8] {
        let size = Self.documentsInPage / 8
        let bits = try Row.fetchOne(
            database, sql: "SELECT bits FROM search_removed WHERE num = ?",
            arguments: [segment << 24 | Int64(page)])?.bytes("bits")
        guard bits == nil || bits?.count == size else {
            throw SegmentDamage("a page of removed documents has a wrong size")
        }
        return bits ?? [UInt8](repeating: 0, count: size)
    }

    /// Which documents of a segment are not removed; `nil` when none is.
    func live(_ row: SegmentRow) throws -> Bitset? {
        guard row.removed > 0 else { return nil }
        let live = Bitset(row.documents, full: true)
        for page in 0...(row.documents - 1) / Self.documentsInPage {
            let bits = try removedPage(page, of: row.number)
            for (index, byte) in bits.enumerated() where byte != 0 {
                for bit in 0..<8 where byte >> UInt8(bit) & 1 != 0 {
                    let document = page * Self.documentsInPage + index * 8 + bit
                    if document < row.documents { live.remove(UInt32(document)) }
                }
            }
        }
        guard live.size == row.documents - row.removed else {
            throw SegmentDamage("another number of documents is removed than was counted")
        }
        return live
    }
}

/// A list of terms as bytes: of each a `u8` length and its bytes.
enum TermList {
    static func encode(_ terms: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for term in terms {
            bytes.append(UInt8(term.count))
            bytes.append(contentsOf: term)
        }
        return bytes
    }

    static func decode(_ bytes: [UInt8]) throws -> [[UInt8]] {
        var terms: [[UInt8]] = []
        var position = 0
        while position < bytes.count {
            let end = position + 1 + Int(bytes[position])
            guard end <= bytes.count else { throw SegmentDamage("a list of terms is cut") }
            terms.append(Array(bytes[(position + 1)..<end]))
            position = end
        }
        return terms
    }
}

/// A list of numbers as bytes, each an `i64`.
enum IntegerList {
    static func encode(_ numbers: [Int]) -> [UInt8] {
        var bytes: [UInt8] = []
        for number in numbers { bytes.append(littleEndian: Int64(number)) }
        return bytes
    }

    static func decode(_ bytes: [UInt8]) throws -> [Int] {
        guard bytes.count % 8 == 0 else { throw SegmentDamage("a list of numbers is cut") }
        return stride(from: 0, to: bytes.count, by: 8).map { start in
            Int(
                bytes[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                    & UInt64(Int64.max))
        }
    }
}
