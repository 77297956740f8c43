import JSONText
package import Providers
package import Vault
import VaultCrypto

/// What a person says.
package struct Question: Sendable {
    package var text: String
    package var files: [ImportedFile] = []

    package init(_ text: String, files: [ImportedFile] = []) {
        self.text = text
        self.files = files
    }

    func message(resumes: Bool = false) -> ImportedMessage {
        var message = ImportedMessage(originID: "", parent: nil, role: .user)
        message.parts = files.map { file in
            let isImage = file.mediaType?.hasPrefix("image/") ?? false
            return ImportedPart(Part(isImage ? .image : .document, name: file.name), file: file)
        }
        message.parts.append(ImportedPart(Part(.text, text: text)))
        if resumes { message.extra["resumes"] = .bool(true) }
        return message
    }

    /// The first words, until a person names the conversation.
    var title: String {
        let lines = text.split(whereSeparator: \.isNewline)
        let line = lines.first { !$0.allSatisfy(\.isWhitespace) } ?? ""
        let words = line.split(whereSeparator: \.isWhitespace)
        var title = ""
        for word in words {
            guard title.count + word.count < 60 else { break }
            title += title.isEmpty ? String(word) : " \(word)"
        }
        return title.isEmpty ? String(line.prefix(60)) : title
    }
}

/// What turns are asked with.
package struct ChatSettings: Sendable {
    /// The model's id as the provider writes it.
    package var model: String
    /// What is known of an answer before it comes: the provider's name, its host and region.
    package var facts = TurnFacts()
    package var limits = SamplingLimits()
    package var thinking: ThinkingSetting?
    package var effort: String?
    /// Whether the provider may keep the conversation so far, for a cheaper next turn.
    package var caches = false
    /// So often may a model ask for tools before it has to come to an end.
    package var mostToolRounds = 16

    package init(model: String) {
        self.model = model
        facts.model = model
    }
}

