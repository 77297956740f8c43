import Testing

@testable import VaultCrypto

@Suite struct MerkleOutlineTests {
    private static func leaf(_ index: Int) -> [UInt8] {
        MerkleTree.leafHash(Array("leaf \(index)".utf8))
    }

    /// What is told of a tree, in order.
    private static func items(_ count: Int, _ shown: Set<Int>) -> [MerkleOutline.Subtree?] {
        var outline = MerkleOutline()
        var items: [MerkleOutline.Subtree?] = []
        for index in 0..<count {
            if shown.contains(index) {
                items += outline.show().map(Optional.init) + [nil]
            } else {
                outline.hide(leafHash: leaf(index))
            }
        }
        return items + outline.takeHidden()
    }

    @Test func `Shown leaves and hidden subtrees give the tree's root`() {
        var random = SystemRandomNumberGenerator()
        for count in 0...70 {
            for density in [0, 1, 3, 10] {
                let shown = Set(
                    (0..<count).filter { _ in Int.random(in: 0..<10, using: &random) < density })
                var frontier = MerkleFrontier()
                var next = shown.sorted()[...]
                let items = Self.items(count, shown)
                for item in items {
                    if let item {
                        let isAppended = frontier.append(subtree: item.hash, leaves: item.count)
                        #expect(isAppended)
                    } else if let index = next.popFirst() {
                        #expect(frontier.count == index)
                        frontier.append(leafHash: Self.leaf(index))
                    }
                }
                #expect(next.isEmpty && frontier.count == count)
                #expect(frontier.root == MerkleTree.root((0..<count).map(Self.leaf)))
            }
        }
    }

    @Test func `One leaf of many costs as many hashes as its audit path`() {
        for index in [0, 1, 511, 512, 999] {
            #expect(Self.items(1000, [index]).compactMap(\.self).count <= 19)
        }
        #expect(
            Self.items(1024, []) == [
                .init(count: 1024, hash: MerkleTree.root((0..<1024).map(Self.leaf)))
            ])
    }

    @Test func `A subtree that does not begin where it must is not appended`() {
        var frontier = MerkleFrontier()
        frontier.append(leafHash: Self.leaf(0))
        for leaves in [2, 3, 0, -1, -2, Int.min, 1 << 62] {
            let isAppended = frontier.append(subtree: Self.leaf(1), leaves: leaves)
            #expect(!isAppended)
        }
        let isShort = frontier.append(subtree: [1, 2, 3], leaves: 1)
        #expect(!isShort)
        #expect(frontier.count == 1 && frontier.root == Self.leaf(0))
        let appended = frontier.append(subtree: Self.leaf(1), leaves: 1)
        #expect(appended && frontier.root == MerkleTree.root([Self.leaf(0), Self.leaf(1)]))
    }
}
