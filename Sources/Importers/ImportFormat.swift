/// The export formats that Coffer reads; the raw value is the word for `--format` and the
/// `Origin.source` of what comes from it.
package enum ImportFormat: String, CaseIterable, Sendable, Hashable {
    case chatGPT = "chatgpt"
    case claudeAI = "claude.ai"
    case claudeCode = "claude-code"
    case cowork
    case openWebUI = "open-webui"
    case libreChat = "librechat"
    case lmStudio = "lm-studio"
    case jan
    case llm
    case jsonl

    /// What a person calls it, for reports.
    package var name: String {
        switch self {
        case .chatGPT: "ChatGPT export"
        case .claudeAI: "Claude.ai export"
        case .claudeCode: "Claude Code transcripts"
        case .cowork: "Claude Desktop sessions"
        case .openWebUI: "Open WebUI export"
        case .libreChat: "LibreChat export"
        case .lmStudio: "LM Studio conversations"
        case .jan: "Jan threads"
        case .llm: "llm log database"
        case .jsonl: "JSON lines"
        }
    }

    /// One line for `--help`.
    package var summary: String {
        switch self {
        case .chatGPT: "the account export zip, or conversations.json and its numbered parts"
        case .claudeAI: "the account export zip: conversations, projects and memories"
        case .claudeCode: "~/.claude/projects, one .jsonl session, or a web session's JSON"
        case .cowork: "local sessions of Claude Desktop (Cowork, third-party inference)"
        case .openWebUI: "all chats or one chat, exported as JSON"
        case .libreChat: "one conversation's JSON, flat or recursive; chatbot-ui exports"
        case .lmStudio: "~/.lmstudio/conversations"
        case .jan: "the threads folder of Jan's data folder"
        case .llm: "logs.db of the llm command line tool"
        case .jsonl: "one conversation a line: {\"messages\":[{\"role\",\"text\"}]}"
        }
    }
}
