import VaultCrypto

/// The identity of a conversation, message or vault: a UUID of version 7 (RFC 9562, section 5.7).
///
/// Globally unique and ordered by the record's own time, so that records of many vaults can be
/// merged and sorted by id alone.
package struct RecordID: Sendable, Hashable, Comparable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64

    /// A new id for a record of the given time.
    ///
    /// - Parameters:
    ///   - time: The record's.
    ///   - sequence: Orders records of the same millisecond, in the 12 bits that RFC 9562, section
    ///     6.2, gives to a counter; `nil` for 12 random bits more.
    package init(at time: Instant, sequence: Int? = nil) {
        let entropy = Randomness.bytes(16)
        let first = entropy[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        let second = entropy[8...].reduce(0) { $0 << 8 | UInt64($1) }
        let time = UInt64(max(0, min(time.milliseconds, 0xFFFF_FFFF_FFFF)))
        let counter = sequence.map { UInt64($0) } ?? first
        high = time << 16 | 0x7000 | counter & 0x0FFF
        low = 0x8000_0000_0000_0000 | second >> 2
    }

    /// The 16 bytes of the UUID in network order; `nil` for another length.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var words: [UInt64] = [0, 0]
        for (index, byte) in bytes.enumerated() {
            words[index / 8] = words[index / 8] << 8 | UInt64(byte)
        }
        high = words[0]
        low = words[1]
    }

    /// Reads `0190163d-8694-7e4c-93d6-2d2b1f2d2f4c`, in either case.
    package init?(_ text: some StringProtocol) {
        var text = String(text)
        guard let words = text.withUTF8({ unsafe Self.words($0) }) else { return nil }
        (high, low) = words
    }

    private static func words(_ text: UnsafeBufferPointer<UInt8>) -> (UInt64, UInt64)? {
        guard text.count == 36 else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for index in 0..<36 {
            let character = unsafe text[index]
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard character == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = digit(character) else { return nil }
            (high, low) = (high << 4 | low >> 60, low << 4 | digit)
        }
        return (high, low)
    }

    private static func digit(_ character: UInt8) -> UInt64? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(character - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(character - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(character - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// The time that it was made for.
    package var time: Instant { Instant(milliseconds: Int64(high >> 16)) }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        for word in [high, low] {
            for index in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> (56 - 8 * index))) }
        }
        return bytes
    }

    package var description: String {
        unsafe String(unsafeUninitializedCapacity: 36) { text in
            var place = 0
            for index in 0..<32 {
                let word = index < 16 ? high : low
                let digit = UInt8(truncatingIfNeeded: word >> (60 - 4 * UInt64(index & 15)) & 15)
                if index == 8 || index == 12 || index == 16 || index == 20 {
                    unsafe text[place] = UInt8(ascii: "-")
                    place += 1
                }
                unsafe text[place] = digit < 10 ? digit + 0x30 : digit + 0x57
                place += 1
            }
            return place
        }
    }

    package static func < (left: RecordID, right: RecordID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}
