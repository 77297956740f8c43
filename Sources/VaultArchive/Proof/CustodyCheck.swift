import JSONText
import VaultCrypto

/// Compares `meta/custody.jsonl` with the entries that `proof/log.jsonl` shows, in any order.
///
/// 1. What a shown entry says of the records (`CustodyLine`) is in the custody, and nothing else
///    under its number.
/// 2. A line without a number is one that tells of a redaction, which no log of the vault has.
///
/// Lines that tell of holds have numbers of entries that are not shown: they are whose word the
/// archive is. Sums of keyed hashes stand for the lines (`CommitmentSum`), so that memory does not
/// grow with them.
struct CustodyCheck {
    private static let maximumHolds = 10_000

    private var said: CommitmentSum
    private var wanted: CommitmentSum
    /// Entries that lines about holds name.
    private var holds: Set<Int64> = []
    private var shown: Set<Int64> = []
    private var fault: String?

    init(empty: CommitmentSum) {
        said = empty
        wanted = empty
    }

    /// Takes the line of an entry that is shown.
    mutating func show(_ entry: Int64, _ line: String) {
        shown.insert(entry)
        if let text = CustodyLine.text(line) { wanted.add(text) }
    }

    /// Takes a line of the custody, without its end.
    mutating func take(_ line: [UInt8], _ number: Int) {
        guard fault == nil else { return }
        guard let fields = (try? JSONReader.parse(line))?.object,
            let stage = fields["stage"]?.string
        else { return fault = "line \(number): this is no step of a custody" }
        guard fields["entry"] != nil else {
            if stage != "review" { fault = "line \(number): it names no entry of the log" }
            return
        }
        guard stage == "preservation" else { return said.add(line + [0x0A]) }
        guard let entry = fields["entry"]?.int, holds.count < Self.maximumHolds else {
            return fault = "line \(number): it names no entry of the log"
        }
        holds.insert(entry)
    }

    /// What is wrong; `nil` where it agrees with the log.
    func judge() -> String? {
        if let fault { return fault }
        return said == wanted && holds.isDisjoint(with: shown)
            ? nil : "it says something else than the entries that proof/log.jsonl shows"
    }
}
