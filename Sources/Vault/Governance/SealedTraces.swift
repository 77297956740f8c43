import Foundation
import GRDB
import VaultCrypto

/// A trace of something that was destroyed.
struct Trace: Equatable {
    /// Whether it is a term of the search index; otherwise it is a piece of a stored line.
    var isTerm: Bool
    var bytes: [UInt8]
}

/// The traces in a database, sealed apart from its pages.
///
/// A new generation is written page by page and searched for the traces meanwhile. So its pages
/// must not show them, and they do not: table `trace` has rows that are sealed
/// (`VaultCrypto.SealedBytes`) under a subkey, context "coffer traces", of the vault key of the
/// generation in which the records were destroyed. The new generation has another key; that of the
/// rows goes with the old one.
///
/// In the clear a row is, for each trace in turn:
///
/// ```
/// 1 byte   1 for a term, 0 for a piece
/// 2 bytes  length of the trace, big-endian
///          the trace
/// ```
struct SealedTraces: ~Copyable {
    private static let rowBytes = 60_000
    private static let mostBytes = Int(UInt16.max)

    private let key: SecretBytes
    private var row: [UInt8] = []
    /// How many were taken.
    private(set) var count = 0

    /// - Parameter vaultKey: Of the generation.
    init(vaultKey: borrowing SecretBytes) {
        key = vaultKey.subkey(context: "coffer traces")
    }

    /// Takes a trace; `flush` stores the last ones.
    mutating func add(_ trace: Trace, in db: Database) throws {
        count += 1
        let bytes = trace.bytes.prefix(Self.mostBytes)
        row.append(trace.isTerm ? 1 : 0)
        row.append(UInt8(truncatingIfNeeded: bytes.count >> 8))
        row.append(UInt8(truncatingIfNeeded: bytes.count))
        row.append(contentsOf: bytes)
        if row.count >= Self.rowBytes { try flush(in: db) }
    }

    mutating func flush(in db: Database) throws {
        guard !row.isEmpty else { return }
        try db.cachedStatement(sql: "INSERT INTO trace (sealed) VALUES (?)")
            .execute(arguments: [Data(SealedBytes.seal(row, key: key))])
        row = []
    }

    /// The traces that are stored.
    ///
    /// - Throws: `damaged` for a row that does not open.
    borrowing func all(in db: Database) throws -> [Trace] {
        var traces: [Trace] = []
        let rows = try Row.fetchCursor(db, sql: "SELECT sealed FROM trace ORDER BY num")
        while let row = try rows.next() {
            guard let plain = SealedBytes.open(row.bytes("sealed") ?? [], key: key),
                Self.read(plain, into: &traces)
            else {
                throw VaultError(
                    .damaged,
                    "What was destroyed left traces that cannot be read, so that there can be no "
                        + "certificate; restore the vault from a backup.")
            }
        }
        return traces
    }

    private static func read(_ row: [UInt8], into traces: inout [Trace]) -> Bool {
        var place = 0
        while place + 3 <= row.count {
            let end = place + 3 + Int(row[place + 1]) << 8 + Int(row[place + 2])
            guard end <= row.count else { return false }
            traces.append(
                Trace(isTerm: row[place] == 1, bytes: Array(row[(place + 3)..<end])))
            place = end
        }
        return place == row.count
    }

    /// Seals the traces of a database anew, for a vault key that takes the place of another one
    /// before they were looked for.
    static func reseal(
        from old: borrowing SecretBytes, to new: borrowing SecretBytes, in db: Database
    ) throws {
        let traces = try SealedTraces(vaultKey: old).all(in: db)
        guard !traces.isEmpty else { return }
        try db.execute(sql: "DELETE FROM trace")
        var sealed = SealedTraces(vaultKey: new)
        for trace in traces { try sealed.add(trace, in: db) }
        try sealed.flush(in: db)
    }
}
