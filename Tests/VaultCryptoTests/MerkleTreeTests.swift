import Testing
import VaultCrypto

@Suite("Merkle trees")
struct MerkleTreeTests {
    // The inputs and roots that the Certificate Transparency implementations share.
    private let leaves = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ].map { MerkleTree.leafHash(Pattern.bytes(hex: $0)) }
    private let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    @Test("The first eight trees have the roots of the RFC 6962 implementations")
    func knownRoots() {
        for (count, root) in roots.enumerated() {
            #expect(Pattern.hex(MerkleTree.root(leaves.prefix(count))) == root)
        }
    }

    @Test("The known inclusion and consistency proofs come out")
    func knownProofs() {
        #expect(
            MerkleTree.inclusionProof(of: 0, in: leaves[...]).map(Pattern.hex) == [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ])
        #expect(
            MerkleTree.consistencyProof(from: 6, in: leaves[...]).map(Pattern.hex) == [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ])
    }

    private func many(_ count: Int) -> [[UInt8]] {
        (0..<count).map { MerkleTree.leafHash([UInt8($0)]) }
    }

    @Test("Every leaf of every tree up to 20 is proved, and nothing else is")
    func inclusion() {
        for count in 1...20 {
            let all = many(count)
            let root = MerkleTree.root(all)
            for index in 0..<count {
                let proof = MerkleTree.inclusionProof(of: index, in: all[...])
                func holds(_ proof: [[UInt8]], _ leaf: [UInt8], _ index: Int, _ count: Int) -> Bool
                {
                    MerkleTree.isIncluded(
                        proof, leafHash: leaf, index: index, count: count, root: root)
                }
                #expect(holds(proof, all[index], index, count))
                #expect(!holds(proof, MerkleTree.leafHash([99]), index, count))
                #expect(!holds(proof + [root], all[index], index, count))
                #expect(!holds(proof, all[index], count, count))
                #expect(!holds(proof, all[index], -1, count))
                for other in 0..<count where other != index {
                    #expect(!holds(proof, all[index], other, count))
                }
                if !proof.isEmpty {
                    #expect(!holds(proof.dropLast(), all[index], index, count))
                    var changed = proof
                    changed[0][0] ^= 1
                    #expect(!holds(changed, all[index], index, count))
                }
            }
        }
    }

    @Test("Every tree up to 20 is proved to begin with every smaller one, and with no other")
    func consistency() {
        let all = many(20)
        for count in 1...20 {
            let root = MerkleTree.root(all.prefix(count))
            for old in 1...count {
                let oldRoot = MerkleTree.root(all.prefix(old))
                let proof = MerkleTree.consistencyProof(from: old, in: all[..<count])
                func holds(_ proof: [[UInt8]], _ old: Int, _ oldRoot: [UInt8]) -> Bool {
                    MerkleTree.isConsistent(
                        proof, oldCount: old, oldRoot: oldRoot, count: count, root: root)
                }
                #expect(holds(proof, old, oldRoot))
                #expect(!holds(proof, old, MerkleTree.leafHash([99])))
                #expect(!holds(proof + [root], old, oldRoot))
                if old < count { #expect(!holds(proof, old + 1, oldRoot)) }
                for index in proof.indices {
                    var changed = proof
                    changed[index][5] ^= 4
                    #expect(!holds(changed, old, oldRoot))
                }
            }
            #expect(
                MerkleTree.isConsistent(
                    [], oldCount: 0, oldRoot: MerkleTree.emptyRoot, count: count, root: root))
        }
    }

    @Test("A frontier restored from its stored state goes on as before")
    func frontier() throws {
        var frontier = MerkleFrontier()
        for (index, leaf) in many(100).enumerated() {
            #expect(frontier.root == MerkleTree.root(many(index)))
            frontier = try MerkleFrontier(count: frontier.count, peaks: frontier.peaks)
            frontier.append(leafHash: leaf)
        }
        #expect(throws: VaultError.self) { try MerkleFrontier(count: 3, peaks: [leaves[0]]) }
        #expect(throws: VaultError.self) { try MerkleFrontier(count: 1, peaks: [[1]]) }
        #expect(throws: VaultError.self) { try MerkleFrontier(count: -1, peaks: leaves) }
    }

    @Test("A consistency proof made in one pass is that of the whole tree")
    func onePass() {
        let leaves = (0..<40).map { MerkleTree.leafHash([UInt8($0)]) }
        for count in 1...40 {
            for old in 1...count {
                var path = MerklePath(consistencyFrom: old, count: count)
                for leaf in leaves.prefix(count) { path.append(leafHash: leaf) }
                let proof = MerkleTree.consistencyProof(from: old, in: leaves.prefix(count))
                #expect(path.hashes == proof, "\(old) of \(count)")
            }
        }
    }
}
