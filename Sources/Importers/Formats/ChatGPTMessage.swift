import JSONText
import Vault

/// One message of a ChatGPT conversation.
///
/// Assistant messages whose recipient is not `all` are calls of the tool of that name; messages of
/// the role `tool` are results. Both keep the tool's name in their parts.
struct ChatGPTMessage {
    private(set) var message: ImportedMessage
    private let assets: AssetIndex
    private var fields: Fields
    private var metadata: Fields
    /// The tool that is called or that answers.
    private var tool: String?
    private var attachments: [JSONObject] = []

    init(_ fields: Fields, id: String, parent: String?, assets: AssetIndex) {
        self.fields = fields
        self.assets = assets
        metadata = Fields(fields["metadata"]) ?? Fields(JSONObject())
        message = ImportedMessage(originID: id, parent: parent, role: .user)
        self.fields.drop("id") { $0.string == id }
        readAuthor()
        readState()
        attachments = metadata["attachments"]?.array?.compactMap(\.object) ?? []
        if var content = Fields(self.fields["content"]) {
            readContent(&content)
            self.fields.drop("content") { _ in true }
        }
        readAttachments()
        readCharts()
        readCitations()
        self.fields.drop("metadata") { $0.object != nil }
        if let content = message.extra["content"] { self.fields.put("content", content) }
        message.extra = self.fields.rest
        if let rest = metadata.restValue { message.extra["metadata"] = rest }
    }

    private mutating func readAuthor() {
        guard var author = Fields(fields["author"]) else { return }
        if let word = author["role"]?.string, let role = Role(word: word) {
            message.role = role
            author.drop("role") { _ in role.rawValue == word }
        }
        let name = author["name"]?.string
        fields.drop("author") { _ in true }
        fields.put("author", author.restValue)
        if message.role == .tool { tool = name ?? "tool" }
        if message.role == .assistant, let recipient = fields["recipient"]?.string,
            recipient != "all"
        {
            tool = recipient
        }
        fields.drop("recipient") { $0.string == "all" }
    }

    private mutating func readState() {
        message.created = fields.instant("create_time")
        switch fields["status"]?.string {
        case "finished_successfully": fields.drop("status") { _ in true }
        case "in_progress", "finished_partial_completion": message.state = .stopped
        default: break
        }
        fields.drop("weight") { $0.double == 1 }
        message.model = metadata.text("model_slug")
        message.stopReason = metadata["finish_details"]?["type"]?.string
    }

    private mutating func append(_ kind: Part.Kind, _ text: String?, _ data: JSON? = nil) {
        if text?.isEmpty != false, data == nil { return }
        var kind = kind
        if kind == .text, tool != nil { kind = message.role == .tool ? .toolResult : .toolUse }
        let name = kind == .toolUse || kind == .toolResult ? tool : nil
        message.parts.append(.init(Part(kind, text: text, name: name, data: data)))
    }

    private mutating func readContent(_ content: inout Fields) {
        let type = content["content_type"]?.string
        switch type {
        case "text", "multimodal_text":
            content.drop("content_type") { _ in true }
            for part in content.array("parts") ?? [] { readPart(part) }
            append(.text, content.text("text"))
            if let rest = content.restValue { append(.other, nil, rest) }
        case "thoughts":
            for thought in content.array("thoughts") ?? [] { readThought(thought) }
            content.drop("content_type") { _ in true }
            if let rest = content.restValue { message.extra["content"] = rest }
        case "reasoning_recap":
            let text = content.text("content")
            append(.thinking, text, content.restValue)
        case "user_editable_context", "model_editable_context":
            readContext(&content)
        case "tether_browsing_display":
            let text = content.text("result")
            append(.text, text, content.restValue)
        case "code", "execution_output", "tether_quote", "sonic_webpage", "system_error",
            "tether_browsing_code":
            let text = content.text("text") ?? content.text("result")
            append(.text, text, content.restValue)
        default:
            let text = content.text("text")
            let pointers = Self.pointers(in: content.restValue)
            append(.other, text, content.restValue)
            for pointer in pointers { appendFile(pointer, data: nil) }
        }
    }

    private mutating func readContext(_ content: inout Fields) {
        for key in ["user_profile", "user_instructions", "model_set_context"] {
            guard let text = content.text(key) else { continue }
            append(.text, text, .object(["field": .string(key)]))
        }
        if let rest = content.restValue { message.extra["content"] = rest }
    }

