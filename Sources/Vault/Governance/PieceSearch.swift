/// Looks for many pieces of 24 bytes at once.
///
/// The 24 bytes at each place are mixed into one number, which a bitmap answers for all but one
/// place in some hundreds; the rest are looked up. All of the bytes count from the beginning: the
/// lines of records begin alike, and eight of their bytes would fit at each of them. Pieces are
/// told apart by all of their bytes.
@safe final class PieceSearch {
    private static let length = DestructionTraces.pieceBytes

    private let bitmap: UnsafeMutablePointer<UInt64>
    /// A bit of the bitmap has so many bits of the product.
    private let shift: UInt64
    /// Numbers of pieces by their mixture.
    private var byMixture: [UInt64: [Int]] = [:]
    private let pieces: [[UInt8]]
    /// Which pieces were found, with the place in words where each was first.
    private(set) var found: [Int: String] = [:]

    init(_ pieces: [[UInt8]]) {
        self.pieces = pieces
        // Between 8 KiB, which stay in the nearest cache, and 16 MiB.
        let bits = min(max(16, Int.bitWidth - pieces.count.leadingZeroBitCount + 8), 27)
        shift = UInt64(64 - bits)
        let words = 1 << (bits - 6)
        unsafe bitmap = UnsafeMutablePointer.allocate(capacity: words)
        unsafe bitmap.initialize(repeating: 0, count: words)
        for (number, piece) in pieces.enumerated() where piece.count == Self.length {
            let mixture = unsafe piece.withUnsafeBytes { bytes in
                unsafe bytes.baseAddress.map { unsafe Self.mixture(at: $0, 0) }
            }
            guard let mixture else { continue }
            byMixture[mixture, default: []].append(number)
            let slot = self.slot(of: mixture)
            unsafe bitmap[slot >> 6] |= 1 << UInt64(slot & 63)
        }
    }

    deinit { unsafe bitmap.deallocate() }

    @inline(__always)
    private static func mixture(at base: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        let first = unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        let second = unsafe base.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt64.self)
        let third = unsafe base.loadUnaligned(fromByteOffset: offset &+ 16, as: UInt64.self)
        return first ^ (second &<< 21 | second &>> 43) ^ (third &<< 43 | third &>> 21)
    }

    @inline(__always)
    private func slot(of mixture: UInt64) -> Int {
        Int(truncatingIfNeeded: (mixture &* 0x9E37_79B9_7F4A_7C15) &>> shift)
    }

    /// Looks through some bytes; `place` names them in words.
    func look(through bytes: UnsafeRawBufferPointer, _ place: @autoclosure () -> String) {
        guard bytes.count >= Self.length, let base = bytes.baseAddress else { return }
        let end = bytes.count - Self.length
        var offset = 0
        while offset <= end {
            let mixture = unsafe Self.mixture(at: base, offset)
            let slot = slot(of: mixture)
            if unsafe bitmap[slot >> 6] >> UInt64(slot & 63) & 1 != 0 {
                unsafe compare(bytes, offset, mixture, place)
            }
            offset &+= 1
        }
    }

    @inline(never)
    private func compare(
        _ bytes: UnsafeRawBufferPointer, _ offset: Int, _ mixture: UInt64, _ place: () -> String
    ) {
        guard let numbers = byMixture[mixture] else { return }
        for number in numbers where found[number] == nil {
            let piece = pieces[number]
            if unsafe bytes[offset..<offset + piece.count].elementsEqual(piece) {
                found[number] = place()
            }
        }
    }

    /// Takes back what has another explanation.
    func dismiss(_ number: Int) { found[number] = nil }
}
