import Foundation
import GRDB
import Synchronization
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

/// Takes how many bytes of a new generation are written, and of how many, and says whether to go
/// on; called by any thread.
package typealias ErasureWatch = @Sendable (_ doneBytes: Int64, _ totalBytes: Int64) -> Bool

/// Searches a new generation for the traces of what was destroyed: its pages while they are written
/// (`pageLook`), then its search index (`conclude`).
final class DestructionScan: Sendable {
    let pieces: [[UInt8]]
    let terms: [[UInt8]]
    private let met = Mutex<[Int: PiecePlace]>([:])
    private let pages = Atomic<Int64>(0)
    private let pageRows = PageRows()
    private let totalBytes: Int64
    private let watch: ErasureWatch

    /// Reads the traces that a generation keeps.
    ///
    /// - Parameters:
    ///   - store: Its database.
    ///   - vaultKey: Its vault key.
    ///   - watch: Asked every megabyte, by any thread.
    /// - Throws: `damaged` for traces that cannot be read.
    init(
        of store: Store, vaultKey: borrowing SecretBytes,
        watch: @escaping ErasureWatch = { _, _ in true }
    ) throws(VaultError) {
        self.watch = watch
        totalBytes = DurableFile.sizeBytes(store.path) ?? 0
        let sealed = SealedTraces(vaultKey: vaultKey)
        let traces = try store.read { db in try sealed.all(in: db) }
        pieces = traces.filter { !$0.isTerm }.map(\.bytes)
        terms = traces.filter(\.isTerm).map(\.bytes)
    }

    /// The error of an erasure that `watch` ended.
    static var stopped: VaultError {
        VaultError(.cancelled, "Writing the vault anew was stopped; it is as before.")
    }

    /// Whether an erasure that has not come to the pages yet is to go on.
    var goesOn: Bool { watch(0, totalBytes) }

    /// What one thread hands the pages that it reads.
    func pageLook() -> PageEncryption.PageLook {
        let search = PieceSearch(pieces)
        return { [self] number, bytes in
            let done = pages.add(1, ordering: .relaxed).newValue
            unsafe pageRows.note(number, bytes)
            unsafe search.look(through: bytes, PiecePlace(page: number, bytes))
            if !search.newlyFound.isEmpty {
                met.withLock { met in
                    for piece in search.newlyFound { met[piece] = search.found[piece] }
                }
            }
            return done % 256 != 0
                || watch(done * Int64(PageEncryption.pageSizeBytes), totalBytes)
        }
    }

    /// Looks at every page of a database that was not written page by page.
    ///
    /// - Parameters:
    ///   - path: The database, closed.
    ///   - vaultKey: Its vault key.
    /// - Throws: `damaged` for a page that is not as it was written; what the disk reports.
    func look(throughDatabaseAt path: String, vaultKey: borrowing SecretBytes) throws(VaultError) {
        let key = vaultKey.subkey(context: "coffer database")
        let look = unsafe pageLook()
        var goesOn = true
        _ = unsafe try PageEncryption.readAll(databaseAt: path, key: key) { _, number, bytes in
            goesOn = unsafe goesOn && look(number, bytes)
        }
        guard goesOn else { throw Self.stopped }
    }

    /// Looks at the search index, and says what was found.
    ///
    /// - Parameter db: A connection to the new generation inside a transaction.
    /// - Returns: What was found; a piece that a record which is still there has as well is no
    ///   trace.
    /// - Throws: What the database reports.
    func conclude(in db: Database) throws -> ScanResult {
        var found = met.withLock { $0 }
        if !found.isEmpty { try explain(&found, in: db) }
        var result = ScanResult(pieces: pieces.count, terms: terms.count)
        result.pages = pages.load(ordering: .relaxed)
        result.found = found.values.map(\.words).sorted()
        if try termsLeft(in: db) > 0 { result.found.append("the search index") }
        return result
    }

    /// How many terms of the destroyed records the index has that no record has that it names.
    func termsLeft(in db: Database) throws -> Int {
        let index = try PresentTerms(in: db)
        return try terms.count { term in
            try index.search.frequency(term) > 0 && !index.explains(term)
        }
    }

    /// Dismisses the pieces that lines of present records have.
    ///
    /// The rows that have bytes on the page are looked at first: there a piece that has an
    /// explanation is nearly always met. For the others the lines are read, no further than they
    /// must; what many records have is soon met.
    private func explain(_ found: inout [Int: PiecePlace], in db: Database) throws {
        try lookThroughRows(&found, in: db)
        guard !found.isEmpty else { return }
        let numbers = found.keys.sorted()
        let present = PieceSearch(numbers.map { pieces[$0] })
        try look(through: PresentLines.all(in: db), present)
        if !present.isDone { try lookThroughAttachments(present, in: db) }
        for number in present.found.keys { found[numbers[number]] = nil }
        if !found.isEmpty { try lookThroughTerms(&found, in: db) }
    }

