package import JSONText
package import Providers

/// Something that a model may ask for.
package protocol ChatTool: Sendable {
    /// Its name, what it is for and what it takes.
    var definition: ToolDefinition { get }

    /// Does it.
    ///
    /// - Parameters:
    ///   - input: As the model said it; it is whole, and checked by nobody yet.
    ///   - place: Where it was asked for.
    /// - Returns: What the model is told.
    /// - Throws: What could not be done; the model is told that too.
    func run(_ input: JSON, in place: ToolPlace) async throws -> ToolResult.Content
}

/// What is allowed to a tool.
package enum ToolPermission: String, Sendable, CaseIterable {
    case allow, ask, deny
}

/// What became of a tool that a model asked for.
package enum ToolOutcome: Sendable, Equatable {
    case done, failed
    /// By the setting, or by the person who was asked.
    case denied
    case unknown
}

/// The tools of a conversation, and what is allowed to each.
package struct ToolSet: Sendable {
    /// Asks the person; called for tools that are to be asked for.
    package typealias Asking = @Sendable (ToolUse) async -> Bool

    private var tools: [String: any ChatTool] = [:]
    private var permissions: [String: ToolPermission] = [:]
    private let asking: Asking

    /// - Parameters:
    ///   - tools: Their names differ.
    ///   - permissions: By name; a tool without one is asked for.
    ///   - asking: Asks the person.
    package init(
        _ tools: [any ChatTool] = [], permissions: [String: ToolPermission] = [:],
        asking: @escaping Asking = { _ in false }
    ) {
        for tool in tools { self.tools[tool.definition.name] = tool }
        self.permissions = permissions
        self.asking = asking
    }

    package func permission(of name: String) -> ToolPermission { permissions[name] ?? .ask }

    /// What a model is told of: all that are not denied.
    package var definitions: [ToolDefinition] {
        tools.values.map(\.definition).filter { permission(of: $0.name) != .deny }
            .sorted { $0.name < $1.name }
    }

    /// Runs a tool if that is allowed.
    ///
    /// - Returns: What the model is told, and what became of it.
    package func run(
        _ use: ToolUse, in place: ToolPlace
    ) async -> (result: ToolResult, outcome: ToolOutcome) {
        guard let tool = tools[use.name] else {
            return (Self.refusal(of: use, "There is no such tool."), .unknown)
        }
        guard case .complete(let input) = use.input else {
            return (Self.refusal(of: use, "The input is not whole."), .failed)
        }
        let isAllowed =
            switch permission(of: use.name) {
            case .allow: true
            case .ask: await asking(use)
            case .deny: false
            }
        guard isAllowed else {
            return (Self.refusal(of: use, "The person does not allow this."), .denied)
        }
        do {
            let content = try await tool.run(input, in: place)
            return (ToolResult(toolUseID: use.id, content: [content]), .done)
        } catch {
            return (Self.refusal(of: use, "\(error)"), .failed)
        }
    }

    /// What a model is told that asks for too many at once.
    static func tooMany(
        _ use: ToolUse, _ most: Int
    ) -> (result: ToolResult, outcome: ToolOutcome) {
        (refusal(of: use, "At most \(most) tools are run for one answer; ask again."), .denied)
    }

    private static func refusal(of use: ToolUse, _ sentence: String) -> ToolResult {
        ToolResult(toolUseID: use.id, content: [.text(sentence)], isError: true)
    }
}
