import VaultCrypto

/// A window over a stream in which JSON values are found by their brackets, without parsing them.
///
/// It knows strings, escapes and depth, and nothing else; what it delimits goes to `JSONReader`.
/// The window holds at least the bytes from `mark` on, so that a value can be lent in one piece.
@safe final class ByteCursor {
    private let source: any ByteSource
    private var memory: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private let limit: Int
    private var filled = 0
    private var position = 0
    private var mark: Int?
    /// Where the value that began at `mark` ended, once it did.
    private var valueEnd: Int?
    private var base: Int64 = 0
    private var isAtEnd = false
    /// Set when a marked value grew beyond the limit; its bytes are then gone.
    private(set) var isOversized = false

    /// A window over a source.
    ///
    /// - Parameters:
    ///   - source: The bytes.
    ///   - limit: The longest value that is kept in one piece.
    init(_ source: any ByteSource, limit: Int = DocumentStream.recordBytes) {
        self.source = source
        self.limit = limit
        capacity = 1 << 20
        unsafe memory = .allocate(capacity: capacity)
    }

    deinit { unsafe memory.deallocate() }

    /// Offset in the stream of the next byte.
    var offset: Int64 { base + Int64(position) }

    /// The next byte, or `nil` at the end.
    func peek() throws(VaultError) -> UInt8? {
        if position == filled, !(try fill()) { return nil }
        return unsafe memory[position]
    }

    func skip() { position += 1 }

    /// Reads ahead as far as the window goes and lends what is in it.
    func lookAhead<R>(_ body: (UnsafeBufferPointer<UInt8>, Bool) -> R) throws(VaultError) -> R {
        while filled < capacity, !isAtEnd { _ = try fill(growing: false) }
        let bytes = unsafe UnsafeBufferPointer(start: memory + position, count: filled - position)
        return unsafe body(bytes, isAtEnd)
    }

    /// Reads on, before anything was taken, until the first line has ended and some of the next is
    /// there; `false` when it has ended before, never ends or is longer than a value may be.
    func lookAheadThroughLine() throws(VaultError) -> Bool {
        var seen = 0
        while true {
            let fresh = unsafe UnsafeBufferPointer(start: memory + seen, count: filled - seen)
            if unsafe fresh.contains(0x0A) { break }
            seen = filled
            guard position == 0, filled < limit, try fill() else { return false }
        }
        // Nothing is known of the next line when the window ends with this one.
        if filled == capacity { try fill() }
        return seen > 0
    }

    /// Begins a value at the next byte.
    func begin() {
        mark = position
        valueEnd = nil
        isOversized = false
    }

    /// Ends the value here; what follows may be read while it is still lent.
    func finish() { if mark != nil { valueEnd = position } }

    /// Lends the bytes from `begin()` to here; `nil` when there were too many.
    func withValue<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R? {
        guard let mark else { return nil }
        let count = (valueEnd ?? position) - mark
        return unsafe body(UnsafeBufferPointer(start: memory + mark, count: count))
    }

    /// Lets go of the value.
    func end() {
        mark = nil
        valueEnd = nil
    }

    func skipSpace() throws(VaultError) {
        while let byte = try peek() {
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    /// Skips a value of any kind; `false` when the stream ends inside it.
    func skipValue() throws(VaultError) -> Bool {
        switch try peek() {
        case nil: return false
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""): return try skipNested()
        default: return try skipScalar()
        }
    }

    private func skipScalar() throws(VaultError) -> Bool {
        while let byte = try peek() {
            switch byte {
            case 0x20, 0x0A, 0x0D, 0x09, UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"),
                UInt8(ascii: ":"), UInt8(ascii: "\""), UInt8(ascii: "["), UInt8(ascii: "{"):
                return true
            default: position += 1
            }
        }
        return true
    }

    /// Skips an object, array or string by its brackets and quotes.
    private func skipNested() throws(VaultError) -> Bool {
        var depth = 0
        var isInString = false
        repeat {
            var index = position
            let end = filled
            let bytes = unsafe memory
            while index < end {
                if isInString {
                    index = unsafe Self.specialInString(bytes, index, end)
                    guard index < end else { break }
                    if unsafe bytes[index] == UInt8(ascii: "\\") {
                        if index + 1 == end { break }
                        index += 2
                        continue
                    }
                    isInString = false
                } else {
                    // `[` and `{` differ in bit 5 only, and so do `]` and `}`.
                    switch unsafe bytes[index] {
                    case UInt8(ascii: "\""): isInString = true
                    case 0x5B, 0x7B: depth += 1
                    case 0x5D, 0x7D: depth -= 1
                    default:
                        index += 1
                        continue
                    }
                }
                index += 1
                if depth == 0, !isInString {
                    position = index
                    return true
                }
            }
            position = min(index, end)
        } while try fill()
        return false
    }

    /// The first quote or backslash from `start`, eight bytes a step; `end` if there is none.
    private static func specialInString(
        _ bytes: UnsafeMutablePointer<UInt8>, _ start: Int, _ end: Int
    ) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        var index = start
        while index + 8 <= end {
            let word = unsafe UnsafeRawPointer(bytes + index).loadUnaligned(as: UInt64.self)
            let quote = word ^ (ones &* 0x22)
            let slash = word ^ (ones &* 0x5C)
            let hit = ((quote &- ones) & ~quote | (slash &- ones) & ~slash) & highs
            if hit != 0 { return index + UInt64(littleEndian: hit).trailingZeroBitCount / 8 }
            index += 8
        }
        while index < end, unsafe bytes[index] != 0x22, unsafe bytes[index] != 0x5C { index += 1 }
        return index
    }

    /// Skips to the next line feed or the end; the line feed is not taken.
    func skipLine() throws(VaultError) {
        repeat {
            var index = position
            while index < filled, unsafe memory[index] != 0x0A { index += 1 }
            position = index
            if index < filled { return }
        } while try fill()
    }

    /// Reads more; `false` at the end of the stream.
    @discardableResult
    private func fill(growing: Bool = true) throws(VaultError) -> Bool {
        if isAtEnd { return false }
        makeRoom(growing: growing)
        let free = unsafe UnsafeMutableRawBufferPointer(
            start: memory + filled, count: capacity - filled)
        let got = try unsafe source.read(into: free)
        filled += got
        isAtEnd = got == 0
        return got > 0
    }

    private func makeRoom(growing: Bool) {
        if let start = mark, position - start > limit {
            mark = nil
            isOversized = true
        }
        let keep = mark ?? position
        if keep > 0, growing {
            unsafe memory.update(from: memory + keep, count: filled - keep)
            base += Int64(keep)
            filled -= keep
            position -= keep
            if mark != nil { mark = 0 }
            valueEnd? -= keep
        }
        guard filled == capacity, growing else { return }
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * 2)
        unsafe larger.update(from: memory, count: filled)
        unsafe memory.deallocate()
        unsafe memory = larger
        capacity *= 2
    }
}
