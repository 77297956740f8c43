import GRDB
import JSONText
import VaultCrypto

/// The conversations that purges of this vault destroyed, with the entry that says so.
///
/// They are known by their ids, and by the marks of their origins where an archive of another vault
/// has them under another id; those of purges from before there were marks by their ids alone.
///
/// A restoration brings none of them back. An import may: what somebody imports by name is their
/// own doing, comes under a new id, and is not what was destroyed.
struct DestroyedConversations: Sendable {
    private var entries: [RecordID: Int64] = [:]
    private var origins: [[UInt8]: Int64] = [:]
    private var marks: OriginMark?
    private var next: Int64 = 0

    /// Which entry destroyed a conversation.
    ///
    /// An archive may have what was destroyed under the id of a conversation that the vault has:
    /// so the origin that the archive says is looked up whatever the id is. Only where the vault
    /// has that very conversation, of this id and of this origin, did somebody import it again.
    ///
    /// - Parameters:
    ///   - conversation: As an archive has it.
    ///   - stored: The origin of the vault's conversation of its id; `nil` without one.
    /// - Returns: Its number; `nil` for one that was not destroyed.
    func entry(of conversation: Conversation, stored: Origin?) -> Int64? {
        if let entry = entries[conversation.id] { return entry }
        guard !origins.isEmpty, let marks, let entry = origins[marks.mark(of: conversation.origin)]
        else { return nil }
        guard let stored else { return entry }
        let said = conversation.origin
        let isSame =
            stored.source.utf8.elementsEqual(said.source.utf8)
            && stored.id.utf8.elementsEqual(said.id.utf8)
        return isSame ? nil : entry
    }

    /// Takes what was logged since the last time.
    ///
    /// - Throws: `damaged` for a log that cannot be read, and where the key of the marks is lost.
    mutating func read(in db: Database) throws {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT num, line FROM log_entry
                WHERE num >= ? AND instr(line, '"type":"purge.result"')
                """, arguments: [next])
        for row in rows {
            let entry = try AuditEntry(parsing: row["line"], at: row["num"])
            guard entry.event == .purgeDone, let digest = entry.document else { continue }
            let document = try AuditDocument(entry: entry.index, digest: digest).load(in: db)
            for id in AuditState.conversations(document).compactMap({ RecordID($0) }) {
                entries[id] = entry.index
            }
            for record in document["records"]?.array ?? [] {
                guard let mark = record["origin"]?.string.flatMap(Hex.bytes) else { continue }
                origins[mark] = entry.index
            }
        }
        next = try Int64.fetchOne(db, sql: "SELECT size FROM log_tree") ?? next
        guard marks == nil, !origins.isEmpty else { return }
        marks = try OriginMark.load(in: db)
        guard marks != nil else {
            throw VaultError(
                .damaged,
                "The vault has lost the key by which it knows what it destroyed, so that nothing "
                    + "was restored; restore the vault from a backup.")
        }
    }
}
