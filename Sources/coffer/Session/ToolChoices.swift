import ArgumentParser
import Chat
import JSONText
import Providers

/// What is typed of tools: one word for all, or a word for each; a tool that is not named is denied
/// then.
struct ToolPermissions: ExpressibleByArgument {
    private let all: ToolPermission
    private let named: [String: ToolPermission]

    init(_ permission: ToolPermission) { self.init(all: permission, named: [:]) }

    init?(argument: String) {
        if let permission = ToolPermission(rawValue: argument) {
            self.init(permission)
            return
        }
        var named: [String: ToolPermission] = [:]
        for setting in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let words = setting.split(separator: "=", omittingEmptySubsequences: false)
            guard words.count == 2, ToolChoices.names.contains(String(words[0])),
                let permission = ToolPermission(rawValue: String(words[1])),
                named.updateValue(permission, forKey: String(words[0])) == nil
            else { return nil }
        }
        self.init(all: .deny, named: named)
    }

    private init(all: ToolPermission, named: [String: ToolPermission]) {
        self.all = all
        self.named = named
    }

    func permission(of tool: String) -> ToolPermission { named[tool] ?? all }

    /// For help, which shows the default.
    var defaultValueDescription: String { all.rawValue }
}

/// The tools that a conversation offers to a model: searching the vault, reading attached files.
enum ToolChoices {
    private static let tools: [any ChatTool] = [VaultSearchTool(), AttachmentTool()]

    static let names = tools.map(\.definition.name)

    /// The tools with what is allowed to each; of one that is denied a model is not told.
    static func set(_ permissions: ToolPermissions) -> ToolSet {
        let words = Dictionary(
            uniqueKeysWithValues: names.map { ($0, permissions.permission(of: $0)) })
        return ToolSet(tools, permissions: words) { use in ask(use) }
    }

    /// Asks on the terminal whether a tool may be used; where nobody can be asked it may not.
    private static func ask(_ use: ToolUse) -> Bool {
        guard Prompt.canAsk else { return false }
        try? Output.flush()
        Prompt.dropTyped()
        Notes.write(Array("\(question(use, width: Console.width)) ".utf8))
        return ["y", "yes"].contains(Prompt.line()?.lowercased() ?? "")
    }

    /// What is shown at most of a name and of an input, in Unicode scalars.
    private static let (longestName, longestInput) = (60, 300)

    /// What is asked, in lines that are no wider than `width`.
    ///
    /// A model chooses name and input. They are short however long they are, they stand in lines
    /// that are indented, and the question is the last line, which is not.
    static func question(_ use: ToolUse, width: Int) -> String {
        let input =
            switch use.input {
            case .complete(let value): JSONWriter.line(value)
            case .unfinished(let text): text
            }
        let shown = "\(beginning(of: use.name, longestName)) \(beginning(of: input, longestInput))"
        let lines =
            Wrapping.lines(of: "The model asks for a tool:", width: width)
            + Wrapping.lines(of: shown, width: width, indent: "    ")
            + Wrapping.lines(of: "What it gives goes to the provider.", width: width)
        return (lines + ["Allow it? [y/N]"]).joined(separator: "\n")
    }

    /// One line that cannot act on a terminal, and how much of the text is not in it.
    private static func beginning(of text: String, _ most: Int) -> String {
        let scalars = text.unicodeScalars
        let shown = Printable.line(String(String.UnicodeScalarView(scalars.prefix(most))))
        guard scalars.count > most else { return shown }
        return "\(shown) … (\(Figures.count(scalars.count - most, "more character")))"
    }
}
