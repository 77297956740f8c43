import Foundation
import GRDB
import VaultCrypto

/// A version of a message as a leaf of its entry's tree.
struct CommitmentLeaf: Equatable {
    /// `message.num`.
    var message: Int64
    var version: Int
    var commitment: [UInt8]

    fileprivate func precedes(_ other: CommitmentLeaf) -> Bool {
        (message, version) < (other.message, other.version)
    }
}

/// The commitments of one transaction, gathered while it runs.
struct CommitmentBatch {
    /// First versions of new messages, whose numbers are in a row.
    private var new: [CommitmentLeaf] = []
    /// Later versions.
    private var later: [CommitmentLeaf] = []

    var isEmpty: Bool { new.isEmpty && later.isEmpty }

    mutating func add(_ message: Int64, _ commitment: [UInt8]) {
        new.append(CommitmentLeaf(message: message, version: 1, commitment: commitment))
    }

    /// A version of a new message.
    mutating func add(_ message: Int64, version: Int, _ commitment: [UInt8]) {
        guard version > 1 else { return add(message, commitment) }
        later.append(CommitmentLeaf(message: message, version: version, commitment: commitment))
    }

    /// A version takes the place of an earlier one, whose commitment is kept for the log.
    mutating func replace(
        _ old: CommitmentLeaf, by commitment: [UInt8], in leaves: CommitmentLeaves
    ) throws {
        try replace(old, by: [(old.version + 1, commitment)], in: leaves)
    }

    /// The same with several versions, of which the last one is the present one.
    mutating func replace(
        _ old: CommitmentLeaf, by versions: [(number: Int, commitment: [UInt8])],
        in leaves: CommitmentLeaves
    ) throws {
        // A version of this very transaction is kept when the entry has its number.
        let isOwn =
            old.version == 1
            ? new.first.map { old.message >= $0.message } ?? false
            : later.contains { $0.message == old.message && $0.version == old.version }
        if !isOwn { try leaves.keep(old) }
        later += versions.map {
            CommitmentLeaf(message: old.message, version: $0.number, commitment: $0.commitment)
        }
    }

    /// Stores what the log needs of them.
    ///
    /// - Parameters:
    ///   - entry: The number of the entry that covers them.
    ///   - leaves: Where.
    /// - Returns: What the entry says of them; `nil` when there are none.
    /// - Throws: What the database reports.
    func settle(
        under entry: Int64, in leaves: CommitmentLeaves
    ) throws -> CommittedMessages? {
        guard !isEmpty else { return nil }
        if let first = new.first, let last = new.last {
            try leaves.db.cachedStatement(sql: "INSERT INTO log_batch VALUES (?, ?, ?)")
                .execute(arguments: [first.message, last.message, entry])
        }
        let changed = Set(later.map(\.message))
        for leaf in new where changed.contains(leaf.message) { try leaves.keep(leaf, entry) }
        for leaf in later { try leaves.keep(leaf, entry) }
        var frontier = MerkleFrontier()
        let sorted = later.isEmpty ? new : (new + later).sorted { $0.precedes($1) }
        for leaf in sorted { frontier.append(leafHash: MerkleTree.leafHash(leaf.commitment)) }
        return CommittedMessages(count: frontier.count, root: frontier.root)
    }
}

/// The commitments that entries of the log cover, from the tables of messages and of the log.
struct CommitmentLeaves {
    let db: Database

    /// The leaves of an entry that follow from the messages: first versions that are still there.
    private static let ofMessages = """
        SELECT message.num, 1, commitment, conversation FROM log_batch
            JOIN message ON message.num BETWEEN log_batch.first AND log_batch.last
        WHERE log_batch.entry = ?1 AND message.version = 1 AND NOT EXISTS (
            SELECT 1 FROM log_leaf WHERE log_leaf.message = message.num AND version = 1)
        """

