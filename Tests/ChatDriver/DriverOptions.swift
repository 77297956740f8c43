import Vault
import VaultCrypto

/// How the program is called.
///
/// - `ChatDriver VAULT SECRET --stream SEED WORDS PAUSE`: begins a conversation, asks, and writes
///   what is shown, a JSON line for each piece, at once; PAUSE is in microseconds
/// - `ChatDriver VAULT SECRET --resume SEED WORDS PAUSE CONVERSATION`: goes on with its last answer
/// - `ChatDriver VAULT SECRET --measure SEED WORDS PAUSE`: says in one line how long events took
///   until they were durable and shown, and how much memory there was
///
/// SECRET is a passphrase file.
struct DriverOptions {
    enum Work { case stream, resume, measure }

    var vault: String
    var secret: String
    var work: Work
    var source: ScriptedSource
    var conversation: String?

    /// `nil` for what is none of these forms.
    init?(_ arguments: [String]) {
        guard arguments.count >= 6, let seed = Int(arguments[3]), let words = Int(arguments[4]),
            let pause = UInt64(arguments[5])
        else { return nil }
        (vault, secret) = (arguments[0], arguments[1])
        source = ScriptedSource(seed: seed, words: words, pauseMicroseconds: pause)
        switch (arguments[2], arguments.count) {
        case ("--stream", 6): work = .stream
        case ("--measure", 6): work = .measure
        case ("--resume", 7): (work, conversation) = (.resume, arguments[6])
        default: return nil
        }
    }

    func openVault() throws -> Vault {
        try Vault.open(
            at: vault, by: .passphrase(Passphrase.read(file: secret)), readers: .one)
    }
}
