/// A set of documents of one segment.
@safe final class Bitset {
    let count: Int
    let words: UnsafeMutablePointer<UInt64>
    let wordCount: Int

    /// A set of numbers below `count`: all of them, or none.
    init(_ count: Int, full: Bool = false) {
        self.count = count
        wordCount = (count + 63) / 64
        unsafe words = UnsafeMutablePointer.allocate(capacity: wordCount + 1)
        unsafe words.initialize(repeating: full ? .max : 0, count: wordCount + 1)
        if full { trim() }
    }

    deinit { unsafe words.deallocate() }

    private func trim() {
        if count % 64 != 0 { unsafe words[wordCount - 1] &= (1 << UInt64(count % 64)) - 1 }
        unsafe words[wordCount] = 0
    }

    @inline(__always)
    func contains(_ number: UInt32) -> Bool {
        unsafe words[Int(number >> 6)] &>> UInt64(number & 63) & 1 != 0
    }

    @inline(__always)
    func insert(_ number: UInt32) { unsafe words[Int(number >> 6)] |= 1 &<< UInt64(number & 63) }

    @inline(__always)
    func remove(_ number: UInt32) { unsafe words[Int(number >> 6)] &= ~(1 &<< UInt64(number & 63)) }

    func formIntersection(_ other: Bitset) {
        for index in 0..<wordCount { unsafe words[index] &= other.words[index] }
    }

    func formUnion(_ other: Bitset) {
        for index in 0..<wordCount { unsafe words[index] |= other.words[index] }
    }

    func invert() {
        for index in 0..<wordCount { unsafe words[index] = ~words[index] }
        trim()
    }

    func insert(_ range: Range<UInt32>) { for number in range { insert(number) } }

    var size: Int {
        var size = 0
        for index in 0..<wordCount { unsafe size += words[index].nonzeroBitCount }
        return size
    }

    /// Lends the members, ascending, until `body` says false.
    @inline(__always)
    func forEach(_ body: (UInt32) throws -> Bool) rethrows {
        for index in 0..<wordCount {
            var word = unsafe words[index]
            while word != 0 {
                let number = UInt32(index * 64 + word.trailingZeroBitCount)
                guard try body(number) else { return }
                word &= word - 1
            }
        }
    }

    /// Lends the members, descending, until `body` says false.
    func forEachDescending(_ body: (UInt32) throws -> Bool) rethrows {
        for index in stride(from: wordCount - 1, through: 0, by: -1) {
            var word = unsafe words[index]
            while word != 0 {
                let bit = 63 - word.leadingZeroBitCount
                guard try body(UInt32(index * 64 + bit)) else { return }
                word &= ~(1 << UInt64(bit))
            }
        }
    }
}
