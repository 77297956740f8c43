import ArgumentParser
import Foundation
import JSONText
import Policy
import Providers
import Vault
import VaultCrypto

// Wording of everything that Coffer tells people, here and in the layers below:
//
// - An error is one sentence: what could not be done, to what, and after a semicolon what to do
//   next. It goes to standard error behind "coffer: ". Commands stand in `backquotes`.
// - Hints and warnings are sentences too; "Next:" begins the line that says what to type.
// - No content of records, no key, no passphrase, no stack, no name of a Swift type.
// - Results go to standard output, everything else to standard error: pipes carry data only.
// - With --json an error is one line of JSON on standard error in place of the sentence:
//   {"error":{"code":"locked","exit":4,"message":"…"}}. Standard output then holds nothing, or the
//   lines that were complete before.

/// What a process says and returns at its end: the one place that knows exit codes.
enum Ending {
    static let foundFaults = ExitCode(2)
    static let interrupted: Int32 = 130

    /// Runs the whole program.
    ///
    /// - Returns: The exit code.
    static func status(of program: () throws -> Void) -> Int32 {
        let status: Int32
        do {
            try program()
            return 0
        } catch {
            status = report(error)
        }
        // What was complete before the error is a result all the same, and so is help.
        do {
            try Output.flush()
        } catch {
            if status == 0 { return report(error) }
        }
        return status
    }

    /// Tells of an error after which a sitting goes on.
    ///
    /// - Returns: The exit code that it would have ended with.
    static func tell(_ error: any Error) -> Int32 {
        try? Output.flush()
        return report(error)
    }

    private static func report(_ error: any Error) -> Int32 {
        if let error = error as? ExitCode { return error.rawValue }
        // Whoever read our output has what they wanted, also where the engine wraps that error.
        if Output.isClosed { return 0 }
        switch error {
        case let error as VaultError:
            return say(error.code.rawValue, error.message, error.code.exit)
        case let error as CommandFailure: return say(error.code, error.message, error.exit)
        case let error as ResidencyRefusal:
            return say("refused", error.description, VaultError.Code.refused.exit)
        case let error as ProviderError where error.kind == .notAllowed:
            return say("refused", error.sentence, VaultError.Code.refused.exit)
        case let error as ProviderError: return say(error.kind.rawValue, error.sentence, 1)
        case let error as CredentialError: return say("credential", error.sentence, 1)
        case let error as ParsingOutcome: return report(error)
        case let error as ValidationError: return report(ParsingOutcome(error))
        // The parser's own help command ends so.
        case _ where Coffer.exitCode(for: error) == .success: return report(ParsingOutcome(error))
        default:
            let message = "Something unexpected went wrong; please report this with the command."
            return say("internalFault", message, VaultError.Code.internalFault.exit)
        }
    }

    private static func report(_ outcome: ParsingOutcome) -> Int32 {
        let text = Coffer.fullMessage(for: outcome.error)
        // The parser answers a request for help on what is not there with help on what is.
        if CommandLine.arguments.dropFirst().first == "help", let unknownCommand {
            return say("usage", unknownCommand, 64)
        }
        if Coffer.exitCode(for: outcome.error) == .success {
            Output.line(text)
            return 0
        }
        let message = unknownCommand ?? Coffer.message(for: outcome.error)
        if wantsJSON { return say("usage", message, 64) }
        if unknownCommand != nil { return say("usage", message, 64) }
        let prefix = "Error: "
        let sentence = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
        let lines = Wrapping.lines(of: Printable.block("coffer: " + sentence), width: Console.width)
        Notes.raw(lines.joined(separator: "\n"))
        return 64
    }

    /// The parser calls a mistyped command an unexpected argument; this says what it is.
    private static var unknownCommand: String? {
        var words = CommandLine.arguments.dropFirst()
        if words.first == "help" { words = words.dropFirst() }
        var path = "coffer"
        var commands = Coffer.configuration.subcommands
        while let word = words.popFirst(), !word.hasPrefix("-"), !commands.isEmpty {
            guard let next = commands.first(where: { $0._commandName == word }) else {
                let meant = Spelling.nearest(to: word, among: commands.map { $0._commandName })
                let question = meant.map { "did you mean `\(path) \($0)`? " } ?? ""
                let group = path == "coffer" ? "" : "\(path.dropFirst(7)) "
                return "There is no command \(group)\(word); "
                    + "\(question)`\(path) --help` lists those there are."
            }
            path += " " + word
            commands = next.configuration.subcommands
        }
        return nil
    }

    private static func say(_ code: String, _ message: String, _ exit: Int32) -> Int32 {
        if wantsJSON {
            let error: JSONObject = [
                "code": .string(code), "exit": .integer(exit), "message": .string(message),
            ]
            Notes.raw(Output.text(of: ["error": .object(error)]))
        } else {
            // One line for a program that reads it, as many as it takes for a person.
            let sentence = "coffer: " + message
            if isatty(STDERR_FILENO) != 0 {
                Notes.paragraph(sentence)
            } else {
                Notes.raw(Printable.line(sentence))
            }
        }
        return exit
    }

    /// Asked of the arguments themselves, because an error may come before they are parsed.
    private static var wantsJSON: Bool { CommandLine.arguments.dropFirst().contains("--json") }
}

extension VaultError.Code {
    /// The exit code of an error.
    var exit: Int32 {
        switch self {
        case .refused: 3
        case .locked, .wrongKey: 4
        case .absent, .notFound: 5
        case .cancelled: Interruption.isRequested ? Ending.interrupted : 1
        case .damaged, .newerFormat, .exists, .busy, .badInput, .unsupported, .inputOutput,
            .noSpace, .internalFault:
            1
        }
    }
}

/// An end that the engine does not know: of a command as a whole.
struct CommandFailure: Error {
    var code: String
    var exit: Int32
    var message: String

    /// Stopped by Ctrl-C or a request to terminate.
    static func interrupted(_ message: String) -> CommandFailure {
        CommandFailure(code: "interrupted", exit: Ending.interrupted, message: message)
    }
}

/// Help, the version, a completion script, or arguments that could not be understood.
struct ParsingOutcome: Error {
    let error: any Error

    init(_ error: any Error) { self.error = error }
}
