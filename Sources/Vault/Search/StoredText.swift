import GRDB
import JSONText

/// Reads from the vault's tables what of a message is searched.
struct StoredText {
    let database: Database

    /// Why a message cannot be indexed.
    struct Unreadable: Error {}

    /// The searched fields of a stored message.
    ///
    /// - Parameters:
    ///   - message: `message.num`.
    ///   - hasTitle: Whether the conversation's title belongs to it; `nil` when it does for the
    ///     conversation's first message.
    /// - Returns: The fields.
    /// - Throws: `Unreadable` when a part is no JSON; database errors.
    func fields(of message: Int64, hasTitle: Bool? = nil) throws -> SearchFields {
        let carriesTitle = try hasTitle ?? isFirst(message)
        return SearchFields(
            message: message, title: carriesTitle ? try title(of: message) : nil,
            parts: try parts(of: message))
    }

    /// A stored message as it is indexed; `nil` when it is not there.
    ///
    /// - Throws: `Unreadable` when a part is no JSON; database errors.
    func document(
        of message: Int64, hasTitle: Bool? = nil, _ analyser: TextAnalyser
    ) throws -> IndexedDocument? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT m.conversation, m.role, m.model, m.provider, c.source, c.custodian,
                    ifnull(m.created, c.created) AS time,
                    EXISTS (SELECT 1 FROM attachment_use u WHERE u.message = m.num) AS attachment
                FROM message m JOIN conversation c ON c.num = m.conversation WHERE m.num = ?
                """)
        guard let row = try Row.fetchOne(statement, arguments: [message]) else { return nil }
        let facts = MessageFacts(
            conversation: row["conversation"], role: row["role"], model: row["model"],
            provider: row["provider"], source: row["source"], custodian: row["custodian"],
            hasAttachment: row["attachment"])
        return IndexedDocument(
            text: AnalysedDocument(try fields(of: message, hasTitle: hasTitle), analyser),
            time: row["time"] ?? 0, facts: facts.terms)
    }

    /// The searched text of each part.
    func parts(of message: Int64) throws -> [String] {
        let statement = try database.cachedStatement(
            sql: "SELECT line FROM part WHERE num BETWEEN ? AND ? ORDER BY num")
        let first = message << 16
        let lines = try String.fetchCursor(statement, arguments: [first, first | 0xFFFF])
        var texts: [String] = []
        while let line = try lines.next() {
            guard let json = try? JSONReader.parse(line), json.object != nil else {
                throw Unreadable()
            }
            texts.append(Self.searchableText(json))
        }
        return texts
    }

    /// The same text as that of the part which the line was made from.
    private static func searchableText(_ line: JSON) -> String {
        let file = line["attachment"]?["name"]?.string.map {
            AttachmentReference(sha256: [], sizeBytes: 0, name: $0, mediaType: nil)
        }
        return Part(
            .other, text: line["text"]?.string, name: line["name"]?.string, data: line["data"],
            attachment: file
        ).searchableText
    }

    func title(of message: Int64) throws -> String? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT c.title FROM message m JOIN conversation c ON c.num = m.conversation
                WHERE m.num = ?
                """)
        return try Optional<String>.fetchOne(statement, arguments: [message]) ?? nil
    }

    /// Whether a message is the first of its conversation, which carries the title.
    func isFirst(_ message: Int64) throws -> Bool {
        let statement = try database.cachedStatement(
            sql: """
                SELECT min(num) FROM message
                WHERE conversation = (SELECT conversation FROM message WHERE num = ?)
                """)
        return try Int64.fetchOne(statement, arguments: [message]) == message
    }

    /// The other messages of a conversation, in the order of their numbers.
    func nextInConversation(of message: Int64) throws -> [Int64] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT num FROM message
                WHERE conversation = (SELECT conversation FROM message WHERE num = ?) AND num <> ?
                ORDER BY num
                """)
        return try Int64.fetchAll(statement, arguments: [message, message])
    }
}
