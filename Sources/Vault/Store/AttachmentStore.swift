import Foundation
import GRDB
import VaultCrypto

/// Attachments inside the database: once each by SHA-256, in chunks, never whole in memory.
struct AttachmentStore {
    /// Size of every chunk but the last.
    static let chunkBytes = 65_536

    let db: Database

    /// The row of an attachment, stored now if it is new.
    ///
    /// - Parameters:
    ///   - reference: Digest and size, computed in a first reading.
    ///   - file: The content, read a second time.
    /// - Returns: Row number and whether it was stored now.
    /// - Throws: `inputOutput` when the content changed between the readings.
    func store(
        _ reference: AttachmentReference, from file: ImportedFile
    ) throws -> (num: Int64, isNew: Bool) {
        try store(reference) { try file.open() }
    }

    /// The same with whatever opens the content.
    func store(
        _ reference: AttachmentReference, _ open: () throws -> any ByteSource
    ) throws -> (num: Int64, isNew: Bool) {
        if let known = try num(of: reference) { return (known, false) }
        try db.execute(
            sql: "INSERT INTO attachment (sha256, size) VALUES (?, ?)",
            arguments: [reference.sha256.databaseValue, reference.sizeBytes])
        let num = db.lastInsertedRowID
        try writeChunks(of: open(), num: num, expecting: reference)
        try Counter.attachments.add(1, in: db)
        try Counter.attachmentBytes.add(reference.sizeBytes, in: db)
        return (num, true)
    }

    /// The row of an attachment; `nil` when it is not stored.
    func num(of reference: AttachmentReference) throws -> Int64? {
        try Int64.fetchOne(
            db, sql: "SELECT num FROM attachment WHERE sha256 = ?",
            arguments: [reference.sha256.databaseValue])
    }

    private func writeChunks(
        of source: any ByteSource, num: Int64, expecting reference: AttachmentReference
    ) throws {
        let insert = try db.cachedStatement(sql: "INSERT INTO attachment_chunk VALUES (?, ?)")
        var digest = SHA256Digest()
        var index: Int64 = 0
        while true {
            let chunk = try Self.chunk(from: source)
            if chunk.isEmpty { break }
            digest.update(chunk)
            try insert.execute(arguments: [num << 24 | index, chunk.databaseValue])
            index += 1
        }
        guard digest.finalize() == reference.sha256 else {
            throw VaultError(
                .inputOutput, "An attachment changed while it was being read; import again.")
        }
    }

    /// Reads until a chunk is full or the source ends.
    private static func chunk(from source: any ByteSource) throws -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: chunkBytes)
        var filled = 0
        while filled < chunkBytes {
            let count = try unsafe chunk.withUnsafeMutableBytes { bytes in
                try unsafe source.read(
                    into: UnsafeMutableRawBufferPointer(rebasing: bytes[filled...]))
            }
            if count == 0 { break }
            filled += count
        }
        return Array(chunk[..<filled])
    }

    /// Writes the content into a sink and checks its digest.
    ///
    /// - Throws: `damaged` when chunks are missing or the digest differs; the sink then has bytes
    ///   that must not be used.
    func read(_ sha256: [UInt8], into sink: any ByteSink) throws {
        let row = try Row.fetchOne(
            db, sql: "SELECT num, size FROM attachment WHERE sha256 = ?",
            arguments: [sha256.databaseValue])
        guard let row else {
            throw VaultError(
                .notFound, "The vault has no attachment \(Hex.text(sha256)); run `coffer doctor`.")
        }
        let first: Int64 = row["num"] << 24
        let chunks = try Row.fetchCursor(
            db, sql: "SELECT data FROM attachment_chunk WHERE num BETWEEN ? AND ? ORDER BY num",
            arguments: [first, first | 0xFF_FFFF])
        var digest = SHA256Digest()
        while let chunk = try chunks.next() {
            try chunk.withUnsafeData(atIndex: 0) { data in
                let bytes = [UInt8](data ?? Data())
                digest.update(bytes)
                try unsafe bytes.withUnsafeBytes { try unsafe sink.write($0) }
            }
        }
        guard digest.finalize() == sha256 else {
            throw VaultError(
                .damaged,
                "Attachment \(Hex.text(sha256)) is damaged in the vault; run `coffer doctor`.")
        }
    }
}
