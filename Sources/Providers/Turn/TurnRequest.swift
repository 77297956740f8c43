package import JSONText

/// What one turn asks of a model, in no provider's own form.
package struct TurnRequest: Sendable, Equatable {
    /// The model's id as the provider writes it; for Foundry the name of the deployment.
    package var model: String
    package var system: [SystemText] = []
    package var messages: [TurnMessage]
    package var tools: [ToolDefinition] = []
    package var toolChoice: ToolChoice?
    package var limits = SamplingLimits()
    package var thinking: ThinkingSetting?
    /// How hard the model should try, in its own word: `low`, `medium`, `high`.
    package var effort: String?
    /// An opaque name of the person, for the provider's abuse detection.
    package var userID: String?
    /// Names of features that the provider has to switch on.
    package var betas: [String] = []

    package init(model: String, messages: [TurnMessage]) {
        self.model = model
        self.messages = messages
    }
}

extension TurnRequest {
    /// Marks the end of the system prompt and the end of the last message: tools, prompt and the
    /// conversation so far are the beginning of the next turn too.
    package mutating func markForCache() {
        if !system.isEmpty { system[system.count - 1].cache = CacheMark() }
        guard let last = messages.indices.last, !messages[last].parts.isEmpty else { return }
        messages[last].parts[messages[last].parts.count - 1].cache = CacheMark()
    }
}

/// A part of the system prompt.
package struct SystemText: Sendable, Equatable {
    package var text: String
    package var cache: CacheMark?

    package init(_ text: String, cache: CacheMark? = nil) {
        self.text = text
        self.cache = cache
    }
}

/// Where a provider may keep what it has read so far, for a cheaper next turn.
package struct CacheMark: Sendable, Equatable {
    /// `5m` or `1h`; nil for the provider's own time.
    package var lifetime: String?

    package init(lifetime: String? = nil) { self.lifetime = lifetime }
}

/// What ends and shapes the model's text.
package struct SamplingLimits: Sendable, Equatable {
    package var maximumTokens: Int?
    package var stopSequences: [String] = []
    package var temperature: Double?
    package var topP: Double?

    package init() {}
}

/// Whether and how a model thinks before it answers.
package enum ThinkingSetting: Sendable, Equatable {
    case off
    /// At most so many tokens of thinking.
    case budget(tokens: Int)
    /// As much as the model finds right; `display` is `summarized` or `omitted`.
    case adaptive(display: String?)
}

/// A tool that the model may ask for.
package struct ToolDefinition: Sendable, Equatable {
    package var name: String
    package var description: String?
    /// The JSON schema of its input.
    package var inputSchema: JSON
    package var cache: CacheMark?

    package init(
        name: String, description: String?, inputSchema: JSON, cache: CacheMark? = nil
    ) {
        self.name = name
        self.description = description
        self.inputSchema = inputSchema
        self.cache = cache
    }
}

/// Which tools the model may or must ask for.
package struct ToolChoice: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case auto, any, none
        case tool(String)
    }
    package var kind: Kind
    /// Whether it may ask for several at once; nil for the provider's own rule.
    package var allowsParallel: Bool?

    package init(_ kind: Kind, allowsParallel: Bool? = nil) {
        self.kind = kind
        self.allowsParallel = allowsParallel
    }
}
