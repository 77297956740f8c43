import Foundation
import GRDB
import JSONText
import VaultCrypto

/// Pieces of 24 bytes of what is destroyed, and the terms that only that had.
///
/// They are gathered in the transaction that destroys, kept sealed (`SealedTraces`), and looked for
/// in the next generation before it comes into force: on every page, free ones and the index
/// included. Of each stored line one piece is taken from every 1,024 bytes, so that each page
/// that holds a part of a long text has one, one from its end, and one from its salt, which is
/// nowhere else; of attachments one from every 4,000 bytes.
struct DestructionTraces: ~Copyable {
    static let pieceBytes = 24
    private static let strideBytes = 1024
    private static let attachmentStrideBytes = 4000
    /// So many different bytes has a piece of an attachment.
    private static let leastVariety = 8
    /// More terms prove no more.
    private static let mostTerms = 200_000

    let db: Database
    private var termCounts: [[UInt8]: Int] = [:]
    private var sealed: SealedTraces
    /// Those whose pieces are taken.
    private var attachments: Set<Int64> = []

    /// - Parameters:
    ///   - db: A connection inside the transaction that destroys.
    ///   - vaultKey: Of the generation.
    init(db: Database, vaultKey: borrowing SecretBytes) {
        self.db = db
        sealed = SealedTraces(vaultKey: vaultKey)
    }

    /// How many were gathered.
    var count: Int { sealed.count }

    // MARK: Gathering

    /// Takes the traces of conversations that are still stored.
    mutating func gather(_ conversations: [RecordID]) throws {
        let analyser = try TextAnalyser(in: db)
        let stored = StoredText(database: db)
        for id in conversations {
            let num = try Int64.fetchOne(
                db.cachedStatement(sql: "SELECT num FROM conversation WHERE id = ?"),
                arguments: [id.bytes.databaseValue])
            guard let num else { continue }
            try gatherPieces(of: num)
            let messages = try Int64.fetchAll(
                db.cachedStatement(sql: "SELECT num FROM message WHERE conversation = ?"),
                arguments: [num])
            for message in messages {
                // What cannot be read was not indexed.
                guard let document = try? stored.document(of: message, analyser) else { continue }
                count(document)
            }
        }
        try storeTerms()
        termCounts = [:]
        try sealed.flush(in: db)
    }

    private mutating func gatherPieces(of conversation: Int64) throws {
        let lines = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT part.line AS line FROM message JOIN part
                        ON part.num BETWEEN message.num << 16 AND message.num << 16 | 65535
                        WHERE conversation = ?1
                    UNION ALL SELECT record FROM version JOIN message ON message.num = message
                        WHERE conversation = ?1
                    UNION ALL SELECT title FROM conversation WHERE num = ?1 AND title IS NOT NULL
                    UNION ALL SELECT extra FROM conversation WHERE num = ?1
                    UNION ALL SELECT detail FROM message
                        WHERE conversation = ?1 AND detail IS NOT NULL
                    UNION ALL SELECT line FROM turn JOIN turn_line
                        ON turn_line.num BETWEEN turn.num << 32 AND turn.num << 32 | 4294967295
                        WHERE conversation = ?1
                    """), arguments: [conversation])
        while let row = try lines.next() { try keepPieces(of: Array((row[0] as String).utf8)) }
        try gatherVersions(of: conversation)
        try gatherAttachments(of: conversation)
    }

    /// What a version says was once in lines of its own, which may have left bytes elsewhere.
    private mutating func gatherVersions(of conversation: Int64) throws {
        let records = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT record FROM version JOIN message ON message.num = message
                        WHERE conversation = ?
                    """), arguments: [conversation])
        while let row = try records.next() {
            let parts = (try? JSONReader.parse(row[0] as String))?["parts"]?.array ?? []
            for part in parts { try keepPieces(of: JSONWriter.canonical(part)) }
        }
    }

    /// One piece for each page that an attachment needs; where another record has it too, that
    /// explains them.
    private mutating func gatherAttachments(of conversation: Int64) throws {
        let own = try Int64.fetchAll(
            db.cachedStatement(sql: RecordPurge.attachmentsOfConversation),
            arguments: [conversation])
        for attachment in own where attachments.insert(attachment).inserted {
            let chunks = try Row.fetchCursor(
                db.cachedStatement(
                    sql: "SELECT data FROM attachment_chunk WHERE num BETWEEN ? AND ?"),
                arguments: [attachment << 24, attachment << 24 | 0xFF_FFFF])
            while let row = try chunks.next() { try keepPieces(ofChunk: row.bytes("data") ?? []) }
        }
    }

    /// Zeros and other runs are everywhere: a piece must have some variety to be a trace.
    private mutating func keepPieces(ofChunk bytes: [UInt8]) throws {
        for start in stride(from: 0, to: bytes.count, by: Self.attachmentStrideBytes) {
            let end = min(start + Self.attachmentStrideBytes, bytes.count)
            let place = stride(from: start, through: end - Self.pieceBytes, by: Self.pieceBytes)
                .first { Set(bytes[$0..<$0 + Self.pieceBytes]).count >= Self.leastVariety }
            guard let place else { continue }
            try keep(bytes[place..<place + Self.pieceBytes], isTerm: false)
        }
    }

    private mutating func keepPieces(of line: [UInt8]) throws {
        guard line.count >= Self.pieceBytes else { return }
        var starts = Set(
            stride(from: 0, to: line.count - Self.pieceBytes + 1, by: Self.strideBytes))
        let salt = Array(#""salt":""#.utf8)
        if let place = line.firstRange(of: salt)?.upperBound,
            place + Self.pieceBytes <= line.count
        {
            starts.insert(place)
        }
        starts.insert((line.count - Self.pieceBytes) / 2)
        starts.insert(line.count - Self.pieceBytes)
        for start in starts where Set(line[start..<start + Self.pieceBytes]).count > 1 {
            try keep(line[start..<start + Self.pieceBytes], isTerm: false)
        }
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>, isTerm: Bool) throws {
        try sealed.add(Trace(isTerm: isTerm, bytes: Array(bytes)), in: db)
    }

    private mutating func count(_ document: IndexedDocument) {
        guard termCounts.count < Self.mostTerms else { return }
        var terms: Set<[UInt8]> = []
        document.text.forEachToken { token, _ in terms.insert(Array(token)) }
        for term in terms { termCounts[term, default: 0] += 1 }
    }

    /// The terms whose documents are all among those that go.
    private mutating func storeTerms() throws {
        let search = try IndexSearch(IndexState(), in: db)
        for (term, count) in termCounts where try search.frequency(term) <= count {
            try keep(term[...], isTerm: true)
        }
    }
}
