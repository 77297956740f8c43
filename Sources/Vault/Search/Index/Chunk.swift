/// The bytes of one chunk of a segment in memory, with readable zeros behind them.
@safe final class Chunk {
    let base: UnsafePointer<UInt8>
    let count: Int
    private let memory: UnsafeMutableRawPointer

    /// Takes a chunk from its row, whose checksum it compares.
    ///
    /// - Throws: `SegmentDamage`.
    convenience init(stored: UnsafeRawBufferPointer, row: Int64) throws {
        let count = stored.count - ChunkChecksum.byteCount
        guard (0...SegmentFormat.chunkBytes).contains(count) else {
            throw SegmentDamage("a chunk has a wrong size")
        }
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: stored[..<count])
        let sum = unsafe stored.loadUnaligned(fromByteOffset: count, as: UInt64.self).littleEndian
        guard unsafe ChunkChecksum.of(bytes, row: row) == sum else {
            throw SegmentDamage("a chunk is not the one that was written")
        }
        unsafe self.init(copying: bytes)
    }

    init(copying bytes: UnsafeRawBufferPointer) {
        count = bytes.count
        let size = bytes.count + SegmentFormat.padding
        unsafe memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        if let source = bytes.baseAddress {
            unsafe memory.copyMemory(from: source, byteCount: count)
        }
        unsafe (memory + count).initializeMemory(
            as: UInt8.self, repeating: 0, count: SegmentFormat.padding)
        unsafe base = UnsafePointer(memory.assumingMemoryBound(to: UInt8.self))
    }

    deinit { unsafe memory.deallocate() }

    /// A copy of the bytes.
    var bytes: [UInt8] { unsafe Array(UnsafeBufferPointer(start: base, count: count)) }

    @inline(__always)
    func u8(_ offset: Int) -> UInt8 { unsafe base[offset] }

    @inline(__always)
    func u16(_ offset: Int) -> Int {
        unsafe Int(
            UnsafeRawPointer(base).loadUnaligned(fromByteOffset: offset, as: UInt16.self)
                .littleEndian)
    }

    @inline(__always)
    func u32(_ offset: Int) -> UInt32 {
        unsafe UnsafeRawPointer(base).loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            .littleEndian
    }

    @inline(__always)
    func i64(_ offset: Int) -> Int64 {
        unsafe UnsafeRawPointer(base).loadUnaligned(fromByteOffset: offset, as: Int64.self)
            .littleEndian
    }
}

/// Reads bytes of a chunk one item after the other; beyond its end there are only zeros.
@safe struct ChunkReader {
    private let base: UnsafePointer<UInt8>
    let end: Int
    private(set) var position: Int

    init(_ chunk: Chunk, at position: Int) {
        unsafe base = chunk.base
        end = chunk.count
        self.position = position
    }

    var isBroken: Bool { position > end }

    @inline(__always)
    mutating func byte() -> UInt8 {
        guard position < end else {
            position = end + 1
            return 0
        }
        defer { position &+= 1 }
        return unsafe base[position]
    }

    @inline(__always)
    mutating func integer() -> UInt32 {
        var number: UInt32 = 0
        var shift: UInt32 = 0
        while shift < 35 {
            let next = byte()
            number |= UInt32(next & 0x7F) &<< shift
            if next < 0x80 { return number }
            shift &+= 7
        }
        position = end + 1
        return 0
    }

    @inline(__always)
    mutating func u16() -> UInt16 {
        let low = UInt16(byte())
        return low | UInt16(byte()) << 8
    }

    /// The next bytes, lent; none when there are not as many.
    @inline(__always)
    mutating func bytes(_ count: Int) -> UnsafeBufferPointer<UInt8> {
        guard count <= end - position else {
            position = end + 1
            return unsafe UnsafeBufferPointer(start: nil, count: 0)
        }
        defer { position &+= count }
        return unsafe UnsafeBufferPointer(start: base + position, count: count)
    }
}
