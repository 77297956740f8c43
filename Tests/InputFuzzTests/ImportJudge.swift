import Foundation
import Importers
import JSONText
import VaultCrypto

@testable import Vault
@testable import VaultArchive

/// Exports of every format: what is imported is sound, comes out the same a second time, and can be
/// archived so that the archive verifies and is restored.
enum ImportJudge {
    static let targets = ImportFormat.allCases.map { format in
        FuzzTarget(
            name: "import-\(format.rawValue)", judge: { judge($0, format) },
            seeds: { seeds(format) }, words: words)
    }

    private static let words = [
        "null", "\"id\":", "\"uuid\":", "\"parent\":", "\"children\":[", "\"mapping\":{",
        "\"messages\":[", "\"content\":", "\"role\":\"user\"", "\"timestamp\":", "\"created_at\":",
        "1e18", "-1", "\\u0000", "\"9999-12-31T23:59:59Z\"", "\"type\":", "[]", "{}", "\n",
        "data:image/png;base64,AA==", String(repeating: "[", count: 120),
    ]

    // MARK: Seeds

    private static let folders: [ImportFormat: [String]] = [
        .chatGPT: ["chatgpt/conversations.json"],
        .claudeAI: [
            "claude_ai/conversations.json", "claude_ai/projects.json", "claude_ai/memories.json",
        ],
        .claudeCode: ["claude_code/web-session.json"],
        .cowork: [
            "cowork/local-agent-mode-sessions/org-1/acct-1/local_77.json",
            "cowork/local-agent-mode-sessions/org-1/acct-1/local_78.json",
        ],
        .openWebUI: ["open_webui/chats.json"],
        .libreChat: [
            "librechat/flat.json", "librechat/recursive.json", "librechat/chatbot-ui.json",
        ],
        .lmStudio: ["lm_studio/1717000000000.conversation.json"],
        .jan: [
            "jan/threads/jan_1718000000/thread.json", "jan/threads/jan_1718000000/messages.jsonl",
        ],
        .jsonl: ["jsonl/conversations.jsonl", "jsonl/turns.jsonl"],
    ]

    private static let session = """
        {"type":"user","uuid":"1","parentUuid":null,"sessionId":"s",\
        "timestamp":"2025-06-01T10:00:00Z","message":{"role":"user","content":"a"}}
        {"type":"assistant","uuid":"2","parentUuid":"1","sessionId":"s",\
        "timestamp":"2025-06-01T10:00:01Z","message":{"id":"m","role":"assistant",\
        "model":"c","content":[{"type":"thinking","thinking":"h"},{"type":"tool_use",\
        "id":"t","name":"Read","input":{"p":1}}]}}
        {"type":"user","uuid":"3","parentUuid":"2","sessionId":"s",\
        "message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t",\
        "content":"x"}]}}
        {"type":"queue-operation","operation":"enqueue","content":"b","sessionId":"s",\
        "timestamp":"2025-06-01T10:00:02Z"}
        {"type":"summary","summary":"S","leafUuid":"3"}

        """

    /// The fixtures of a format, whole where they are small, and each conversation of a list.
    private static func seeds(_ format: ImportFormat) -> [[UInt8]] {
        if format == .llm { return databases() }
        var seeds: [[UInt8]] = format == .claudeCode ? [Array(session.utf8)] : []
        for path in folders[format] ?? [] {
            let bytes = Fixtures.bytes("imports/\(path)")
            guard let value = try? JSONReader.parse(bytes) else {
                seeds.append(bytes)
                continue
            }
            let elements = value.array?.map { JSON.array([$0]) } ?? []
            seeds += (elements + [value]).map { Array(JSONWriter.line($0).utf8) }
        }
        return seeds.filter { !$0.isEmpty && $0.count <= 16_384 }
    }

    /// The scripts of the fixtures as databases of small pages.
    private static func databases() -> [[UInt8]] {
        ["responses", "threads"].compactMap { name in
            let path = NSTemporaryDirectory() + "coffer-fuzz-\(getpid())-\(name).db"
            defer { try? FileManager.default.removeItem(atPath: path) }
            let script = Fixtures.bytes("imports/llm/\(name).sql")
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = [
                "python3", "-c",
                "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute('PRAGMA "
                    + "page_size=512'); c.executescript(sys.argv[2])", path,
                String(decoding: script, as: UTF8.self),
            ]
            guard (try? process.run()) != nil else { return nil }
            process.waitUntilExit()
            return FileManager.default.contents(atPath: path).map { Array($0) }
        }
    }

