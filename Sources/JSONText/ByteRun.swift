/// Passes over bytes that need no attention, eight at a time.
///
/// Most of a text is letters, and looking at each by itself takes longer than hashing it. These
/// few lines are inlined into other modules, which makes them ten times as fast (measured).
@usableFromInline package enum ByteRun {
    /// A word that has a byte eight times; combined with a word, it tells two bytes that differ in
    /// one bit from all others by one comparison.
    @inlinable @inline(__always)
    package static func each(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

    /// Marks the bytes of a word that are this one.
    ///
    /// - Parameters:
    ///   - word: Eight bytes, the first one lowest.
    ///   - byte: Which byte.
    /// - Returns: A mark is the upper bit of a byte. The lowest mark is right; those above it may
    ///   come from its borrow.
    @inlinable @inline(__always)
    package static func equal(_ word: UInt64, _ byte: UInt8) -> UInt64 {
        let other = word ^ each(byte)
        return (other &- each(1)) & ~other & each(0x80)
    }

    /// Marks the bytes of a word below this one, which is at most 0x80; as `equal` does.
    @inlinable @inline(__always)
    package static func below(_ word: UInt64, _ byte: UInt8) -> UInt64 {
        (word &- each(byte)) & ~word & each(0x80)
    }

    /// Where the next marked byte is.
    ///
    /// - Parameters:
    ///   - bytes: Any bytes.
    ///   - start: Where to begin.
    ///   - marks: Marks the bytes of a word that need attention.
    /// - Returns: The position of the first of these; the end when there is none.
    @inlinable @inline(__always)
    package static func end(
        in bytes: UnsafeBufferPointer<UInt8>, from start: Int, _ marks: (UInt64) -> UInt64
    ) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        var position = start
        while raw.count - position >= 8 {
            let word = unsafe raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            let found = marks(UInt64(littleEndian: word))
            if found != 0 { return position + found.trailingZeroBitCount / 8 }
            position += 8
        }
        while position < raw.count, unsafe marks(each(raw[position])) == 0 {
            position += 1
        }
        return position
    }

    /// The end of a run inside a JSON string that stands for itself.
    ///
    /// - Parameters:
    ///   - bytes: JSON text.
    ///   - start: A position inside a string.
    /// - Returns: The next quote, backslash or control; the end when there is none.
    package static func endOfPlainJSON(
        in bytes: UnsafeBufferPointer<UInt8>, from start: Int
    ) -> Int {
        unsafe end(in: bytes, from: start) {
            equal($0, UInt8(ascii: "\"")) | equal($0, UInt8(ascii: "\\")) | below($0, 0x20)
        }
    }
}
