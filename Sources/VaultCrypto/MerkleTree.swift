/// Merkle trees as in RFC 6962, section 2.1, with SHA-256.
///
/// A tree is the list of its leaves' hashes. Of n > 1 leaves, the left subtree holds the largest
/// power of two below n. Verification follows RFC 9162, sections 2.1.3.2 and 2.1.4.2.
package enum MerkleTree {
    /// Length of a hash in bytes.
    package static let hashBytes = SHA256Digest.sizeBytes
    private static let leafPrefix: UInt8 = 0
    private static let nodePrefix: UInt8 = 1

    /// The root of the tree without leaves: SHA-256 of nothing.
    package static let emptyRoot = SHA256Digest.hash([])

    /// SHA-256(0 || data).
    package static func leafHash(_ data: [UInt8]) -> [UInt8] {
        var digest = SHA256Digest()
        digest.update([leafPrefix])
        digest.update(data)
        return digest.finalize()
    }

    /// SHA-256(1 || left || right).
    package static func nodeHash(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var digest = SHA256Digest()
        digest.update([nodePrefix])
        digest.update(left)
        digest.update(right)
        return digest.finalize()
    }

    /// The root over leaf hashes.
    package static func root(_ leaves: some Collection<[UInt8]>) -> [UInt8] {
        var frontier = MerkleFrontier()
        for leaf in leaves { frontier.append(leafHash: leaf) }
        return frontier.root
    }

    /// The audit path of a leaf, from its sibling upwards (RFC 6962, section 2.1.1).
    ///
    /// - Parameters:
    ///   - index: Which leaf, from 0.
    ///   - leaves: The hashes of all leaves.
    /// - Returns: As many hashes as the leaf has ancestors.
    package static func inclusionProof(of index: Int, in leaves: ArraySlice<[UInt8]>) -> [[UInt8]] {
        precondition(leaves.indices.contains(leaves.startIndex + index), "no such leaf")
        if leaves.count == 1 { return [] }
        let split = leftCount(leaves.count)
        let left = leaves.prefix(split)
        let right = leaves.dropFirst(split)
        return index < split
            ? inclusionProof(of: index, in: left) + [root(right)]
            : inclusionProof(of: index - split, in: right) + [root(left)]
    }

    /// The leaves below each hash of a leaf's audit path, from its sibling upwards.
    ///
    /// With them a path can be computed in one pass over the leaves, which need not be in memory.
    package static func siblings(of index: Int, count: Int) -> [Range<Int>] {
        precondition((0..<count).contains(index), "no such leaf")
        var ranges: [Range<Int>] = []
        var (first, end) = (0, count)
        while end - first > 1 {
            let middle = first + leftCount(end - first)
            if index < middle {
                ranges.append(middle..<end)
                end = middle
            } else {
                ranges.append(first..<middle)
                first = middle
            }
        }
        return ranges.reversed()
    }

    /// The leaves below each hash of a consistency proof (RFC 6962, section 2.1.2), in its order.
    package static func consistencyRanges(from oldCount: Int, count: Int) -> [Range<Int>] {
        precondition((1...max(1, count)).contains(oldCount), "no such older tree")
        var ranges: [Range<Int>] = []
        var (first, end, old) = (0, count, oldCount)
        var isOldRoot = true
        while old < end - first {
            let split = leftCount(end - first)
            if old <= split {
                ranges.append(first + split..<end)
                end = first + split
            } else {
                ranges.append(first..<first + split)
                first += split
                old -= split
                isOldRoot = false
            }
        }
        if !isOldRoot { ranges.append(first..<end) }
        return ranges.reversed()
    }

    /// Whether a proof shows that a leaf stands at an index of the tree with a root.
    ///
    /// - Parameters:
    ///   - proof: As `inclusionProof` gives it.
    ///   - leafHash: The leaf's hash.
    ///   - index: Where it stands, from 0.
    ///   - count: How many leaves the tree has.
    ///   - root: The tree's root.
    /// - Returns: False for every proof of another length, order or content.
    package static func isIncluded(
        _ proof: [[UInt8]], leafHash: [UInt8], index: Int, count: Int, root: [UInt8]
    ) -> Bool {
        guard index >= 0, index < count, leafHash.count == hashBytes,
            proof.allSatisfy({ $0.count == hashBytes })
        else {
            return false
        }
        var node = index
        var last = count - 1
        var hash = leafHash
        for sibling in proof {
            if last == 0 { return false }
            if node & 1 == 1 || node == last {
                hash = nodeHash(sibling, hash)
                // On the right edge, levels without a sibling are skipped.
                while node & 1 == 0 && node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                hash = nodeHash(hash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && ConstantTime.equal(hash, root)
    }

    /// The proof that the tree of the first `oldCount` leaves is a beginning of this one (RFC 6962,
    /// section 2.1.2).
    ///
    /// - Parameters:
    ///   - oldCount: 1 to the number of leaves.
    ///   - leaves: The hashes of all leaves.
    /// - Returns: The hashes from which both roots can be computed.
    package static func consistencyProof(
        from oldCount: Int, in leaves: ArraySlice<[UInt8]>
    ) -> [[UInt8]] {
        precondition((1...leaves.count).contains(oldCount), "no such older tree")
        return consistencyProof(from: oldCount, in: leaves, isOldRoot: true)
    }

    /// SUBPROOF of the RFC; `isOldRoot` is its `b`: the verifier knows the old tree's own root.
    private static func consistencyProof(
        from oldCount: Int, in leaves: ArraySlice<[UInt8]>, isOldRoot: Bool
    ) -> [[UInt8]] {
        if oldCount == leaves.count { return isOldRoot ? [] : [root(leaves)] }
        let split = leftCount(leaves.count)
        let left = leaves.prefix(split)
        let right = leaves.dropFirst(split)
        return oldCount <= split
            ? consistencyProof(from: oldCount, in: left, isOldRoot: isOldRoot) + [root(right)]
            : consistencyProof(from: oldCount - split, in: right, isOldRoot: false) + [root(left)]
    }

    /// Whether a proof shows that one tree is a beginning of another.
    ///
    /// An empty old tree is a beginning of every tree; its proof is empty.
    ///
    /// - Parameters:
    ///   - proof: As `consistencyProof` gives it.
    ///   - oldCount: Leaves of the older tree.
    ///   - oldRoot: Root of the older tree.
    ///   - count: Leaves of the newer tree.
    ///   - root: Root of the newer tree.
    /// - Returns: False for every proof of another length, order or content.
    package static func isConsistent(
        _ proof: [[UInt8]], oldCount: Int, oldRoot: [UInt8], count: Int, root: [UInt8]
    ) -> Bool {
        guard oldCount >= 0, oldCount <= count, proof.allSatisfy({ $0.count == hashBytes }) else {
            return false
        }
        if oldCount == 0 { return proof.isEmpty && oldRoot == emptyRoot }
        if oldCount == count { return proof.isEmpty && ConstantTime.equal(oldRoot, root) }
        // A complete old tree is itself a node of the new one, so its root is not repeated.
        var path = proof[...]
        if oldCount & (oldCount - 1) == 0 { path = ([oldRoot] + proof)[...] }
        guard let first = path.popFirst() else { return false }
        var node = oldCount - 1
        var last = count - 1
        while node & 1 == 1 {
            node >>= 1
            last >>= 1
        }
        var oldHash = first
        var hash = first
        for sibling in path {
            if last == 0 { return false }
            if node & 1 == 1 || node == last {
                oldHash = nodeHash(sibling, oldHash)
                hash = nodeHash(sibling, hash)
                while node & 1 == 0 && node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                hash = nodeHash(hash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && ConstantTime.equal(oldHash, oldRoot) && ConstantTime.equal(hash, root)
    }

    /// The largest power of two below a count of at least 2.
    private static func leftCount(_ count: Int) -> Int {
        1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    }
}

/// Computes the audit path of one leaf, or a consistency proof, in a pass over all leaves.
package struct MerklePath: Sendable {
    private let ranges: [Range<Int>]
    private var parts: [MerkleFrontier]
    private var next = 0

    /// - Parameters:
    ///   - index: Which leaf, from 0.
    ///   - count: How many there are.
    package init(of index: Int, count: Int) {
        ranges = MerkleTree.siblings(of: index, count: count)
        parts = ranges.map { _ in MerkleFrontier() }
    }

    /// The proof that a tree of fewer leaves is a beginning of this one.
    ///
    /// - Parameters:
    ///   - oldCount: 1 to `count`.
    ///   - count: How many leaves there are.
    package init(consistencyFrom oldCount: Int, count: Int) {
        ranges = MerkleTree.consistencyRanges(from: oldCount, count: count)
        parts = ranges.map { _ in MerkleFrontier() }
    }

    /// Takes the next leaf.
    package mutating func append(leafHash: [UInt8]) {
        if let part = ranges.firstIndex(where: { $0.contains(next) }) {
            parts[part].append(leafHash: leafHash)
        }
        next += 1
    }

    /// The hashes of the path, from the leaf's sibling upwards, or of the proof in its order, once
    /// all leaves were taken.
    package var hashes: [[UInt8]] { parts.map(\.root) }
}

/// What is needed to append to a tree and to know its root: the roots of its complete subtrees.
package struct MerkleFrontier: Sendable, Hashable {
    /// How many leaves were appended.
    package private(set) var count = 0
    /// Roots of the complete subtrees, largest first; as many as `count` has one bits.
    package private(set) var peaks: [[UInt8]] = []

    /// The empty tree.
    package init() {}

    /// A tree from what was stored of it.
    ///
    /// - Throws: `.damaged` when the number or the lengths of the peaks do not fit.
    package init(count: Int, peaks: [[UInt8]]) throws(VaultError) {
        guard count >= 0, peaks.count == count.nonzeroBitCount,
            peaks.allSatisfy({ $0.count == MerkleTree.hashBytes })
        else {
            throw VaultError(
                .damaged, "The stored state of a log does not fit its length; run coffer doctor.")
        }
        self.count = count
        self.peaks = peaks
    }

    /// Appends a leaf: complete subtrees of equal size join, as ones carry in a binary counter.
    package mutating func append(leafHash: [UInt8]) { join(leafHash, count: 1) }

    /// Appends the leaves of a complete subtree by its root.
    ///
    /// - Parameters:
    ///   - hash: The subtree's root.
    ///   - leaves: How many leaves it has.
    /// - Returns: Whether the number is a power of two and the subtree begins at a multiple of it;
    ///   otherwise nothing was appended.
    package mutating func append(subtree hash: [UInt8], leaves: Int) -> Bool {
        guard leaves > 0, leaves & (leaves - 1) == 0, count & (leaves - 1) == 0,
            count <= Int.max - leaves, hash.count == MerkleTree.hashBytes
        else { return false }
        join(hash, count: leaves)
        return true
    }

    private mutating func join(_ root: [UInt8], count added: Int) {
        var hash = root
        var size = added
        while count & size != 0, let left = peaks.popLast() {
            hash = MerkleTree.nodeHash(left, hash)
            size <<= 1
        }
        peaks.append(hash)
        count += added
    }

    /// The root of the tree as it stands.
    package var root: [UInt8] {
        guard var hash = peaks.last else { return MerkleTree.emptyRoot }
        for left in peaks.dropLast().reversed() { hash = MerkleTree.nodeHash(left, hash) }
        return hash
    }
}
