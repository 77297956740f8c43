import Vault
import VaultCrypto

/// Bytes of a file for review whose number is known before they are written.
indirect enum ReviewContent: Sendable {
    case bytes([UInt8])
    /// An attachment of the vault.
    case attachment([UInt8], sizeBytes: Int64)
    case zip(StoredZip)

    var sizeBytes: Int64 {
        switch self {
        case .bytes(let bytes): Int64(bytes.count)
        case .attachment(_, let size): size
        case .zip(let zip): zip.sizeBytes
        }
    }

    /// Writes the bytes; attachments are read anew, a piece at a time.
    func write(from source: any ArchiveSource, to sink: any ByteSink) throws(VaultError) {
        switch self {
        case .bytes(let bytes): try sink.write(bytes)
        case .attachment(let sha256, _): try source.readAttachment(sha256, into: sink)
        case .zip(let zip): try zip.write(from: source, to: sink)
        }
    }
}

/// A zip whose files are not compressed, so that its size is known before it is written and its
/// bytes depend on no library.
///
/// The layout is that of PKWARE's APPNOTE 6.3.10: for each file a local header (section 4.3.7) and
/// its content, then the central directory (4.3.12) and its end (4.3.16). Times are 1980-01-01.
/// Names are ASCII. Sizes have 32 bits: the callers stay below 2 GB.
struct StoredZip: Sendable {
    struct File: Sendable {
        var name: String
        var content: ReviewContent
        var crc32: UInt32
    }

    private static let localHeaderBytes = 30
    private static let centralHeaderBytes = 46
    private static let endBytes = 22
    /// 1980-01-01 as MS-DOS writes it.
    private static let date: UInt16 = 1 << 5 | 1

    let files: [File]

    var sizeBytes: Int64 {
        files.reduce(Int64(Self.endBytes)) { sum, file in
            sum + Int64(Self.localHeaderBytes + Self.centralHeaderBytes + 2 * file.name.utf8.count)
                + file.content.sizeBytes
        }
    }

    func write(from source: any ArchiveSource, to sink: any ByteSink) throws(VaultError) {
        var offset: Int64 = 0
        var directory: [UInt8] = []
        for file in files {
            try sink.write(local(file))
            try file.content.write(from: source, to: sink)
            directory += central(file, at: offset)
            offset += Int64(Self.localHeaderBytes + file.name.utf8.count) + file.content.sizeBytes
        }
        try sink.write(directory)
        var end = LittleEndian()
        end.add(0x0605_4B50 as UInt32)
        end.add(0 as UInt32)
        end.add(UInt16(truncatingIfNeeded: files.count))
        end.add(UInt16(truncatingIfNeeded: files.count))
        end.add(UInt32(truncatingIfNeeded: directory.count))
        end.add(UInt32(truncatingIfNeeded: offset))
        end.add(0 as UInt16)
        try sink.write(end.bytes)
    }

    private func local(_ file: File) -> [UInt8] {
        var header = LittleEndian()
        header.add(0x0403_4B50 as UInt32)
        addShared(file, to: &header)
        return header.bytes + Array(file.name.utf8)
    }

    private func central(_ file: File, at offset: Int64) -> [UInt8] {
        var header = LittleEndian()
        header.add(0x0201_4B50 as UInt32)
        header.add(10 as UInt16)
        addShared(file, to: &header)
        // No comment, the first disk, no attributes.
        for _ in 0..<3 { header.add(0 as UInt16) }
        header.add(0 as UInt32)
        header.add(UInt32(truncatingIfNeeded: offset))
        return header.bytes + Array(file.name.utf8)
    }

    /// Version 1.0, no flags, stored, the time, checksum, sizes, and no extra field.
    private func addShared(_ file: File, to header: inout LittleEndian) {
        for value: UInt16 in [10, 0, 0, 0, Self.date] { header.add(value) }
        header.add(file.crc32)
        header.add(UInt32(truncatingIfNeeded: file.content.sizeBytes))
        header.add(UInt32(truncatingIfNeeded: file.content.sizeBytes))
        header.add(UInt16(truncatingIfNeeded: file.name.utf8.count))
        header.add(0 as UInt16)
    }
}

/// Numbers whose lowest byte is the first.
private struct LittleEndian {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ value: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }
}

/// The checksum of zip files, of what is written to it.
final class CRC32: ByteSink {
    private var checksum = CRC32Checksum()

    var value: UInt32 { checksum.value }

    static func of(_ content: [UInt8]) throws(VaultError) -> UInt32 {
        let sum = CRC32()
        try sum.write(content)
        return sum.value
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError) {
        unsafe checksum.update(bytes)
    }
}
