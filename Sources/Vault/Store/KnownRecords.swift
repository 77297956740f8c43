import GRDB
import JSONText
import VaultCrypto

/// What a message's index entry takes from its conversation.
struct ConversationPlace {
    let num: Int64
    let source: Int64
    let custodian: Int64
    let created: Int64?
}

/// A conversation that an earlier import stored.
struct KnownConversation {
    let place: ConversationPlace
    let id: RecordID
    let origin: Origin
    let fields: ConversationFields
    /// `message.num`.
    let current: Int64?
    private let fingerprints: [UInt8]

    var num: Int64 { place.num }

    /// As many imports of one conversation are remembered.
    private static let remembered = 64

    /// Whether exactly this was imported before, for the same custodian.
    func hasSeen(_ fingerprint: [UInt8], custodian: String?) -> Bool {
        if let custodian, custodian != fields.custodian, !isKnown(custodian) { return false }
        return stride(from: 0, to: fingerprints.count, by: fingerprint.count).contains { start in
            fingerprints[start...].starts(with: fingerprint)
        }
    }

    /// Whether an earlier import was for this custodian as well.
    private func isKnown(_ custodian: String) -> Bool {
        fields.extra["earlier"]?.array?.contains { $0["custodian"]?.string == custodian } ?? false
    }

    func fingerprints(with new: [UInt8]) -> [UInt8] {
        (fingerprints + new).suffix(Self.remembered * new.count)
    }

    private static let columns = """
        SELECT conversation.num, id, source, source_id, custodian, title, created, modified,
            current, extra, fingerprints,
            (SELECT text FROM name WHERE num = source) AS source_name,
            (SELECT text FROM name WHERE num = custodian) AS custodian_name,
            (SELECT text FROM name WHERE num = project) AS project_name
        FROM conversation
        """

    /// The conversation of an origin; `nil` when the vault has none.
    ///
    /// - Throws: `damaged` when its row breaks the format; what the database reports.
    init?(_ origin: Origin, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: Self.columns
                + " WHERE source = (SELECT num FROM name WHERE text = ?) AND source_id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [origin.source, origin.id]) else {
            return nil
        }
        try self.init(row)
    }

    /// The conversation with an id; `nil` when the vault has none.
    ///
    /// - Throws: `damaged` when its row breaks the format; what the database reports.
    init?(_ id: RecordID, in db: Database) throws {
        let statement = try db.cachedStatement(sql: Self.columns + " WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id.bytes.databaseValue]) else {
            return nil
        }
        try self.init(row)
    }

    private init(_ row: Row) throws {
        guard let id = row.id("id"), let extra = try? JSONReader.parse(row["extra"] as String),
            let members = extra.object
        else {
            throw VaultError(
                .damaged, "A conversation's row breaks the format; run `coffer doctor`.")
        }
        place = ConversationPlace(
            num: row["num"], source: row["source"], custodian: row["custodian"],
            created: row["created"])
        self.id = id
        origin = Origin(source: row["source_name"], id: row["source_id"])
        fields = ConversationFields(
            title: row["title"], custodian: row["custodian_name"], project: row["project_name"],
            created: place.created.map(Instant.init(milliseconds:)),
            modified: (row["modified"] as Int64?).map(Instant.init(milliseconds:)),
            extra: members)
        current = row["current"]
        fingerprints = row.bytes("fingerprints") ?? []
    }
}

/// A message that an earlier import stored.
struct KnownMessage {
    let num: Int64
    let id: RecordID
    let version: Int
    let parent: Int64?
    let fingerprint: [UInt8]

    static func all(of conversation: Int64, in db: Database) throws -> [String: KnownMessage] {
        var known: [String: KnownMessage] = [:]
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT num, id, version, parent, source_id, fingerprint FROM message
                WHERE conversation = ? AND source_id IS NOT NULL
                """, arguments: [conversation])
        while let row = try rows.next() {
            guard let id = row.id("id") else { continue }
            known[row["source_id"]] = KnownMessage(
                num: row["num"], id: id, version: row["version"], parent: row["parent"],
                fingerprint: row.bytes("fingerprint") ?? [])
        }
        return known
    }
}
