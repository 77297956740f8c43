/// Looks for many pieces of 24 bytes at once.
///
/// Wherever a piece stands, two words of eight bytes lie wholly in it that begin at multiples of
/// eight. So it is enough to look there: each two neighbouring words are mixed into one number, the
/// slot, and a bitmap of slots knows each piece in its eight positions. It answers for all but one
/// place in some dozens; the rest is compared with the candidates of that slot, which lie sorted by
/// slot in one block of memory. Pieces are told apart by all of their bytes.
@safe final class PieceSearch {
    /// A piece in one of its positions.
    private struct Candidate {
        var slot: UInt32
        var number: Int32
        /// Where in the piece the two words begin.
        var position: Int32
    }

    private static let length = DestructionTraces.pieceBytes
    private static let wordsEach = length / 8

    private let bitmap: UnsafeMutablePointer<UInt64>
    /// How many bits of a product are not part of a slot.
    private let shift: UInt64
    /// All pieces, one behind the other; those of another length are zeros that no slot leads to.
    private let words: UnsafeMutablePointer<UInt64>
    private let candidates: UnsafeMutablePointer<Candidate>
    private let candidateCount: Int
    /// Where the candidates of a range of slots begin, and at the end how many there are.
    private let starts: UnsafeMutablePointer<Int32>
    private let rangeShift: UInt64
    private let isFound: UnsafeMutablePointer<Bool>
    private let pieceCount: Int
    /// Whether every piece was found.
    var isDone: Bool { found.count == pieceCount }
    /// Which pieces were found, with the place where each was first.
    private(set) var found: [Int: PiecePlace] = [:]
    /// Those that the last look found for the first time.
    private(set) var newlyFound: [Int] = []

    init(_ pieces: [[UInt8]]) {
        pieceCount = pieces.count
        // Between 8 KiB, which stay in the nearest cache, and 16 MiB.
        let bits = min(max(16, Int.bitWidth - pieces.count.leadingZeroBitCount + 9), 27)
        shift = UInt64(64 - bits)
        rangeShift = UInt64(min(7, bits - 9))
        let ranges = 1 << (bits - Int(rangeShift))
        unsafe bitmap = Self.zeros(1 << (bits - 6))
        unsafe words = Self.zeros(max(1, pieces.count * Self.wordsEach))
        unsafe starts = Self.zeros(ranges + 1)
        let whole = pieces.indices.filter { pieces[$0].count == Self.length }
        candidateCount = whole.count * 8
        unsafe candidates = UnsafeMutablePointer.allocate(capacity: max(1, candidateCount))
        unsafe isFound = UnsafeMutablePointer.allocate(capacity: max(1, pieceCount))
        unsafe isFound.initialize(repeating: false, count: pieceCount)
        for number in whole {
            unsafe UnsafeMutableRawBufferPointer(
                start: words + number * Self.wordsEach, count: Self.length
            ).copyBytes(from: pieces[number])
        }
        sort(whole, ranges)
    }

    deinit {
        unsafe bitmap.deallocate()
        unsafe words.deallocate()
        unsafe candidates.deallocate()
        unsafe starts.deallocate()
        unsafe isFound.deallocate()
    }

    private static func zeros<T: FixedWidthInteger>(_ count: Int) -> UnsafeMutablePointer<T> {
        let memory = UnsafeMutablePointer<T>.allocate(capacity: count)
        unsafe memory.initialize(repeating: 0, count: count)
        return unsafe memory
    }

    /// Counts the candidates of each range of slots, then puts each in its place.
    private func sort(_ whole: [Int], _ ranges: Int) {
        for number in whole {
            for position in 0..<8 {
                let slot = slot(of: number, position)
                unsafe starts[slot >> Int(rangeShift) + 1] += 1
                unsafe bitmap[slot >> 6] |= 1 << UInt64(slot & 63)
            }
        }
        for range in 0..<ranges { unsafe starts[range + 1] += starts[range] }
        // Each start moves to the end of its range, which is the start of the next one.
        for number in whole {
            for position in 0..<8 {
                let slot = slot(of: number, position)
                let range = slot >> Int(rangeShift)
                unsafe (candidates + Int(starts[range])).initialize(
                    to: Candidate(
                        slot: UInt32(slot), number: Int32(number), position: Int32(position)))
                unsafe starts[range] += 1
            }
        }
        for range in stride(from: ranges, to: 0, by: -1) {
            unsafe starts[range] = starts[range - 1]
        }
        unsafe starts[0] = 0
    }

    private func slot(of number: Int, _ position: Int) -> Int {
        let piece = unsafe UnsafeRawPointer(words + number * Self.wordsEach)
        return unsafe slot(
            of: piece.loadUnaligned(fromByteOffset: position, as: UInt64.self),
            piece.loadUnaligned(fromByteOffset: position + 8, as: UInt64.self))
    }

    /// The slot of two neighbouring words.
    @inline(__always)
    private func slot(of first: UInt64, _ second: UInt64) -> Int {
        let mixture = first ^ (second &<< 29 | second &>> 35)
        return Int(truncatingIfNeeded: (mixture &* 0x9E37_79B9_7F4A_7C15) &>> shift)
    }

    /// Looks through some bytes; `place` names them.
    func look(through bytes: UnsafeRawBufferPointer, _ place: @autoclosure () -> PiecePlace) {
        if !newlyFound.isEmpty { newlyFound = [] }
        guard bytes.count >= Self.length, let base = bytes.baseAddress else { return }
        var offset = 8
        var first = unsafe base.loadUnaligned(as: UInt64.self)
        while offset &+ 8 <= bytes.count {
            let second = unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let slot = slot(of: first, second)
            if unsafe bitmap[slot >> 6] >> UInt64(slot & 63) & 1 != 0 {
                unsafe compare(bytes, offset &- 8, slot, place)
            }
            first = second
            offset &+= 8
        }
    }

    /// Where text repeats itself, a slot is met millions of times.
    @inline(never)
    private func compare(
        _ bytes: UnsafeRawBufferPointer, _ offset: Int, _ slot: Int, _ place: () -> PiecePlace
    ) {
        let range = slot >> Int(rangeShift)
        var isSought = false
        for index in unsafe Int(starts[range])..<Int(starts[range + 1]) {
            let candidate = unsafe candidates[index]
            let number = Int(candidate.number)
            guard candidate.slot == UInt32(truncatingIfNeeded: slot), unsafe !isFound[number]
            else { continue }
            let start = offset &- Int(candidate.position)
            if start >= 0, start &+ Self.length <= bytes.count,
                unsafe stands(number, in: bytes, at: start)
            {
                unsafe isFound[number] = true
                found[number] = place()
                newlyFound.append(number)
            } else {
                isSought = true
            }
        }
        // What was found once need not be met again.
        if !isSought { unsafe bitmap[slot >> 6] &= ~(1 << UInt64(slot & 63)) }
    }

    @inline(__always)
    private func stands(_ number: Int, in bytes: UnsafeRawBufferPointer, at start: Int) -> Bool {
        for word in 0..<Self.wordsEach {
            let here = unsafe bytes.loadUnaligned(fromByteOffset: start + 8 * word, as: UInt64.self)
            if unsafe here != words[number * Self.wordsEach + word] { return false }
        }
        return true
    }
}