    private mutating func readThought(_ thought: JSON) {
        guard var fields = Fields(thought) else { return append(.thinking, nil, thought) }
        let text = fields.text("content")
        append(.thinking, text, fields.restValue)
    }

    private mutating func readPart(_ part: JSON) {
        if let text = part.string { return append(.text, text) }
        guard var fields = Fields(part) else {
            if !part.isVoid { append(.other, nil, part) }
            return
        }
        switch fields["content_type"]?.string {
        case "audio_transcription":
            let text = fields.text("text")
            append(.text, text, fields.restValue)
        case "image_asset_pointer", "audio_asset_pointer",
            "real_time_user_audio_video_asset_pointer":
            let pointers = Self.pointers(in: part)
            appendFile(pointers.first, data: part)
            for pointer in pointers.dropFirst() { appendFile(pointer, data: nil) }
        default:
            let text = fields.text("text")
            append(.other, text, fields.restValue)
        }
    }

    /// All asset pointers in a value, in reading order, each once.
    private static func pointers(in value: JSON?) -> [String] {
        var found: [String] = []
        func search(_ value: JSON, key: String) {
            switch value {
            case .string(let text):
                let isPointer =
                    text.hasPrefix("file-service://") || text.hasPrefix("sediment://")
                    || text.contains("://")
                        && (key.hasSuffix("asset_pointer") || key.hasSuffix("asset_pointers"))
                if isPointer, !found.contains(text) { found.append(text) }
            case .array(let elements): for element in elements { search(element, key: key) }
            case .object(let object):
                for member in object.members { search(member.value, key: member.key) }
            default: break
            }
        }
        if let value { search(value, key: "") }
        return found
    }

    /// A part for a file that the export holds, or only names.
    private mutating func appendFile(_ pointer: String?, data: JSON?) {
        let id = pointer.map { AssetIndex.id(of: $0) }
        let known = attachments.first { $0["id"]?.string == id && id != nil }
        let name = known?["name"]?.string
        let file = pointer.flatMap {
            assets.file($0, name: name, mediaType: known?["mime_type"]?.string)
        }
        let type = data?["content_type"]?.string ?? ""
        let isImage =
            type.hasPrefix("image") || type.isEmpty && file?.mediaType?.hasPrefix("image") == true
        let pointerData = pointer.map { JSON.object(["asset_pointer": .string($0)]) }
        message.parts.append(
            .init(
                Part(
                    isImage ? .image : .document, name: name ?? file?.name,
                    data: data ?? pointerData),
                file: file))
    }

    /// Files that the user attached and that no part shows.
    private mutating func readAttachments() {
        let shown = message.parts.flatMap { Self.pointers(in: $0.part.data) }
        let ids = Set(shown.map { AssetIndex.id(of: $0) })
        for attachment in attachments {
            guard let id = attachment["id"]?.string, !ids.contains(id) else { continue }
            let name = attachment["name"]?.string
            let type = attachment["mime_type"]?.string ?? attachment["mimeType"]?.string
            message.parts.append(
                .init(
                    Part(
                        type?.hasPrefix("image/") == true ? .image : .document, name: name,
                        data: .object(attachment)),
                    file: assets.file(id, name: name, mediaType: type)))
        }
    }

    /// Images that code drew: the interpreter's result names them beside its text.
    private mutating func readCharts() {
        let shown = message.parts.flatMap { Self.pointers(in: $0.part.data) }
        var ids = Set(shown.map { AssetIndex.id(of: $0) })
        for pointer in Self.pointers(in: metadata["aggregate_result"])
        where ids.insert(AssetIndex.id(of: pointer)).inserted {
            let image: JSONObject = [
                "content_type": .string("image"), "image_url": .string(pointer),
            ]
            appendFile(pointer, data: .object(image))
        }
    }

    /// Citations point into the text by index and stay beside it.
    private mutating func readCitations() {
        guard let index = message.parts.firstIndex(where: { $0.part.kind == .text }) else { return }
        for key in ["citations", "content_references"] {
            guard let marks = metadata[key]?.array, !marks.isEmpty else { continue }
            var data = message.parts[index].part.data?.object ?? JSONObject()
            guard data[key] == nil else { continue }
            data[key] = metadata.any(key)
            message.parts[index].part.data = .object(data)
        }
    }
}
