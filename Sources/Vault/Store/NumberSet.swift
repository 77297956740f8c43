/// Row numbers, a bit for each up to the largest.
package struct NumberSet: Sendable {
    private var words: [UInt64] = []

    package init() {}

    /// Adds a number, which is not negative.
    mutating func insert(_ number: Int64) {
        let word = Int(number >> 6)
        if word >= words.count {
            words += [UInt64](repeating: 0, count: max(word + 1, 2 * words.count) - words.count)
        }
        words[word] |= 1 << UInt64(number & 63)
    }

    /// The numbers, ascending; `nil` when there are more than so many.
    func numbers(atMost maximum: Int) -> [Int64]? {
        guard words.reduce(0, { $0 + $1.nonzeroBitCount }) <= maximum else { return nil }
        var numbers: [Int64] = []
        for (place, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                numbers.append(Int64(place) << 6 | Int64(rest.trailingZeroBitCount))
                rest &= rest &- 1
            }
        }
        return numbers
    }

    func contains(_ number: Int64) -> Bool {
        let word = Int(number >> 6)
        return number >= 0 && word < words.count && words[word] & 1 << UInt64(number & 63) != 0
    }
}