    /// The index has words as they are folded, so that it may show a piece that no line has: in
    /// small letters where a record that was kept has them in capitals.
    private func lookThroughTerms(_ found: inout [Int: PiecePlace], in db: Database) throws {
        let index = try PresentTerms(in: db)
        var explained: Set<Int> = []
        try index.forEach { term in
            let numbers = found.keys.filter {
                !explained.contains($0) && term.firstRange(of: pieces[$0]) != nil
            }
            if try !numbers.isEmpty && index.explains(term) { explained.formUnion(numbers) }
        }
        for number in explained { found[number] = nil }
    }

    private func lookThroughRows(_ found: inout [Int: PiecePlace], in db: Database) throws {
        let pages = Dictionary(grouping: found.keys) { number -> ClosedRange<Int64>? in
            let place = found[number]
            return place?.rows
                ?? place.flatMap { pageRows.row(ofPage: $0.page) }.map { $0...$0 }
        }
        for (rows, numbers) in pages {
            guard let rows else { continue }
            let present = PieceSearch(numbers.map { pieces[$0] })
            try look(through: PresentLines.some(rows, in: db), present)
            for number in present.found.keys { found[numbers[number]] = nil }
        }
    }

    private func look(through lines: RowCursor, _ search: PieceSearch) throws {
        while !search.isDone, let row = try lines.next() {
            try row.withUnsafeData(atIndex: 0) { data in
                unsafe data?.withUnsafeBytes { unsafe search.look(through: $0, "") }
            }
        }
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

/// The lines that a database has of its records and its log.
private enum PresentLines {
    private static let sources = [
        // Two columns that lie side by side.
        ("source_id || ifnull(title, '')", "conversation"),
        ("title", "conversation"), ("extra", "conversation"), ("detail", "message"),
        ("text", "name"), ("line", "log_document"), ("source_id", "message"),
        ("source_id", "conversation"), ("line", "log_entry"), ("facts", "certificate"),
        ("line", "part"), ("record", "version"), ("line", "turn_line"),
        ("settings", "provider"),
    ]

    static func all(in db: Database) throws -> RowCursor {
        let parts = sources.map { "SELECT \($0) FROM \($1) WHERE \($0) IS NOT NULL" }
        return try Row.fetchCursor(db, sql: parts.joined(separator: " UNION ALL "))
    }

    /// Of each table the rows with some numbers, at most as many as a page has, and chunks of
    /// attachments.
    static func some(_ rows: ClosedRange<Int64>, in db: Database) throws -> RowCursor {
        let parts = (sources + [("data", "attachment_chunk")]).map { column, table in
            "SELECT * FROM (SELECT \(column) FROM \(table) WHERE rowid BETWEEN ?1 AND ?2 "
                + "AND \(column) IS NOT NULL LIMIT 1024)"
        }
        return try Row.fetchCursor(
            db.cachedStatement(sql: parts.reversed().joined(separator: " UNION ALL ")),
            arguments: [rows.lowerBound, rows.upperBound])
    }
}

/// The terms of the search index, and the records that should have them.
private struct PresentTerms {
    let search: IndexSearch
    private let analyser: TextAnalyser
    private let stored: StoredText

    init(in db: Database) throws {
        search = try IndexSearch(IndexState(), in: db)
        analyser = try TextAnalyser(in: db)
        stored = StoredText(database: db)
    }

    /// Lends those that are long enough for a piece.
    func forEach(_ body: ([UInt8]) throws -> Void) throws {
        for reader in search.state.readers {
            try reader.forEachTerm(search.store) { term, _ in
                if term.count >= DestructionTraces.pieceBytes { try body(term) }
                return true
            }
        }
    }

    /// Whether records that are there have the term.
    ///
    /// All that the index names must have it. Documents that were removed explain nothing: their
    /// words should be gone.
    func explains(_ term: [UInt8]) throws -> Bool {
        var isExplained = false
        try search.forEachMatch(.term(term)) { message in
            let document = try stored.document(of: message, analyser)
            isExplained = document?.text.has(term) ?? false
            return isExplained
        }
        return isExplained
    }
}

extension AnalysedDocument {
    fileprivate func has(_ term: [UInt8]) -> Bool {
        var isThere = false
        forEachToken { token, _ in isThere = isThere || token.elementsEqual(term) }
        return isThere
    }
}
