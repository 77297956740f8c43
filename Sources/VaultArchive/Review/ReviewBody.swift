import JSONText
import Vault

/// What a person reads of a message's parts, as plain text.
enum ReviewBody {
    /// The text of parts, one after another.
    static func text(_ parts: some Sequence<Part>) -> String {
        parts.map(text).filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private static func text(_ part: Part) -> String {
        switch part.kind {
        case .text: part.text ?? ""
        case .thinking: titled("Thinking", nil, part.text)
        case .toolUse: titled("Tool call", part.name, part.text ?? structure(part.data))
        case .toolResult: titled("Tool result", part.name, part.text ?? structure(part.data))
        case .image: titled("Image", name(of: part), part.text)
        case .document: titled("Document", name(of: part), part.text)
        case .other: titled("Other content", name(of: part), part.text ?? structure(part.data))
        }
    }

    private static func name(of part: Part) -> String? { part.name ?? part.attachment?.name }

    private static func structure(_ data: JSON?) -> String? { data.map(PrettyJSON.text) }

    private static func titled(_ title: String, _ name: String?, _ text: String?) -> String {
        let name = name?.singleLine(maximumBytes: 200) ?? ""
        let head = "[\(title)\(name.isEmpty ? "" : ": \(name)")]"
        return text.map { $0.isEmpty ? head : "\(head)\n\($0)" } ?? head
    }
}

/// Parts of a message that one event shows.
///
/// What somebody says is one event up to the next call of a tool, result or thinking, each of which
/// is an event of its own.
struct ReviewPiece {
    enum Kind { case speech, thinking, toolCall, toolResult }

    var kind: Kind
    var parts: [Part]

    /// The pieces of a message in order; a message without parts has an empty one.
    static func all(of parts: [Part]) -> [ReviewPiece] {
        var pieces: [ReviewPiece] = []
        for part in parts {
            let kind = Kind(part.kind)
            if kind == .speech, pieces.last?.kind == .speech {
                pieces[pieces.count - 1].parts.append(part)
            } else {
                pieces.append(ReviewPiece(kind: kind, parts: [part]))
            }
        }
        return pieces.isEmpty ? [ReviewPiece(kind: .speech, parts: [])] : pieces
    }
}

extension ReviewPiece.Kind {
    fileprivate init(_ kind: Part.Kind) {
        switch kind {
        case .thinking: self = .thinking
        case .toolUse: self = .toolCall
        case .toolResult: self = .toolResult
        case .text, .image, .document, .other: self = .speech
        }
    }
}

/// The names of tools by the ids of their calls, which results refer to.
struct ToolNames {
    private var names: [String: String] = [:]

    init(_ messages: [Message]) {
        for part in messages.lazy.flatMap(\.parts) where part.kind == .toolUse {
            if let id = Self.callID(part), let name = part.name { names[id] = name }
        }
    }

    /// The id of a call, or of the call that a result answers.
    static func callID(_ part: Part) -> String? {
        let keys =
            part.kind == .toolUse
            ? ["id", "call_id", "tool_call_id"] : ["tool_use_id", "call_id", "tool_call_id"]
        return keys.lazy.compactMap { part.data?[$0]?.string }.first
    }

    /// The name of the tool that a result came from.
    func name(of result: Part) -> String? {
        result.name ?? Self.callID(result).flatMap { names[$0] }
    }
}
