/// Looks for many pieces of 24 bytes at once.
///
/// Wherever a piece stands, two words of eight bytes lie wholly in it that begin at multiples of
/// eight. So it is enough to look there: each two neighbouring words are mixed into one number,
/// which a bitmap answers for all but one place in some dozens, and the bitmap knows each piece in
/// its eight positions. The rest is looked up. Pieces are told apart by all of their bytes.
@safe final class PieceSearch {
    private struct Candidate {
        var number: Int
        /// Where in the piece the two words begin.
        var position: Int
    }

    private static let length = DestructionTraces.pieceBytes

    private let bitmap: UnsafeMutablePointer<UInt64>
    /// How many bits of a product are not part of a place in the bitmap.
    private let shift: UInt64
    /// What is not found yet, by its place in the bitmap: where text repeats itself, a piece is met
    /// millions of times.
    private var sought: [Int: [Candidate]] = [:]
    private let pieces: [[UInt8]]
    /// Whether every piece was found.
    var isDone: Bool { found.count == pieces.count }
    /// Which pieces were found, with the place in words where each was first.
    private(set) var found: [Int: String] = [:]

    init(_ pieces: [[UInt8]]) {
        self.pieces = pieces
        // Between 8 KiB, which stay in the nearest cache, and 16 MiB.
        let bits = min(max(16, Int.bitWidth - pieces.count.leadingZeroBitCount + 9), 27)
        shift = UInt64(64 - bits)
        let words = 1 << (bits - 6)
        unsafe bitmap = UnsafeMutablePointer.allocate(capacity: words)
        unsafe bitmap.initialize(repeating: 0, count: words)
        for (number, piece) in pieces.enumerated() where piece.count == Self.length {
            unsafe piece.withUnsafeBytes { bytes in
                for position in 0..<8 {
                    let slot = unsafe slot(
                        of: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self),
                        bytes.loadUnaligned(fromByteOffset: position + 8, as: UInt64.self))
                    sought[slot, default: []].append(
                        Candidate(number: number, position: position))
                    unsafe bitmap[slot >> 6] |= 1 << UInt64(slot & 63)
                }
            }
        }
    }

    deinit { unsafe bitmap.deallocate() }

    /// The place of two neighbouring words in the bitmap.
    @inline(__always)
    private func slot(of first: UInt64, _ second: UInt64) -> Int {
        let mixture = first ^ (second &<< 29 | second &>> 35)
        return Int(truncatingIfNeeded: (mixture &* 0x9E37_79B9_7F4A_7C15) &>> shift)
    }

    /// Looks through some bytes; `place` names them in words.
    func look(through bytes: UnsafeRawBufferPointer, _ place: @autoclosure () -> String) {
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

    @inline(never)
    private func compare(
        _ bytes: UnsafeRawBufferPointer, _ offset: Int, _ slot: Int, _ place: () -> String
    ) {
        guard let candidates = sought[slot] else { return }
        let left = candidates.filter { candidate in
            if found[candidate.number] != nil { return false }
            let (piece, start) = (pieces[candidate.number], offset - candidate.position)
            guard start >= 0, start + piece.count <= bytes.count,
                unsafe bytes[start..<start + piece.count].elementsEqual(piece)
            else { return true }
            found[candidate.number] = place()
            return false
        }
        guard left.count < candidates.count else { return }
        sought[slot] = left
        if left.isEmpty { unsafe bitmap[slot >> 6] &= ~(1 << UInt64(slot & 63)) }
    }

    /// Takes back what has another explanation.
    func dismiss(_ number: Int) { found[number] = nil }
}
