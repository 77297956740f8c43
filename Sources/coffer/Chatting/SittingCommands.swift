import ArgumentParser
import Chat
import Foundation
import JSONText
import Policy
import Providers
import Vault
import VaultCrypto

// What the lines of a sitting do.
extension ChatSitting {
    /// Does what a line says.
    ///
    /// - Returns: Whether the sitting is over.
    func isEnd(_ line: ChatLine) throws -> Bool {
        switch line {
        case .words(let text): attempt { try ask(text) }
        case .mistake(let sentence):
            say(sentence)
            remember(EX_USAGE)
        case .command(.quit, _): return true
        case .command(let name, let argument): attempt { try act(name, argument) }
        }
        return false
    }

    /// Tells what went wrong, and lets the sitting go on.
    private func attempt(_ body: () throws -> Void) {
        do {
            try body()
        } catch {
            remember(Ending.tell(error))
        }
    }

    private func act(_ name: ChatCommandName, _ argument: String) throws {
        switch name {
        case .help: help()
        case .search: try Search.parse([argument]).answer(in: vault)
        case .attach: try attach(argument)
        case .model: try model(argument)
        case .edit: try edit(argument)
        case .retry: try retry()
        case .resume: try resume()
        case .branch: try branch(argument)
        case .title: try title(argument)
        case .usage: try usage()
        case .where: try Where.parse([begun().description]).answer(in: vault)
        case .export: try export(argument)
        case .new: begin()
        case .quit: break
        }
    }

    // MARK: - Questions

    private func ask(_ text: String) throws {
        try answer(.ask(Question(text, files: waiting), system: manner.system))
    }

    private func edit(_ text: String) throws {
        let last = try path().last { $0.role == .user && $0.extra["resumes"] == nil }
        guard let last else {
            throw VaultError(.badInput, "There is no question to edit yet; type one.")
        }
        try answer(.edit(last.id, Question(text, files: waiting)))
    }

    private func retry() throws {
        let last = try path().last
        let isAnswer = last?.role == .assistant
        try answer(last.flatMap { isAnswer ? .regenerate($0.id) : nil } ?? .answer)
    }

    private func resume() throws {
        _ = try begun()
        try answer(.resume)
    }

    /// Has something answered on the screen, where the policy allows it.
    private func answer(_ wish: AnsweredTurn.Wish) throws {
        try followPolicy()
        try requirePermission()
        let settings = try manner.sampling.applied(to: opening.settings)
        let turn = AnsweredTurn(
            opening.chat(settings, tools: manner.tools), wish, in: conversation)
        let screen = AnswerScreen(.usual, write: AnswerScreen.toOutput, note: Self.note)
        Output.line("")
        defer {
            // What has begun goes on, however its first answer ended.
            if let begun = turn.conversation { go(to: begun) }
            if turn.isKept { waiting = [] }
            Output.line("")
        }
        do {
            try conclude(try AsyncWork.run { try await turn.run(on: screen) }, of: turn)
        } catch let refusal as ResidencyRefusal {
            if turn.isKept { say(TurnWords.refused(next: "/resume")) }
            throw refusal
        }
    }

    /// Says what became of a turn, where the answer does not show it.
    private func conclude(_ outcome: ChatOutcome, of turn: AnsweredTurn) throws {
        if case .failed = outcome.state { remember(EXIT_FAILURE) }
        let messages = try turn.conversation.map { try vault.messages(of: $0) } ?? []
        let answer = messages.first { $0.id == outcome.answer }
        let hasCome = TurnWords.hasCome(answer?.parts ?? [])
        switch outcome.state {
        case .stopped where outcome.toolLimit != nil:
            say(TurnWords.ended(afterRounds: outcome.toolLimit ?? 0) + "; /resume goes on with it.")
        case .stopped where hasCome:
            say("Stopped; what came is kept, and /resume goes on with it.")
        case .stopped: say("Stopped before anything came; /resume asks again.")
        case .failed(let error) where hasCome:
            say("\(error.sentence) What came of the answer is kept; /resume goes on.")
        case .failed(let error): say("\(error.sentence) /resume asks again.")
        default:
            let lack = answer.flatMap { TurnWords.lack(of: $0.parts, stopReason: $0.stopReason) }
            if let lack { say(lack) }
        }
    }

