import Synchronization

/// Which row has bytes on which page, noted while pages are read, in any order and by several
/// threads.
///
/// A leaf of a table says it itself. The rest of a long row lies on a chain of overflow pages, each
/// of which names the next one in its first four bytes. What is answered is a hint: a page of
/// another kind can look like a part of a chain.
final class PageRows: Sendable {
    /// Pages with higher numbers get no hints; those below take 4 bytes each.
    private static let mostPages: UInt32 = 1 << 24

    private struct Chains {
        /// The page before, by page; 0 where there is none.
        var previous: [UInt32] = []
        /// The row whose chain begins on a page.
        var owners: [UInt32: Int64] = [:]
    }

    private let chains = Mutex(Chains())

    /// Takes a page into account.
    ///
    /// - Parameters:
    ///   - number: The page's number in the database.
    ///   - bytes: The page in the clear.
    func note(_ number: Int64, _ bytes: UnsafeRawBufferPointer) {
        if let leaf = unsafe TableLeaf(bytes, isFirst: number == 1) { return note(leaf) }
        guard bytes.count >= 4, number < Self.mostPages else { return }
        let next = unsafe UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))
        guard next > 1, next < Self.mostPages else { return }
        chains.withLock { chains in
            let missing = Int(next) + 1 - chains.previous.count
            if missing > 0 {
                let room = max(missing, chains.previous.count)
                chains.previous.append(contentsOf: repeatElement(0, count: room))
            }
            chains.previous[Int(next)] = UInt32(number)
        }
    }

    private func note(_ leaf: TableLeaf) {
        var long: [(UInt32, Int64)] = []
        for index in 0..<leaf.count {
            guard let row = leaf[index], let overflow = row.overflow else { continue }
            long.append((overflow, row.number))
        }
        guard !long.isEmpty else { return }
        chains.withLock { chains in
            for (page, row) in long { chains.owners[page] = row }
        }
    }

    /// The row that has an overflow page; `nil` when none is known.
    func row(ofPage number: Int64) -> Int64? {
        guard var page = UInt32(exactly: number) else { return nil }
        return chains.withLock { chains in
            // A chain that bites its own tail is no chain.
            for _ in 0..<chains.previous.count {
                if let owner = chains.owners[page] { return owner }
                guard page < chains.previous.count, chains.previous[Int(page)] != 0 else { break }
                page = chains.previous[Int(page)]
            }
            return chains.owners[page]
        }
    }
}
