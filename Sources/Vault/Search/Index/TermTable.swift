import Foundation

/// Numbers the different terms of a segment that is being built.
///
/// Open addressing. A term of at most seven bytes is its own key, so it is found without looking at
/// its bytes; the key of a longer one is a hash, above all of those.
@safe struct TermTable: ~Copyable {
    private struct Slot {
        var key: UInt64
        var number: UInt32
    }

    private static let free = UInt32.max
    private static let longestKey = 7

    private var slots: UnsafeMutablePointer<Slot>
    private var slotBits = 10
    private var keys: [UInt64] = []
    private var ends: [Int] = []
    private var arena: [UInt8] = []

    init() { unsafe slots = Self.freeSlots(1 << slotBits) }

    deinit { unsafe slots.deallocate() }

    var count: Int { keys.count }

    func bytes(of term: Int) -> ArraySlice<UInt8> {
        arena[(term == 0 ? 0 : ends[term - 1])..<ends[term]]
    }

    /// The number of a term, a new one if it has none.
    ///
    /// - Parameters:
    ///   - term: Its bytes.
    ///   - count: How many they are, at least one.
    ///   - readable: How many bytes from its first one on may be read.
    /// - Returns: The number.
    @inline(__always)
    mutating func number(of term: UnsafePointer<UInt8>, _ count: Int, readable: Int) -> UInt32 {
        let key = unsafe Self.key(term, count, readable)
        let mask = 1 &<< slotBits &- 1
        var place = Self.place(key, slotBits)
        while true {
            let slot = unsafe slots[place]
            if slot.number == Self.free { return unsafe add(term, count, key, place) }
            if slot.key == key, unsafe count <= Self.longestKey || isEqual(slot.number, term, count)
            {
                return slot.number
            }
            place = (place &+ 1) & mask
        }
    }

    private mutating func add(
        _ term: UnsafePointer<UInt8>, _ count: Int, _ key: UInt64, _ place: Int
    ) -> UInt32 {
        let number = UInt32(keys.count)
        unsafe slots[place] = Slot(key: key, number: number)
        keys.append(key)
        unsafe arena.append(contentsOf: UnsafeBufferPointer(start: term, count: count))
        ends.append(arena.count)
        if keys.count * 2 > 1 << slotBits { grow() }
        return number
    }

    private func isEqual(_ number: UInt32, _ term: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        let start = number == 0 ? 0 : ends[Int(number) - 1]
        guard ends[Int(number)] - start == count else { return false }
        return unsafe arena.withUnsafeBufferPointer { arena in
            guard let base = arena.baseAddress else { return false }
            return unsafe memcmp(base + start, term, count) == 0
        }
    }

    private static func freeSlots(_ count: Int) -> UnsafeMutablePointer<Slot> {
        let slots = UnsafeMutablePointer<Slot>.allocate(capacity: count)
        unsafe slots.initialize(repeating: Slot(key: 0, number: free), count: count)
        return unsafe slots
    }

    private mutating func grow() {
        slotBits += 2
        unsafe slots.deallocate()
        unsafe slots = Self.freeSlots(1 << slotBits)
        let mask = 1 << slotBits - 1
        for (number, key) in keys.enumerated() {
            var place = Self.place(key, slotBits)
            while unsafe slots[place].number != Self.free { place = (place + 1) & mask }
            unsafe slots[place] = Slot(key: key, number: UInt32(number))
        }
    }

    @inline(__always)
    private static func place(_ key: UInt64, _ bits: Int) -> Int {
        var mixed = key &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ mixed >> 32) &* 0xFF51_AFD7_ED55_8CCD
        return Int(truncatingIfNeeded: mixed >> UInt64(64 - bits))
    }

    @inline(__always)
    private static func key(
        _ term: UnsafePointer<UInt8>, _ count: Int, _ readable: Int
    ) -> UInt64 {
        if count > longestKey { return unsafe hash(term, count) }
        var word: UInt64 = 0
        if readable >= 8 {
            word = unsafe UnsafeRawPointer(term).loadUnaligned(as: UInt64.self).littleEndian
            word &= (1 &<< UInt64(8 &* count)) &- 1
        } else {
            for index in 0..<count { unsafe word |= UInt64(term[index]) << UInt64(8 * index) }
        }
        return word | UInt64(count) << 56
    }

    /// The highest bit is set, as in no shorter term's key.
    private static func hash(_ term: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(count)
        let raw = unsafe UnsafeRawPointer(term)
        var index = 0
        while index + 8 <= count {
            let word = unsafe raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            hash = (hash ^ word) &* 0xFF51_AFD7_ED55_8CCD
            hash ^= hash >> 32
            index += 8
        }
        // The last eight bytes; some of them were there already.
        let rest = unsafe raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
        hash = (hash ^ rest) &* 0xC4CE_B9FE_1A85_EC53
        return (hash ^ hash >> 29) | 1 << 63
    }

    /// The numbers of the terms in the order of their bytes.
    func sorted() -> [Int] {
        let prefixes: [(prefix: UInt64, term: Int)] = (0..<count).map { term in
            var prefix: UInt64 = 0
            let bytes = bytes(of: term)
            for byte in bytes.prefix(8) { prefix = prefix << 8 | UInt64(byte) }
            return (prefix << UInt64(8 * max(0, 8 - bytes.count)), term)
        }
        return prefixes.sorted { first, second in
            if first.prefix != second.prefix { return first.prefix < second.prefix }
            return bytes(of: first.term).lexicographicallyPrecedes(bytes(of: second.term))
        }.map(\.term)
    }
}
