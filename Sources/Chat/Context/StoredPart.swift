import JSONText
import Providers
import Vault

/// How parts of answers stand in the vault.
///
/// `data` of a part, by its kind: `thinking` has `{"signature":"…"}` or `{"redacted":"…"}`, `text`
/// has `{"citations":[…]}` or `{"refusal":true}`, `tool_use` has `{"id","input"}` or, where the
/// model was cut off in it, `{"id","unfinishedInput":"…"}`, `tool_result` has
/// `{"is_error","tool_use_id"}`. A tool's use and result stand as they do in an import from Claude
/// Code.
enum StoredPart {
    static func signature(_ text: String) -> JSON { .object(["signature": .string(text)]) }

    static func citations(_ citations: [JSON]) -> JSON {
        .object(["citations": .array(citations)])
    }

    static func redacted(_ data: String) -> Part {
        Part(.thinking, data: .object(["redacted": .string(data)]))
    }

    static func refusal(_ text: String) -> Part {
        Part(.text, text: text, data: .object(["refusal": .bool(true)]))
    }

    static func tool(_ tool: ToolUse, _ input: JSON) -> Part {
        Part(
            .toolUse, name: tool.name, data: .object(["id": .string(tool.id), "input": input]))
    }

    static func unfinishedTool(id: String, name: String, text: String) -> Part {
        Part(
            .toolUse, name: name,
            data: .object(["id": .string(id), "unfinishedInput": .string(text)]))
    }

    static func result(of tool: ToolUse, _ result: ToolResult) -> Part {
        var pieces: [String] = []
        for content in result.content {
            switch content {
            case .text(let text): pieces.append(text)
            case .json(let json): pieces.append(JSONWriter.line(json))
            case .image: break
            }
        }
        var data: JSONObject = ["tool_use_id": .string(tool.id)]
        if let isError = result.isError { data["is_error"] = .bool(isError) }
        return Part(
            .toolResult, text: pieces.joined(separator: "\n"), name: tool.name,
            data: .object(data))
    }

    /// What a stored part asks for; nil where it is no tool's use, or its input is not whole.
    static func use(_ part: Part) -> ToolUse? {
        guard part.kind == .toolUse, let id = part.data?["id"]?.string, let name = part.name,
            let input = part.data?["input"]
        else { return nil }
        return ToolUse(id: id, name: name, input: .complete(input))
    }

    // MARK: Back to what a model is told

    /// A part of a stored message as a model is told it.
    ///
    /// - Parameters:
    ///   - part: The part.
    ///   - file: Reads an attachment; called for images and documents alone.
    /// - Returns: Nil for what says nothing to a model, and for what a provider would refuse:
    ///   thoughts without the signature that proves them.
    /// - Throws: What `file` throws.
    static func content(
        _ part: Part, _ file: (AttachmentReference) throws -> [UInt8]
    ) throws -> PartContent? {
        switch part.kind {
        case .text:
            guard let text = part.text, !text.isEmpty else { return nil }
            return .text(text, citations: part.data?["citations"]?.array ?? [])
        case .thinking:
            if let data = part.data?["redacted"]?.string { return .redactedThinking(data) }
            return part.data?["signature"]?.string.map {
                .thinking(part.text ?? "", signature: $0)
            }
        case .toolUse: return use(part).map(PartContent.toolUse)
        case .toolResult:
            return part.data?["tool_use_id"]?.string.map {
                .toolResult(
                    ToolResult(
                        toolUseID: $0, content: [.text(part.text ?? "")],
                        isError: part.data?["is_error"]?.bool))
            }
        case .image, .document: return try attached(part, file)
        case .other: return part.data?.object.map(PartContent.other)
        }
    }

    private static let images: Set = ["image/png", "image/jpeg", "image/gif", "image/webp"]

    /// A file whose kind no model takes is named; a tool may read it.
    private static func attached(
        _ part: Part, _ file: (AttachmentReference) throws -> [UInt8]
    ) throws -> PartContent? {
        guard let reference = part.attachment else { return part.text.map { .text($0) } }
        let name = part.name ?? reference.name
        let type = reference.mediaType ?? ""
        if images.contains(type) {
            return .image(AttachedFile(mediaType: type, bytes: try file(reference)))
        }
        if type == "application/pdf" {
            let file = AttachedFile(mediaType: type, bytes: try file(reference))
            return .document(DocumentPart(.file(file), title: name))
        }
        if type.hasPrefix("text/"),
            let text = String(validating: try file(reference), as: UTF8.self)
        {
            return .document(DocumentPart(.text(text), title: name))
        }
        return .text("[Attached file: \(name ?? "without a name"), \(reference.sizeBytes) bytes]")
    }
}