    // MARK: - Files and models

    private func attach(_ path: String) throws {
        guard !path.isEmpty else {
            say("\(Figures.count(waiting.count, "file")) dropped.")
            waiting = []
            return
        }
        waiting += try AttachedFiles.read([path])
        say("\(path) goes with your next message; /attach alone drops what waits.")
    }

    private func model(_ name: String) throws {
        if !name.isEmpty { try change(to: name) }
        say(name.isEmpty ? "\(heading)." : "From now on \(heading).")
        say(residency)
        let others = opening.configuration.models.map { $0.alias ?? $0.id }
        if name.isEmpty, !others.isEmpty {
            say("The settings list \(others.joined(separator: ", ")).")
        }
    }

    // MARK: - The conversation

    private func begin() {
        go(to: nil)
        waiting = []
        say("Your next message begins another conversation.")
    }

    private func title(_ text: String) throws {
        let isNew = try vault.setTitle(text, of: try begun())
        say(isNew ? "It is named so now." : "It has that name already.")
    }

    private func branch(_ argument: String) throws {
        let conversation = try begun()
        let current = try vault.conversation(conversation).current
        let branches = ChatBranch.all(try vault.messages(of: conversation), current: current)
        guard !argument.isEmpty else { return list(branches) }
        guard let number = Int(argument), branches.indices.contains(number - 1) else {
            throw VaultError(.badInput, "There is no branch \(argument); /branch lists them.")
        }
        try vault.showBranch(to: branches[number - 1].leaf, of: conversation)
        say("You are on branch \(number) now; it ends so:")
        for message in try path().suffix(2) { show(message) }
    }

    private func list(_ branches: [ChatBranch]) {
        for (index, branch) in branches.enumerated() {
            let time = branch.time.map(Figures.minute) ?? "undated"
            let facts =
                "\(branch.isShown ? "*" : " ") \(Columns.right("\(index + 1)", 2))  \(time)  "
                + "\(Figures.count(branch.length, "message"))  "
            Output.line(Columns.clip(facts + Printable.line(branch.words), Console.width))
        }
    }

    private func usage() throws {
        let configuration = opening.configuration
        let usage = ConversationUsage(
            try vault.messages(of: try begun()), prices: configuration.prices)
        var sentence =
            "\(Figures.count(usage.inputTokens)) tokens in, \(Figures.count(usage.outputTokens)) "
            + "out, \(Figures.count(usage.cacheReadTokens)) from cache"
        if let cost = usage.cost, let currency = configuration.currency {
            sentence += "; \(cost) \(currency)"
        }
        if usage.uncounted > 0 {
            sentence += "; of \(Figures.count(usage.uncounted, "answer")) nothing was counted"
        }
        say(sentence + ".")
    }

    private func export(_ path: String) throws {
        let arguments = ["--conversation", try begun().description, "--output", path]
        try Export.parse(arguments).write(from: vault)
    }

    private func help() {
        let names = ChatCommandName.allCases.map { name in
            "/\(name.rawValue)" + (name.parameter.map { " \($0)" } ?? "")
        }
        let width = names.map(\.count).max() ?? 0
        for (shown, name) in zip(names, ChatCommandName.allCases) {
            let padding = String(repeating: " ", count: width - shown.count + 2)
            Output.line(shown + padding + Style.dim(name.summary))
        }
        say(
            "Ctrl-C stops an answer and keeps what came; on an empty line it ends the sitting, as "
                + "Ctrl-D does. What begins with // is a text with a slash.")
    }

    private func begun() throws -> RecordID {
        guard let conversation else {
            throw VaultError(.badInput, "The conversation begins with your first message; type it.")
        }
        return conversation
    }

    /// The messages on the screen.
    private func path() throws -> [Message] {
        let conversation = try begun()
        let current = try vault.conversation(conversation).current
        return Branches(try vault.messages(of: conversation), current: current).visible
    }
}
