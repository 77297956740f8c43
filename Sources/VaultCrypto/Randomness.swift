import CSodium
import Synchronization

/// Random bytes that are not secret: ids and salts.
///
/// Keys come from `SecretBytes.random`.
///
/// The system's generator costs a system call each time, so bytes are drawn in blocks. A process
/// that forks without exec would share a block; Coffer never does.
package enum Randomness {
    private static let blockBytes = 4096
    private static let block = Mutex((bytes: [UInt8](), used: 0))

    /// Bytes that nobody has seen before.
    package static func bytes(_ count: Int) -> [UInt8] {
        guard count <= blockBytes else { return draw(count) }
        return block.withLock { block in
            if block.bytes.count - block.used < count { block = (draw(blockBytes), 0) }
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
