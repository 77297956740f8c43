import Vault
import VaultCrypto

/// How the program is called.
///
/// - `VaultDriver VAULT SECRET QUERIES ROUNDS [--limit N] [--count] [--conversations]`
///   `[--records]`
/// - `VaultDriver VAULT SECRET QUERIES --paced [--limit N]`
/// - `VaultDriver VAULT SECRET QUERIES --matches`
/// - `VaultDriver VAULT SECRET --size`
/// - `VaultDriver VAULT SECRET --rebuild`
/// - `VaultDriver VAULT SECRET --split N`, which rebuilds into at most N segments
/// - `VaultDriver VAULT SECRET --merge N`, until there are at most N segments
/// - `VaultDriver VAULT SECRET --add N`, N messages one by one, which are purged at the end
/// - `VaultDriver VAULT SECRET --purge QUERY`, the conversations with a match; then what earlier
///   purges left in the index
///
/// - `VaultDriver VAULT SECRET --dispose QUERY`, which plans to destroy the conversations with a
///   match, does so and erases
/// - `VaultDriver VAULT SECRET --dispose-only QUERY`, the same without the erasure
/// - `VaultDriver VAULT SECRET --erase`, what earlier purges left
/// - `VaultDriver VAULT SECRET --state`: generation, audit log, certificates
/// - `VaultDriver VAULT SECRET --hold-open QUERY`, which reads everything, searches, and waits for
///   the end of its input
///
/// Those that look below the engine take a database and a file of the 32 bytes of a vault key:
///
/// - `VaultDriver DATABASE KEY --pages`, every page and log frame in the clear
/// - `VaultDriver DATABASE KEY --probe`, whether the key opens the database
/// - `VaultDriver DATABASE KEY --rows TABLE`, how many there are
/// - `VaultDriver DATABASE KEY --empty TABLE`, which deletes them
/// - `VaultDriver DATABASE KEY --plain-copy FILE`, an SQLite database with the same rows
/// - `VaultDriver DATABASE KEY --plain-delete PREFIX`, the rows of the conversations whose id in
///   their source begins so, as somebody would who knows nothing of erasure
///
/// One takes an unpacked archive, and a word that places and values are drawn by:
///
/// - `VaultDriver ARCHIVE SEED --tamper N`, which changes it in every way (`TamperRun`); of files
///   that are not small one place of N, of all with 1
///
/// `--step N` bounds each transaction of those that change the index: N postings, or N bytes of
/// text, which make a segment each.
///
/// SECRET is a passphrase file, or `-` for the key that `coffer unlock` put into the keyring.
struct DriverOptions {
    enum Work: Equatable {
        /// All queries so many times.
        case rounds(Int)
        /// One pass for each class that is named on standard input.
        case paced
        /// Of each query the times of all messages that match.
        case matches
        case size, rebuild
        case merge(Int)
        case add(Int)
        case split(Int)
        case purge(String)
        case dispose(String)
        case disposeOnly(String)
        case erase, state
        case holdOpen(String)
        case pages, probe
        case rows(String)
        case empty(String)
        case plainCopy(String)
        case plainDelete(String)
        case tamper(Int)
    }

    /// The vault, the database or the archive.
    var vault: String
    /// What opens it; for an archive the seed.
    var secret: String
    var queries = ""
    var work: Work
    /// How much one transaction does that changes the index; `nil` for what is usual.
    var step: Int?
    /// Hits of an answer at most.
    var limit = 10
    /// Whether all matches of every query are counted after the rounds.
    var counts = false
    /// Whether the records of the hits are read as well.
    var readsRecords = false
    /// Whether the conversations of the hits are printed, the best first.
    var showsConversations = false

    /// Works that take a word.
    private static let works: [String: @Sendable (String) -> Work] = [
        "--purge": { .purge($0) }, "--dispose": { .dispose($0) },
        "--dispose-only": { .disposeOnly($0) }, "--empty": { .empty($0) },
        "--hold-open": { .holdOpen($0) }, "--rows": { .rows($0) },
        "--plain-copy": { .plainCopy($0) }, "--plain-delete": { .plainDelete($0) },
    ]

    /// `nil` for what is none of these forms.
    init?(_ arguments: [String]) {
        var places: [String] = []
        var flags: Set<String> = []
        var rest = arguments[...]
        var special: Work?
        while let argument = rest.popFirst() {
            if ["--limit", "--merge", "--step", "--add", "--split", "--tamper"].contains(argument) {
                guard let value = rest.popFirst().flatMap({ Int($0) }), value > 0 else {
                    return nil
                }
                switch argument {
                case "--limit": limit = value
                case "--merge": special = .merge(value)
                case "--add": special = .add(value)
                case "--split": special = .split(value)
                case "--tamper": special = .tamper(value)
                default: step = value
                }
            } else if let work = Self.works[argument] {
                guard let value = rest.popFirst() else { return nil }
                special = work(value)
            } else if argument.hasPrefix("--") {
                flags.insert(argument)
            } else {
                places.append(argument)
            }
        }
        counts = flags.remove("--count") != nil
        showsConversations = flags.remove("--conversations") != nil
        readsRecords = flags.remove("--records") != nil
        guard places.count >= 2, flags.count <= 1 else { return nil }
        if let special {
            (vault, secret, work) = (places[0], places[1], special)
            return
        }
        (vault, secret) = (places[0], places[1])
        if places.count > 2 { queries = places[2] }
        switch (places.count, flags.first) {
        case (4, nil):
            guard let rounds = Int(places[3]), rounds > 0 else { return nil }
            work = .rounds(rounds)
        case (3, "--paced"): work = .paced
        case (3, "--matches"): work = .matches
        case (2, "--size"): work = .size
        case (2, "--rebuild"): work = .rebuild
        case (2, "--erase"): work = .erase
        case (2, "--state"): work = .state
        case (2, "--pages"): work = .pages
        case (2, "--probe"): work = .probe
        default: return nil
        }
    }
}

extension DriverOptions {
    func openVault() throws -> Vault {
        if secret == "-" {
            return try Vault.open(at: vault, by: .keyring, readers: .one)
        }
        let passphrase = try Passphrase.read(file: secret)
        return try Vault.open(at: vault, by: .passphrase(passphrase), readers: .one)
    }
}
