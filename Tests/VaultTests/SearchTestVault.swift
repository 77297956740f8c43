import Foundation
import GRDB
import JSONText
import Vault
import VaultCrypto

/// A conversation for search tests, written into the real tables.
struct TestConversation {
    var title: String?
    var source = "jsonl"
    var custodian = "Anna Lind"
    var project: String?
    var labels: [String] = []
    var created: Int64 = 1_700_000_000_000
    var isHidden = false
    var messages: [TestMessage]
}

struct TestMessage {
    var parts: [String]
    var role: Int64 = 0
    var created: Int64?
    var model: String?
    var provider: String?
    var hasAttachment = false

    init(_ parts: String..., role: Int64 = 0, created: Int64? = nil) {
        self.parts = parts
        self.role = role
        self.created = created
    }
}

/// An unencrypted database in memory with the released migrations.
struct SearchTestVault {
    let queue: DatabaseQueue
    let writer = SearchWriter()
    let search = VaultSearch()
    let upkeep = SearchUpkeep()

    init(path: String? = nil) throws {
        queue = try path.map { try DatabaseQueue(path: $0) } ?? DatabaseQueue()
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        for name in [
            "0001-vault.sql", "0002-search.sql", "0003-index.sql", "0004-governance.sql",
            "0005-grace.sql",
        ] {
            let file = root.appending(path: "migrations").appending(path: name)
            let sql = try String(contentsOf: file, encoding: .utf8)
            try queue.write { try $0.execute(sql: sql) }
        }
    }

    /// Stores a conversation and returns the numbers of its messages, which are not indexed.
    @discardableResult
    func store(_ conversation: TestConversation) throws -> [Int64] {
        try queue.write { database in
            let num = try insert(conversation, in: database)
            return try conversation.messages.map { try insert($0, into: num, in: database) }
        }
    }

    /// Stores and indexes.
    @discardableResult
    func add(_ conversation: TestConversation) throws -> [Int64] {
        let messages = try store(conversation)
        try queue.write { try writer.addStored(messages, in: $0) }
        return messages
    }

    private func insert(_ conversation: TestConversation, in database: Database) throws -> Int64 {
        let created = conversation.created
        try database.execute(
            sql: """
                INSERT INTO conversation (id, source, source_id, title, custodian, project, created,
                    modified, imported, hidden, extra) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, '{}')
                """,
            arguments: [
                newID(), try name(conversation.source, in: database), UUID().uuidString,
                conversation.title, try name(conversation.custodian, in: database),
                try conversation.project.map { try name($0, in: database) }, created, created,
                conversation.isHidden ? created : nil,
            ])
        let num = database.lastInsertedRowID
        for label in conversation.labels {
            try database.execute(
                sql: "INSERT INTO label VALUES (?, ?, ?)",
                arguments: [try name(label, in: database), num, created])
        }
        return num
    }

    private func insert(
        _ message: TestMessage, into conversation: Int64, in database: Database
    ) throws -> Int64 {
        try database.execute(
            sql: """
                INSERT INTO message (id, conversation, role, state, version, created, model,
                    provider, salt, commitment)
                VALUES (?, ?, ?, 1, 1, ?, ?, ?, zeroblob(16), zeroblob(32))
                """,
            arguments: [
                newID(), conversation, message.role, message.created,
                try message.model.map { try name($0, in: database) },
                try message.provider.map { try name($0, in: database) },
            ])
        let num = database.lastInsertedRowID
        try setParts(message.parts, of: num, in: database)
        if message.hasAttachment {
            try database.execute(
                sql: "INSERT OR IGNORE INTO attachment VALUES (1, zeroblob(32), 0)")
            try database.execute(sql: "INSERT INTO attachment_use VALUES (1, ?)", arguments: [num])
        }
        try database.execute(
            sql: "UPDATE counter SET value = value + 1 WHERE name = 'messages'")
        return num
    }

    func setParts(_ parts: [String], of message: Int64, in database: Database) throws {
        try database.execute(sql: "DELETE FROM part WHERE num >> 16 = ?", arguments: [message])
        for (position, text) in parts.enumerated() {
            let line = JSONWriter.line(
                .object(["salt": .string("00"), "text": .string(text), "type": .string("text")]))
            try database.execute(
                sql: "INSERT INTO part (num, line) VALUES (?, ?)",
                arguments: [message << 16 | Int64(position), line])
        }
    }

    /// Removes messages from the index and from the tables.
    func delete(_ messages: [Int64]) throws {
        try queue.write { database in
            try writer.remove(messages, in: database)
            for message in messages {
                try database.execute(
                    sql: "DELETE FROM attachment_use WHERE message = ?", arguments: [message])
                try database.execute(
                    sql: "DELETE FROM part WHERE num >> 16 = ?", arguments: [message])
                try database.execute(sql: "DELETE FROM message WHERE num = ?", arguments: [message])
            }
            try database.execute(
                sql: "UPDATE counter SET value = value - ? WHERE name = 'messages'",
                arguments: [messages.count])
        }
    }

    private func newID() -> Data { Data(RecordID(at: .now).bytes) }

    private func name(_ text: String, in database: Database) throws -> Int64 {
        try database.execute(
            sql: "INSERT OR IGNORE INTO name (text) VALUES (?)", arguments: [text])
        return try Int64.fetchOne(
            database, sql: "SELECT num FROM name WHERE text = ?", arguments: [text]) ?? 0
    }

    // MARK: Asking

    func answer(_ request: SearchRequest) throws -> SearchAnswer {
        try queue.read { try search.search(request, in: $0) }
    }

    /// The numbers of all matches.
    func matches(_ query: String, includeHidden: Bool = false) throws -> Set<Int64> {
        try queue.read { database in
            var found: Set<Int64> = []
            try search.forEachID(matching: query, includeHidden: includeHidden, in: database) {
                id in
                let num = try Int64.fetchOne(
                    database, sql: "SELECT num FROM message WHERE id = ?",
                    arguments: [Data(id.bytes)])
                if let num { found.insert(num) }
                return true
            }
            return found
        }
    }

    /// The numbers of the hits in their order.
    func hits(_ request: SearchRequest) throws -> [Int64] {
        try queue.read { database in
            try search.search(request, in: database).hits.compactMap { hit in
                try Int64.fetchOne(
                    database, sql: "SELECT num FROM message WHERE id = ?",
                    arguments: [Data(hit.message.bytes)])
            }
        }
    }

    func check() throws -> SearchCheck {
        try queue.write { try upkeep.check(isFull: true, in: $0) }
    }

    func completeness() throws -> SearchCompleteness {
        try queue.read { try search.completeness(in: $0) }
    }
}

/// A repeatable source of choices (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
