import GRDB

/// A message that matches, and how well.
struct IndexMatch: Sendable, Equatable {
    /// `message.num`.
    var message: Int64
    /// Higher is better; 0 where there is no text to rank by.
    var score: Double
}

/// What an index must be able to do; everything above it knows no more than this.
///
/// Every call works on the database that the caller lends, inside the caller's transaction, so that
/// the index changes with the messages or not at all.
protocol SearchIndex: Sendable {
    /// Adds a message that is not in the index.
    func add(_ document: AnalysedDocument, in database: Database) throws

    /// Removes a message, given exactly what was added.
    func remove(_ document: AnalysedDocument, in database: Database) throws

    /// Whether a message is in the index, and if so whether with a title.
    func entry(of message: Int64, in database: Database) throws -> IndexEntry?

    /// The best or the newest matches.
    func matches(
        _ expression: SearchExpression, order: SearchOrder, limit: Int, in database: Database
    ) throws -> [IndexMatch]

    /// Hands over every match in no particular order, in constant memory, until `body` says false.
    func forEachMatch(
        _ expression: SearchExpression, in database: Database, _ body: (Int64) throws -> Bool
    ) throws

    /// How many messages are in the index.
    func count(in database: Database) throws -> Int

    /// Prepares an empty index beside the live one, which `addToNext` fills.
    func beginRebuild(in database: Database) throws
    func addToNext(_ document: AnalysedDocument, in database: Database) throws
    func removeFromNext(_ document: AnalysedDocument, in database: Database) throws
    /// Makes the new index the live one and drops the old.
    func finishRebuild(in database: Database) throws

    /// Rewrites the index so that nothing of removed messages is left in it.
    func forgetRemoved(in database: Database) throws

    /// Faults in the index's own structure, as sentences.
    func structureFaults(in database: Database) throws -> [String]
    /// Messages that should be in the index and are not, and the other way round.
    func difference(in database: Database) throws -> IndexDifference
    /// A number per message in the index that changes with every token and its place.
    func fingerprints(in database: Database) throws -> [Int64: UInt64]
    /// The same number, from what a message should have in the index.
    func fingerprint(_ document: AnalysedDocument) -> UInt64
}

/// Which index this build uses: the one place that names it.
enum SearchEngine {
    static let index: any SearchIndex = FTSIndex()
}

struct IndexEntry: Sendable, Equatable {
    var hasTitle: Bool
}

struct IndexDifference: Sendable, Equatable {
    var missing: [Int64]
    var surplus: [Int64]
}
