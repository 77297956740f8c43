/// CRC-32 as gzip, zip and event streams use it (polynomial 0xEDB88320), eight bytes a step.
///
/// It finds accidents of transmission; it proves nothing about who wrote the bytes.
package struct CRC32Checksum: StreamingDigest, Sendable {
    private var state: UInt32 = 0xFFFF_FFFF

    /// The checksum of nothing, so far.
    package init() {}

    /// The checksum of what was taken so far; more may follow.
    package var value: UInt32 { ~state }

    /// `table[256 * k + b]`: the remainder of byte `b` followed by `k` zero bytes.
    private static let table: [UInt32] = {
        var table = (0..<256).map { byte in
            (0..<8).reduce(UInt32(byte)) { value, _ in
                value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0)
            }
        }
        for index in 256..<2048 {
            let before = table[index - 256]
            table.append(before >> 8 ^ table[Int(before & 0xFF)])
        }
        return table
    }()

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var crc = state
        unsafe Self.table.withUnsafeBufferPointer { table in
            var index = 0
            while index + 8 <= bytes.count {
                let word = unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                let mixed = UInt64(littleEndian: word) ^ UInt64(crc)
                crc = 0
                for step in 0..<8 {
                    let byte = Int(truncatingIfNeeded: mixed >> (8 * UInt64(step)) & 0xFF)
                    crc ^= unsafe table[256 * (7 - step) + byte]
                }
                index += 8
            }
            while index < bytes.count {
                crc = unsafe crc >> 8 ^ table[Int((crc ^ UInt32(bytes[index])) & 0xFF)]
                index += 1
            }
        }
        state = crc
    }
}
