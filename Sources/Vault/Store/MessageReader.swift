import Foundation
import GRDB
import JSONText
import VaultCrypto

/// Reads messages back and checks each against its commitment.
final class MessageReader {
    private let db: Database
    private let parts: Statement
    private var names: [Int64: String] = [:]

    init(db: Database) throws {
        self.db = db
        parts = try db.cachedStatement(
            sql: "SELECT line FROM part WHERE num BETWEEN ? AND ? ORDER BY num")
    }

    private static let columns = """
        SELECT message.num, message.id, conversation.id, up.id, message.source_id, message.role,
            message.state, message.version, message.created, message.model, message.provider,
            message.host, message.region, message.detail, message.salt, message.commitment
        FROM message JOIN conversation ON conversation.num = message.conversation
        LEFT JOIN message AS up ON up.num = message.parent
        """

    /// All messages of a conversation, oldest row first.
    ///
    /// - Throws: `damaged` when a message does not match its commitment.
    func messages(ofConversation num: Int64) throws -> [Message] {
        let statement = try db.cachedStatement(
            sql: Self.columns + " WHERE message.conversation = ? ORDER BY message.num")
        let rows = try Row.fetchCursor(statement, arguments: [num])
        var messages: [Message] = []
        while let row = try rows.next() { messages.append(try message(row)) }
        return messages
    }

    func message(num: Int64) throws -> Message? {
        let statement = try db.cachedStatement(sql: Self.columns + " WHERE message.num = ?")
        return try Row.fetchOne(statement, arguments: [num]).map(message)
    }

    /// Lends every message of the vault, or the error that reading it gave, in constant memory.
    func forEach(_ body: (Result<Message, VaultError>) throws -> Void) throws {
        let rows = try Row.fetchCursor(db, sql: Self.columns + " ORDER BY message.num")
        while let row = try rows.next() {
            do {
                let message = try message(row)
                try body(.success(message))
            } catch let error as VaultError where error.code == .damaged {
                try body(.failure(error))
            }
        }
    }

    /// The record lines of versions that were replaced, oldest first.
    func earlierVersions(ofConversation num: Int64) throws -> [String] {
        try String.fetchAll(
            db,
            sql: """
                SELECT record FROM version JOIN message ON message.num = version.message
                WHERE message.conversation = ? ORDER BY message.num, version.version
                """, arguments: [num])
    }

    private func message(_ row: Row) throws -> Message {
        let num: Int64 = row[0]
        let lines = try String.fetchAll(parts, arguments: [num << 16, num << 16 | 0xFFFF])
        guard let envelope = try envelope(row) else { throw Self.damaged(row) }
        let line = envelope.line(partLines: lines)
        let commitment = row.bytes(at: 15) ?? []
        let parts = lines.compactMap(RecordLines.part)
        guard SHA256Digest.hash(Array(line.utf8)) == commitment, parts.count == lines.count else {
            throw Self.damaged(row)
        }
        return Message(
            id: envelope.id, conversation: envelope.conversation, parent: envelope.parent,
            originID: envelope.originID, role: envelope.role, state: envelope.state,
            version: envelope.version, created: envelope.created, model: envelope.model,
            provider: envelope.provider, host: envelope.host, region: envelope.region,
            stopReason: envelope.stopReason, usage: envelope.usage, extra: envelope.extra,
            parts: parts, partLines: lines, envelopeLine: line, commitment: commitment)
    }

    private func envelope(_ row: Row) throws -> Envelope? {
        guard let id = row.id(at: 1), let conversation = row.id(at: 2),
            let role = Role(code: row[5]), let state = MessageState(code: row[6]),
            let detail = MessageDetail(text: row[13]), let salt = row.bytes(at: 14)
        else { return nil }
        return Envelope(
            id: id, conversation: conversation, parent: row.id(at: 3), originID: row[4],
            role: role, state: state, version: row[7],
            created: (row[8] as Int64?).map(Instant.init(milliseconds:)), model: try name(row[9]),
            provider: try name(row[10]), host: try name(row[11]), region: try name(row[12]),
            stopReason: detail.stopReason, usage: detail.usage, extra: detail.extra, salt: salt)
    }

    private func name(_ num: Int64?) throws -> String? {
        guard let num else { return nil }
        if let known = names[num] { return known }
        let statement = try db.cachedStatement(sql: "SELECT text FROM name WHERE num = ?")
        let text = try String.fetchOne(statement, arguments: [num])
        names[num] = text
        return text
    }

    private static func damaged(_ row: Row) -> VaultError {
        let id = row.id(at: 1)?.description ?? "of unknown id"
        return VaultError(
            .damaged,
            "Message \(id) does not match its commitment, so it is not shown; run `coffer doctor`.")
    }
}

/// The rarer members of an envelope, in one column.
struct MessageDetail {
    var stopReason: String?
    var usage: JSONObject?
    var extra: JSONObject

    init(_ message: ImportedMessage) {
        stopReason = message.stopReason
        usage = message.usage
        extra = message.extra
    }

    /// `nil` when the text is not an object.
    init?(text: String?) {
        guard let text else {
            extra = JSONObject()
            return
        }
        guard let object = (try? JSONReader.parse(text))?.object else { return nil }
        stopReason = object["stopReason"]?.string
        usage = object["usage"]?.object
        extra = object["extra"]?.object ?? JSONObject()
    }

    /// Canonical JSON; `nil` when there is nothing to say.
    var text: String? {
        var object = JSONObject()
        object["stopReason"] = stopReason.map(JSON.string)
        object["usage"] = usage.map { .object($0) }
        object["extra"] = extra.isEmpty ? nil : .object(extra)
        if object.isEmpty { return nil }
        return String(decoding: JSONWriter.canonical(.object(object)), as: UTF8.self)
    }
}

extension CaseIterable where Self: Equatable, AllCases.Index == Int {
    /// The number that stands for the case in the database: its place in the declaration.
    var code: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    init?(code: Int) {
        guard Self.allCases.indices.contains(code) else { return nil }
        self = Self.allCases[code]
    }
}
