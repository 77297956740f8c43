import Vault
import VaultCrypto

/// How the program is called.
///
/// - `ChatDriver VAULT SECRET --stream SEED WORDS PAUSE`: begins a conversation, asks, and writes
///   what is shown, a JSON line for each piece, at once; PAUSE is in microseconds
/// - `ChatDriver VAULT SECRET --resume SEED WORDS PAUSE CONVERSATION`: goes on with its last answer
/// - `ChatDriver VAULT SECRET --measure SEED WORDS PAUSE`: says in one line how long events took
///   until they were durable and shown, and how much memory there was
/// - `ChatDriver VAULT SECRET --wire URL AUTHORITY WORDS RATE`: the same over TLS, from
///   `tools/scripted-provider` at URL with the authority's file, so many words a second
/// - `ChatDriver --send PLAN`: sends the turns of a plan (`TurnsRun`), without a vault
///
/// SECRET is a passphrase file.
struct DriverOptions {
    struct Wire {
        var url: String
        var authority: String
        var words: Int
        var rate: Int
    }
    enum Work {
        case stream, resume, measure
        case wire(Wire)
    }

    var vault: String
    var secret: String
    var work: Work
    var source: ScriptedSource
    var conversation: String?

    /// `nil` for what is none of these forms.
    init?(_ arguments: [String]) {
        if arguments.count == 7, arguments[2] == "--wire" {
            guard let words = Int(arguments[5]), let rate = Int(arguments[6]) else { return nil }
            (vault, secret) = (arguments[0], arguments[1])
            work = .wire(
                Wire(url: arguments[3], authority: arguments[4], words: words, rate: rate))
            source = ScriptedSource(seed: 0, words: words, pauseMicroseconds: 0)
            return
        }
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
