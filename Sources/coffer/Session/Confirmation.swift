import Vault
import VaultCrypto

/// Questions before what cannot be taken back.
enum Confirmation {
    /// Asks a question that only a yes answers.
    ///
    /// - Parameters:
    ///   - question: Without the hint of what to type.
    ///   - otherwise: The sentence for when nobody can be asked.
    /// - Throws: `refused` when nobody can be asked; an end with 1 unless the answer is yes.
    static func require(_ question: String, otherwise: String) throws {
        try ask("\(question) [y/N] ", for: ["y", "yes"], otherwise)
    }

    /// Asks for a word to be typed, where a habitual yes would be too little.
    ///
    /// - Parameters:
    ///   - word: What has to be typed, as it is.
    ///   - question: What happens then.
    ///   - otherwise: The sentence for when nobody can be asked.
    /// - Throws: As `require` does.
    static func require(typing word: String, _ question: String, otherwise: String) throws {
        let shown = Printable.line(word)
        try ask("\(question) Type \(shown) to go on: ", for: [word], otherwise)
    }

    private static func ask(_ prompt: String, for answers: [String], _ otherwise: String) throws {
        guard Console.canAsk else { throw VaultError(.refused, otherwise) }
        // What was printed is what the question is about.
        try Output.flush()
        let lines = Wrapping.lines(of: prompt, width: Console.width).joined(separator: "\n")
        Notes.write(Array("\(lines) ".utf8))
        guard let answer = readLine(),
            answers.contains(answer) || answers.contains(answer.lowercased())
        else {
            throw CommandFailure(code: "cancelled", exit: 1, message: "Nothing was changed.")
        }
    }
}
