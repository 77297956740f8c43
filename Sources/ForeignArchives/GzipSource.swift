package import VaultCrypto

/// The content of a gzip file (RFC 1952) of one member; one of several is valid and is refused.
///
/// libarchive inflates; it does not look at the checksum at the end and forgives what follows it,
/// so both are checked here: the last eight bytes of the file must be the CRC-32 and the length of
/// all that came out, and libarchive must have had a use for every byte.
package final class GzipSource: ByteSource {
    private let packed: TailSource
    private let inflated: EntrySource
    private let place: String
    private let limits: ArchiveLimits
    private var checksum = CRC32Checksum()
    private var count: Int64 = 0

    package init(
        _ source: any ByteSource, place: String, limits: ArchiveLimits = .export
    ) throws(VaultError) {
        packed = TailSource(source)
        inflated = try EntrySource(
            packed, as: .gzip, place: place, sizeBytes: limits.totalBytes)
        self.place = place
        self.limits = limits
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int {
        let got = try unsafe inflated.read(into: buffer)
        if got == 0 {
            try finish()
            return 0
        }
        unsafe checksum.update(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
        count += Int64(got)
        do throws(Refusal) {
            try limits.check(unpacked: count, packed: packed.count)
        } catch {
            throw error.error(at: place)
        }
        return got
    }

    private func finish() throws(VaultError) {
        try packed.drain()
        let expected =
            (0..<4).map { UInt8(truncatingIfNeeded: checksum.value >> (8 * $0)) }
            + (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * Int64($0))) }
        guard packed.tail == expected, inflated.packedBytes == packed.count else {
            throw Refusal.severalMembers.error(at: place)
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
