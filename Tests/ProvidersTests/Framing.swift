import Providers
import VaultCrypto

/// Gives a stream to a parser in pieces, and collects what it says.
enum Framing {
    static func all<Parser: StreamFraming>(
        _ parser: Parser, _ bytes: [UInt8], pieceBytes: Int = .max
    ) -> [StreamStep<Parser.Frame>] {
        var parser = parser
        var steps: [StreamStep<Parser.Frame>] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, pieceBytes > bytes.count ? bytes.count : start + pieceBytes)
            steps += parser.take(Array(bytes[start..<end]))
            start = end
        }
        return steps + parser.end()
    }

    /// The same in two pieces.
    static func split<Parser: StreamFraming>(
        _ parser: Parser, _ bytes: [UInt8], at place: Int
    ) -> [StreamStep<Parser.Frame>] {
        var parser = parser
        var steps = parser.take(Array(bytes[..<place]))
        steps += parser.take(Array(bytes[place...]))
        return steps + parser.end()
    }

    /// A frame of an AWS event stream with text headers.
    static func frame(_ headers: [(String, String)], _ payload: [UInt8]) -> [UInt8] {
        var head: [UInt8] = []
        for (name, value) in headers {
            head += [UInt8(name.utf8.count)] + Array(name.utf8) + [7]
            head += [UInt8(value.utf8.count >> 8), UInt8(value.utf8.count & 0xFF)]
            head += Array(value.utf8)
        }
        var bytes = number(16 + head.count + payload.count) + number(head.count)
        bytes += number(Int(crc(bytes)))
        bytes += head + payload
        return bytes + number(Int(crc(bytes)))
    }

    static func number(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    static func crc(_ bytes: [UInt8]) -> UInt32 {
        var checksum = CRC32Checksum()
        checksum.update(bytes)
        return checksum.value
    }
}

/// Numbers from a seed (splitmix64), the same on every run.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
