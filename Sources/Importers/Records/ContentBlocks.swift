import ForeignArchives
import Foundation
import JSONText
import Vault

/// The content blocks of the Anthropic Messages shape, as parts.
///
/// Used by Claude.ai, Claude Code and Claude Desktop. A block of unknown kind becomes a part of
/// kind `other` with the block as it was found.
enum ContentBlocks {
    /// Parts for one block.
    static func parts(_ block: JSON) -> [ImportedPart] {
        if let text = block.string { return text.isEmpty ? [] : [.init(Part(.text, text: text))] }
        guard var fields = Fields(block) else {
            return block.isVoid ? [] : [.init(Part(.other, data: block))]
        }
        let type = fields["type"]?.string
        switch type {
        case "text", "thinking", "tool_use", "tool_result", "image", "document":
            fields.drop("type") { _ in true }
        default: break
        }
        switch type {
        case "text": return simple(.text, fields.text("text"), fields)
        case "thinking": return simple(.thinking, fields.text("thinking"), fields)
        case "tool_use", "server_tool_use", "mcp_tool_use":
            let name = fields.text("name")
            return [.init(Part(.toolUse, name: name, data: fields.restValue))]
        case "tool_result", "mcp_tool_result", "web_search_tool_result":
            return toolResult(&fields)
        case "image", "document": return [media(&fields, isImage: type == "image")]
        default:
            let text = fields.text("text")
            return [.init(Part(.other, text: text, data: fields.restValue))]
        }
    }

    private static func simple(
        _ kind: Part.Kind, _ text: String?, _ fields: Fields
    ) -> [ImportedPart] {
        let data = fields.restValue
        return text == nil && data == nil ? [] : [.init(Part(kind, text: text, data: data))]
    }

    /// A result's text is what a person reads; images in it become parts of their own.
    private static func toolResult(_ fields: inout Fields) -> [ImportedPart] {
        var texts: [String] = []
        var media: [ImportedPart] = []
        if let text = fields.text("content") {
            texts.append(text)
        } else if let blocks = fields.array("content") {
            var others: [JSON] = []
            for block in blocks {
                if let text = plainText(block) {
                    texts.append(text)
                } else if let type = block["type"]?.string, type == "image" || type == "document" {
                    media += parts(block)
                } else {
                    others.append(block)
                }
            }
            fields.put("content", others.isEmpty ? nil : .array(others))
        }
        let text = texts.isEmpty ? nil : texts.joined(separator: "\n")
        let name = fields.text("name")
        return [.init(Part(.toolResult, text: text, name: name, data: fields.restValue))] + media
    }

    /// The text of a block that has nothing else.
    private static func plainText(_ block: JSON) -> String? {
        if let text = block.string { return text }
        guard var fields = Fields(block), fields["type"]?.string == "text",
            let text = fields.string("text")
        else { return nil }
        fields.drop("type") { _ in true }
        return fields.restValue == nil ? text : nil
    }

    /// An image or document whose bytes stand in the block, or that the block only names.
    private static func media(_ fields: inout Fields, isImage: Bool) -> ImportedPart {
        let title = fields.text("title")
        var file: ImportedFile?
        var text: String?
        if var source = Fields(fields["source"]) {
            let mediaType = source["media_type"]?.string
            switch source["type"]?.string {
            case "base64":
                file = source["data"]?.string.flatMap {
                    EmbeddedFile.decode(base64: $0, name: title, mediaType: mediaType)
                }
                if file != nil { source.drop("data") { _ in true } }
            case "text": text = source.text("data")
            default: break
            }
            fields.drop("source") { _ in true }
            fields.put("source", source.restValue)
        }
        let part = Part(
            isImage ? .image : .document, text: text, name: title, data: fields.restValue)
        return .init(part, file: file)
    }
}

/// Files whose bytes an export holds as text.
enum EmbeddedFile {
    /// The file that a text holds as Base64; `nil` when it is anything else but for white space.
    static func decode(base64: String, name: String?, mediaType: String?) -> ImportedFile? {
        var digits = Data(base64.utf8)
        let blanks: [UInt8] = [0x09, 0x0A, 0x0D, 0x20]
        if digits.contains(where: blanks.contains) { digits.removeAll(where: blanks.contains) }
        guard let data = Data(base64Encoded: digits) else { return nil }
        let memory = MemoryFile([UInt8](data))
        return ImportedFile(name: name, mediaType: mediaType, heldBytes: data.count) {
            RangeSource(memory)
        }
    }

    /// The file in a URL `data:image/png;base64,…`.
    static func decode(url: String, name: String?) -> ImportedFile? {
        guard url.hasPrefix("data:"), let comma = url.firstIndex(of: ",") else { return nil }
        let head = url[..<comma].dropFirst(5).split(separator: ";").map(String.init)
        guard head.last == "base64" else { return nil }
        let type = head.first.flatMap { $0.contains("/") ? $0 : nil }
        return decode(base64: String(url[url.index(after: comma)...]), name: name, mediaType: type)
    }
}
