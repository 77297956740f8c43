import JSONText
import Vault
import VaultCrypto

/// The newer generation: threads and turns point into a tree of messages addressed by content.
///
/// A conversation is everything that can be reached upwards from the tips of its thread and of the
/// thread's turns, so that answers that were asked for again are branches.
struct LLMThreads {
    private let pieces: LLMPieces
    /// In the order of creation.
    private(set) var ids: [String] = []
    private var known: Set<String> = []

    init(_ database: ForeignDatabase, path: String) throws(VaultError) {
        pieces = LLMPieces(database: database, path: path)
        var found: [String] = []
        try database.rows(of: "threads", columns: ["id"], orderedBy: ["id"]) {
            (row) throws(VaultError) in
            if let id = row["id"]?.string { found.append(id) }
        }
        ids = found
        known = Set(found)
    }

    func contains(_ id: String) -> Bool { known.contains(id) }

    func read(_ id: String, into conversation: inout ImportedConversation) throws(VaultError) {
        guard let row = try pieces.row("threads", "id", .string(id)) else { return }
        var thread = Fields(row)
        thread.drop("id") { _ in true }
        conversation.title = thread.text("name")
        conversation.created = thread.instant("datetime_utc")
        let tip = thread.text("tip_message_hash")
        conversation.current = tip
        conversation.extra = thread.rest
        var tree = Chain(pieces: pieces)
        let turns = try pieces.rows("turns", "thread_id", .string(id), orderedBy: ["id"])
        for turn in turns { try tree.add(turn) }
        if let tip { try tree.reach(tip, turn: nil) }
        conversation.messages = tree.messages
    }

    /// The messages that were reached, parents first.
    private struct Chain {
        let pieces: LLMPieces
        private(set) var messages: [ImportedMessage] = []
        private var positions: [String: Int] = [:]

        init(pieces: LLMPieces) { self.pieces = pieces }

        /// Adds what a turn was asked and what it answered.
        mutating func add(_ row: JSONObject) throws(VaultError) {
            var turn = Fields(row)
            for key in ["thread_id"] { turn.drop(key) { _ in true } }
            let created = turn["datetime_utc"].flatMap(Instant.init(json:))
            if let parent = turn.text("parent_message_hash") { try reach(parent, turn: created) }
            guard let tip = turn.text("tip_message_hash") else { return }
            try reach(tip, turn: created)
            guard let index = positions[tip] else { return }
            messages[index].model = turn.text("resolved_model") ?? turn["model"]?.string
            let model = messages[index].model
            turn.drop("model") { $0.string == model }
            turn.drop("datetime_utc") { Instant(json: $0) == created && created != nil }
            var usage = JSONObject()
            for key in ["input_tokens", "output_tokens", "token_details"] {
                usage[key] = LLMPieces.parsed(turn.any(key))
            }
            messages[index].usage = usage.isEmpty ? nil : usage
            let key = row["id"] ?? .null
            turn.put("tools", try pieces.tools(pieces.rows("turn_tools", "turn_id", key)))
            turn.put("instances", try instances(of: key))
            if let schema = try pieces.row("schemas", "id", turn["schema_id"]) {
                turn.put("schema", .object(schema))
            }
            messages[index].extra["turn"] = turn.restValue
        }

        /// The toolboxes that calls of a turn were made with.
        private func instances(of turn: JSON) throws(VaultError) -> JSON? {
            var found: [JSON] = []
            for link in try pieces.rows("tool_instantiations", "turn_id", turn) {
                guard let row = try pieces.row("tool_instances", "id", link["instance_id"]) else {
                    continue
                }
                var instance = row
                instance["tool_call_id"] = link["tool_call_id"]
                found.append(.object(instance))
            }
            return found.isEmpty ? nil : .array(found)
        }

        /// Adds a message and those above it that are not there yet.
        mutating func reach(_ tip: String, turn created: Instant?) throws(VaultError) {
            var rows: [Fields] = []
            var next: String? = tip
            while let hash = next, positions[hash] == nil {
                guard let row = try pieces.row("messages", "hash", .string(hash)) else { break }
                positions[hash] = -1
                rows.append(Fields(row))
                next = row["parent_hash"]?.string
            }
            for row in rows.reversed() {
                var row = row
                guard let hash = row.text("hash") else { continue }
                let parent = row.text("parent_hash")
                var message = ImportedMessage(originID: hash, parent: parent, role: .user)
                if let word = row["role"]?.string, let role = Role(word: word) {
                    message.role = role
                    row.drop("role") { _ in role.rawValue == word }
                }
                message.created = created
                message.parts = try parts(of: hash)
                message.extra = row.rest
                positions[hash] = messages.count
                messages.append(message)
            }
        }

        private func parts(of hash: String) throws(VaultError) -> [ImportedPart] {
            var parts: [ImportedPart] = []
            let key = JSON.string(hash)
            for row in try pieces.rows("parts", "message_hash", key, orderedBy: ["position"]) {
                var payload = Fields(LLMPieces.parsed(row["payload"])) ?? Fields(JSONObject())
                let resolved = try resolve(&payload)
                let text = row["text"]?.string ?? resolved ?? payload.text("output")
                let name = payload.text("name") ?? row["tool_name"]?.string
                let kind = Self.kind(row["type"]?.string)
                var files: [ImportedPart] = []
                let links = try pieces.rows("part_attachments", "part_id", row["id"] ?? .null)
                for link in links {
                    if let part = try pieces.attachment(link["attachment_id"]) {
                        files.append(part)
                    }
                }
                if row["type"]?.string == "attachment", !files.isEmpty {
                    parts += files
                    continue
                }
                if kind == .other { payload.put("type", row["type"]) }
                parts.append(.init(Part(kind, text: text, name: name, data: payload.restValue)))
                parts += files
            }
            return parts
        }

        private static func kind(_ type: String?) -> Part.Kind {
            switch type {
            case "text": .text
            case "reasoning": .thinking
            case "tool_call": .toolUse
            case "tool_result": .toolResult
            default: .other
            }
        }

        /// Text in which fragments are named instead of repeated.
        private func resolve(_ payload: inout Fields) throws(VaultError) -> String? {
            guard let pieces = payload.array("text_ref") else { return payload.text("text") }
            var text = ""
            var sources: [JSON] = []
            for piece in pieces {
                if let literal = piece["literal"]?.string {
                    text += literal
                } else if let part = try self.pieces.fragment(piece["fragment"]) {
                    text += part.part.text ?? ""
                    var source = part.part.data?.object ?? JSONObject()
                    source["source"] = part.part.name.map(JSON.string)
                    sources.append(.object(source))
                }
            }
            payload.put("fragments", .array(sources))
            return text
        }
    }
}
