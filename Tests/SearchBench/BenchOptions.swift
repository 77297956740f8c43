/// How the program is called.
///
/// - `SearchBench VAULT SECRET QUERIES ROUNDS [--limit N] [--count] [--conversations]`
///   `[--records]`
/// - `SearchBench VAULT SECRET QUERIES --paced [--limit N]`
/// - `SearchBench VAULT SECRET QUERIES --matches`
/// - `SearchBench VAULT SECRET --size`
/// - `SearchBench VAULT SECRET --rebuild`
/// - `SearchBench VAULT SECRET --split N`, which rebuilds into at most N segments
/// - `SearchBench VAULT SECRET --merge N`, until there are at most N segments
/// - `SearchBench VAULT SECRET --add N`, N messages one by one, which are purged at the end
/// - `SearchBench VAULT SECRET --purge QUERY`, the conversations with a match; then what earlier
///   purges left in the index
///
/// `--step N` bounds each transaction of those that change the index: N postings, or N bytes of
/// text, which make a segment each.
///
/// SECRET is a passphrase file, or `-` for the key that `coffer unlock` put into the keyring.
struct BenchOptions {
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
    }

    var vault: String
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

    /// `nil` for what is none of these forms.
    init?(_ arguments: [String]) {
        var places: [String] = []
        var flags: Set<String> = []
        var rest = arguments[...]
        var special: Work?
        while let argument = rest.popFirst() {
            if ["--limit", "--merge", "--step", "--add", "--split"].contains(argument) {
                guard let value = rest.popFirst().flatMap({ Int($0) }), value > 0 else {
                    return nil
                }
                switch argument {
                case "--limit": limit = value
                case "--merge": special = .merge(value)
                case "--add": special = .add(value)
                case "--split": special = .split(value)
                default: step = value
                }
            } else if argument == "--purge" {
                guard let query = rest.popFirst() else { return nil }
                special = .purge(query)
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
        default: return nil
        }
    }
}
