import ForeignArchives
import JSONText
import Vault
import VaultCrypto

/// `logs.db` of the llm command line tool, both generations of its tables.
///
/// Up to 0.35 a call is a row of `responses`; from 0.36 on, messages are a tree addressed by
/// content (`messages`, `parts`) that `threads` point into and `turns` annotate. One file can hold
/// both, and a conversation that was continued after the change is in both under the same id: then
/// its thread is read, and older responses only where the thread does not repeat them.
struct LLMDatabase {
    private let database: ForeignDatabase
    private let file: ExportFile
    private let path: String

    init(_ file: ExportFile) throws(VaultError) {
        guard let path = file.diskPath else {
            throw VaultError(
                .badInput, "\(file.place) is a database inside a container; unpack it first.")
        }
        self.file = file
        self.path = path
        database = try ForeignDatabase(path, place: file.place)
    }

    /// Whether a file begins as every SQLite database does.
    static func isDatabase(_ head: [UInt8]) -> Bool {
        head.starts(with: Array("SQLite format 3\0".utf8))
    }

    /// Whether it is llm's; a damaged one throws.
    func recognise() throws(VaultError) -> Bool {
        let tables = Set(database.tables)
        guard tables.contains("_llm_migrations"),
            tables.contains("responses") || tables.contains("turns")
        else { return false }
        var migrations = 0
        try database.rows(of: "_llm_migrations") { (_) throws(VaultError) in migrations += 1 }
        guard migrations > 0 else { return false }
        try database.verify()
        return true
    }

    /// Reads every conversation.
    ///
    /// - Parameters:
    ///   - progress: Called with the share that is done, from 0 to 1.
    ///   - emit: Takes the conversations.
    /// - Throws: What `emit` throws; `.badInput`.
    func run(progress: (Double) -> Void, _ emit: Emit) throws(VaultError) {
        let responses = try LLMResponses(database, path: path)
        let threads = try LLMThreads(database, path: path)
        let ids = responses.conversations + threads.ids.filter { !responses.contains($0) }
        for (index, id) in ids.enumerated() {
            var conversation = ImportedConversation(
                origin: .init(source: ImportFormat.llm.rawValue, id: id))
            if threads.contains(id) { try threads.read(id, into: &conversation) }
            try responses.read(id, into: &conversation)
            let times = conversation.messages.compactMap(\.created)
            conversation.created = conversation.created ?? times.min()
            conversation.modified = times.max()
            if conversation.current == nil {
                conversation.current = conversation.messages.last?.originID
            }
            try database.checkUnchanged()
            try Emission.send(conversation, at: "\(file.place), conversation \(id)", emit)
            progress(Double(index + 1) / Double(ids.count))
        }
    }
}

/// Attachments and fragments, which both generations share.
struct LLMPieces {
    let database: ForeignDatabase
    let path: String

    /// The row of that key.
    func row(_ table: String, _ key: String, _ value: JSON?) throws(VaultError) -> JSONObject? {
        guard let value, !value.isNull else { return nil }
        var found: JSONObject?
        try database.rows(of: table, where: key, equals: value) { (row) throws(VaultError) in
            if found == nil { found = row }
        }
        return found
    }

    /// All rows of that key.
    func rows(
        _ table: String, _ key: String, _ value: JSON, orderedBy order: [String] = []
    ) throws(VaultError) -> [JSONObject] {
        var found: [JSONObject] = []
        try database.rows(of: table, where: key, equals: value, orderedBy: order) {
            (row) throws(VaultError) in found.append(row)
        }
        return found
    }

    /// A part for a file; one that the database only names by its path is not opened.
    func attachment(_ id: JSON?) throws(VaultError) -> ImportedPart? {
        guard let row = try row("attachments", "id", id), var fields = Fields(.object(row)) else {
            return nil
        }
        let type = fields["type"]?.string
        let name = fields["path"]?.string?.split(separator: "/").last.map(String.init)
        var file: ImportedFile?
        if fields["content"]?["blobBytes"] != nil, let id {
            fields.drop("content") { _ in true }
            file = ImportedFile(name: name, mediaType: type) { [path] () throws(VaultError) in
                let database = try ForeignDatabase(path, place: "the attachment's database")
                let bytes = try database.blob("content", of: "attachments", where: "id", equals: id)
                return RangeSource(MemoryFile(bytes ?? []))
            }
        }
        let kind: Part.Kind = type?.hasPrefix("image/") == true ? .image : .document
        return .init(Part(kind, name: name, data: fields.restValue), file: file)
    }

    /// The tools that a call was offered or used, each once.
    ///
    /// Their `id` stays: it is what `tool_id` of calls and results names.
    ///
    /// - Parameter links: Rows of link tables, with `tool_id` and perhaps `instance_id`.
    /// - Returns: The rows of `tools`, each with its `instance` where there is one.
    /// - Throws: `.badInput` when the file is damaged.
    func tools(_ links: [JSONObject]) throws(VaultError) -> JSON? {
        var tools: [JSON] = []
        for link in links {
            guard var tool = try row("tools", "id", link["tool_id"]) else { continue }
            tool["input_schema"] = Self.parsed(tool["input_schema"])
            if let instance = try row("tool_instances", "id", link["instance_id"]) {
                tool["instance"] = .object(Fields(instance).rest)
            }
            let value = JSON.object(Fields(tool).rest)
            if !tools.contains(value) { tools.append(value) }
        }
        return tools.isEmpty ? nil : .array(tools)
    }

    /// A part for text that a prompt borrows.
    func fragment(_ id: JSON?) throws(VaultError) -> ImportedPart? {
        guard let row = try row("fragments", "id", id), var fields = Fields(.object(row)) else {
            return nil
        }
        let text = fields.text("content")
        let name = fields.text("source")
        fields.drop("id") { _ in true }
        return .init(Part(.document, text: text, name: name, data: fields.restValue))
    }

    /// The JSON in a text column; the text itself where it is none.
    static func parsed(_ value: JSON?) -> JSON? {
        guard let text = value?.string else { return value }
        return (try? JSONReader.parse(text)) ?? value
    }
}
