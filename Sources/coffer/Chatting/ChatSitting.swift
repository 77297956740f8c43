import ArgumentParser
import Chat
import Foundation
import JSONText
import Policy
import Providers
import Vault
import VaultCrypto

/// One sitting of `coffer chat`: asks, shows, and does what commands say, until the person ends it.
///
/// Ctrl-C while an answer comes stops the answer, and on an empty line ends the sitting. Whatever
/// fails is told in a sentence, and the sitting goes on: what was said is in the vault. Where the
/// lines come from a program, the end says that something failed.
final class ChatSitting {
    /// What holds for the whole sitting.
    struct Manner {
        /// What the model shall keep in mind in conversations that begin here.
        var system: String?
        var sampling: SamplingOptions
        var tools: ToolSet
        /// Finds a provider and a model by their names; nil is what was typed at the start.
        var open: (_ provider: String?, _ model: String?) throws -> ChatOpening
    }

    let vault: Vault
    let manner: Manner
    private(set) var opening: ChatOpening
    private(set) var conversation: RecordID?
    var waiting: [ImportedFile] = []
    /// The exit code of the first line that failed.
    private var failure: Int32?
    private let editor: LineEditor

    /// - Parameters:
    ///   - vault: Where everything goes.
    ///   - conversation: Which one goes on; nil begins one with the first words.
    ///   - manner: See there.
    /// - Throws: What opening the provider throws.
    init(_ vault: Vault, in conversation: RecordID?, _ manner: Manner) throws {
        self.vault = vault
        self.conversation = conversation
        self.manner = manner
        opening = try manner.open(nil, nil)
        editor = LineEditor(prompt: "> ", history: try Self.questions(in: conversation, of: vault))
    }

    /// Goes on until the person ends it.
    ///
    /// - Throws: What the terminal throws; `ExitCode` without a terminal, where a line failed.
    func run() throws {
        defer { opening.close() }
        try greet()
        try answerLines()
        if let failure, !Console.inputIsTerminal { throw ExitCode(failure) }
    }

    /// A line failed, which was told.
    func remember(_ failure: Int32) {
        guard failure != 0 else { return }
        self.failure = self.failure ?? failure
    }

    private func answerLines() throws {
        repeat {
            try Output.flush()
            // Whoever stops an answer stops what was typed behind its question, too.
            if Interruption.isRequested { editor.dropTyped() }
            // Each question may be stopped anew.
            Interruption.watch()
            switch editor.read() {
            case .ended, .interrupted: return
            case .text(let text): guard try !isEnd(ChatLine(text)) else { return }
            }
        } while !Interruption.wantsEnd
    }

    // MARK: - Changes

    /// Takes another model of the same provider from now on: a conversation goes to another
    /// provider only when a person says so.
    func change(to model: String) throws {
        let next = try manner.open(opening.entry.name, model)
        opening.close()
        opening = next
    }

    /// Opens the provider anew where the policy is another one than before, and says what that
    /// changes.
    func followPolicy() throws {
        guard try !opening.isUnderPolicy(of: vault) else { return }
        let before = (heading, residency)
        try change(to: opening.model.id)
        // A refusal is told by what refuses.
        if case .refused = opening.forecast.decision { return }
        if heading != before.0 { say("From now on \(heading).") }
        if residency != before.1 { say(residency) }
    }

    /// Finds out what only the provider knows of the place, and asks the policy.
    func requirePermission() throws {
        opening = try opening.permitted(for: conversation)
    }

    /// Goes on in another conversation; nil begins one with the next words.
    func go(to conversation: RecordID?) {
        self.conversation = conversation
    }

    // MARK: - Words

    private func greet() throws {
        Output.line(Style.bold(heading))
        say(residency)
        say("Enter sends, Alt-Enter begins a new line, /help lists the commands.")
        if let conversation {
            Output.line("")
            try showEnd(of: conversation)
        }
        Output.line("")
    }

    /// `work: claude-sonnet-4-5 at europe-west1-aiplatform.googleapis.com`.
    var heading: String {
        let model = opening.model.alias.map { "\(opening.model.id) (\($0))" } ?? opening.model.id
        return Printable.line(
            "\(opening.entry.name): \(model) at \(opening.forecast.origin.authority)")
    }

    var residency: String {
        let sentence = ResidencyWords.sentence(opening.forecast)
        return "Residency: \(sentence)\(sentence.hasSuffix(".") ? "" : ".")"
    }

    func say(_ text: String) { Self.note(text) }

    /// A sentence of the program's own.
    @Sendable static func note(_ text: String) {
        for line in Wrapping.lines(of: Printable.line(text), width: Console.width) {
            Output.line(Style.dim(line))
        }
        try? Output.flush()
    }

    /// The last question and what was answered.
    private func showEnd(of conversation: RecordID) throws {
        let known = try vault.conversation(conversation)
        let all = try vault.messages(of: conversation)
        let messages = Branches(all, current: known.current).visible
        say(TitleView.text(known.title))
        for message in messages.suffix(2) { show(message) }
    }

    func show(_ message: Message) {
        Output.line("")
        if message.extra["resumes"] != nil { return say("(went on)") }
        if message.role == .user {
            let text = message.parts.compactMap(\.text).joined(separator: "\n")
            for line in Printable.block(text).components(separatedBy: "\n") {
                for row in Wrapping.lines(of: line, width: Console.width - 2) {
                    Output.line(Style.bold("> ") + row)
                }
            }
            return
        }
        AnswerScreen(.usual, write: AnswerScreen.toOutput, note: Self.note).show(message)
    }

    /// What a person asked in a conversation, for the keys that call it back.
    private static func questions(
        in conversation: RecordID?, of vault: Vault
    ) throws -> [String] {
        guard let conversation else { return [] }
        return try vault.messages(of: conversation).filter {
            $0.role == .user && $0.extra["resumes"] == nil
        }.map { $0.parts.compactMap(\.text).joined(separator: "\n") }
    }
}