    // MARK: Judging

    /// One file, in memory where there is such a place, that is written over for each input.
    private static let file: (path: String, descriptor: Int32) = {
        let folder = ProcessInfo.processInfo.environment["COFFER_FUZZ_SCRATCH"] ?? "/dev/shm"
        let path = "\(folder)/coffer-fuzz-\(getpid())"
        let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { fatalError("no file can be made in \(folder)") }
        atexit { unlink(ImportJudge.file.path) }
        return (path, descriptor)
    }()

    private static func write(_ input: [UInt8]) {
        guard ftruncate(file.descriptor, 0) == 0,
            pwrite(file.descriptor, input, input.count, 0) == input.count
        else { fatalError("the input could not be written") }
    }

    private struct Found {
        var conversations: [ImportedConversation] = []
        var skipped: [SkippedRecord] = []

        init(_ path: String, _ format: ImportFormat) throws(VaultError) {
            let job = try ImportJob.open(path, format: format.rawValue)
            var conversations: [ImportedConversation] = []
            var skipped: [SkippedRecord] = []
            try job.run(progress: { _ in }) { (event) throws(VaultError) in
                switch event {
                case .conversation(let conversation): conversations.append(conversation)
                case .skipped(let record): skipped.append(record)
                }
            }
            self.conversations = conversations
            self.skipped = skipped
        }
    }

    private static func judge(_ input: [UInt8], _ format: ImportFormat) -> String? {
        // Containers have judges of their own.
        if input.starts(with: [0x50, 0x4B]) || input.starts(with: [0x1F, 0x8B]) { return nil }
        write(input)
        do throws(VaultError) {
            let found = try Found(file.path, format)
            for record in found.skipped {
                if let flaw = Refused.flaw(record.reason) { return flaw }
            }
            for conversation in found.conversations {
                if let flaw = flaw(conversation, format) { return flaw }
            }
            let again = try Found(file.path, format)
            guard again.skipped == found.skipped else { return "a second time more is left out" }
            let pairs = zip(found.conversations, again.conversations)
            for (first, second) in pairs where outline(first) != outline(second) {
                return "a second time a conversation differs"
            }
            return found.conversations.count == again.conversations.count
                ? nil : "a second time there are other conversations"
        } catch {
            return Refused.flaw(error, [.badInput])
        }
    }

    /// What of a conversation does not hang on the run.
    private static func outline(_ conversation: ImportedConversation) -> [String] {
        var lines = ["\(conversation.origin) \(conversation.title ?? "-")"]
        for message in conversation.messages {
            lines.append("\(message.originID) \(message.parent ?? "-") \(message.role)")
            lines += message.parts.map { RecordLineOf.part($0.part) }
        }
        return lines + [JSONWriter.line(.object(conversation.extra))]
    }

    private static func flaw(
        _ conversation: ImportedConversation, _ format: ImportFormat
    ) -> String? {
        guard conversation.origin.source == format.rawValue else { return "another origin" }
        let dates =
            [conversation.created, conversation.modified] + conversation.messages.map(\.created)
        guard dates.allSatisfy({ $0?.isPlausible ?? true }) else { return "a date that cannot be" }
        let ids = Set(conversation.messages.map(\.originID))
        guard ids.count == conversation.messages.count else { return "an id twice" }
        let parents = Dictionary(
            conversation.messages.map { ($0.originID, $0.parent) }, uniquingKeysWith: { $1 })
        for message in conversation.messages.prefix(200) {
            var next: String? = message.originID
            var steps = 0
            while let id = next, let parent = parents[id], steps <= parents.count {
                next = parent
                steps += 1
            }
            guard steps <= parents.count else { return "messages follow each other in a circle" }
        }
        return ArchivedImport.flaw(conversation)
    }
}

/// The line of a part, without a salt.
private enum RecordLineOf {
    static func part(_ part: Part) -> String {
        let data = part.data.map { String(decoding: JSONWriter.canonical($0), as: UTF8.self) }
        return "\(part.kind) \(part.name ?? "-") \(part.text ?? "-") \(data ?? "-")"
    }
}
