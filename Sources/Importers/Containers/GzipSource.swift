import VaultCrypto

/// The content of a gzip file (RFC 1952) of one member; one of several is valid and is refused.
///
/// libarchive inflates; it does not look at the checksum at the end and forgives what follows it,
/// so both are checked here: the last eight bytes of the file must be the CRC-32 and the length of
/// all that came out.
final class GzipSource: ByteSource {
    private let packed: TailSource
    private let inflated: ArchiveSource
    private let place: String
    private var checksum = CRC32()
    private var count: Int64 = 0

    init(_ source: any ByteSource, place: String) throws(VaultError) {
        packed = TailSource(source)
        inflated = try ArchiveSource(packed, as: .gzip, place: place)
        self.place = place
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int {
        let got = try unsafe inflated.read(into: buffer)
        if got == 0 {
            try finish()
            return 0
        }
        unsafe checksum.update(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
        count += Int64(got)
        try ContainerLimits.check(inflated: count, packed: packed.count, place: place)
        return got
    }

    private func finish() throws(VaultError) {
        try packed.drain()
        let expected =
            (0..<4).map { UInt8(truncatingIfNeeded: checksum.value >> (8 * $0)) }
            + (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * Int64($0))) }
        guard packed.tail == expected else {
            throw VaultError(
                .badInput,
                "\(place) is damaged, or is several gzip files joined into one. Unpack it with "
                    + "gunzip, which tells them apart, and import what comes out.")
        }
    }
}

/// Passes bytes on and remembers the last eight.
private final class TailSource: ByteSource {
    private let source: any ByteSource
    private(set) var tail: [UInt8] = []
    private(set) var count: Int64 = 0

    init(_ source: any ByteSource) { self.source = source }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int {
        let got = try unsafe source.read(into: buffer)
        count += Int64(got)
        unsafe tail.append(contentsOf: buffer[..<got].suffix(8))
        tail.removeFirst(max(0, tail.count - 8))
        return got
    }

    /// Reads what libarchive left unread.
    func drain() throws(VaultError) {
        var scratch = [UInt8](repeating: 0, count: 1 << 16)
        while try scratch.read(from: self, at: 0) > 0 {}
    }
}

/// What a container may hold at most; beyond it is an attack, not an export.
enum ContainerLimits {
    static let entries = 100_000
    static let totalBytes: Int64 = 64 << 30
    static let ratio: Int64 = 200
    /// Below this size any ratio is harmless.
    static let ratioFreeBytes: Int64 = 10 << 20
    static let directoryBytes: Int64 = 64 << 20
    /// A compressed zip inside a zip is held in memory.
    static let nestedZipBytes = 256 << 20

    /// Refuses content that is far larger than what it was made from.
    static func check(inflated: Int64, packed: Int64, place: String) throws(VaultError) {
        if inflated > totalBytes {
            throw VaultError(.badInput, "\(place) unpacks to more than 64 GiB and was refused.")
        }
        if inflated > ratioFreeBytes, inflated / ratio > packed {
            throw VaultError(
                .badInput,
                "\(place) unpacks to more than \(ratio) times its size and was refused.")
        }
    }
}

/// CRC-32 as gzip and zip use it (polynomial 0xEDB88320), eight bytes a step.
struct CRC32 {
    private var state: UInt32 = 0xFFFF_FFFF

    var value: UInt32 { ~state }

    /// `table[256 * k + b]`: the remainder of byte `b` followed by `k` zero bytes.
    private static let table: [UInt32] = {
        var table = (0..<256).map { byte in
            (0..<8).reduce(UInt32(byte)) { value, _ in
                value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0)
            }
        }
        for index in 256..<2048 {
            let before = table[index - 256]
            table.append(before >> 8 ^ table[Int(before & 0xFF)])
        }
        return table
    }()

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var crc = state
        unsafe Self.table.withUnsafeBufferPointer { table in
            var index = 0
            while index + 8 <= bytes.count {
                let word = unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                let mixed = UInt64(littleEndian: word) ^ UInt64(crc)
                crc = 0
                for step in 0..<8 {
                    let byte = Int(truncatingIfNeeded: mixed >> (8 * UInt64(step)) & 0xFF)
                    crc ^= unsafe table[256 * (7 - step) + byte]
                }
                index += 8
            }
            while index < bytes.count {
                crc = unsafe crc >> 8 ^ table[Int((crc ^ UInt32(bytes[index])) & 0xFF)]
                index += 1
            }
        }
        state = crc
    }
}
