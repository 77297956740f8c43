import Chat
import JSONText
import Providers

/// The tools that a conversation offers to a model: searching the vault, reading attached files.
enum ToolChoices {
    /// - Parameters:
    ///   - permission: For each of them.
    ///   - options: Whoever wants nothing but results is asked nothing, either.
    /// - Returns: The tools; with `deny` a model is told of none.
    static func set(_ permission: ToolPermission, _ options: GlobalOptions) -> ToolSet {
        guard permission != .deny else { return ToolSet() }
        let tools: [any ChatTool] = [VaultSearchTool(), AttachmentTool()]
        let names = tools.map(\.definition.name)
        let permissions = Dictionary(names.map { ($0, permission) }) { first, _ in first }
        return ToolSet(tools, permissions: permissions) { use in ask(use) }
    }

    /// Asks on the terminal whether a tool may be used; where nobody can be asked it may not.
    private static func ask(_ use: ToolUse) -> Bool {
        guard Prompt.canAsk else { return false }
        var input = ""
        if case .complete(let value) = use.input { input = JSONWriter.line(value) }
        let question =
            "The model asks for \(use.name) with \(input). What it gives goes to the "
            + "provider. Allow it? [y/N]"
        try? Output.flush()
        let text = Printable.line(question)
        let lines = Wrapping.lines(of: text, width: Console.width).joined(separator: "\n")
        Notes.write(Array("\(lines) ".utf8))
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
    }
}
