import JSONText
import Policy
import Providers
package import Vault
import VaultCrypto

/// One turn of a person on its way: the answers of the model, and the tools between them.
///
/// It carries out what `TurnMachine` says, and decides nothing.
actor TurnRun {
    private let chat: Chat
    private let conversation: RecordID
    private let show: Chat.Show
    private var machine = TurnMachine()
    private var queue: StepQueue?
    private var end: (TurnEnd, [TurnChange])?
    private var tools: [ToolUse] = []
    private var rounds = 0
    private var hasTooManyRounds = false

    init(_ chat: Chat, in conversation: RecordID, show: @escaping Chat.Show) {
        self.chat = chat
        self.conversation = conversation
        self.show = show
    }

    /// Asks, until the model wants no more tools.
    ///
    /// - Parameter leaf: The message that is to be answered.
    /// - Returns: The last answer, and how it ended.
    /// - Throws: What keeps it from being stored; `ResidencyRefusal` where policy kept the turn
    ///   from going anywhere, or from going on, which is in the record and in the log by then.
    func run(below leaf: RecordID) async throws -> ChatOutcome {
        var leaf = leaf
        while true {
            let path = try await chat.path(conversation, to: leaf)
            let answer = try await ask(path)
            guard case .toolRequested = machine.state else { return outcome(answer) }
            guard let next = try await runTools(below: answer, path) else {
                return outcome(answer)
            }
            leaf = next
        }
    }

    private func outcome(_ answer: RecordID) -> ChatOutcome {
        ChatOutcome(
            answer: answer, state: machine.state,
            toolLimit: hasTooManyRounds ? chat.settings.mostToolRounds : nil)
    }

    /// Runs the tools that an earlier answer asked for, and goes on from there.
    ///
    /// - Parameters:
    ///   - tools: What it asked for.
    ///   - path: The branch up to that answer.
    /// - Returns: As `run(below:)`.
    /// - Throws: As `run(below:)`.
    func run(_ tools: [ToolUse], of path: Path) async throws -> ChatOutcome {
        guard let answer = path.leaf?.id else {
            throw VaultError(.badInput, "There is no answer to go on with; ask something first.")
        }
        self.tools = tools
        machine = TurnMachine(requested: tools)
        guard let next = try await runTools(below: answer, path) else { return outcome(answer) }
        return try await run(below: next)
    }

    // MARK: One answer

    private func ask(_ path: Path) async throws -> RecordID {
        let request = try await chat.request(path)
        let (vault, conversation, facts) = (chat.vault, conversation, chat.settings.facts)
        let leaf = path.leaf?.id
        let journal = try await BlockingWork.run {
            try vault.beginTurn(in: conversation, below: leaf, facts)
        }
        let queue = StepQueue(journal, show: show)
        self.queue = queue
        await show(.began(journal.id))
        var receipt = TurnReceipt()
        var refusal: ResidencyRefusal?
        do {
            receipt = try await chat.transport.send(request) { news in
                try await self.take(.news(news))
            }
            refusal = receipt.refusal
            try await take(Task.isCancelled ? .stop : .silence)
        } catch let error as VaultError {
            // Nothing can be stored; the next opening makes a record of what was.
            throw error
        } catch let error as ResidencyRefusal {
            refusal = error
            try await take(.news(.event(.failed(ProviderError(error)))))
        } catch {
            let failure = error as? ProviderError ?? ProviderError(.connection)
            try await take(Task.isCancelled ? .stop : .news(.event(.failed(failure))))
        }
        try await queue.drain()
        let answer = try await conclude(journal, receipt, refusal)
        if let refusal {
            try await log(refusal)
            throw refusal
        }
        return answer
    }

    private func log(_ refusal: ResidencyRefusal) async throws {
        let facts = chat.settings.facts
        let turn = RefusedTurn(
            provider: facts.provider ?? "", host: facts.host ?? "", model: chat.settings.model,
            rule: refusal.rule, conversation: conversation)
        let vault = chat.vault
        try await BlockingWork.run { try vault.logRefusedTurn(turn) }
    }

    private func conclude(
        _ journal: TurnJournal, _ receipt: TurnReceipt, _ refusal: ResidencyRefusal?
    ) async throws -> RecordID {
        let (end, changes) = end ?? (.stopped, [])
        self.end = nil
        var facts = receipt.facts
        if let refusal {
            facts.extra["error"] = .object([
                "kind": .string("refused"), "rule": .string(refusal.rule),
                "message": .string(refusal.description),
            ])
        }
        let last = changes + [.facts(facts)]
        let id = try await BlockingWork.run { try journal.finish(end, last) }
        await show(.ended(id, machine.state))
        return id
    }

    private func take(_ input: TurnMachine.Input) async throws {
        for action in machine.take(input) {
            switch action {
            case .record(let changes, let news):
                try await queue?.add(changes, then: ChatNews(news))
            case .end(let end, let changes): self.end = (end, changes)
            case .run(let tools): self.tools = tools
            case .send: break
            }
        }
    }

    // MARK: Tools

    /// So many tools are run for one answer.
    private static let mostTools = 32

    /// Runs what the model asked for, and stores what that gave.
    ///
    /// - Returns: The message with the results; nil where the turn was stopped, or has gone round
    ///   often enough.
    private func runTools(below answer: RecordID, _ path: Path) async throws -> RecordID? {
        rounds += 1
        guard rounds <= chat.settings.mostToolRounds else {
            hasTooManyRounds = true
            try await take(.stop)
            return nil
        }
        let place = ToolPlace(vault: chat.vault, conversation: conversation, path: path)
        var message = ImportedMessage(originID: "", parent: nil, role: .tool)
        for (number, use) in tools.enumerated() {
            if Task.isCancelled { break }
            let (result, outcome) =
                number < Self.mostTools
                ? await chat.tools.run(use, in: place) : ToolSet.tooMany(use, Self.mostTools)
            message.parts.append(ImportedPart(StoredPart.result(of: use, result)))
            await show(.tool(use, outcome))
        }
        guard !Task.isCancelled else {
            try await take(.stop)
            return nil
        }
        let (vault, conversation, stored) = (chat.vault, conversation, message)
        let id = try await BlockingWork.run {
            try vault.addMessage(stored, to: conversation, below: answer)
        }
        try await take(.results)
        return id
    }
}

/// How a turn ended.
package struct ChatOutcome: Sendable, Equatable {
    package var answer: RecordID
    package var state: TurnMachine.State
    /// It was ended, because the model asked for tools after so many rounds; nil otherwise.
    package var toolLimit: Int?
}