    /// Lends the leaves of an entry in their order.
    func forEach(of entry: Int64, _ body: (CommitmentLeaf) throws -> Void) throws {
        try forEachPlaced(of: entry) { leaf, _ in try body(leaf) }
    }

    /// Lends the leaves of an entry in their order, each with the number of its conversation, if
    /// its message is still there.
    func forEachPlaced(
        of entry: Int64, _ body: (CommitmentLeaf, _ conversation: Int64?) throws -> Void
    ) throws {
        let statement = try db.cachedStatement(
            sql: """
                \(Self.ofMessages)
                UNION ALL SELECT message, version, commitment,
                    (SELECT conversation FROM message WHERE num = log_leaf.message)
                    FROM log_leaf WHERE entry = ?1
                ORDER BY 1, 2
                """)
        let rows = try Row.fetchCursor(statement, arguments: [entry])
        while let row = try rows.next() {
            let leaf = CommitmentLeaf(
                message: row[0], version: row[1],
                commitment: try row.withUnsafeData(atIndex: 2) { $0.map(Array.init) ?? [] })
            let conversation: Int64? = row[3]
            try body(leaf, conversation)
        }
    }

    /// The entries that have leaves, ascending.
    func entries() throws -> [Int64] {
        try Int64.fetchAll(
            db, sql: "SELECT entry FROM log_leaf UNION SELECT entry FROM log_batch ORDER BY entry")
    }

    /// The entries that have leaves of some conversations, ascending, and perhaps others.
    func entries(of conversations: NumberSet) throws -> [Int64] {
        // To look each one up pays while they are few.
        guard let numbers = conversations.numbers(atMost: 1000) else { return try entries() }
        let statement = try db.cachedStatement(
            sql: """
                SELECT entry FROM log_leaf
                    WHERE message IN (SELECT num FROM message WHERE conversation = ?1)
                UNION SELECT entry FROM message JOIN log_batch ON log_batch.first =
                    (SELECT max(first) FROM log_batch WHERE first <= message.num)
                    WHERE message.conversation = ?1
                """)
        var entries: Set<Int64> = []
        for number in numbers {
            entries.formUnion(try Int64.fetchAll(statement, arguments: [number]))
        }
        return entries.sorted()
    }

    /// The entry that covers a version of a message; `nil` when none does.
    func entry(of message: Int64, version: Int) throws -> Int64? {
        let explicit = try Int64.fetchOne(
            db.cachedStatement(
                sql: "SELECT entry FROM log_leaf WHERE message = ? AND version = ?"),
            arguments: [message, version])
        if explicit != nil || version > 1 { return explicit }
        return try Int64.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT entry FROM (SELECT last, entry FROM log_batch WHERE first <= ?1
                        ORDER BY first DESC LIMIT 1) WHERE last >= ?1
                    """), arguments: [message])
    }

    /// The commitment that is kept of a version; `nil` when it follows from the message.
    func commitment(of message: Int64, version: Int) throws -> [UInt8]? {
        try Row.fetchOne(
            db.cachedStatement(
                sql: "SELECT commitment FROM log_leaf WHERE message = ? AND version = ?"),
            arguments: [message, version])?.bytes("commitment")
    }

    /// Keeps the commitment of a version that is about to be changed or removed, unless it is kept
    /// already.
    ///
    /// - Throws: `damaged` when no entry covers it.
    func keep(_ leaf: CommitmentLeaf) throws {
        guard let entry = try entry(of: leaf.message, version: leaf.version) else {
            throw VaultError(
                .damaged, "The audit log does not cover a message; run `coffer audit verify`.")
        }
        try keep(leaf, entry)
    }

    fileprivate func keep(_ leaf: CommitmentLeaf, _ entry: Int64) throws {
        try db.cachedStatement(sql: "INSERT OR IGNORE INTO log_leaf VALUES (?, ?, ?, ?)")
            .execute(arguments: [
                leaf.message, leaf.version, entry, Data(leaf.commitment),
            ])
    }
}
