package import JSONText

/// One message of a conversation as a model sees it.
package struct TurnMessage: Sendable, Equatable {
    package enum Role: String, Sendable { case user, assistant }

    package var role: Role
    package var parts: [TurnPart]

    package init(_ role: Role, _ parts: [TurnPart]) {
        self.role = role
        self.parts = parts
    }
}

/// A part of a message.
package struct TurnPart: Sendable, Equatable {
    package var content: PartContent
    package var cache: CacheMark?

    package init(_ content: PartContent, cache: CacheMark? = nil) {
        self.content = content
        self.cache = cache
    }

    package static func text(_ text: String) -> TurnPart { TurnPart(.text(text)) }
}

/// What a part is.
package enum PartContent: Sendable, Equatable {
    case text(String, citations: [JSON] = [])
    case image(AttachedFile)
    case document(DocumentPart)
    /// What the model thought; the signature proves to the provider that it is unchanged.
    case thinking(String, signature: String)
    /// Thoughts that only the provider can read.
    case redactedThinking(String)
    case toolUse(ToolUse)
    case toolResult(ToolResult)
    /// Why the model would not answer, where the provider says it apart from the text.
    case refusal(String)
    /// A block of a kind that is not known here, kept as it came.
    case other(JSONObject)
}

/// Bytes with their kind.
package struct AttachedFile: Sendable, Equatable {
    /// `image/png`, `application/pdf`.
    package var mediaType: String
    package var bytes: [UInt8]

    package init(mediaType: String, bytes: [UInt8]) {
        self.mediaType = mediaType
        self.bytes = bytes
    }
}

/// A document that the model shall read.
package struct DocumentPart: Sendable, Equatable {
    package enum Source: Sendable, Equatable {
        case file(AttachedFile)
        case text(String)
    }
    package var source: Source
    package var title: String?
    package var wantsCitations = false

    package init(_ source: Source, title: String?, wantsCitations: Bool = false) {
        self.source = source
        self.title = title
        self.wantsCitations = wantsCitations
    }
}

/// A tool that the model asks for.
package struct ToolUse: Sendable, Equatable {
    package enum Input: Sendable, Equatable {
        case complete(JSON)
        /// The model was cut off in the middle of it. It must not be repaired and run: a path or a
        /// command that lacks its end is another path or command.
        case unfinished(String)
    }
    package var id: String
    package var name: String
    package var input: Input

    package init(id: String, name: String, input: Input) {
        self.id = id
        self.name = name
        self.input = input
    }
}

/// What a tool gave back.
package struct ToolResult: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        case text(String)
        case json(JSON)
        case image(AttachedFile)
    }
    package var toolUseID: String
    package var content: [Content]
    /// nil where the caller leaves it to the provider's own rule, which is success.
    package var isError: Bool?

    package init(toolUseID: String, content: [Content], isError: Bool? = nil) {
        self.toolUseID = toolUseID
        self.content = content
        self.isError = isError
    }
}
