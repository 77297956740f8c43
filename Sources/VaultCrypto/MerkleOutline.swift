/// Gathers the leaves of a tree that are not shown into as few hashes as its root can be computed
/// from.
///
/// Whoever is told the shown leaves and, in their places, these hashes appends them all to a
/// `MerkleFrontier` and gets the tree's root. Each hash is the root of a complete subtree: its
/// number of leaves is a power of two and its first leaf stands at a multiple of that.
package struct MerkleOutline: Sendable {
    /// A complete subtree of leaves that are not shown.
    package struct Subtree: Sendable, Equatable {
        package var count: Int
        package var hash: [UInt8]
    }

    private var position = 0
    private var hidden: [Subtree] = []

    package init() {}

    /// Takes the next leaf, which is not shown.
    package mutating func hide(leafHash: [UInt8]) {
        var subtree = Subtree(count: 1, hash: leafHash)
        position += 1
        while let left = hidden.last, left.count == subtree.count,
            (position - 2 * subtree.count) % (2 * subtree.count) == 0
        {
            hidden.removeLast()
            subtree = Subtree(
                count: 2 * subtree.count, hash: MerkleTree.nodeHash(left.hash, subtree.hash))
        }
        hidden.append(subtree)
    }

    /// Takes the next leaf, which is shown.
    ///
    /// - Returns: What stands before it and behind the last one that was shown.
    package mutating func show() -> [Subtree] {
        position += 1
        return takeHidden()
    }

    /// What stands behind the last leaf that was shown, once all were taken.
    package mutating func takeHidden() -> [Subtree] {
        defer { hidden = [] }
        return hidden
    }
}