/// Conversations with a model, every step of which is in the vault before it is shown.
package struct Chat: Sendable {
    /// Shows something; called in order, one after the other.
    package typealias Show = @Sendable (ChatNews) async -> Void

    package let vault: Vault
    package let transport: any TurnTransport
    package let tools: ToolSet
    package var settings: ChatSettings

    package init(
        _ vault: Vault, over transport: any TurnTransport, tools: ToolSet = ToolSet(),
        settings: ChatSettings
    ) {
        self.vault = vault
        self.transport = transport
        self.tools = tools
        self.settings = settings
    }

    /// What is asked in the person's name where a stopped answer shall go on.
    package static let resumption = "Continue exactly where you stopped."

    // MARK: - What a person does

    /// Begins a conversation with a question, which is not answered yet.
    ///
    /// - Parameters:
    ///   - question: The first words.
    ///   - system: What the model shall keep in mind all along.
    /// - Returns: The conversation; `answer` answers.
    /// - Throws: `badInput` for a file that cannot be read; what the database reports.
    package func begin(_ question: Question, system: String? = nil) async throws -> RecordID {
        var messages: [ImportedMessage] = []
        if let system {
            var message = ImportedMessage(originID: "", parent: nil, role: .system)
            message.parts = [ImportedPart(Part(.text, text: system))]
            messages.append(message)
        }
        messages.append(question.message())
        let (vault, title, first) = (vault, question.title, messages)
        return try await BlockingWork.run {
            try vault.beginConversation(title: title.isEmpty ? nil : title, first)
        }
    }

    /// Asks a question behind the last message on the screen.
    package func ask(
        _ question: Question, in conversation: RecordID, _ show: @escaping Show
    ) async throws -> ChatOutcome {
        let current = try await current(of: conversation)
        return try await ask(question.message(), in: conversation, below: current?.id, show)
    }

    /// Answers the last message on the screen.
    ///
    /// A task that is cancelled stops the answer; what has come is kept.
    package func answer(
        in conversation: RecordID, _ show: @escaping Show
    ) async throws -> ChatOutcome {
        guard let leaf = try await current(of: conversation) else {
            throw VaultError(.badInput, "The conversation has no message to answer; write one.")
        }
        return try await answer(in: conversation, below: leaf.id, show)
    }

    /// Asks another question in the place of one: a sibling of it, with an answer of its own.
    package func edit(
        _ message: RecordID, to question: Question, in conversation: RecordID,
        _ show: @escaping Show
    ) async throws -> ChatOutcome {
        guard let old = try await path(conversation, to: message).leaf, old.role == .user else {
            throw VaultError(.badInput, "Only what a person wrote can be edited; choose that.")
        }
        return try await ask(question.message(), in: conversation, below: old.parent, show)
    }

    /// Answers once more what an answer answers: a sibling of it.
    package func regenerate(
        _ answer: RecordID, in conversation: RecordID, _ show: @escaping Show
    ) async throws -> ChatOutcome {
        let old = try await path(conversation, to: answer).leaf
        guard let parent = old?.parent, old?.role == .assistant else {
            throw VaultError(.badInput, "Only an answer can be made anew; choose one.")
        }
        return try await self.answer(in: conversation, below: parent, show)
    }

    /// Goes on where a turn did not come to its end.
    ///
    /// | last message | what happens |
    /// |---|---|
    /// | a question, or results of tools | it is answered |
    /// | an answer that was stopped or failed | its rest is asked for; all of it where none came |
    /// | an answer that asks for tools | they are run, and the model is told what they gave |
    ///
    /// - Throws: `badInput` behind an answer that is whole.
    package func resume(
        _ conversation: RecordID, _ show: @escaping Show
    ) async throws -> ChatOutcome {
        guard let leaf = try await current(of: conversation) else { throw Self.nothingToResume }
        if leaf.role == .user || leaf.role == .tool {
            return try await answer(in: conversation, below: leaf.id, show)
        }
        guard leaf.role == .assistant else { throw Self.nothingToResume }
        guard leaf.state != .complete else {
            let tools = leaf.parts.compactMap(StoredPart.use)
            guard leaf.stopReason == StopReason.toolUse.word, !tools.isEmpty else {
                throw Self.nothingToResume
            }
            let path = try await path(conversation, to: leaf.id)
            return try await TurnRun(self, in: conversation, show: show).run(tools, of: path)
        }
        let hasText = leaf.parts.contains { $0.kind == .text && $0.text?.isEmpty == false }
        guard hasText else { return try await regenerate(leaf.id, in: conversation, show) }
        let question = Question(Self.resumption).message(resumes: true)
        return try await ask(question, in: conversation, below: leaf.id, show)
    }

    private static var nothingToResume: VaultError {
        VaultError(.badInput, "The last answer came to its end; there is nothing to go on with.")
    }

    // MARK: - Below

    private func ask(
        _ message: ImportedMessage, in conversation: RecordID, below parent: RecordID?,
        _ show: @escaping Show
    ) async throws -> ChatOutcome {
        let vault = vault
        let id = try await BlockingWork.run {
            try vault.addMessage(message, to: conversation, below: parent)
        }
        return try await answer(in: conversation, below: id, show)
    }

    private func answer(
        in conversation: RecordID, below leaf: RecordID, _ show: @escaping Show
    ) async throws -> ChatOutcome {
        try await TurnRun(self, in: conversation, show: show).run(below: leaf)
    }

    private func current(of conversation: RecordID) async throws -> Message? {
        let vault = vault
        return try await BlockingWork.run {
            let current = try vault.conversation(conversation).current
            return try Path(try vault.messages(of: conversation), to: current).leaf
        }
    }

    func path(_ conversation: RecordID, to leaf: RecordID) async throws -> Path {
        let vault = vault
        return try await BlockingWork.run {
            try Path(try vault.messages(of: conversation), to: leaf)
        }
    }

    /// What the model is asked.
    func request(_ path: Path) async throws -> TurnRequest {
        let vault = vault
        let context = try await BlockingWork.run {
            try TurnContext(path) { file in
                let sink = BytesSink()
                try vault.readAttachment(file.sha256, into: sink)
                return sink.bytes
            }
        }
        var request = TurnRequest(model: settings.model, messages: context.messages)
        request.system = context.system
        request.tools = tools.definitions
        request.limits = settings.limits
        request.thinking = settings.thinking
        request.effort = settings.effort
        if settings.caches { request.markForCache() }
        return request
    }
}
