/// Numbers of equal width, packed; see `SegmentFormat`.
enum BitPacking {
    /// How many bits a number needs.
    @inline(__always)
    static func width(of bits: UInt32) -> Int { 32 - bits.leadingZeroBitCount }

    /// How many bytes `count` numbers take.
    @inline(__always)
    static func byteCount(_ count: Int, width: Int) -> Int {
        count == SegmentFormat.block ? 16 &* width : (count &* width &+ 7) / 8
    }

    // MARK: Packing

    /// Packs the lowest `width` bits of numbers: of 128 in lanes, of fewer as a stream of bits.
    ///
    /// Up to eight bytes behind the last one are written over.
    static func pack(
        _ numbers: UnsafePointer<UInt32>, count: Int, width: Int,
        into bytes: UnsafeMutablePointer<UInt8>
    ) {
        guard width > 0 else { return }
        if count == SegmentFormat.block {
            unsafe packLanes(numbers, width: width, into: bytes)
        } else {
            var stream = unsafe BitWriter(bytes)
            let mask = UInt64(UInt32.max >> UInt32(32 - width))
            for index in 0..<count {
                unsafe stream.append(UInt64(numbers[index]) & mask, width: width)
            }
        }
    }

    private static func packLanes(
        _ numbers: UnsafePointer<UInt32>, width: Int, into bytes: UnsafeMutablePointer<UInt8>
    ) {
        let input = unsafe UnsafeRawPointer(numbers)
        var out = UnsafeMutableRawPointer(bytes)
        let bits = UInt32(truncatingIfNeeded: width)
        let mask = SIMD4<UInt32>(repeating: UInt32.max >> (32 - bits))
        var word = SIMD4<UInt32>()
        var filled: UInt32 = 0
        for row in 0..<32 {
            let value =
                unsafe input.loadUnaligned(fromByteOffset: row &* 16, as: SIMD4<UInt32>.self) & mask
            word |= value &<< SIMD4(repeating: filled)
            filled &+= bits
            guard filled >= 32 else { continue }
            unsafe out.storeBytes(of: word, as: SIMD4<UInt32>.self)
            unsafe out += 16
            filled &-= 32
            // What of the number did not fit into the word.
            word = filled > 0 ? value &>> SIMD4(repeating: bits &- filled) : SIMD4()
        }
    }

    // MARK: Unpacking

    /// Unpacks `count` numbers into memory for 128.
    @inline(__always)
    static func unpack(
        _ source: UnsafePointer<UInt8>, count: Int, width: Int,
        into numbers: UnsafeMutablePointer<UInt32>
    ) {
        if count == SegmentFormat.block {
            unsafe unpackLanes(source, width: width, into: numbers)
        } else {
            unsafe unpackBits(source, from: 0, count: count, width: width, into: numbers)
        }
    }

    /// Unpacks 128 numbers from lanes.
    static func unpackLanes(
        _ source: UnsafePointer<UInt8>, width: Int, into numbers: UnsafeMutablePointer<UInt32>
    ) {
        let out = UnsafeMutableRawPointer(numbers)
        guard width > 0 else {
            unsafe out.initializeMemory(as: UInt8.self, repeating: 0, count: 512)
            return
        }
        let input = unsafe UnsafeRawPointer(source)
        let bits = UInt32(truncatingIfNeeded: width)
        let mask = SIMD4<UInt32>(repeating: bits == 32 ? .max : (1 << bits) &- 1)
        var word = unsafe input.loadUnaligned(as: SIMD4<UInt32>.self)
        var next = 16
        var shift: UInt32 = 0
        for row in 0..<32 {
            var value = word &>> SIMD4(repeating: shift)
            shift &+= bits
            if shift >= 32 {
                shift &-= 32
                if row < 31 || shift > 0 {
                    word = unsafe input.loadUnaligned(fromByteOffset: next, as: SIMD4<UInt32>.self)
                    next &+= 16
                }
                // The part of the number that is in the next word; none when it ended the word.
                if shift > 0 { value |= word &<< SIMD4(repeating: bits &- shift) }
            }
            unsafe out.storeBytes(
                of: value & mask, toByteOffset: row &* 16, as: SIMD4<UInt32>.self)
        }
    }

    /// Unpacks numbers `from` to `from + count` of a stream of bits.
    ///
    /// Eight bytes from where the last number begins must be readable.
    @inline(__always)
    static func unpackBits(
        _ source: UnsafePointer<UInt8>, from: Int, count: Int, width: Int,
        into numbers: UnsafeMutablePointer<UInt32>
    ) {
        let input = unsafe UnsafeRawPointer(source)
        let mask: UInt64 = (1 &<< UInt64(truncatingIfNeeded: width)) &- 1
        var bit = from &* width
        for index in 0..<count {
            let word = unsafe input.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self)
            unsafe numbers[index] = UInt32(
                truncatingIfNeeded: (word &>> UInt64(truncatingIfNeeded: bit & 7)) & mask)
            bit &+= width
        }
    }

    /// One number of up to 56 bits from a stream of bits.
    @inline(__always)
    static func number(_ source: UnsafePointer<UInt8>, at index: Int, width: Int) -> UInt64 {
        let bit = index &* width
        let word = unsafe UnsafeRawPointer(source).loadUnaligned(
            fromByteOffset: bit &>> 3, as: UInt64.self)
        return (word &>> UInt64(truncatingIfNeeded: bit & 7))
            & ((1 &<< UInt64(truncatingIfNeeded: width)) &- 1)
    }
}

/// Writes a stream of bits, the lowest first, into memory with eight bytes to spare.
@safe struct BitWriter {
    private var out: UnsafeMutableRawPointer
    private var pending: UInt64 = 0
    private var filled: UInt64 = 0

    init(_ bytes: UnsafeMutablePointer<UInt8>) { unsafe out = UnsafeMutableRawPointer(bytes) }

    /// Appends a number of at most 56 bits, of which no higher one is set.
    @inline(__always)
    mutating func append(_ number: UInt64, width: Int) {
        pending |= number &<< filled
        filled &+= UInt64(truncatingIfNeeded: width)
        // All of it, so that a byte that is not full is there as well.
        unsafe out.storeBytes(of: pending.littleEndian, as: UInt64.self)
        let whole = filled &>> 3
        unsafe out += Int(truncatingIfNeeded: whole)
        pending &>>= whole &<< 3
        filled &= 7
    }
}

/// Numbers of 7 bits a byte.
enum VariableInteger {
    static func append(_ number: UInt32, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    static func append(_ number: Int, to bytes: inout [UInt8]) {
        append(UInt32(number), to: &bytes)
    }
}
