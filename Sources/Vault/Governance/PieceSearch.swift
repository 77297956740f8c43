/// Looks for many pieces of 24 bytes at once.
///
/// Eight bytes at each place are hashed into a bitmap, which answers for all but one place in some
/// thousands; the rest are looked up. Pieces are told apart by all of their bytes.
@safe final class PieceSearch {
    private static let bits = 22
    private static let length = DestructionTraces.pieceBytes

    private let bitmap: UnsafeMutablePointer<UInt64>
    /// Numbers of pieces by their first eight bytes.
    private var byStart: [UInt64: [Int]] = [:]
    private let pieces: [[UInt8]]
    /// Which pieces were found, with the place in words where each was first.
    private(set) var found: [Int: String] = [:]

    init(_ pieces: [[UInt8]]) {
        self.pieces = pieces
        let words = 1 << (Self.bits - 6)
        unsafe bitmap = UnsafeMutablePointer.allocate(capacity: words)
        unsafe bitmap.initialize(repeating: 0, count: words)
        for (number, piece) in pieces.enumerated() where piece.count == Self.length {
            let start = unsafe piece.withUnsafeBytes { unsafe $0.loadUnaligned(as: UInt64.self) }
            byStart[start, default: []].append(number)
            let place = Self.place(of: start)
            unsafe bitmap[place >> 6] |= 1 << UInt64(place & 63)
        }
    }

    deinit { unsafe bitmap.deallocate() }

    @inline(__always)
    private static func place(of start: UInt64) -> Int {
        Int(truncatingIfNeeded: (start &* 0x9E37_79B9_7F4A_7C15) &>> UInt64(64 - bits))
    }

    /// Looks through some bytes; `place` names them in words.
    func look(through bytes: UnsafeRawBufferPointer, _ place: @autoclosure () -> String) {
        guard bytes.count >= Self.length, let base = bytes.baseAddress else { return }
        let end = bytes.count - Self.length
        var offset = 0
        while offset <= end {
            let start = unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let slot = Self.place(of: start)
            if unsafe bitmap[slot >> 6] >> UInt64(slot & 63) & 1 != 0 {
                unsafe compare(bytes, offset, start, place)
            }
            offset &+= 1
        }
    }

    @inline(never)
    private func compare(
        _ bytes: UnsafeRawBufferPointer, _ offset: Int, _ start: UInt64, _ place: () -> String
    ) {
        for number in byStart[start] ?? [] where found[number] == nil {
            let piece = pieces[number]
            if unsafe bytes[offset..<offset + piece.count].elementsEqual(piece) {
                found[number] = place()
            }
        }
    }

    /// Takes back what has another explanation.
    func dismiss(_ number: Int) { found[number] = nil }
}
