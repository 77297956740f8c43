/// Puts an item of a stream together, in memory that holds the longest one.
@safe struct ItemWriter: ~Copyable {
    private let base: UnsafeMutablePointer<UInt8>
    private(set) var count = 0

    init() {
        // Packing writes up to eight bytes behind what it packs.
        unsafe base = UnsafeMutablePointer.allocate(
            capacity: SegmentFormat.longestItemBytes + SegmentFormat.padding)
    }

    deinit { unsafe base.deallocate() }

    /// The item, lent until it changes.
    var bytes: UnsafeBufferPointer<UInt8> {
        unsafe UnsafeBufferPointer(start: base, count: count)
    }

    mutating func removeAll() { count = 0 }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        precondition(count < SegmentFormat.longestItemBytes, "An item is too long.")
        unsafe base[count] = byte
        count &+= 1
    }

    mutating func append(littleEndian number: UInt16) {
        append(UInt8(truncatingIfNeeded: number))
        append(UInt8(truncatingIfNeeded: number >> 8))
    }

    mutating func append(variable number: UInt32) {
        var rest = number
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    /// Writes over a byte that was appended.
    mutating func set(_ byte: UInt8, at place: Int) {
        precondition(place < count)
        unsafe base[place] = byte
    }

    /// Lends room for bytes, which are then part of the item.
    @inline(__always)
    mutating func room(_ size: Int) -> UnsafeMutablePointer<UInt8> {
        precondition(count + size <= SegmentFormat.longestItemBytes, "An item is too long.")
        defer { count &+= size }
        return unsafe base + count
    }
}
