import Foundation
import VaultCrypto

/// Questions about settings, on the terminal.
enum Prompt {
    /// Whether answers are typed: what comes through a pipe may be a key, and answers no question.
    static var canAsk: Bool { Console.inputIsTerminal }

    /// Asks for a word.
    ///
    /// - Parameters:
    ///   - question: Without a colon.
    ///   - proposal: What an empty answer means; nil asks until there is an answer.
    /// - Returns: The answer without white space around it.
    /// - Throws: An end with 1 where the input ends.
    static func ask(_ question: String, proposal: String?) throws -> String {
        let hint = proposal.map { " [\(Printable.line($0))]" } ?? ""
        try Output.flush()
        while true {
            Notes.write(Array("\(question)\(hint): ".utf8))
            guard let line = readLine() else {
                throw CommandFailure(code: "cancelled", exit: 1, message: "Nothing was changed.")
            }
            let answer = line.trimmingCharacters(in: .whitespaces)
            if !answer.isEmpty { return answer }
            if let proposal { return proposal }
        }
    }

    /// Forgets what was typed already: it answers no question that was not asked yet.
    static func dropTyped() { tcflush(STDIN_FILENO, TCIFLUSH) }

    /// Waits for a typed line, and for Ctrl-C where that is noted and not the end of the process.
    ///
    /// - Returns: Nil where the input ends, and after Ctrl-C.
    static func line() -> String? {
        var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        // A terminal hands over whole lines: where there is something to read, nothing waits.
        while unsafe poll(&input, 1, 100) <= 0 {
            if Interruption.isRequested { return nil }
        }
        return readLine()
    }

    /// Asks for a secret, without echo.
    ///
    /// - Returns: Nil for an empty answer.
    static func askSecret(_ question: String) throws -> SecretBytes? {
        try Output.flush()
        do throws(VaultError) {
            return try Passphrase.ask("\(question): ")
        } catch {
            if error.code == .badInput { return nil }
            throw error
        }
    }
}
