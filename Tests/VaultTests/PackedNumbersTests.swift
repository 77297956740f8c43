import Testing

@testable import Vault

@Suite("Packed numbers")
struct PackedNumbersTests {
    private static func numbers(_ count: Int, _ seed: UInt64, widest: Int) -> [UInt32] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let width = UInt32(state >> 58) % UInt32(widest + 1)
            // Most of them are small, a few as wide as can be.
            let bits = state >> 40 & 15 == 0 ? UInt32(widest) : width / 4
            return bits == 0 ? 0 : UInt32(truncatingIfNeeded: state >> 8) >> (32 - bits)
        }
    }

    private func chunk(_ numbers: [UInt32]) -> (chunk: Chunk, code: UInt8) {
        unsafe numbers.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else {
                return (unsafe Chunk(copying: UnsafeRawBufferPointer(start: nil, count: 0)), 0)
            }
            let code = unsafe PackedNumbers.code(base, count: numbers.count)
            var item = ItemWriter()
            unsafe PackedNumbers.append(base, count: numbers.count, code: code, to: &item)
            return (unsafe Chunk(copying: UnsafeRawBufferPointer(item.bytes)), code)
        }
    }

    private func unpacked(_ chunk: Chunk, _ count: Int, _ code: UInt8) -> [UInt32] {
        unsafe [UInt32](unsafeUninitializedCapacity: 128) { buffer, filled in
            guard let base = buffer.baseAddress else { return }
            unsafe PackedNumbers.unpack(chunk.base, count: count, code: code, into: base)
            filled = count
        }
    }

    @Test("What is packed comes back, and ends where it says")
    func roundTrip() throws {
        var withExceptions = 0
        for seed in UInt64(1)...2000 {
            let count = [128, 128, 1, 2, 127, Int(seed % 128) + 1][Int(seed % 6)]
            let numbers = Self.numbers(count, seed, widest: Int(seed % 29))
            let (chunk, code) = chunk(numbers)
            if code & PackedNumbers.hasExceptions != 0 { withExceptions += 1 }
            let end = try PackedNumbers.end(chunk, at: 0, count: count, code: code, mostBits: 28)
            #expect(end == chunk.count)
            #expect(unpacked(chunk, count, code) == numbers)
        }
        #expect(withExceptions > 200)
    }

    @Test("They never take more than at one width")
    func size() {
        for seed in UInt64(1)...500 {
            let numbers = Self.numbers(128, seed, widest: 20)
            let widest = numbers.map { BitPacking.width(of: $0) }.max() ?? 0
            #expect(chunk(numbers).chunk.count <= 16 * widest)
        }
    }

    @Test("Numbers that are cut or too wide are refused")
    func refusals() throws {
        let numbers = (0..<128).map { $0 == 77 ? UInt32(1 << 20) : UInt32($0 % 4) }
        let (whole, code) = chunk(numbers)
        #expect(code & PackedNumbers.hasExceptions != 0)
        for count in 0..<whole.count {
            let cut = unsafe Chunk(
                copying: UnsafeRawBufferPointer(start: whole.base, count: count))
            #expect(throws: SegmentDamage.self) {
                try PackedNumbers.end(cut, at: 0, count: 128, code: code, mostBits: 24)
            }
        }
        #expect(throws: SegmentDamage.self) {
            try PackedNumbers.end(whole, at: 0, count: 128, code: code, mostBits: 20)
        }
        // One exception, of a place that the block does not have.
        let bytes: [UInt8] = [1, 77, 3]
        let outside = unsafe bytes.withUnsafeBytes { unsafe Chunk(copying: $0) }
        let inside = PackedNumbers.hasExceptions
        #expect(try PackedNumbers.end(outside, at: 0, count: 78, code: inside, mostBits: 24) == 3)
        #expect(throws: SegmentDamage.self) {
            try PackedNumbers.end(outside, at: 0, count: 77, code: inside, mostBits: 24)
        }
    }
}
