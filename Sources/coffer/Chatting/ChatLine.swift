/// What a person types in `coffer chat`: words for the model, or a command that begins with `/`.
///
/// A text that shall begin with a slash is typed with two. Commands are on one line; a text of
/// several lines that begins with a slash is words all the same, because it was pasted.
enum ChatLine: Equatable {
    case words(String)
    case command(ChatCommandName, argument: String)
    /// A sentence for what is neither.
    case mistake(String)

    init(_ typed: String) {
        let text = String(typed.reversed().drop(while: \.isWhitespace).reversed())
        guard text.hasPrefix("/"), !text.contains(where: \.isNewline) else {
            self = .words(text)
            return
        }
        guard !text.hasPrefix("//") else {
            self = .words(String(text.dropFirst()))
            return
        }
        let parts = text.dropFirst().split(
            maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: \.isWhitespace)
        let word = parts.first.map(String.init) ?? ""
        guard let name = ChatCommandName(rawValue: word.lowercased()) else {
            self = .mistake(Self.unknown(word))
            return
        }
        let argument = parts.count > 1 ? String(parts[1].drop(while: \.isWhitespace)) : ""
        self = name.checked(argument)
    }

    private static func unknown(_ word: String) -> String {
        guard !word.isEmpty else {
            return "A slash alone is no command; /help lists them, and // begins a text with a "
                + "slash."
        }
        let names = ChatCommandName.allCases.map(\.rawValue)
        let meant = Spelling.nearest(to: word, among: names).map { "did you mean /\($0)? " } ?? ""
        return "There is no command /\(word); \(meant)/help lists them, and // begins a text with "
            + "a slash."
    }
}

/// The commands of `coffer chat`.
enum ChatCommandName: String, CaseIterable {
    case help, search, attach, model, edit, retry, resume, branch, title, usage
    case `where`, export, new, quit

    /// What stands behind it, as the help shows it; nil where nothing may.
    var parameter: String? {
        switch self {
        case .search: "QUERY"
        case .attach: "FILE"
        case .model: "[NAME]"
        case .edit: "TEXT"
        case .branch: "[NUMBER]"
        case .title: "TEXT"
        case .export: "FILE"
        case .help, .retry, .resume, .usage, .where, .new, .quit: nil
        }
    }

    /// One line of the help.
    var summary: String {
        switch self {
        case .help: "list these commands"
        case .search: "find messages in the vault"
        case .attach: "send a file with your next message; alone: drop those"
        case .model: "say which model answers, or choose another"
        case .edit: "ask your last question anew, in these words"
        case .retry: "have the last question answered once more"
        case .resume: "go on with an answer that was stopped or failed"
        case .branch: "list the branches of this conversation, or go to one"
        case .title: "name this conversation"
        case .usage: "tokens and cost so far"
        case .where: "say where each turn of this conversation went"
        case .export: "write this conversation into a signed archive"
        case .new: "begin another conversation"
        case .quit: "end; so does Ctrl-D"
        }
    }

    fileprivate func checked(_ argument: String) -> ChatLine {
        switch (parameter, argument.isEmpty) {
        case (nil, false): .mistake("/\(rawValue) takes nothing behind it; type it alone.")
        case (.some(let parameter), true) where !parameter.hasPrefix("[") && self != .attach:
            .mistake("/\(rawValue) needs \(parameter) behind it.")
        default: .command(self, argument: argument)
        }
    }
}
