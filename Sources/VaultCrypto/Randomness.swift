import CSodium
import Foundation
import Synchronization

/// Random bytes that are not secret: ids and salts.
///
/// Keys come from `SecretBytes.random`.
///
/// The system's generator costs a system call each time, so bytes are drawn in blocks. A child
/// process must not hand out what its parent has in stock: a block from before a fork is thrown
/// away.
package enum Randomness {
    private static let blockBytes = 4096
    private static let block = Mutex((bytes: [UInt8](), used: 0, forks: 0))
    /// The forks on the way to this process, since bytes were first drawn.
    private static let forks = Atomic(0)
    private static let isWatching: Bool =
        pthread_atfork(nil, nil) { forks.add(1, ordering: .relaxed) } == 0

    /// Bytes that nobody has seen before.
    package static func bytes(_ count: Int) -> [UInt8] {
        // Without notice of forks there is no stock.
        guard count <= blockBytes, isWatching else { return draw(count) }
        return block.withLock { block in
            let now = forks.load(ordering: .relaxed)
            if block.bytes.count - block.used < count || block.forks != now {
                block = (draw(blockBytes), 0, now)
            }
            defer { block.used += count }
            return Array(block.bytes[block.used..<block.used + count])
        }
    }

    private static func draw(_ count: Int) -> [UInt8] {
        SodiumLibrary.start()
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
            if let start = buffer.baseAddress { unsafe randombytes_buf(start, count) }
            initialised = count
        }
    }
}
