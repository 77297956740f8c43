import ArgumentParser
import Foundation

/// The options of every command.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The vault's folder; also COFFER_VAULT.", valueName: "dir"),
        completion: .directory)
    var vault: String?

    @Option(
        help: ArgumentHelp(
            "Unlock with the passphrase in this file's first line; - is standard input.",
            valueName: "file"),
        completion: .file())
    var passphraseFile: String?

    @Option(
        help: ArgumentHelp("Unlock with an age identity file.", valueName: "file"),
        completion: .file())
    var identity: String?

    @Flag(help: "Print JSON: one document, or one line for each item of a list.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print results and errors only.")
    var quiet = false

    func validate() throws {
        if passphraseFile != nil, identity != nil {
            throw ValidationError("Give --passphrase-file or --identity, not both.")
        }
    }

    /// The vault's folder as an absolute path.
    var directory: String { Place.vault(vault) }

    /// Tells the user something that is no result.
    func note(_ text: String) {
        if !quiet { Notes.paragraph(text) }
    }
}
