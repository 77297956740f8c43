import Foundation
import GRDB
import VaultCrypto

/// What a search for traces of destroyed records found in a generation.
package struct ScanResult: Sendable, Equatable {
    /// Pages of the database, free ones among them.
    package var pages: Int64 = 0
    package var pieces = 0
    package var terms = 0
    /// Where traces are, in words; empty where there are none.
    package var found: [String] = []
}

/// Searches a generation that nobody has open for the traces of what was destroyed.
struct DestructionScan {
    let pieces: [[UInt8]]
    let terms: [[UInt8]]

    /// Reads the traces that a generation keeps.
    init(of store: Store) throws(VaultError) {
        let rows = try store.read { db in
            try Row.fetchAll(db, sql: "SELECT isTerm, bytes FROM trace ORDER BY num").map {
                (isTerm: $0["isTerm"] as Bool, bytes: $0.bytes("bytes") ?? [])
            }
        }
        pieces = rows.filter { !$0.isTerm }.map(\.bytes)
        terms = rows.filter(\.isTerm).map(\.bytes)
    }

    /// Looks at every page of a database and at its search index.
    ///
    /// - Parameters:
    ///   - path: The database, closed.
    ///   - vaultKey: Its vault key.
    /// - Returns: What was found; a piece that a record which is still there has as well is no
    ///   trace.
    /// - Throws: `damaged` for a page that is not as it was written; what the database reports.
    func run(
        databaseAt path: String, vaultKey: borrowing SecretBytes
    ) throws(VaultError) -> ScanResult {
        var result = ScanResult(pieces: pieces.count, terms: terms.count)
        let search = PieceSearch(pieces)
        let key = vaultKey.subkey(context: "coffer database")
        result.pages = unsafe try PageEncryption.readAll(databaseAt: path, key: key) {
            isFrame, number, bytes in
            unsafe search.look(through: bytes, "\(isFrame ? "log frame" : "page") \(number)")
        }
        let store = try Store(path, vaultKey: vaultKey, readers: .one)
        let terms = Result { () throws(VaultError) in try store.read(self.termsLeft) }
        let explained = Result { () throws(VaultError) in
            if !search.found.isEmpty { try store.read { try explain(search, in: $0) } }
        }
        try store.close()
        try explained.get()
        result.found = search.found.values.sorted()
        if try terms.get() > 0 { result.found.append("the search index") }
        return result
    }

    /// How many terms of the destroyed records the index has that no record has that it names.
    func termsLeft(in db: Database) throws -> Int {
        let search = try IndexSearch(IndexState(), in: db)
        let analyser = try TextAnalyser(in: db)
        let stored = StoredText(database: db)
        return try terms.count { term in
            guard try search.frequency(term) > 0 else { return false }
            // Documents that were removed explain nothing: their words should be gone.
            var isExplained = false
            try search.forEachMatch(.term(term)) { message in
                let document = try stored.document(of: message, analyser)
                isExplained = document?.text.has(term) ?? false
                return isExplained
            }
            return !isExplained
        }
    }

    /// Dismisses the pieces that lines of present records have; reads no further than it must.
    ///
    /// What many records have, and was in a destroyed one too, is met soon.
    private func explain(_ search: PieceSearch, in db: Database) throws {
        let numbers = search.found.keys.sorted()
        let present = PieceSearch(numbers.map { pieces[$0] })
        let lines = try Row.fetchCursor(
            db,
            sql: """
                SELECT title FROM conversation WHERE title IS NOT NULL
                UNION ALL SELECT extra FROM conversation
                UNION ALL SELECT detail FROM message WHERE detail IS NOT NULL
                UNION ALL SELECT text FROM name UNION ALL SELECT line FROM log_document
                UNION ALL SELECT source_id FROM message WHERE source_id IS NOT NULL
                UNION ALL SELECT source_id FROM conversation
                UNION ALL SELECT line FROM part UNION ALL SELECT record FROM version
                """)
        while !present.isDone, let row = try lines.next() {
            try row.withUnsafeData(atIndex: 0) { data in
                unsafe data?.withUnsafeBytes { unsafe present.look(through: $0, "") }
            }
        }
        if !present.isDone { try lookThroughAttachments(present, in: db) }
        for number in present.found.keys { search.dismiss(numbers[number]) }
    }

    /// Chunks one behind the other, so that what stands across two of them counts.
    private func lookThroughAttachments(_ search: PieceSearch, in db: Database) throws {
        let chunks = try Row.fetchCursor(
            db, sql: "SELECT num >> 24, data FROM attachment_chunk ORDER BY num")
        var (attachment, rest): (Int64, [UInt8]) = (-1, [])
        while let row = try chunks.next() {
            if row[0] != attachment { rest = [] }
            attachment = row[0]
            let bytes = rest + (try row.withUnsafeData(atIndex: 1) { $0.map(Array.init) ?? [] })
            unsafe bytes.withUnsafeBytes { unsafe search.look(through: $0, "") }
            rest = Array(bytes.suffix(DestructionTraces.pieceBytes - 1))
        }
    }
}

extension AnalysedDocument {
    fileprivate func has(_ term: [UInt8]) -> Bool {
        var isThere = false
        forEachToken { token, _ in isThere = isThere || token.elementsEqual(term) }
        return isThere
    }
}
