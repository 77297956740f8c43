/// The eight bytes behind a chunk in its row: a sum over the chunk and the row's number.
///
/// Pages are authenticated, so this is no protection from anybody. It finds faults of our own, and
/// it makes a chunk that another one was put in place of an error instead of a wrong hit.
enum ChunkChecksum {
    static let byteCount = 8

    /// Four sums over words of eight bytes, each multiplied and shifted, so that they do not wait
    /// for each other.
    static func of(_ bytes: UnsafeRawBufferPointer, row: Int64) -> UInt64 {
        var lanes: SIMD4<UInt64> = [
            0x9E37_79B9_7F4A_7C15, 0xC4CE_B9FE_1A85_EC53, 0xFF51_AFD7_ED55_8CCD,
            0x2545_F491_4F6C_DD1D,
        ]
        let factor = SIMD4<UInt64>(repeating: 0xD6E8_FEB8_6659_FD93)
        var place = 0
        while place + 32 <= bytes.count {
            let words = unsafe bytes.loadUnaligned(fromByteOffset: place, as: SIMD4<UInt64>.self)
            lanes = (lanes ^ words) &* factor
            lanes ^= lanes &>> 32
            place += 32
        }
        var sum = UInt64(truncatingIfNeeded: row) ^ UInt64(bytes.count)
        for lane in 0..<4 { sum = mix(sum, lanes[lane]) }
        while place < bytes.count {
            sum = unsafe mix(sum, UInt64(bytes[place]))
            place += 1
        }
        return sum
    }

    @inline(__always)
    private static func mix(_ sum: UInt64, _ word: UInt64) -> UInt64 {
        let mixed = (sum ^ word) &* 0xD6E8_FEB8_6659_FD93
        return mixed ^ mixed >> 32
    }
}
