import GRDB
package import VaultCrypto

/// What an archive shows of the audit log: as much as anybody needs to compute the root that a
/// checkpoint signs, from the commitments of the archive's records.
///
/// Of the log's tree, the entries that commit to records of the archive and those that govern its
/// making are shown; of the tree of commitments that an entry has, the commitments of the archive's
/// records. All else is the roots of complete subtrees (`MerkleOutline`), which say nothing but how
/// many there are.
package struct LogEvidence {
    /// A line of what is shown of the commitments.
    package enum Commitment: Sendable, Equatable {
        /// From here on it is about the commitments of this entry.
        case entry(Int64)
        case shown([UInt8])
        case hidden(MerkleOutline.Subtree)
        /// A version that was replaced before the log began, which no entry commits to.
        case uncovered([UInt8])
    }

    /// A line of what is shown of the log.
    package enum Entry: Sendable, Equatable {
        case shown(line: String)
        case hidden(MerkleOutline.Subtree)
    }

    let db: Database

    /// Lends the commitments of the archive's records and what stands between them, entry by entry.
    ///
    /// - Parameters:
    ///   - conversations: The conversations that the archive has, by their numbers.
    ///   - body: Takes each line.
    /// - Returns: The entries that commit to some, ascending.
    /// - Throws: `damaged` for a log that cannot be read; what `body` throws.
    func commitments(
        of conversations: NumberSet, _ body: (Commitment) throws -> Void
    ) throws -> [Int64] {
        let leaves = CommitmentLeaves(db: db)
        var entries: [Int64] = []
        for entry in try leaves.entries(of: conversations) {
            var outline = MerkleOutline()
            var hasShown = false
            try leaves.forEachPlaced(of: entry) { leaf, conversation in
                guard let conversation, conversations.contains(conversation) else {
                    return outline.hide(leafHash: MerkleTree.leafHash(leaf.commitment))
                }
                if !hasShown { try body(.entry(entry)) }
                hasShown = true
                for subtree in outline.show() { try body(.hidden(subtree)) }
                try body(.shown(leaf.commitment))
            }
            guard hasShown else { continue }
            for subtree in outline.takeHidden() { try body(.hidden(subtree)) }
            entries.append(entry)
        }
        try uncovered(conversations, body)
        return entries
    }

    /// Earlier versions of a vault that had no log when they were replaced.
    private func uncovered(
        _ conversations: NumberSet, _ body: (Commitment) throws -> Void
    ) throws {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT json_extract(record, '$.commitment') AS commitment, conversation
                FROM version JOIN message ON message.num = version.message
                WHERE NOT EXISTS (SELECT 1 FROM log_leaf WHERE log_leaf.message = version.message
                    AND log_leaf.version = version.version)
                ORDER BY version.message, version.version
                """)
        while let row = try rows.next() {
            guard conversations.contains(row["conversation"]),
                let commitment = (row["commitment"] as String?).flatMap({ Hex.bytes($0) })
            else { continue }
            try body(.uncovered(commitment))
        }
    }

    /// Lends the entries that are shown and what stands between them.
    ///
    /// - Parameters:
    ///   - shown: Numbers of entries, ascending.
    ///   - body: Takes each line.
    /// - Throws: `damaged` for a log that cannot be read; what `body` throws.
    func log(showing shown: [Int64], _ body: (Entry) throws -> Void) throws {
        var outline = MerkleOutline()
        var next = shown[...]
        try AuditReader(db: db).forEachLine(from: 0, to: .max) { index, line in
            guard next.first == index else {
                return outline.hide(leafHash: MerkleTree.leafHash(Array(line.utf8)))
            }
            next.removeFirst()
            for subtree in outline.show() { try body(.hidden(subtree)) }
            try body(.shown(line: line))
        }
        for subtree in outline.takeHidden() { try body(.hidden(subtree)) }
    }

    /// The proof that an older state of the log is a beginning of this one (RFC 6962).
    ///
    /// - Parameters:
    ///   - oldSize: 1 to the number of entries.
    ///   - size: The number of entries.
    /// - Returns: The hashes of the proof.
    /// - Throws: `damaged` for a log that cannot be read.
    func consistency(from oldSize: Int, to size: Int) throws -> [[UInt8]] {
        var path = MerklePath(consistencyFrom: oldSize, count: size)
        try AuditReader(db: db).forEachLine(from: 0, to: Int64(size)) { _, line in
            path.append(leafHash: MerkleTree.leafHash(Array(line.utf8)))
        }
        return path.hashes
    }
}
