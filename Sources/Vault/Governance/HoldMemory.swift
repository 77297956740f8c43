import GRDB
import Synchronization
import VaultCrypto

/// What holds matched, as documents of the audit log say, read once for each open vault.
///
/// Entries of the log name a document by its hash, so that what was read under a hash stays true;
/// with a hold over all of a large vault, reading takes longer than all else that a new message
/// needs.
final class HoldMemory: Sendable {
    private struct Later {
        var documents: [GovernanceState.Arrivals]
        var ids: Set<RecordID>
    }

    private let placings = Mutex<[AuditDocument: HoldDocument]>([:])
    private let arrivals = Mutex<[String: Later]>([:])

    /// What was said of a hold when it was placed.
    ///
    /// - Throws: `damaged` for a hold that cannot be understood.
    func placing(of hold: GovernanceState.Hold, in db: Database) throws -> HoldDocument {
        if let known = placings.withLock({ $0[hold.document] }) { return known }
        let document = try HoldDocument(hold.document.load(in: db))
        placings.withLock { $0[hold.document] = document }
        return document
    }

    /// The conversations that matched a hold later.
    ///
    /// - Throws: `damaged` for a document that is missing or another one.
    func arrivals(of hold: GovernanceState.Hold, in db: Database) throws -> Set<RecordID> {
        guard !hold.later.isEmpty else { return [] }
        let known = arrivals.withLock { $0[hold.id] }
        var later = Later(documents: [], ids: [])
        if let known, hold.later.starts(with: known.documents) { later = known }
        for arrivals in hold.later.dropFirst(later.documents.count) {
            later.ids.formUnion(try Self.ids(of: arrivals, in: db))
        }
        later.documents = hold.later
        arrivals.withLock { [later] in $0[hold.id] = later }
        return later.ids
    }

    static func ids(
        of arrivals: GovernanceState.Arrivals, in db: Database
    ) throws -> [RecordID] {
        try AuditState.conversations(arrivals.document.load(in: db)).map { id in
            guard let id = RecordID(id) else { throw HoldDocument.fault }
            return id
        }
    }
}
