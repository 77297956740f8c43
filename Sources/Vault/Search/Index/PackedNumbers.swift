/// Numbers packed at a width that most of them fit, and beside them what is above it in the others
/// (PFOR; Zukowski and others, ICDE 2006); see `SegmentFormat`.
enum PackedNumbers {
    /// The bits of a code that say the width.
    static let widthMask: UInt8 = 0x3F
    /// Of the code of a block's documents: their norms follow.
    static let hasNorms: UInt8 = 0x40
    /// Exceptions follow.
    static let hasExceptions: UInt8 = 0x80

    // MARK: Writing

    /// The code under which numbers take the fewest bytes.
    static func code(_ numbers: UnsafePointer<UInt32>, count: Int) -> UInt8 {
        // Of each width how many numbers have it or more, with room for the widest exception.
        unsafe withUnsafeTemporaryAllocation(of: Int.self, capacity: 48) { atLeast in
            unsafe atLeast.initialize(repeating: 0)
            var all: UInt32 = 0
            for index in 0..<count {
                let number = unsafe numbers[index]
                all |= number
                unsafe atLeast[BitPacking.width(of: number)] &+= 1
            }
            let top = BitPacking.width(of: all)
            for width in stride(from: top - 1, through: 0, by: -1) {
                unsafe atLeast[width] &+= atLeast[width + 1]
            }
            var best = top
            var least = BitPacking.byteCount(count, width: top)
            // Farther below the widest number nearly all would be exceptions, and of three bytes.
            for width in stride(from: top - 1, through: max(0, top - 14), by: -1) {
                let exceptions = unsafe 2 * atLeast[width + 1] + atLeast[width + 8]
                let bytes = BitPacking.byteCount(count, width: width) + 1 + exceptions
                if bytes < least {
                    least = bytes
                    best = width
                }
            }
            return UInt8(best) | (best < top ? hasExceptions : 0)
        }
    }

    static func append(
        _ numbers: UnsafePointer<UInt32>, count: Int, code: UInt8, to item: inout ItemWriter
    ) {
        let width = Int(code & widthMask)
        unsafe BitPacking.pack(
            numbers, count: count, width: width,
            into: item.room(BitPacking.byteCount(count, width: width)))
        guard code & hasExceptions != 0 else { return }
        let place = item.count
        item.append(0)
        var exceptions: UInt8 = 0
        for index in 0..<count {
            let above = unsafe numbers[index] >> UInt32(width)
            guard above > 0 else { continue }
            item.append(UInt8(index))
            item.append(variable: above)
            exceptions += 1
        }
        item.set(exceptions, at: place)
    }

    // MARK: Reading

    /// Checks numbers that lie in a chunk.
    ///
    /// - Parameters:
    ///   - chunk: The chunk.
    ///   - offset: Where they begin.
    ///   - count: How many they are.
    ///   - code: How they are packed.
    ///   - mostBits: What the widest may have.
    /// - Returns: Where they end.
    /// - Throws: `SegmentDamage` when they reach over the chunk or are too wide.
    @inline(__always)
    static func end(
        _ chunk: Chunk, at offset: Int, count: Int, code: UInt8, mostBits: Int
    ) throws -> Int {
        let width = Int(code & widthMask)
        let end = offset + BitPacking.byteCount(count, width: width)
        guard width <= mostBits, end <= chunk.count else {
            throw SegmentDamage("packed numbers are too wide or reach over their chunk")
        }
        if code & hasExceptions == 0 { return end }
        return try endOfExceptions(chunk, at: end, count: count, mostBits: mostBits - width)
    }

    private static func endOfExceptions(
        _ chunk: Chunk, at offset: Int, count: Int, mostBits: Int
    ) throws -> Int {
        var reader = ChunkReader(chunk, at: offset)
        for _ in 0..<reader.byte() {
            let isInside = reader.byte() < count
            guard isInside, BitPacking.width(of: reader.integer()) <= mostBits else {
                throw SegmentDamage("a packed number is too wide or has no place")
            }
        }
        guard !reader.isBroken else {
            throw SegmentDamage("packed numbers reach over their chunk")
        }
        return reader.position
    }

    /// Unpacks numbers that were checked, into memory for 128.
    @inline(__always)
    static func unpack(
        _ source: UnsafePointer<UInt8>, count: Int, code: UInt8,
        into numbers: UnsafeMutablePointer<UInt32>
    ) {
        let width = Int(code & widthMask)
        unsafe BitPacking.unpack(source, count: count, width: width, into: numbers)
        guard code & hasExceptions != 0 else { return }
        unsafe addExceptions(
            source + BitPacking.byteCount(count, width: width), above: UInt32(width), numbers)
    }

    private static func addExceptions(
        _ source: UnsafePointer<UInt8>, above width: UInt32,
        _ numbers: UnsafeMutablePointer<UInt32>
    ) {
        var source = unsafe source
        let count = unsafe source.pointee
        unsafe source += 1
        for _ in 0..<count {
            let place = unsafe Int(source[0])
            var number = unsafe UInt32(source[1])
            unsafe source += 2
            if number >= 0x80 {
                number &= 0x7F
                var shift: UInt32 = 7
                while true {
                    let byte = unsafe UInt32(source.pointee)
                    unsafe source += 1
                    number |= (byte & 0x7F) &<< shift
                    if byte < 0x80 { break }
                    shift &+= 7
                }
            }
            unsafe numbers[place] |= number &<< width
        }
    }
}
